/* SPDX-License-Identifier: MIT */
/*
 * The end of a process by its number, through a kqueue of its own (kqueue(2)): what the
 * systems that have one share. Inline, since the plain system has none.
 *
 * The kqueue itself is the descriptor to poll. It is readable as long as there is an
 * event in it that nobody has taken out; so the event is taken out once only, for the
 * status that it carries, and a timer that has run off is put in its place.
 */
#ifndef WARD_FORKED_KNOTE_H
#define WARD_FORKED_KNOTE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

#include "../gate.h"

/* macOS tells the status only to those who ask for it, and only of their children. */
#ifdef NOTE_EXITSTATUS
#define WARD__NOTE_STATUS NOTE_EXITSTATUS
#else
#define WARD__NOTE_STATUS 0
#endif

/* A kqueue. It is never inherited by fork; CLOEXEC is for a program that execs itself. */
static inline int ward__knote_queue(void)
{
	int r = ward__gate("kqueue");

	if (r == 0)
		r = kqueue();
	else
		return r;
	if (r < 0)
		return -errno;
	fcntl(r, F_SETFD, FD_CLOEXEC);
	return r;
}

/*
 * A copy of the program, which @owner forked, has no kqueue: there the number is free or
 * somebody else's.
 */
static inline void ward__knote_close(int queue, pid_t owner)
{
	if (queue >= 0 && getpid() == owner)
		close(queue);
}

static inline int ward__knote_add(int queue, const struct kevent *change)
{
	int r = ward__gate("kevent");

	if (r < 0)
		return r;
	do
		r = kevent(queue, change, 1, NULL, 0, NULL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* From a moment on the queue is readable, and stays so. */
static inline int ward__knote_ring(int queue)
{
	const struct kevent timer = { .ident = 1,
		                      .filter = EVFILT_TIMER,
		                      .flags = EV_ADD | EV_ONESHOT,
		                      .data = 1 };

	return ward__knote_add(queue, &timer);
}

static inline int ward__knote_exit(int queue, pid_t pid, unsigned notes)
{
	const struct kevent end = { .ident = (uintptr_t)pid,
		                    .filter = EVFILT_PROC,
		                    .flags = EV_ADD | EV_ONESHOT,
		                    .fflags = notes };

	return ward__knote_add(queue, &end);
}

/*
 * Be told of the end of @pid. A @child that nobody has collected and that cannot be found
 * has ended already: most of these systems look at no zombies.
 */
static inline int ward__knote_watch(int queue, pid_t pid, bool child)
{
	int r = ward__knote_exit(queue, pid, NOTE_EXIT | WARD__NOTE_STATUS);

	if (r == -EACCES && WARD__NOTE_STATUS != 0)
		r = ward__knote_exit(queue, pid, NOTE_EXIT);
	if (r == -ESRCH && child)
		r = ward__knote_ring(queue);
	return r == -EPERM ? -EACCES : r;
}

static inline bool ward__knote_done(int queue)
{
	struct pollfd one = { .fd = queue, .events = POLLIN };
	int r = ward__gate("ppoll");

	if (r < 0)
		return false;
	do
		r = poll(&one, 1, 0);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

/* Take the event out: 1, and the status that it carries; 0, none. */
static inline bool ward__knote_status(int queue, int *ret)
{
	const struct timespec at_once = { 0, 0 };
	struct kevent event = { .ident = 0 };
	int n = ward__gate("kevent");

	if (n < 0)
		return false;
	do
		n = kevent(queue, NULL, 0, &event, 1, &at_once);
	while (n < 0 && errno == EINTR);
	ward__knote_ring(queue);
	if (n != 1 || event.filter == EVFILT_TIMER || !(event.fflags & NOTE_EXIT))
		return false;
	if (WARD__NOTE_STATUS != 0 && !(event.fflags & WARD__NOTE_STATUS))
		return false;
	*ret = (int)event.data;
	return true;
}

#endif
