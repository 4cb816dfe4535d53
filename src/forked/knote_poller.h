/* SPDX-License-Identifier: MIT */
/*
 * Sleeping for many where there is kqueue(2): the whole of a poller. One file of each
 * such system includes it, and not the plain one, which shares this folder.
 *
 * Everything in the kqueue is told of once (EV_ONESHOT). A process is in it by the
 * descriptor of its watch: most have a kqueue of their own there, so that these are
 * nested; a process descriptor has a filter of its own.
 *
 * What is hard is the alarm. A timer in a kqueue is told of once, however it is asked
 * for, and never at once; the alarm is to hold from its moment on. So there is a bell,
 * the end of a pipe that nobody writes to: it is always readable, and is put into the
 * kqueue when the alarm is due. There is EVFILT_USER for such things, but not on all.
 */
#ifndef WARD_FORKED_KNOTE_POLLER_H
#define WARD_FORKED_KNOTE_POLLER_H

#include <pthread.h>
#include <string.h>

#include "../deadline.h"
#include "../memory.h"
#include "../unix/channel.h"
#include "../unix/pipe.h"
#include "../unix/sleep.h"
#include "knote.h"
#include "process.h"

/* By the number of a descriptor: the word in a kevent has 32 bits on some systems. */
struct ward__knote_tokens {
	uint64_t read, write;
};

struct ward__poller {
	pthread_mutex_t lock;
	int queue, bell;
	pid_t owner;                  /* whose the queue is: copies of us have none */
	struct ward__knote_tokens *tokens;
	size_t room;
	int64_t alarm;
	bool rings;                   /* the bell is in the queue */
	bool runs;                    /* the timer is, or was and has run off */
};

enum {
	WARD__KNOTE_BATCH = 64,
	WARD__KNOTE_TIMER = 1,                /* its number */
	WARD__KNOTE_LONGEST_S = 24 * 60 * 60  /* of one sleep: kernels have limits */
};

bool ward__poller_is_ours(const struct ward__poller *poller)
{
	return poller->owner == getpid();
}

void ward__poller_lock(struct ward__poller *poller)
{
	pthread_mutex_lock(&poller->lock);
}

void ward__poller_unlock(struct ward__poller *poller)
{
	pthread_mutex_unlock(&poller->lock);
}

int ward__poller_fd(struct ward__poller *poller)
{
	return ward__poller_is_ours(poller) ? poller->queue : -ECHILD;
}

/* ---------------------------------------------------------------------- make, free */

static inline int ward__knote_bell(void)
{
	int ends[2], r = ward__pipe(ends);

	if (r < 0)
		return r;
	close(ends[1]);
	return ends[0];
}

int ward__poller_new(struct ward__poller **ret)
{
	struct ward__poller *poller = ward__alloc(sizeof(*poller));
	int r;

	if (!poller)
		return -ENOMEM;
	r = poller->bell = ward__knote_bell();
	if (r < 0)
		goto free_memory;
	r = poller->queue = ward__knote_queue();
	if (r < 0)
		goto close_bell;
	poller->owner = getpid();
	poller->alarm = -1;
	pthread_mutex_init(&poller->lock, NULL);
	*ret = poller;
	return 0;

close_bell:
	close(poller->bell);
free_memory:
	ward__free(poller);
	return r;
}

void ward__poller_free(struct ward__poller *poller)
{
	if (!poller)
		return;
	ward__knote_close(poller->queue, poller->owner);
	close(poller->bell);
	if (ward__poller_is_ours(poller)) /* else somebody may have had it at the fork */
		pthread_mutex_destroy(&poller->lock);
	ward__free(poller->tokens);
	ward__free(poller);
}

/* ----------------------------------------------------------------- what to tell of */

static inline int ward__knote_room(struct ward__poller *poller, size_t room)
{
	struct ward__knote_tokens *tokens;
	size_t size = poller->room ? poller->room : 64;

	if (poller->room >= room)
		return 0;
	while (size < room)
		size *= 2;
	tokens = ward__alloc(size * sizeof(*tokens));
	if (!tokens)
		return -ENOMEM;
	if (poller->room > 0)
		memcpy(tokens, poller->tokens, poller->room * sizeof(*tokens));
	ward__free(poller->tokens);
	poller->tokens = tokens;
	poller->room = size;
	return 0;
}

static inline uint64_t *ward__knote_token(const struct ward__poller *poller,
                                          const struct kevent *event)
{
	struct ward__knote_tokens *both = &poller->tokens[event->ident];

	return event->filter == EVFILT_WRITE ? &both->write : &both->read;
}

/*
 * Some kernels tell by an error that nobody reads from a pipe any more. A write will tell
 * it, too; so it has come.
 */
static inline int ward__knote_refusal(const struct kevent *event, int code)
{
	if (event->filter == EVFILT_WRITE && (code == -EPIPE || code == -EBADF))
		return 1;
	return code;
}

static inline int ward__knote_arm(struct ward__poller *poller, struct kevent *event,
                                  uint64_t token)
{
	int r = ward__knote_room(poller, event->ident + 1);

	if (r < 0)
		return r;
	*ward__knote_token(poller, event) = token;
	event->flags = EV_ADD | EV_ONESHOT;
	return ward__knote_refusal(event, ward__knote_add(poller->queue, event));
}

/* What tells of the end of a process. */
static inline struct kevent ward__knote_of_process(const struct ward__process *p)
{
	struct kevent change = { .ident = (uintptr_t)ward__process_fd(p),
		                 .filter = EVFILT_READ };

#ifdef EVFILT_PROCDESC
	if (!ward__process_is_kept(p) && ward__process_is_handle(p)) {
		change.filter = EVFILT_PROCDESC;
		change.fflags = NOTE_EXIT;
	}
#endif
	return change;
}

static inline struct kevent ward__knote_of(const struct ward__event *event)
{
	struct kevent change = { .filter = EVFILT_READ };

	if (event->process)
		return ward__knote_of_process(event->process);
	change.ident = event->channel ? (uintptr_t)event->channel->fd :
	                                (uintptr_t)event->descriptor;
	if (event->wants & WARD__WRITE)
		change.filter = EVFILT_WRITE;
	return change;
}

/* NetBSD's filter does not see that nobody has the other side of a terminal any more. */
static inline void ward__knote_hangup(const struct ward__channel *channel, int64_t *until)
{
#ifdef __NetBSD__
	if (channel->kind == WARD__CHANNEL_PTY)
		*until = ward__earlier(*until, ward__now() + 50 * WARD_NS_PER_MS);
#else
	(void)channel;
	(void)until;
#endif
}

int ward__poller_add(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	struct kevent change;
	struct pollfd one;
	int r;

	if (!ward__poller_is_ours(poller))
		return -ECHILD;
	r = ward__event_await(event, &one, until);
	if (r != 0 || one.fd < 0)
		return r;
	if (event->channel)
		ward__knote_hangup(event->channel, until);
	change = ward__knote_of(event);
	return ward__knote_arm(poller, &change, token);
}

/* What is told of is out of the kqueue, and what is in it is not put in twice. */
int ward__poller_arm(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	return ward__poller_add(poller, event, token, until);
}

void ward__poller_remove(struct ward__poller *poller, const struct ward__event *event,
                         uint64_t token, bool armed)
{
	struct kevent change;

	(void)token;
	if (!armed || !ward__poller_is_ours(poller))
		return;
	change = ward__knote_of(event);
	change.flags = EV_DELETE;
	kevent(poller->queue, &change, 1, NULL, 0, NULL);
}

/* ---------------------------------------------------------------------------- alarm */

/* It is not to fail; what a test makes fail, or a signal, is tried again. */
static inline bool ward__knote_force(struct ward__poller *poller,
                                     const struct kevent *change)
{
	int r = -EAGAIN;

	for (int tries = 0; tries < 3 && r < 0 && r != -ENOENT; tries++)
		r = ward__knote_add(poller->queue, change);
	return r == 0;
}

static inline void ward__knote_ring_bell(struct ward__poller *poller, bool on)
{
	const struct kevent bell = { .ident = (uintptr_t)poller->bell,
		                     .filter = EVFILT_READ,
		                     .flags = on ? EV_ADD : EV_DELETE };

	if (poller->rings != on)
		poller->rings = ward__knote_force(poller, &bell) == on;
}

static inline void ward__knote_stop_timer(struct ward__poller *poller)
{
	const struct kevent timer = { .ident = WARD__KNOTE_TIMER,
		                      .filter = EVFILT_TIMER,
		                      .flags = EV_DELETE };

	if (poller->runs)
		ward__knote_force(poller, &timer);
	poller->runs = false;
}

/* Where it counts milliseconds, a part of one is waited for as a whole one. */
static inline void ward__knote_start_timer(struct ward__poller *poller, int64_t left)
{
	const int64_t longest = WARD__KNOTE_LONGEST_S * WARD_NS_PER_S;
	struct kevent timer = { .ident = WARD__KNOTE_TIMER,
		                .filter = EVFILT_TIMER,
		                .flags = EV_ADD | EV_ONESHOT };

	left = left < longest ? left : longest;
	timer.data = (int)((left - 1) / WARD_NS_PER_MS) + 1;
#ifdef NOTE_NSECONDS
	if (left < WARD_NS_PER_S) {
		timer.data = (int)left;
		timer.fflags = NOTE_NSECONDS;
	}
#endif
	poller->runs = ward__knote_force(poller, &timer);
}

static inline void ward__knote_set_alarm(struct ward__poller *poller)
{
	int64_t left = poller->alarm - ward__now();
	bool is_due = poller->alarm >= 0 && left <= 0;

	ward__knote_stop_timer(poller);
	ward__knote_ring_bell(poller, is_due);
	if (poller->alarm >= 0 && !is_due)
		ward__knote_start_timer(poller, left);
}

void ward__poller_alarm(struct ward__poller *poller, int64_t when)
{
	if (!ward__poller_is_ours(poller))
		return;
	poller->alarm = when;
	ward__knote_set_alarm(poller);
}

/* ---------------------------------------------------------------------------- sleep */

static inline int ward__knote_wait(int queue, struct kevent *events, int n, int64_t until)
{
	struct timespec time = { .tv_sec = WARD__KNOTE_LONGEST_S };
	int64_t left = until < 0 ? INT64_MAX : until - ward__now();
	int r = ward__gate("kevent");

	if (r < 0)
		return r;
	if (left < 0)
		left = 0;
	if (left / WARD_NS_PER_S < WARD__KNOTE_LONGEST_S) {
		time.tv_sec = (time_t)(left / WARD_NS_PER_S);
		time.tv_nsec = (long)(left % WARD_NS_PER_S);
	}
	r = kevent(queue, NULL, 0, events, n, &time);
	return r < 0 && errno != EINTR ? -errno : r < 0 ? 0 : r;
}

/* With the lock: the tokens of what is neither bell nor timer. */
static inline int ward__knote_take(struct ward__poller *poller, uint64_t *tokens,
                                   const struct kevent *events, int n)
{
	bool alarm = false;
	int taken = 0;

	for (int i = 0; i < n; i++) {
		if (events[i].filter == EVFILT_TIMER) {
			poller->runs = false;
			alarm = true;
		} else if (events[i].ident != (uintptr_t)poller->bell) {
			tokens[taken++] = *ward__knote_token(poller, &events[i]);
		}
	}
	if (alarm)
		ward__knote_set_alarm(poller);
	return taken;
}

/* One turn: as wait, but 0 may mean that it was for nothing. */
static inline int ward__knote_turn(struct ward__poller *poller, uint64_t *tokens, int n,
                                   int64_t until)
{
	struct kevent events[WARD__KNOTE_BATCH];
	int r = ward__knote_wait(poller->queue, events, n, until);

	if (r <= 0)
		return r;
	pthread_mutex_lock(&poller->lock);
	r = ward__knote_take(poller, tokens, events, r);
	pthread_mutex_unlock(&poller->lock);
	return r;
}

static inline int64_t ward__knote_alarm(struct ward__poller *poller)
{
	int64_t alarm;

	pthread_mutex_lock(&poller->lock);
	alarm = poller->alarm;
	pthread_mutex_unlock(&poller->lock);
	return alarm;
}

int ward__poller_wait(struct ward__poller *poller, uint64_t *tokens, size_t n,
                      int64_t deadline)
{
	int most = n < WARD__KNOTE_BATCH ? (int)n : WARD__KNOTE_BATCH;

	if (!ward__poller_is_ours(poller))
		return -ECHILD;
	for (;;) {
		int64_t until = ward__earlier(deadline, ward__knote_alarm(poller));
		int r = ward__knote_turn(poller, tokens, most, until);

		if (r != 0)
			return r;
		if (ward__is_due(ward__earlier(deadline, ward__knote_alarm(poller))))
			return 0;
	}
}

#endif
