/* SPDX-License-Identifier: MIT */
/*
 * The floor: epoll over the kernel's handles, level-triggered, by as few calls as can be:
 * epoll_wait, waitid, close. (Edge-triggered each end is told of twice, the second time
 * by the reaping itself.) The handle of a slot is in an array; nothing is allocated.
 */
#include "many.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS = 64 };

struct floor {
	int epoll;
	int *pidfd;                           /* of each slot */
};

static int open_floor(struct hold *h)
{
	struct floor *f = more_memory(sizeof(*f));

	if (!f)
		return -ENOMEM;
	h->own = f;
	f->pidfd = more_memory(h->room * sizeof(*f->pidfd));
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0)
		return -errno;
	return f->pidfd ? 0 : -ENOMEM;
}

static int watch(int epoll, int pidfd, uint32_t slot, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = slot };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, pidfd, &event) < 0 ? -errno : 0;
}

static int start(struct hold *h, uint32_t slot)
{
	struct floor *f = h->own;
	struct words words = { 0 };
	pid_t pid;

	words_of(&words, slot);
	pid = start_raw(words.argv, h->memory, h->stack, &f->pidfd[slot]);
	return pid < 0 ? pid : watch(f->epoll, f->pidfd[slot], slot, EPOLLIN);
}

static int reap(struct hold *h, uint32_t slot)
{
	struct floor *f = h->own;
	siginfo_t info;

	if (waitid(P_PIDFD, (id_t)f->pidfd[slot], &info, WEXITED | WNOHANG) < 0)
		return -errno;
	hold_told(h);
	close(f->pidfd[slot]);
	return info.si_status == 0 ? 0 : -EPROTO;
}

static int wait_floor(struct hold *h)
{
	struct epoll_event events[EVENTS];
	struct floor *f = h->own;
	int n, i, r = 0;

	n = epoll_wait(f->epoll, events, EVENTS, -1);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < n && r == 0; i++)
		r = reap(h, events[i].data.u32);
	return r;
}

/* --------------------------------------------------------------------------- stints */

/*
 * Once only: a child that another thread is starting right now may have a copy of this
 * handle for a moment, and then closing ours does not take it out of the epoll.
 */
static int start_tiny(struct stint *stint, int epoll, int *pidfd, uint32_t slot)
{
	const char *const argv[] = { tiny_program, NULL };
	pid_t pid;

	stint->all++;
	pid = start_raw(argv, -1, stint->stack, pidfd);
	return pid < 0 ? pid : watch(epoll, *pidfd, slot, EPOLLIN | EPOLLONESHOT);
}

static int reap_tiny(int pidfd)
{
	siginfo_t info;

	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0)
		return -errno;
	close(pidfd);
	return info.si_status == 0 ? 0 : -EPROTO;
}

static int go_on(struct stint *stint, int epoll, int pidfd[], int *alive)
{
	struct epoll_event events[ALIVE_AT_ONCE];
	uint32_t slot;
	int n, i, r = 0;

	n = epoll_wait(epoll, events, ALIVE_AT_ONCE, -1);
	for (i = 0; i < n && r == 0; i++) {
		slot = events[i].data.u32;
		r = reap_tiny(pidfd[slot]);
		if (r == 0 && now_ns() < stint->until_ns) {
			stint->ended++;
			r = start_tiny(stint, epoll, &pidfd[slot], slot);
		} else {
			--*alive;
		}
	}
	return r;
}

static int stint_floor(struct stint *stint)
{
	int pidfd[ALIVE_AT_ONCE], alive = 0, r = 0, epoll;

	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return -errno;
	for (; alive < ALIVE_AT_ONCE && r == 0; alive++)
		r = start_tiny(stint, epoll, &pidfd[alive], (uint32_t)alive);
	while (alive > 0 && r == 0)
		r = go_on(stint, epoll, pidfd, &alive);
	close(epoll);
	return r;
}

const struct watcher epoll_watcher = {
	.name = "epoll over pidfds",
	.spreads = true,
	.takes_fds = true,
	.open = open_floor,
	.start = start,
	.wait = wait_floor,
	.stint = stint_floor,
};
