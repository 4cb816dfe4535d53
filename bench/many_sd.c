/* SPDX-License-Identifier: MIT */
/*
 * sd-event: child sources, which are handles of the kernel in an epoll.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "many.h"

static int on_end(sd_event_source *source, const siginfo_t *info, void *data)
{
	(void)info;
	hold_told(data);
	sd_event_source_disable_unref(source);
	return 0;
}

static int open_sd(struct hold *h)
{
	sd_event *event = NULL;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r = sd_event_new(&event);
	h->own = event;
	return r;
}

static int start(struct hold *h, uint32_t slot)
{
	sd_event_source *source;
	struct words words = { 0 };
	pid_t pid;
	int r;

	words_of(&words, slot);
	pid = start_raw(words.argv, h->memory, h->stack, NULL);
	if (pid < 0)
		return pid;
	r = sd_event_add_child(h->own, &source, pid, WEXITED, on_end, h);
	return r < 0 ? r : 0;
}

static int wait_sd(struct hold *h)
{
	int r = sd_event_run(h->own, UINT64_MAX);

	return r < 0 ? r : 0;
}

const struct watcher sd_watcher = {
	.name = "sd-event",
	.is_peer = true,
	.takes_fds = true,
	.open = open_sd,
	.start = start,
	.wait = wait_sd,
};
