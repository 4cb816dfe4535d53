/* SPDX-License-Identifier: MIT */
/*
 * Sleeping until a process has ended, or a channel is ready: one poll for all. What to
 * poll for is each system's to say, and so is for how long: a debugger that holds a
 * zombie makes the descriptor ready and the status a secret, so such a process is only
 * asked now and then.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "sleep.h"

#include <errno.h>
#include <limits.h>

#include "../memory.h"
#include "channel.h"
#include "poll.h"

enum { FEW = 64 };

/* What is no descriptor would be "ready" again and again. */
static bool is_gone(const struct ward__event *event, int revents)
{
	return !event->process && !event->channel && (revents & POLLNVAL);
}

int ward__event_await(const struct ward__event *event, struct pollfd *one, int64_t *until)
{
	bool is_channel = event->channel && !(event->wants & WARD__MOVE);
	int64_t fd = is_channel ? event->channel->fd : event->descriptor;

	if (event->process)
		return ward__process_await(event->process, one, until);
	if (fd < 0 || fd > INT_MAX)
		return -EBADF;
	*one = (struct pollfd){ .fd = (int)fd };
	if (event->wants & WARD__READ)
		one->events |= POLLIN;
	if (event->wants & (WARD__WRITE | WARD__MOVE))
		one->events |= POLLOUT;
	return 0;
}

/* 1: one is known to have ended; 0: sleep until *@until at the latest. */
static int prepare(struct pollfd *fds, struct ward__event *events, size_t n,
                   int64_t *until)
{
	int known = 0;

	for (size_t i = 0; i < n; i++) {
		struct ward__event *event = &events[i];
		int64_t before = *until;
		int r = ward__event_await(event, &fds[i], until);

		if (r < 0)
			return r;
		event->ready = r > 0 || *until != before;
		known |= r;
	}
	return known;
}

/* @paused: those that made the sleep shorter, marked already, are to be asked. */
static int mark(const struct pollfd *fds, struct ward__event *events, size_t n,
                bool paused)
{
	for (size_t i = 0; i < n; i++) {
		struct ward__event *event = &events[i];

		if (is_gone(event, fds[i].revents))
			return -EBADF;
		event->ready = fds[i].revents != 0 || (paused && event->ready);
		if (event->process && fds[i].revents)
			ward__process_woken(event->process, fds[i].revents);
	}
	return 0;
}

static int sleep_on(struct pollfd *fds, struct ward__event *events, size_t n,
                    int64_t deadline)
{
	int64_t until = deadline;
	int r = prepare(fds, events, n, &until);

	if (r != 0)
		return r;
	r = ward__poll(fds, n, until);
	if (r < 0)
		return r;
	if (mark(fds, events, n, r == 0 && until != deadline) < 0)
		return -EBADF;
	return r > 0 || until != deadline;
}

int ward__sleep(struct ward__event events[], size_t n, int64_t deadline)
{
	struct pollfd few[FEW], *fds = few;
	int r;

	if (n > FEW)
		fds = ward__alloc(n * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	r = sleep_on(fds, events, n, deadline);
	if (fds != few)
		ward__free(fds);
	return r;
}
