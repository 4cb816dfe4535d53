/* SPDX-License-Identifier: MIT */
/*
 * ward in a ring of io_uring, through liburing: a request that completes when a process has
 * ended.
 *
 *	struct ward_uring wait;
 *
 *	r = ward_uring_init(&wait, w, 0);
 *	ward_uring_prep_wait(io_uring_get_sqe(&ring), &wait);
 *	io_uring_submit(&ring);
 *	...
 *	if (io_uring_cqe_get_data(cqe) == &wait)
 *		r = ward_uring_result(&wait, cqe, &exit);
 *	...                                     0: prepare it again
 *	ward_uring_exit(&wait);
 *
 * What holds for all of it:
 *
 *  - A wait is for one thread at a time, as its ring is. Other threads may use the ward.
 *  - What returns an int returns a negative errno on failure.
 *  - From init to exit the wait is one more owner of its ward (ward_ref), so the caller may
 *    close his own at any time. Where the wait was the last owner it does what ward_close
 *    does.
 *  - The kernel does not write to a wait, nor hold it: it may be freed, or prepared for
 *    another ring, as soon as nobody handles its completion any more. The ring may be
 *    closed before it or after it.
 *  - A request that is cancelled leaves the process alone, and the wait may be prepared
 *    again. One wait has one request under way at most; there may be many waits for one
 *    ward.
 *
 * It needs liburing of 2.2 or later and a ring without IORING_SETUP_IOPOLL.
 */
#ifndef WARD_URING_H
#define WARD_URING_H

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/wait.h>

#include <liburing.h>
#include <ward.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	/*
	 * Let the kernel wait for the child (IORING_OP_WAITID, Linux 6.7), and not only for
	 * its descriptor. With a child that a debugger holds back that sleeps until the
	 * debugger lets go, where the poll looks again and again; but each end of a child of
	 * this process wakes all of these requests: n children cost n * n. Where kernel or
	 * process do not allow it, the wait goes on by poll.
	 */
	WARD_URING_WAITID = 1u << 0
};

/* How a wait goes on. */
enum {
	WARD_URING_BY_POLL = 0,               /* IORING_OP_POLL_ADD */
	WARD_URING_BY_WAITID = 1,             /* IORING_OP_WAITID */
	WARD_URING_BY_TIME = 2                /* IORING_OP_TIMEOUT: held back; ask later */
};

struct ward_uring {
	void *data;                           /* yours */
	struct ward *ward;                    /* to be read; NULL after exit */
	uint32_t by;                          /* to be read: WARD_URING_BY_*, what the next
	                                       * request is, or the one under way */

	/* Not yours. */
	int fd;
	int64_t pause_ns;
	struct __kernel_timespec pause;
};

/* ------------------------------------------------------------------------- not yours */

#define WARD__URING_FIRST_PAUSE WARD_NS_PER_MS
#define WARD__URING_LONGEST_PAUSE (64 * WARD_NS_PER_MS)

/* Of kernels and headers that are newer than the headers here may be. */
#define WARD__URING_OP_WAITID 50
#define WARD__URING_P_PIDFD 3
#define WARD__URING_WALL 0x40000000

/*
 * As io_uring_prep_waitid of liburing 2.5. The child is left to be collected, so that
 * ward_wait has all of its result; and no siginfo is asked for, so that the kernel has
 * nothing to write to.
 */
static inline void ward__uring_prep_waitid(struct io_uring_sqe *sqe, int fd)
{
	io_uring_prep_rw(WARD__URING_OP_WAITID, sqe, fd, NULL, WARD__URING_P_PIDFD, 0);
	sqe->file_index = (uint32_t)(WEXITED | WNOWAIT | WARD__URING_WALL);
}

/*
 * Readable and no end (a debugger holds the child back, a stranger's own parent has not
 * collected it yet) may last, and the descriptor stays readable all the while: from now on
 * time alone makes us ask, at longer and longer intervals.
 */
static inline void ward__uring_ask_later(struct ward_uring *wait)
{
	wait->by = WARD_URING_BY_TIME;
	wait->pause.tv_nsec = wait->pause_ns;
	if (wait->pause_ns < WARD__URING_LONGEST_PAUSE)
		wait->pause_ns *= 2;
}

/* ----------------------------------------------------------------------------- yours */

/*
 * ward_uring_init(wait, w, flags):
 * Make @wait one for the process @w. wait->data is left as it is.
 *
 * @flags  0, or WARD_URING_WAITID.
 *
 * Returns 0, and ward_uring_exit has to be called; or what ward_poll_fd returned: -ENOTSUP,
 * the process is held by its number, and there is no descriptor for a ring; -EMFILE, -ENFILE,
 * -ENOMEM; -EINVAL, there is no @w, or no such flag.   Since 0.1.
 */
static inline int ward_uring_init(struct ward_uring *wait, struct ward *w, uint32_t flags)
{
	int fd = ward_poll_fd(w);

	if (fd < 0)
		return fd;
	if (flags & ~(uint32_t)WARD_URING_WAITID)
		return -EINVAL;
	wait->ward = ward_ref(w);
	wait->fd = fd;
	wait->by = flags & WARD_URING_WAITID ? (uint32_t)WARD_URING_BY_WAITID :
	                                       (uint32_t)WARD_URING_BY_POLL;
	wait->pause_ns = WARD__URING_FIRST_PAUSE;
	wait->pause.tv_sec = 0;
	wait->pause.tv_nsec = 0;
	return 0;
}

/*
 * ward_uring_prep_wait(sqe, wait):
 * Prepare a request that completes when ward_uring_result is worth a call. Its user data is
 * @wait; set flags of your own (IOSQE_IO_LINK) and other user data after the
 * call. A process that has ended already completes with the next submission.
 *
 * @wait  must stay where it is until the request has been submitted and its completion
 *        handled.
 *                                                                          Since 0.1.
 */
static inline void ward_uring_prep_wait(struct io_uring_sqe *sqe, struct ward_uring *wait)
{
	if (wait->by == WARD_URING_BY_TIME)
		io_uring_prep_timeout(sqe, &wait->pause, 0, 0);
	else if (wait->by == WARD_URING_BY_WAITID)
		ward__uring_prep_waitid(sqe, wait->fd);
	else
		io_uring_prep_poll_add(sqe, wait->fd, POLLIN);
	io_uring_sqe_set_data(sqe, wait);
}

/*
 * ward_uring_prep_cancel(sqe, wait):
 * Prepare a request that cancels the one of ward_uring_prep_wait, when that has @wait as
 * user data. The cancelled one completes with -ECANCELED, unless the end came first; this one
 * completes as well, with no user data (NULL). The process is left alone.   Since 0.1.
 */
static inline void ward_uring_prep_cancel(struct io_uring_sqe *sqe, struct ward_uring *wait)
{
	io_uring_prep_cancel64(sqe, (uint64_t)(uintptr_t)wait, 0);
	io_uring_sqe_set_data(sqe, NULL);
}

/*
 * ward_uring_result(wait, cqe, ret):
 * What a completion of @wait means. Before io_uring_cqe_seen.
 *
 * @ret  how the process ended; ret->size set, or NULL.
 *
 * Returns 1, it has ended, and that is all; 0, not yet: prepare @wait again, and submit (what
 * is prepared then may be a pause: the descriptor was ready, and the end is held back); or a
 * negative errno: -ECANCELED, also of a link that was broken; what ward_wait returned; what
 * the kernel has against the request.   Since 0.1.
 */
static inline int ward_uring_result(struct ward_uring *wait, const struct io_uring_cqe *cqe,
                                    struct ward_exit *ret)
{
	int r;

	if (cqe->res == -ECANCELED)
		return -ECANCELED;
	r = ward_wait(wait->ward, 0, ret);
	if (r != 0)
		return r;
	/* Refused, or taken by a thief, or it did not wait, since the handle is O_NONBLOCK. */
	if (wait->by == WARD_URING_BY_WAITID) {
		wait->by = WARD_URING_BY_POLL;
		return 0;
	}
	if (cqe->res < 0 && cqe->res != -ETIME)
		return cqe->res;
	ward__uring_ask_later(wait);
	return 0;
}

/*
 * ward_uring_exit(wait):
 * Give up its ward; NULL or one that was given up is fine. No request of it is under way: it
 * has completed, or its ring was closed.   Since 0.1.
 */
static inline void ward_uring_exit(struct ward_uring *wait)
{
	if (!wait || !wait->ward)
		return;
	ward_close(wait->ward);
	wait->ward = NULL;
}

#ifdef __cplusplus
}
#endif
#endif
