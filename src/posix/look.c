/* SPDX-License-Identifier: MIT */
/*
 * One look of poll(2) at all that is armed. Each who looks takes a copy of it and gives
 * the lock up; who changes the original meanwhile rings a bell, a pipe that all sleepers
 * look at, too.
 *
 * What is hard is to make the bell silent again: only when all who slept at the time have
 * heard it, and nobody lies down before that.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "../unix/pipe.h"
#include "../unix/poll.h"
#include "poller.h"

/* ---------------------------------------------------------------------------- pipes */

void ward__signal_pipe_close(int ends[2])
{
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
}

static int set_nonblocking(int fd)
{
	int r = ward__gate("fcntl");

	return r < 0 ? r : fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int ward__signal_pipe(int ends[2])
{
	int r = ward__pipe(ends);

	if (r < 0) {
		ends[0] = ends[1] = -1;
		return r;
	}
	r = set_nonblocking(ends[0]);
	if (r == 0)
		r = set_nonblocking(ends[1]);
	if (r < 0)
		ward__signal_pipe_close(ends);
	return r;
}

/* It is empty before, so that there is room for the byte. */
void ward__signal_set(const int ends[2])
{
	while (write(ends[1], "", 1) < 0 && errno == EINTR)
		;
}

void ward__signal_clear(const int ends[2])
{
	char byte;

	while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
}

/* ----------------------------------------------------------------------------- bell */

void ward__poller_rouse(struct ward__poller *poller)
{
	poller->is_moved = true;
	if (poller->has_watchman)
		pthread_cond_signal(&poller->move);
	if (poller->sleepers == 0 || poller->roused > 0)
		return;
	poller->roused = poller->sleepers;
	ward__signal_set(poller->bell);
}

static void lie_down(struct ward__poller *poller)
{
	while (poller->roused > 0)
		pthread_cond_wait(&poller->silence, &poller->lock);
	poller->sleepers++;
}

static void get_up(struct ward__poller *poller)
{
	poller->sleepers--;
	if (poller->roused == 0 || --poller->roused > 0)
		return;
	ward__signal_clear(poller->bell);
	pthread_cond_broadcast(&poller->silence);
}

/* ---------------------------------------------------------------------------- views */

static void drop_view(struct ward__view *view)
{
	ward__free(view->fds);
	ward__free(view->tokens);
	*view = (struct ward__view){ .fds = NULL };
}

static int size_view(struct ward__view *view, size_t room)
{
	if (view->room >= room)
		return 0;
	drop_view(view);
	view->fds = ward__alloc(room * sizeof(*view->fds));
	view->tokens = ward__alloc(room * sizeof(*view->tokens));
	if (!view->fds || !view->tokens) {
		drop_view(view);
		return -ENOMEM;
	}
	view->room = room;
	return 0;
}

static int take_view(struct ward__poller *poller, struct ward__view *view)
{
	int r;

	*view = poller->spare;
	poller->spare = (struct ward__view){ .fds = NULL };
	r = size_view(view, poller->room + 1);
	if (r < 0)
		return r;
	view->n = poller->n;
	for (size_t i = 0; i < view->n; i++) {
		const struct ward__entry *entry = &poller->entries[i];

		view->fds[i] = (struct pollfd){ .fd = entry->fd,
			                        .events = entry->events };
		view->tokens[i] = entry->token;
	}
	view->fds[view->n] = (struct pollfd){ .fd = poller->bell[0], .events = POLLIN };
	return 0;
}

void ward__view_give(struct ward__poller *poller, const struct ward__view *view)
{
	drop_view(&poller->spare);
	poller->spare = *view;
}

size_t ward__view_next(const struct ward__poller *poller, const struct ward__view *view,
                       size_t *i)
{
	size_t place = poller->n;

	for (; *i < view->n && place == poller->n; ++*i)
		if (view->fds[*i].revents != 0)
			place = ward__entry_find(poller, view->tokens[*i], *i);
	return place;
}

/* ----------------------------------------------------------------------------- look */

/* All of them now, a part at a time. */
static int poll_parts(struct pollfd *fds, size_t n, size_t most)
{
	int ready = 0;

	for (size_t at = 0; at < n; at += most) {
		int r = ward__poll(fds + at, n - at < most ? n - at : most, 0);

		if (r < 0)
			return r;
		ready += r;
	}
	return ready;
}

/*
 * Poll refuses more descriptors than the limit allows, even where it was lowered after
 * they had been opened. They are looked at in parts then, again and again.
 */
static int poll_above_limit(struct pollfd *fds, size_t n, int64_t until)
{
	for (;;) {
		int64_t pause = ward__now() + 5 * WARD_NS_PER_MS;
		struct rlimit limit;
		int r = -EINVAL;

		if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 0)
			r = poll_parts(fds, n, limit.rlim_cur < n ? limit.rlim_cur : n);
		if (r != 0 || ward__is_due(until))
			return r;
		r = ward__poll(NULL, 0, ward__earlier(until, pause));
		if (r < 0)
			return r;
	}
}

static int poll_all(struct pollfd *fds, size_t n, int64_t until)
{
	int r = ward__poll(fds, n, until);

	return r == -EINVAL ? poll_above_limit(fds, n, until) : r;
}

/* Both may be changed by others until we lie. */
static int sleep_on(struct ward__poller *poller, struct ward__view *view,
                    int64_t deadline)
{
	int64_t until;
	int r;

	lie_down(poller);
	until = ward__earlier(deadline, poller->alarm);
	r = take_view(poller, view);
	if (r == 0) {
		pthread_mutex_unlock(&poller->lock);
		r = poll_all(view->fds, view->n + 1, until);
		pthread_mutex_lock(&poller->lock);
	}
	get_up(poller);
	return r;
}

int ward__poller_peek(struct ward__poller *poller, struct ward__view *view)
{
	int r = take_view(poller, view);

	return r < 0 ? r : poll_all(view->fds, view->n, 0);
}

int ward__poller_look(struct ward__poller *poller, struct ward__view *view,
                      int64_t deadline)
{
	if (ward__is_due(deadline) || ward__is_due(poller->alarm))
		return ward__poller_peek(poller, view);
	return sleep_on(poller, view, deadline);
}
