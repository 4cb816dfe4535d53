/* SPDX-License-Identifier: MIT */
/*
 * poll(2) over the kernel's handles: what one writes without epoll. The kernel looks at
 * each of them in each call.
 */
#include "many.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

/* Slot i is entry i; those that are free have a negative descriptor, which poll skips. */
static int open_poll(struct hold *h)
{
	h->own = more_memory(h->room * sizeof(struct pollfd));
	return h->own ? 0 : -ENOMEM;
}

static int start(struct hold *h, uint32_t slot)
{
	struct pollfd *entry = (struct pollfd *)h->own + slot;
	struct words words = { 0 };
	pid_t pid;

	words_of(&words, slot);
	pid = start_raw(words.argv, h->memory, h->stack, &entry->fd);
	entry->events = POLLIN;
	return pid < 0 ? pid : 0;
}

static int reap(struct hold *h, struct pollfd *entry)
{
	siginfo_t info;

	if (waitid(P_PIDFD, (id_t)entry->fd, &info, WEXITED | WNOHANG) < 0)
		return -errno;
	hold_told(h);
	close(entry->fd);
	entry->fd = -1;
	return 0;
}

static int wait_poll(struct hold *h)
{
	struct pollfd *entry = h->own;
	uint32_t i;
	int n, r = 0;

	n = poll(entry, h->n, -1);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; n > 0 && i < h->n && r == 0; i++) {
		if (entry[i].fd < 0 || !entry[i].revents)
			continue;
		r = reap(h, &entry[i]);
		n--;
	}
	return r;
}

const struct watcher poll_watcher = {
	.name = "poll over pidfds",
	.takes_fds = true,
	.open = open_poll,
	.start = start,
	.wait = wait_poll,
};
