/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that is readable when there is something to be told. Nothing in POSIX
 * makes one of many descriptors and a clock, so a thread, the watchman, looks at them as
 * those do who wait, and lights a lamp, a pipe with a byte in it. It begins with the
 * first call of ward__poller_fd. While the lamp is lit it rests: what is ready would stay
 * so.
 *
 * Who has waited in vain, or taken the last of what was ready, puts the lamp out himself:
 * so the descriptor is never readable for something that was taken already.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <time.h>

#include "poller.h"

void ward__lamp_light(struct ward__poller *poller, bool lit)
{
	if (poller->lit == lit || poller->lamp[0] < 0)
		return;
	poller->lit = lit;
	if (lit)
		ward__signal_set(poller->lamp);
	else
		ward__signal_clear(poller->lamp);
	pthread_cond_signal(&poller->move);
}

/* Is there anything to be told? Nothing is. */
static int look(struct ward__poller *poller, bool now)
{
	struct ward__view view;
	size_t i = 0;
	int r = now ? ward__poller_peek(poller, &view) :
	              ward__poller_look(poller, &view, -1);

	if (r >= 0)
		ward__lamp_light(poller,
		                 ward__is_due(poller->alarm) ||
		                         ward__view_next(poller, &view, &i) < poller->n);
	ward__view_give(poller, &view);
	return r;
}

void ward__lamp_relight(struct ward__poller *poller)
{
	if (poller->lit && !ward__is_due(poller->alarm))
		look(poller, true);
	else if (!poller->lit && ward__is_due(poller->alarm))
		ward__lamp_light(poller, true);
}

/* For want of memory: nobody is to miss anything, so it is tried again. */
static void rest(struct ward__poller *poller)
{
	const struct timespec a_while = { 0, 10 * WARD_NS_PER_MS };

	poller->is_moved = true;
	pthread_mutex_unlock(&poller->lock);
	nanosleep(&a_while, NULL);
	pthread_mutex_lock(&poller->lock);
}

static void keep_watch(void *arg)
{
	struct ward__poller *poller = arg;

	pthread_mutex_lock(&poller->lock);
	while (!poller->ends) {
		if (poller->lit && !poller->is_moved) {
			pthread_cond_wait(&poller->move, &poller->lock);
			continue;
		}
		poller->is_moved = false;
		if (look(poller, poller->lit) < 0)
			rest(poller);
	}
	poller->has_watchman = false;
	pthread_cond_broadcast(&poller->silence);
	pthread_mutex_unlock(&poller->lock);
}

static int start(struct ward__poller *poller)
{
	int r = ward__signal_pipe(poller->lamp);

	if (r < 0)
		return r;
	poller->has_watchman = true;
	r = ward__thread_start(keep_watch, poller);
	if (r < 0) {
		poller->has_watchman = false;
		ward__signal_pipe_close(poller->lamp);
		return r;
	}
	/* Should it fail: the watchman is about to look. */
	look(poller, true);
	return 0;
}

int ward__poller_fd(struct ward__poller *poller)
{
	int r = 0;

	if (!ward__poller_is_ours(poller))
		return -ECHILD;
	pthread_mutex_lock(&poller->lock);
	if (!poller->has_watchman)
		r = start(poller);
	if (r == 0)
		r = poller->lamp[0];
	pthread_mutex_unlock(&poller->lock);
	return r;
}

void ward__watchman_dismiss(struct ward__poller *poller)
{
	pthread_mutex_lock(&poller->lock);
	poller->ends = true;
	ward__poller_rouse(poller);
	while (poller->has_watchman)
		pthread_cond_wait(&poller->silence, &poller->lock);
	pthread_mutex_unlock(&poller->lock);
}
