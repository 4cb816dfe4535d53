/* SPDX-License-Identifier: MIT */
/*
 * libev: child watchers of the default loop, which has a SIGCHLD handler and asks by
 * waitpid(-1).
 */
#include <errno.h>
#include <ev.h>
#include <stdlib.h>

#include "many.h"

static void on_end(struct ev_loop *loop, ev_child *child, int events)
{
	(void)events;
	hold_told(child->data);
	ev_child_stop(loop, child);
	free(child);
}

static int open_ev(struct hold *h)
{
	h->own = ev_default_loop(0);
	return h->own ? 0 : -ENOTSUP;
}

static int start(struct hold *h, uint32_t slot)
{
	struct words words = { 0 };
	ev_child *child;
	pid_t pid;

	child = malloc(sizeof(*child));
	if (!child)
		return -ENOMEM;
	words_of(&words, slot);
	pid = start_raw(words.argv, h->memory, h->stack, NULL);
	if (pid < 0) {
		free(child);
		return pid;
	}
	ev_child_init(child, on_end, pid, 0);
	child->data = h;
	ev_child_start(h->own, child);
	return 0;
}

static int wait_ev(struct hold *h)
{
	ev_run(h->own, EVRUN_ONCE);
	return 0;
}

const struct watcher libev_watcher = {
	.name = "libev",
	.is_peer = true,
	.open = open_ev,
	.start = start,
	.wait = wait_ev,
};
