/* SPDX-License-Identifier: MIT */
/*
 * ward in a loop of libuv: a handle for the end of a process, as uv_process_t is one, for any
 * process, and without SIGCHLD.
 *
 *	static void ended(ward_uv_t *handle, int status, const struct ward_exit *exit);
 *
 *	ward_uv_t handle;
 *	r = ward_uv_init(loop, &handle, w);
 *	if (r == 0)
 *		r = ward_uv_start(&handle, ended);
 *	...
 *	ward_uv_close(&handle, closed);
 *
 * What holds for all of it, as for libuv's own handles:
 *
 *  - Everything is done in the thread that runs the loop. Other threads may use the ward
 *    meanwhile.
 *  - What returns an int returns 0 or a UV_E* number, for uv_strerror.
 *  - The memory of a handle is the caller's, and must stay where it is from ward_uv_init on
 *    until the close callback is called. So the loop comes last: uv_loop_close is UV_EBUSY
 *    until then.
 *  - From init to close the handle is one more owner of its ward (ward_ref), so the caller
 *    may close his own at any time.
 *  - When the callback is called the handle is not active any more: there it may be closed,
 *    or started again.
 *
 * uv_walk meets what is inside of it: a uv_poll_t or two and a uv_timer_t whose data points at
 * the ward_uv_t. They are closed by ward_uv_close and by nothing else.
 *
 * libuv sets the descriptor of ward_poll_fd to O_NONBLOCK, which changes nothing for ward.
 */
#ifndef WARD_UV_H
#define WARD_UV_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include <uv.h>
#include <ward.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ward_uv_s ward_uv_t;

/*
 * Called once for each start, from the loop; never from inside of ward_uv_start.
 *
 * @status  0; or a UV_E* number, and @exit is NULL: nobody will ever know. UV_ECHILD in a
 *          process that was forked from the one that had the child.
 * @exit    how the process ended; until the callback returns.
 */
typedef void (*ward_uv_cb)(ward_uv_t *handle, int status, const struct ward_exit *exit);

/* Called by the loop after ward_uv_close: the memory of the handle is the caller's again. */
typedef void (*ward_uv_close_cb)(ward_uv_t *handle);

struct ward_uv_s {
	void *data;                           /* yours */
	uv_loop_t *loop;                      /* to be read */
	struct ward *ward;                    /* to be read; NULL when it is closing */

	/* Not yours. */
	ward_uv_cb cb;
	ward_uv_close_cb close_cb;
	unsigned parts;                       /* how many of libuv's are not yet closed */
	unsigned pause_ms;
	int is_active, is_referenced, has_poll, is_twin, twin_fd;
	uv_timer_t timer;
	uv_poll_t poll, twin;
};

/* ------------------------------------------------------------------------- not yours */

#define WARD__UV_FIRST_PAUSE 1u               /* milliseconds */
#define WARD__UV_LONGEST_PAUSE 64u

static inline void ward__uv_again(uv_timer_t *timer);

static inline uv_poll_t *ward__uv_poll(ward_uv_t *handle)
{
	return handle->is_twin ? &handle->twin : &handle->poll;
}

static inline void ward__uv_reference(uv_handle_t *part, int wanted)
{
	if (wanted)
		uv_ref(part);
	else
		uv_unref(part);
}

static inline void ward__uv_idle(ward_uv_t *handle)
{
	handle->is_active = 0;
	(void)uv_poll_stop(ward__uv_poll(handle));
	(void)uv_timer_stop(&handle->timer);
}

/*
 * Readable and no end (a debugger holds the child back, a stranger's own parent has not
 * collected it yet) may last, and the descriptor stays readable all the while: from now on
 * the timer asks, at longer and longer intervals.
 */
static inline void ward__uv_ask_later(ward_uv_t *handle)
{
	(void)uv_poll_stop(ward__uv_poll(handle));
	(void)uv_timer_start(&handle->timer, ward__uv_again, handle->pause_ms, 0);
	if (handle->pause_ms < WARD__UV_LONGEST_PAUSE)
		handle->pause_ms *= 2;
}

/* The callback may close the handle, or start it again: nothing touches it after that. */
static inline void ward__uv_ask(ward_uv_t *handle)
{
	struct ward_exit exit = WARD_EXIT_INIT;
	int r = ward_wait(handle->ward, 0, &exit);

	if (r == 0) {
		ward__uv_ask_later(handle);
		return;
	}
	ward__uv_idle(handle);
	if (r > 0)
		handle->cb(handle, 0, &exit);
	else
		handle->cb(handle, uv_translate_sys_error(-r), NULL);
}

/* Whatever the descriptor reports, it is worth a try. */
static inline void ward__uv_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	ward__uv_ask((ward_uv_t *)poll->data);
}

static inline void ward__uv_again(uv_timer_t *timer)
{
	ward__uv_ask((ward_uv_t *)timer->data);
}

/*
 * libuv watches a descriptor once in each loop. Whoever comes second to the same ward gets
 * a number of its own for the same descriptor.
 */
static inline int ward__uv_make_twin(ward_uv_t *handle, int fd)
{
	int own, r;

	if (handle->twin_fd >= 0)
		return UV_EEXIST;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return uv_translate_sys_error(errno);
	r = uv_poll_init(handle->loop, &handle->twin, own);
	if (r < 0) {
		close(own);
		return r;
	}
	handle->twin.data = handle;
	handle->twin_fd = own;
	handle->is_twin = 1;
	handle->parts++;
	ward__uv_reference((uv_handle_t *)&handle->twin, handle->is_referenced);
	return 0;
}

static inline void ward__uv_closed(uv_handle_t *part)
{
	ward_uv_t *handle = (ward_uv_t *)part->data;

	if (--handle->parts == 0 && handle->close_cb)
		handle->close_cb(handle);
}

/* ----------------------------------------------------------------------------- yours */

/*
 * ward_uv_init(loop, handle, w):
 * Make @handle one for the process @w. handle->data is left as it is.
 *
 * Returns 0, and the handle has to be closed. Else it is as if nothing had happened:
 * UV_ENOTSUP, the process is held by its number, and there is no descriptor for a loop;
 * UV_EMFILE, UV_ENFILE, UV_ENOMEM; UV_EINVAL, there is no @w.   Since 0.1.
 */
static inline int ward_uv_init(uv_loop_t *loop, ward_uv_t *handle, struct ward *w)
{
	int before = errno, fd = ward_poll_fd(w), r = 0;

	if (fd < 0)
		return uv_translate_sys_error(-fd);
	handle->loop = loop;
	handle->ward = w;
	handle->cb = NULL;
	handle->close_cb = NULL;
	handle->parts = 0;
	handle->is_active = handle->has_poll = handle->is_twin = 0;
	handle->is_referenced = 1;
	handle->twin_fd = -1;
	r = uv_poll_init(loop, &handle->poll, fd);
	handle->has_poll = r == 0;
	handle->parts += r == 0;
	if (r == UV_EEXIST)
		r = ward__uv_make_twin(handle, fd);
	errno = before;
	if (r < 0)
		return r;
	handle->poll.data = handle->timer.data = handle;
	(void)uv_timer_init(loop, &handle->timer);
	handle->parts++;
	ward_ref(w);
	return 0;
}

/*
 * ward_uv_start(handle, cb):
 * Watch for the end of the process. One that has ended already is told by the loop, too. For
 * a handle that is active the new @cb takes the place of the old one.
 *
 * Returns 0, or what uv_poll_start returned. When a second handle of the same loop
 * watches the same ward it needs a descriptor more: UV_EMFILE. UV_EINVAL, the handle is
 * closing, or there is no @cb.   Since 0.1.
 */
static inline int ward_uv_start(ward_uv_t *handle, ward_uv_cb cb)
{
	int before = errno, r;

	if (!handle->ward || !cb)
		return UV_EINVAL;
	handle->cb = cb;
	if (handle->is_active)
		return 0;
	handle->pause_ms = WARD__UV_FIRST_PAUSE;
	r = uv_poll_start(ward__uv_poll(handle), UV_READABLE, ward__uv_readable);
	if (r == UV_EEXIST) {
		r = ward__uv_make_twin(handle, ward_poll_fd(handle->ward));
		if (r == 0)
			r = uv_poll_start(&handle->twin, UV_READABLE, ward__uv_readable);
	}
	handle->is_active = r == 0;
	errno = before;
	return r;
}

/*
 * ward_uv_stop(handle):
 * Do not watch any more: the callback is not called, also when the end was seen already and
 * the callback was about to be called. It can be started again. Not active: nothing happens.
 *
 * Returns 0.   Since 0.1.
 */
static inline int ward_uv_stop(ward_uv_t *handle)
{
	if (handle->is_active)
		ward__uv_idle(handle);
	return 0;
}

/*
 * ward_uv_is_active(handle): whether it has been started, and neither stopped nor told the
 * end since.
 * ward_uv_is_closing(handle): whether ward_uv_close has been called.   Since 0.1.
 */
static inline int ward_uv_is_active(const ward_uv_t *handle)
{
	return handle->is_active;
}

static inline int ward_uv_is_closing(const ward_uv_t *handle)
{
	return !handle->ward;
}

static inline void ward__uv_reference_all(ward_uv_t *handle, int wanted)
{
	handle->is_referenced = wanted;
	ward__uv_reference((uv_handle_t *)&handle->timer, wanted);
	if (handle->has_poll)
		ward__uv_reference((uv_handle_t *)&handle->poll, wanted);
	if (handle->twin_fd >= 0)
		ward__uv_reference((uv_handle_t *)&handle->twin, wanted);
}

/*
 * ward_uv_ref(handle), ward_uv_unref(handle), ward_uv_has_ref(handle):
 * Whether an active handle keeps the loop running, as uv_ref and its kin.   Since 0.1.
 */
static inline void ward_uv_ref(ward_uv_t *handle)
{
	ward__uv_reference_all(handle, 1);
}

static inline void ward_uv_unref(ward_uv_t *handle)
{
	ward__uv_reference_all(handle, 0);
}

static inline int ward_uv_has_ref(const ward_uv_t *handle)
{
	return handle->is_referenced;
}

/*
 * ward_uv_close(handle, cb):
 * Stop it, and give its ward up, at once; where that was the last owner's, it does what
 * ward_close does. The loop calls @cb (which may be NULL) later, when nothing of libuv
 * needs the memory of the handle any more. To be called once.   Since 0.1.
 */
static inline void ward_uv_close(ward_uv_t *handle, ward_uv_close_cb cb)
{
	struct ward *w = handle->ward;

	(void)ward_uv_stop(handle);
	handle->ward = NULL;
	handle->close_cb = cb;
	uv_close((uv_handle_t *)&handle->timer, ward__uv_closed);
	if (handle->has_poll)
		uv_close((uv_handle_t *)&handle->poll, ward__uv_closed);
	if (handle->twin_fd >= 0) {
		uv_close((uv_handle_t *)&handle->twin, ward__uv_closed);
		close(handle->twin_fd);
	}
	ward_close(w);
}

#ifdef __cplusplus
}
#endif
#endif
