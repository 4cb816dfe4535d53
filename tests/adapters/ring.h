/* SPDX-License-Identifier: MIT */
/* A ring for the tests of <ward/uring.h>. */
#ifndef RING_H
#define RING_H

#include <liburing.h>
#include <poll.h>

#include "help.h"

enum { ENTRIES = 64 };

/* What a sandbox or an old kernel forbids is no failure of ours. */
static inline void ring_open(struct io_uring *ring)
{
	int r = io_uring_queue_init(ENTRIES, ring, 0);
	char reason[80];

	if (r == -ENOSYS || r == -EPERM) {
		snprintf(reason, sizeof(reason), "there is no io_uring here: %s",
		         ward_strerror(r));
		check__skip(reason);
		_exit(0);
	}
	REQUIRE_EQ(r, 0);
}

static inline struct io_uring_sqe *next_sqe(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe) {
		REQUIRE(io_uring_submit(ring) >= 0);
		sqe = io_uring_get_sqe(ring);
	}
	REQUIRE(sqe != NULL);
	return sqe;
}

/*
 * As io_uring_wait_cqe; but valgrind lets no other thread go on while one sleeps there,
 * and where the kernel has no pidfds a thread of ward's is what is waited for.
 */
static inline int ring_wait(struct io_uring *ring, struct io_uring_cqe **ret)
{
	struct pollfd p = { .fd = ring->ring_fd, .events = POLLIN };
	int r;

	while ((r = io_uring_peek_cqe(ring, ret)) == -EAGAIN)
		poll(&p, 1, -1);
	return r;
}

#endif
