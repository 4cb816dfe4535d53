/* SPDX-License-Identifier: MIT */
/*
 * Passing signals on. What is hard:
 *
 *  - None may be lost, from the first instruction on: they are blocked over the start and
 *    noted by a handler afterwards. While the child is being made there is no handler
 *    that could run in it.
 *  - When ward shares its group with the command, the terminal signals both. Then only
 *    what came from a process may be passed on, or the command gets one Ctrl-C as two.
 *    But a Ctrl-C from before the command existed reached ward alone: what is pending
 *    just before the start is passed on whoever sent it. (Nobody can tell for the
 *    microseconds between this look and the birth of the command: such a key is to be
 *    pressed again.)
 *  - A full pipe loses bytes, so the pipe only wakes; the signals are bits that stay set.
 */
#define _POSIX_C_SOURCE 200809L
#include "../signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../tool.h"

/* How often to ask where nothing wakes us. */
enum { TICK_MS = 20 };

static const int passed[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
enum { PASSED = sizeof(passed) / sizeof(passed[0]) };

/* Bit i: passed[i] arrived and was not taken yet; `ever` keeps it. */
static atomic_uint by_process, by_terminal, ever;
static int wake[2] = { -1, -1 };
static sigset_t before;

static unsigned bit_of(int sig)
{
	for (unsigned i = 0; i < PASSED; i++)
		if (passed[i] == sig)
			return 1u << i;
	return 0;
}

static bool sent_by_terminal(const siginfo_t *info)
{
#ifdef SI_KERNEL
	return info->si_code == SI_KERNEL;
#else
	return info->si_code != SI_USER && info->si_code != SI_QUEUE;
#endif
}

static void note(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	atomic_fetch_or(sent_by_terminal(info) ? &by_terminal : &by_process, bit_of(sig));
	atomic_fetch_or(&ever, bit_of(sig));
	/* A pipe that is full wakes just as well. */
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

static bool is_ignored(int sig)
{
	struct sigaction action;

	return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int open_pipe(void)
{
	if (pipe(wake) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (fcntl(wake[i], F_SETFD, FD_CLOEXEC) < 0 ||
		    fcntl(wake[i], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	return 0;
}

/* What has arrived and was held back. */
static void note_pending(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	for (int i = 0; i < PASSED; i++)
		if (sigismember(&pending, passed[i]) == 1 && !is_ignored(passed[i]))
			atomic_fetch_or(&by_process, 1u << i);
}

int tool_signals_hold(void)
{
	sigset_t set;
	int r;

	/* An ignored SIGCHLD would cost the resource usage, an ignored SIGPIPE would be a
	 * surprise to the command. */
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (bit_of(sig) == 0 && is_ignored(sig))
			signal(sig, SIG_DFL);
	sigemptyset(&set);
	for (int i = 0; i < PASSED; i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, &before);
	r = open_pipe();
	note_pending();
	return r;
}

void tool_signals_watch(void)
{
	struct sigaction action = { .sa_sigaction = note,
		                    .sa_flags = SA_SIGINFO | SA_RESTART };

	sigfillset(&action.sa_mask);
	for (int i = 0; i < PASSED; i++) {
		sigdelset(&before, passed[i]);
		if (!is_ignored(passed[i]))
			sigaction(passed[i], &action, NULL);
	}
	/* The report may go to a pipe that nobody reads; the status must survive that. */
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

bool tool_signals_sleep(struct ward *w, int64_t deadline)
{
	int end = w ? ward_poll_fd(w) : -1, ms = tool_poll_ms(deadline);
	struct pollfd fds[2] = { { .fd = wake[0], .events = POLLIN },
		                 { .fd = end < 0 ? -1 : end, .events = POLLIN } };

	if (end < 0 && (ms < 0 || ms > TICK_MS))
		ms = TICK_MS;
	return poll(fds, 2, ms) > 0 && fds[1].revents != 0;
}

static void drain(void)
{
	char bytes[64];

	while (read(wake[0], bytes, sizeof(bytes)) > 0)
		;
}

int tool_signals_next(bool shared)
{
	unsigned arrived;

	/* Empty the pipe before looking: a signal after the look wakes again. */
	drain();
	if (shared)
		atomic_store(&by_terminal, 0);
	arrived = atomic_load(&by_process) | atomic_load(&by_terminal);
	for (unsigned i = 0; i < PASSED; i++) {
		if (!(arrived & 1u << i))
			continue;
		atomic_fetch_and(&by_process, ~(1u << i));
		atomic_fetch_and(&by_terminal, ~(1u << i));
		return passed[i];
	}
	return 0;
}

void tool_signals_end_alike(int sig)
{
	const struct rlimit no_core = { 0, 0 };

	if (!(atomic_load(&ever) & bit_of(sig)))
		return;
	setrlimit(RLIMIT_CORE, &no_core);
	signal(sig, SIG_DFL);
	raise(sig);
}
