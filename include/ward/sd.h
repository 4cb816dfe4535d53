/* SPDX-License-Identifier: MIT */
/*
 * ward in a loop of systemd (sd-event): a source for the end of a process, as
 * sd_event_add_child makes one, for any process, and without SIGCHLD, which need not be
 * blocked for it.
 *
 *	static int ended(sd_event_source *s, struct ward *w, const struct ward_exit *exit,
 *	                 void *userdata);
 *
 *	r = ward_sd_add(e, &source, w, ended, userdata);
 *	...
 *	sd_event_source_disable_unref(source);
 *
 * What holds for all of it:
 *
 *  - Everything is done in the thread that runs the loop. Other threads may use the ward
 *    meanwhile.
 *  - What returns an int returns 0 or a negative errno.
 *  - Until it is freed a source is one more owner of its ward (ward_ref), so the caller may
 *    close his own at any time. Where the source was the last owner it does what ward_close
 *    does.
 *  - When the handler is called the source is not enabled any more: there it may be freed,
 *    or enabled again (it is told again, then).
 *  - A source keeps its loop, and the loop a floating source, as with all of sd-event.
 *  - The source may be given a priority, a description, a prepare handler, be disabled and
 *    enabled and made floating like any other. Its userdata, its destroy callback and its
 *    rate limit are the adapter's.
 *
 * It needs libsystemd of 248 or later.
 */
#ifndef WARD_SD_H
#define WARD_SD_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-event.h>
#include <ward.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Called once for each time that the source was enabled, from the loop; never from inside of
 * ward_sd_add.
 *
 * @w         there at least until the handler returns.
 * @exit      how the process ended; until the handler returns. NULL: nobody will ever know,
 *            ward_wait(w, 0, NULL) returns why.
 * @userdata  as it was given to ward_sd_add.
 *
 * Returns 0 or more; a negative number is an error to sd-event, as from every handler.
 */
typedef int (*ward_sd_handler)(sd_event_source *s, struct ward *w,
                               const struct ward_exit *exit, void *userdata);

/* ------------------------------------------------------------------------- not yours */

#define WARD__SD_FIRST_PAUSE 1000u            /* microseconds */
#define WARD__SD_LONGEST_PAUSE 64000u

struct ward__sd {
	struct ward *ward;
	ward_sd_handler handler;
	void *userdata;
	uint64_t pause_us;
	int is_paused;                        /* pause_us is over when we are asked */
	int is_loops_own;
};

/*
 * Readable and no end (a debugger holds the child back, a stranger's own parent has not
 * collected it yet) may last, and the descriptor stays readable all the while. A rate limit
 * of one in so many microseconds makes the loop look away that long. The first one after
 * the limit was set comes at once, so that each pause is asked for twice.
 */
static inline void ward__sd_ask_later(sd_event_source *s, struct ward__sd *own)
{
	int was_paused = own->is_paused;

	/* One that was set to fire once has not yet. */
	(void)sd_event_source_set_enabled(s, SD_EVENT_ON);
	own->is_paused = !was_paused;
	if (!was_paused || own->pause_us >= WARD__SD_LONGEST_PAUSE)
		return;
	own->pause_us *= 2;
	(void)sd_event_source_set_ratelimit(s, own->pause_us, 1);
}

static inline int ward__sd_tell(sd_event_source *s, struct ward__sd *own,
                                const struct ward_exit *exit)
{
	int r;

	if (own->handler)
		r = own->handler(s, own->ward, exit, own->userdata);
	else
		r = sd_event_exit(sd_event_source_get_event(s),
		                  (int)(intptr_t)own->userdata);
	/* Nobody else would ever free it, before the loop ends. */
	if (own->is_loops_own && sd_event_source_get_floating(s) > 0)
		(void)sd_event_source_set_floating(s, 0);
	return r;
}

/* While it is dispatched a source is there, whatever the handler does. */
static inline int ward__sd_ready(sd_event_source *s, int fd, uint32_t events, void *userdata)
{
	struct ward__sd *own = (struct ward__sd *)userdata;
	struct ward_exit exit = WARD_EXIT_INIT;
	int r = ward_wait(own->ward, 0, &exit);

	(void)fd;
	(void)events;
	if (r == 0) {
		ward__sd_ask_later(s, own);
		return 0;
	}
	(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
	sd_event_source_ref(s);
	r = ward__sd_tell(s, own, r > 0 ? &exit : NULL);
	sd_event_source_unref(s);
	return r;
}

static inline void ward__sd_free(void *userdata)
{
	struct ward__sd *own = (struct ward__sd *)userdata;

	ward_close(own->ward);
	free(own);
}

static inline int ward__sd_never(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s;
	(void)usec;
	(void)userdata;
	return 0;
}

/*
 * A rate limit takes the descriptor for its clock from the loop when it comes into force, and
 * there may be none left then. With the first source of time the loop has it for good.
 */
static inline int ward__sd_reserve(sd_event *e)
{
	sd_event_source *clock = NULL;
	int r = sd_event_add_time(e, &clock, CLOCK_MONOTONIC, UINT64_MAX, 0, ward__sd_never,
	                          NULL);

	(void)sd_event_source_disable_unref(clock);
	return r;
}

/* A loop watches a descriptor once: who comes second gets a number of his own for it. */
static inline int ward__sd_watch(sd_event *e, sd_event_source **ret, int fd, void *own)
{
	int twin, r = ward__sd_reserve(e);

	if (r >= 0)
		r = sd_event_add_io(e, ret, fd, EPOLLIN, ward__sd_ready, own);
	if (r != -EEXIST)
		return r;
	twin = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (twin < 0)
		return -errno;
	r = sd_event_add_io(e, ret, twin, EPOLLIN, ward__sd_ready, own);
	if (r < 0)
		close(twin);
	else
		(void)sd_event_source_set_io_fd_own(*ret, 1);
	return r;
}

/* ----------------------------------------------------------------------------- yours */

/*
 * ward_sd_add(e, ret, w, handler, userdata):
 * Call @handler when the process has ended. One that has ended already is told by the loop,
 * too. Several sources may watch one ward.
 *
 * @e        the loop.
 * @ret      the source; to be given up by sd_event_source_unref or _disable_unref, which
 *           leaves the process alone. NULL: it is the loop's own (floating), which frees it
 *           after @handler has returned, or when the loop is freed.
 * @handler  NULL: leave the loop, @userdata being the exit code as by (void *)(intptr_t).
 *
 * Returns 0; or, and nothing is left of it, what ward_poll_fd returned: -ENOTSUP, the process
 * is held by its number, and there is no descriptor for a loop; -EMFILE, -ENFILE, -ENOMEM,
 * also of its own; -EINVAL, there is no @w; -ECHILD, the loop is that of a process that this
 * one was forked from; -ESTALE, the loop is over.   Since 0.1.
 */
static inline int ward_sd_add(sd_event *e, sd_event_source **ret, struct ward *w,
                              ward_sd_handler handler, void *userdata)
{
	int before = errno, fd = ward_poll_fd(w), r;
	sd_event_source *source = NULL;
	struct ward__sd *own;

	if (fd < 0)
		return fd;
	own = (struct ward__sd *)calloc(1, sizeof(*own));
	if (!own)
		return -ENOMEM;
	r = ward__sd_watch(e, &source, fd, own);
	if (r >= 0)
		r = sd_event_source_set_ratelimit(source, WARD__SD_FIRST_PAUSE, 1);
	if (r >= 0 && !ret)
		r = sd_event_source_set_floating(source, 1);
	errno = before;
	if (r < 0) {
		(void)sd_event_source_disable_unref(source);
		free(own);
		return r;
	}
	own->ward = ward_ref(w);
	own->handler = handler;
	own->userdata = userdata;
	own->pause_us = WARD__SD_FIRST_PAUSE;
	own->is_loops_own = !ret;
	/* Which frees what the analyzer misses. */
	(void)sd_event_source_set_destroy_callback(source, ward__sd_free); /* NOLINT */
	(void)sd_event_source_set_enabled(source, SD_EVENT_ON);
	(void)sd_event_source_set_description(source, "ward");
	if (ret)
		*ret = source;
	else
		sd_event_source_unref(source);
	return 0;
}

/*
 * ward_sd_ward(s), ward_sd_userdata(s):
 * The ward that a source of ward_sd_add watches, lent; and the userdata that was given.
 *                                                                          Since 0.1.
 */
static inline struct ward *ward_sd_ward(sd_event_source *s)
{
	return ((struct ward__sd *)sd_event_source_get_userdata(s))->ward;
}

static inline void *ward_sd_userdata(sd_event_source *s)
{
	return ((struct ward__sd *)sd_event_source_get_userdata(s))->userdata;
}

#ifdef __cplusplus
}
#endif
#endif
