/* SPDX-License-Identifier: MIT */
/* Signals that come all the time, for systems that have them. */
#ifndef STORM_H
#define STORM_H

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "able.h"

static volatile sig_atomic_t storm_ticks;
static struct sigaction storm_before;

static inline void storm_tick(int sig)
{
	(void)sig;
	storm_ticks++;
}

/* SIGALRM each 100 microseconds, to a handler that lets nothing be restarted. (Under a
 * tool the handler alone takes longer than that.) */
static inline void storm_begin(void)
{
	struct sigaction action = { .sa_handler = storm_tick };
	const int us = on_slow_tool() || on_emulator() ? 10000 : 100;
	const struct itimerval often = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &action, &storm_before);
	setitimer(ITIMER_REAL, &often, NULL);
	while (storm_ticks == 0)
		pause();
}

static inline void storm_end(void)
{
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN); /* one may be on its way */
	sigaction(SIGALRM, &storm_before, NULL);
}

#endif
