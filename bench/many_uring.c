/* SPDX-License-Identifier: MIT */
/*
 * io_uring: a poll request for the kernel's handle of each child.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "many.h"

enum { ENTRIES = 256, COMPLETIONS = 65536 };

struct ring {
	struct io_uring uring;
	int *pidfd;                           /* of each slot */
};

static int open_ring(struct hold *h)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_CQSIZE,
		.cq_entries = COMPLETIONS,
	};
	struct ring *ring = more_memory(sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	h->own = ring;
	ring->pidfd = more_memory(h->room * sizeof(*ring->pidfd));
	if (!ring->pidfd)
		return -ENOMEM;
	return io_uring_queue_init_params(ENTRIES, &ring->uring, &params);
}

static int start(struct hold *h, uint32_t slot)
{
	struct ring *ring = h->own;
	struct io_uring_sqe *sqe;
	struct words words = { 0 };
	pid_t pid;
	int r;

	words_of(&words, slot);
	pid = start_raw(words.argv, h->memory, h->stack, &ring->pidfd[slot]);
	if (pid < 0)
		return pid;
	sqe = io_uring_get_sqe(&ring->uring);
	if (!sqe)
		return -EBUSY;
	io_uring_prep_poll_add(sqe, ring->pidfd[slot], POLLIN);
	sqe->user_data = slot;
	r = io_uring_submit(&ring->uring);
	return r < 0 ? r : 0;
}

static int reap(struct hold *h, uint64_t slot)
{
	struct ring *ring = h->own;
	siginfo_t info;

	if (waitid(P_PIDFD, (id_t)ring->pidfd[slot], &info, WEXITED | WNOHANG) < 0)
		return -errno;
	hold_told(h);
	close(ring->pidfd[slot]);
	return 0;
}

static int wait_ring(struct hold *h)
{
	struct ring *ring = h->own;
	struct io_uring_cqe *cqe;
	int r;

	r = io_uring_wait_cqe(&ring->uring, &cqe);
	if (r < 0)
		return r == -EINTR ? 0 : r;
	do {
		r = reap(h, cqe->user_data);
		io_uring_cqe_seen(&ring->uring, cqe);
	} while (r == 0 && io_uring_peek_cqe(&ring->uring, &cqe) == 0);
	return r;
}

const struct watcher uring_watcher = {
	.name = "io_uring poll",
	.is_peer = true,
	.takes_fds = true,
	.open = open_ring,
	.start = start,
	.wait = wait_ring,
};
