/* SPDX-License-Identifier: MIT */
/*
 * ward in a loop of libev: a watcher for the end of a process, as ev_child is one, for any
 * process in any loop, and without SIGCHLD.
 *
 *	static void ended(EV_P_ ward_ev *w, int revents);
 *
 *	ward_ev watcher;
 *	ward_ev_init(&watcher, ended, ward);
 *	r = ward_ev_start(EV_A_ &watcher);
 *
 * What holds for all of it, beside what holds for libev's own watchers:
 *
 *  - Everything is done in the thread that the loop belongs to. Other threads may use the
 *    ward meanwhile.
 *  - While it is active a watcher is one more owner of its ward (ward_ref), so the caller
 *    may close his own at any time.
 *  - An active watcher must not be moved, changed or freed; stop it before. From the moment
 *    when its callback is called it is not active any more: there it may be freed, or
 *    started again.
 *  - A loop may be destroyed with active watchers in it: they are stopped by that. (Where
 *    libev was built without ev_cleanup they must be stopped before.)
 *
 * The default loop of libev collects every child of the program as soon as it gets SIGCHLD.
 * That is a thief: only from Linux 6.15 on can the true status be known all the same, else
 * it is WARD_LOST. Use a loop of ev_loop_new, or set SIGCHLD back to SIG_DFL after the
 * first ev_default_loop.
 */
#ifndef WARD_EV_H
#define WARD_EV_H

#include <errno.h>
#include <stddef.h>

#include <ev.h>
#include <ward.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_ev;

/*
 * Called once, from the loop; never from inside of ward_ev_start.
 *
 * @w        not active any more. w->exit says how the process ended, and w->ward is
 *           there at least until the callback returns.
 * @revents  EV_CHILD; or EV_ERROR, and w->error is why nobody will ever know: -ECHILD in a
 *           process that was forked from the one that had the child.
 */
typedef void (*ward_ev_cb)(EV_P_ struct ward_ev *w, int revents);

typedef struct ward_ev {
	void *data;                           /* yours */
	struct ward *ward;                    /* read it, and set it by ward_ev_set */
	struct ward_exit exit;                /* in the callback and after it: how it ended */
	int error;                            /* ... with EV_ERROR: why that is not known */

	/* Not yours. */
	ward_ev_cb cb;
	int active;
	ev_tstamp pause;
	ev_io io;
	ev_timer timer;
#if EV_CLEANUP_ENABLE
	ev_cleanup cleanup;
#endif
} ward_ev;

static inline void ward_ev_stop(EV_P_ ward_ev *w);

/* ------------------------------------------------------------------------- not yours */

#define WARD__EV_FIRST_PAUSE 0.001
#define WARD__EV_LONGEST_PAUSE 0.064

static inline void *ward__ev_of(void *part, size_t offset)
{
	return (char *)part - offset;
}

/* Whoever is told last may free @w: nothing touches it after that. */
static inline void ward__ev_tell(EV_P_ ward_ev *w, int revents)
{
	struct ward *held = ward_ref(w->ward);

	ward_ev_stop(EV_A_ w);
	w->cb(EV_A_ w, revents);
	ward_close(held);
}

/*
 * Worth a try. Readable and no end (a debugger holds the child back, a stranger's own parent
 * has not collected it yet) may last, and the descriptor stays readable all the while: from
 * now on the timer asks, at longer and longer intervals.
 */
static inline void ward__ev_ask(EV_P_ ward_ev *w)
{
	struct ward_exit exit = WARD_EXIT_INIT;
	int r = ward_wait(w->ward, 0, &exit);

	if (r == 0) {
		ev_io_stop(EV_A_ &w->io);
		ev_timer_set(&w->timer, w->pause, 0.);
		ev_timer_start(EV_A_ &w->timer);
		w->pause = w->pause < WARD__EV_LONGEST_PAUSE ? 2 * w->pause : w->pause;
		return;
	}
	w->exit = exit;
	w->error = r < 0 ? r : 0;
	ward__ev_tell(EV_A_ w, r < 0 ? (int)EV_ERROR : (int)EV_CHILD);
}

static inline void ward__ev_readable(EV_P_ ev_io *io, int revents)
{
	(void)revents;
	ward__ev_ask(EV_A_ (ward_ev *)ward__ev_of(io, offsetof(ward_ev, io)));
}

static inline void ward__ev_again(EV_P_ ev_timer *timer, int revents)
{
	(void)revents;
	ward__ev_ask(EV_A_ (ward_ev *)ward__ev_of(timer, offsetof(ward_ev, timer)));
}

#if EV_CLEANUP_ENABLE
static inline void ward__ev_loop_ends(EV_P_ ev_cleanup *cleanup, int revents)
{
	(void)revents;
	ward_ev_stop(EV_A_ (ward_ev *)ward__ev_of(cleanup, offsetof(ward_ev, cleanup)));
}
#endif

/* ----------------------------------------------------------------------------- yours */

/*
 * ward_ev_set(w, ward), ward_ev_init(w, cb, ward):
 * Which process to watch for, and whom to tell. Nothing is held, and nothing is to be undone,
 * until the watcher is started: @ward has to be open then.
 *
 * ward_ev_init is for a watcher that is new; w->data is left as it is. ward_ev_set is for one
 * that is not active.   Since 0.1.
 */
static inline void ward_ev_set(ward_ev *w, struct ward *ward)
{
	w->ward = ward;
}

static inline void ward_ev_init(ward_ev *w, ward_ev_cb cb, struct ward *ward)
{
	const struct ward_exit none = WARD_EXIT_INIT;

	w->exit = none;
	w->error = 0;
	w->cb = cb;
	w->active = 0;
	w->pause = WARD__EV_FIRST_PAUSE;
	ev_init(&w->io, ward__ev_readable);
	ev_timer_init(&w->timer, ward__ev_again, 0., 0.);
#if EV_CLEANUP_ENABLE
	ev_cleanup_init(&w->cleanup, ward__ev_loop_ends);
#endif
	ward_ev_set(w, ward);
}

/*
 * ward_ev_is_active(w): whether it has been started, and neither stopped nor told the end
 * since.   Since 0.1.
 */
static inline int ward_ev_is_active(const ward_ev *w)
{
	return w->active;
}

/*
 * ward_ev_start(loop, w):
 * Watch for the end of the process. One that has ended already is told by the loop, too. A
 * watcher that is active stays as it is. It keeps the loop running, as any other.
 *
 * Returns 0, or what ward_poll_fd returned: -ENOTSUP, the process is held by its number, and
 * there is no descriptor for a loop; -EMFILE, -ENFILE, -ENOMEM. -EINVAL, there is no
 * ward.   Since 0.1.
 */
static inline int ward_ev_start(EV_P_ ward_ev *w)
{
	int fd;

	if (w->active)
		return 0;
	fd = ward_poll_fd(w->ward);
	if (fd < 0)
		return fd;
	ward_ref(w->ward);
	w->active = 1;
	w->pause = WARD__EV_FIRST_PAUSE;
	ev_io_set(&w->io, fd, EV_READ);
	ev_io_start(EV_A_ &w->io);
#if EV_CLEANUP_ENABLE
	ev_cleanup_start(EV_A_ &w->cleanup);
#endif
	return 0;
}

/*
 * ward_ev_stop(loop, w):
 * Do not watch any more: the callback is not called, also when the end was seen already and
 * the callback was about to be called. The ward of the watcher is given up; where that was
 * the last owner's, it does what ward_close does. Not active: nothing happens.   Since 0.1.
 */
static inline void ward_ev_stop(EV_P_ ward_ev *w)
{
	if (!w->active)
		return;
	w->active = 0;
	ev_io_stop(EV_A_ &w->io);
	ev_timer_stop(EV_A_ &w->timer);
#if EV_CLEANUP_ENABLE
	ev_cleanup_stop(EV_A_ &w->cleanup);
#endif
	ward_close(w->ward);
}

#ifdef __cplusplus
}
#endif
#endif
