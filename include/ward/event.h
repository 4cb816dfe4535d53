/* SPDX-License-Identifier: MIT */
/*
 * ward in an event base of libevent: an event for the end of a process.
 *
 *	static void ended(struct ward *w, const struct ward_exit *exit, void *arg);
 *
 *	struct ward_libevent *ev = ward_libevent_new(base, w, ended, arg);
 *	r = ward_libevent_add(ev);
 *	...
 *	ward_libevent_free(ev);
 *
 * What holds for all of it:
 *
 *  - Everything is done in the thread that runs the base's loop. Other threads may use the
 *    ward meanwhile.
 *  - From new to free the event is one more owner of its ward (ward_ref), so the caller may
 *    close his own at any time.
 *  - When the callback is called the event is not pending any more: there it may be
 *    freed, or added again.
 *  - The base is freed last. (An event that is not pending may outlive it: to be freed, and
 *    for nothing else.)
 *
 * The descriptor of ward_poll_fd is set to O_NONBLOCK, as libevent wants all of its own;
 * that changes nothing for ward.
 */
#ifndef WARD_EVENT_H
#define WARD_EVENT_H

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>
#include <ward.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Called once for each time that the event was added, from the loop; never from inside of
 * ward_libevent_add.
 *
 * @w     there at least until the callback returns.
 * @exit  how the process ended; until the callback returns. NULL: nobody will ever know,
 *        ward_wait(w, 0, NULL) returns why: -ECHILD in a process that was forked from the
 *        one that had the child.
 * @arg   as it was given.
 */
typedef void (*ward_libevent_cb)(struct ward *w, const struct ward_exit *exit, void *arg);

/* Nothing in it is yours. What libevent has of it lies behind it: only libevent knows how
 * long that is. */
struct ward_libevent {
	struct event_base *base;
	struct ward *ward;
	ward_libevent_cb cb;
	void *arg;
	struct event *event;
	int pending;
	int priority;                         /* -1: the base's default */
	int64_t pause_us;                     /* (aligned as what follows may want it) */
};

/* ------------------------------------------------------------------------- not yours */

#define WARD__LIBEVENT_FIRST_PAUSE 1000       /* microseconds */
#define WARD__LIBEVENT_LONGEST_PAUSE 64000

static inline void ward__libevent_ready(evutil_socket_t fd, short what, void *arg);

/* Make the libevent's event one of this descriptor, or one of time alone for -1. */
static inline void ward__libevent_become(struct ward_libevent *ev, int fd)
{
	(void)event_assign(ev->event, ev->base, fd, (short)(fd < 0 ? 0 : EV_READ),
	                   ward__libevent_ready, ev);
	if (ev->priority >= 0)
		(void)event_priority_set(ev->event, ev->priority);
}

/*
 * Readable and no end (a debugger holds the child back, a stranger's own parent has not
 * collected it yet) may last, and the descriptor stays readable all the while: from now on
 * time alone makes us ask, at longer and longer intervals. No memory for that: by the
 * descriptor as before, with each turn of the loop, which is dear and loses nothing.
 */
static inline void ward__libevent_ask_later(struct ward_libevent *ev)
{
	struct timeval pause = { 0, 0 };

	pause.tv_usec = (int)ev->pause_us;
	if (ev->pause_us < WARD__LIBEVENT_LONGEST_PAUSE)
		ev->pause_us *= 2;
	ev->pending = 1;
	ward__libevent_become(ev, -1);
	if (event_add(ev->event, &pause) == 0)
		return;
	ward__libevent_become(ev, ward_poll_fd(ev->ward));
	if (event_add(ev->event, NULL) < 0)
		event_active(ev->event, EV_READ, 0);
}

/* The callback may free @ev: nothing touches it after that. */
static inline void ward__libevent_ready(evutil_socket_t fd, short what, void *arg)
{
	struct ward_libevent *ev = (struct ward_libevent *)arg;
	struct ward_exit exit = WARD_EXIT_INIT;
	struct ward *w = ev->ward;
	int r = ward_wait(w, 0, &exit);

	(void)fd;
	(void)what;
	ev->pending = 0;
	if (r == 0) {
		ward__libevent_ask_later(ev);
		return;
	}
	ward_ref(w);
	ev->cb(w, r > 0 ? &exit : NULL, ev->arg);
	ward_close(w);
}

/* ----------------------------------------------------------------------------- yours */

/*
 * ward_libevent_new(base, w, cb, arg):
 * An event for the end of a process, not yet pending.
 *
 * Returns NULL when there is no memory, or no @base or @w.   Since 0.1.
 */
static inline struct ward_libevent *ward_libevent_new(struct event_base *base, struct ward *w,
                                                      ward_libevent_cb cb, void *arg)
{
	struct ward_libevent *ev = NULL;

	if (base && w)
		ev = (struct ward_libevent *)calloc(1, sizeof(*ev) +
		                                               event_get_struct_event_size());
	if (!ev)
		return NULL;
	ev->base = base;
	ev->ward = ward_ref(w);
	ev->cb = cb;
	ev->arg = arg;
	ev->event = (struct event *)(void *)(ev + 1);
	ev->priority = -1;
	ward__libevent_become(ev, -1);
	return ev;
}

/*
 * ward_libevent_priority_set(ev, priority):
 * As event_priority_set, for an event that is not pending.
 *
 * Returns 0; -1, there is no such priority, or the event is pending.   Since 0.1.
 */
static inline int ward_libevent_priority_set(struct ward_libevent *ev, int priority)
{
	if (ev->pending || event_priority_set(ev->event, priority) < 0)
		return -1;
	ev->priority = priority;
	return 0;
}

/*
 * ward_libevent_pending(ev): whether it has been added, and neither deleted nor told the end
 * since.   Since 0.1.
 */
static inline int ward_libevent_pending(const struct ward_libevent *ev)
{
	return ev->pending;
}

/*
 * ward_libevent_add(ev):
 * Watch for the end of the process. One that has ended already is told by the loop, too. An
 * event that is pending stays as it is. It keeps the loop running, as any other.
 *
 * Returns 0, or what ward_poll_fd returned: -ENOTSUP, the process is held by its number, and
 * there is no descriptor for a loop; -EMFILE, -ENFILE, -ENOMEM. -EIO, libevent could not add
 * it, and did not say why.   Since 0.1.
 */
static inline int ward_libevent_add(struct ward_libevent *ev)
{
	int before = errno, fd, r = 0;

	if (ev->pending)
		return 0;
	fd = ward_poll_fd(ev->ward);
	if (fd < 0)
		return fd;
	(void)evutil_make_socket_nonblocking(fd);
	ev->pause_us = WARD__LIBEVENT_FIRST_PAUSE;
	ward__libevent_become(ev, fd);
	errno = 0;
	if (event_add(ev->event, NULL) < 0)
		r = errno > 0 ? -errno : -EIO;
	errno = before;
	ev->pending = r == 0;
	return r;
}

/*
 * ward_libevent_del(ev):
 * Do not watch any more: the callback is not called, also when the end was seen already and
 * the callback was about to be called. Not pending: nothing happens.   Since 0.1.
 */
static inline void ward_libevent_del(struct ward_libevent *ev)
{
	if (ev->pending)
		(void)event_del(ev->event);
	ev->pending = 0;
}

/*
 * ward_libevent_free(ev):
 * Delete it, and free it; NULL is fine. Its ward is given up; where that was the last
 * owner's, it does what ward_close does.   Since 0.1.
 */
static inline void ward_libevent_free(struct ward_libevent *ev)
{
	if (!ev)
		return;
	ward_libevent_del(ev);
	event_debug_unassign(ev->event);
	ward_close(ev->ward);
	free(ev);
}

#ifdef __cplusplus
}
#endif
#endif
