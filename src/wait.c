/* SPDX-License-Identifier: MIT */
/*
 * Waiting, for one, any or all: sleep until it is worth a try, try to collect, again.
 * Deadlines are points in time, so a signal handler that runs in between changes
 * nothing.
 */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "handle.h"
#include "memory.h"
#include "sized.h"
#include "stream.h"

enum { FEW = 64 };

/* Two threads may see the end at once; the first one's time stays. */
static int64_t wall_of(struct ward *w)
{
	int64_t wall = atomic_load_explicit(&w->wall, memory_order_relaxed), now;

	if (wall >= 0 || w->started < 0)
		return wall;
	now = ward__now() - w->started;
	if (atomic_compare_exchange_strong(&w->wall, &wall, now))
		return now;
	return wall;
}

int ward__end(struct ward *w, struct ward_exit *ret)
{
	int r = ward__process_end(w->process, ret);

	if (r > 0)
		ret->wall_ns = wall_of(w);
	return r;
}

int ward__wait(struct ward *w, int64_t deadline, struct ward_exit *ret)
{
	struct ward__event event = { .process = w->process };
	struct ward_exit exit = WARD_EXIT_INIT;
	int r;

	for (;;) {
		r = ward__sleep_fed(w, &event, deadline);
		if (r <= 0)
			return r;
		r = ward__end(w, &exit);
		if (r != 0)
			break;
		/* A try that was worth while and failed must not lengthen the wait. */
		if (ward__is_due(deadline))
			return 0;
	}
	if (r > 0)
		ward__sized_write(ret, &exit, sizeof(exit));
	return r;
}

/* Asking once needs no clock and no sleep. */
int ward__ask(struct ward *w, struct ward_exit *ret)
{
	struct ward_exit exit = WARD_EXIT_INIT;
	int r = ward__end(w, &exit);

	if (r > 0)
		ward__sized_write(ret, &exit, sizeof(exit));
	if (r == 0)
		ward__feed_now(w);
	return r;
}

int ward_wait(struct ward *w, int64_t timeout_ns, struct ward_exit *ret)
{
	struct ward__call call;
	int r;

	if (!w || ward__sized_check(ret, sizeof(struct ward_exit)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = timeout_ns == 0 ? ward__ask(w, ret) :
	                      ward__wait(w, ward__deadline(timeout_ns), ret);
	ward__leave(w);
	ward__call_end(&call);
	return r;
}

/* ------------------------------------------------------------------------- any, all */

/* The index of the first that has ended, or -EAGAIN. */
static int first_ended(struct ward *const w[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ward_exit exit = WARD_EXIT_INIT;
		int r = w[i] ? ward__end(w[i], &exit) : 0;

		if (r != 0)
			return r < 0 ? r : (int)i;
	}
	return -EAGAIN;
}

static size_t list_processes(struct ward__event *list, struct ward *const w[], size_t n)
{
	size_t live = 0;

	for (size_t i = 0; i < n; i++)
		if (w[i])
			list[live++] = (struct ward__event){ .process = w[i]->process };
	return live;
}

/* Sleep for the @live processes of @list, and feed all that have input left. */
static int sleep_feeding(struct ward *const w[], size_t n, struct ward__event *list,
                         size_t live, size_t most, int64_t deadline)
{
	struct ward__event *events = ward__alloc((live + most) * sizeof(*events));
	struct ward__stream **held = ward__alloc(most * sizeof(struct ward__stream *));
	size_t hungry = 0;
	int r = -ENOMEM;

	if (events && held) {
		memcpy(events, list, live * sizeof(*events));
		for (size_t i = 0; i < n; i++)
			if (w[i])
				hungry += ward__hungry_list(w[i], events + live + hungry,
				                            held + hungry, most - hungry);
		r = ward__sleep(events, live + hungry, deadline);
		ward__hungry_feed(events + live, held, hungry);
	}
	ward__free(events);
	ward__free(held);
	return r;
}

static int sleep_any(struct ward *const w[], size_t n, struct ward__event *list,
                     size_t live, int64_t deadline)
{
	size_t hungry = 0;

	for (size_t i = 0; i < n; i++)
		hungry += w[i] ? ward__hungry_count(w[i]) : 0;
	return hungry == 0 ? ward__sleep(list, live, deadline) :
	                     sleep_feeding(w, n, list, live, hungry, deadline);
}

static int wait_any(struct ward *const w[], size_t n, int64_t deadline,
                    struct ward__event *list)
{
	size_t live = list_processes(list, w, n);
	bool last = false;

	for (;;) {
		int r = first_ended(w, n);

		if (r != -EAGAIN)
			return r;
		r = last ? 0 : sleep_any(w, n, list, live, deadline);
		if (r < 0)
			return r;
		if (r == 0)
			return -ETIMEDOUT;
		last = ward__is_due(deadline);
	}
}

static void enter_all(struct ward *const w[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (w[i])
			ward__enter(w[i]);
}

static void leave_all(struct ward *const w[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (w[i])
			ward__leave(w[i]);
}

static size_t count(struct ward *const w[], size_t n)
{
	size_t some = 0;

	for (size_t i = 0; i < n; i++)
		some += w[i] != NULL;
	return some;
}

int ward_wait_any(struct ward *const w[], size_t n, int64_t timeout_ns)
{
	struct ward__event few[FEW], *list = few;
	struct ward__call call;
	int r = -ENOMEM;

	if ((!w && n > 0) || n > INT32_MAX || count(w, n) == 0)
		return -EINVAL;
	call = ward__call_begin();
	if (n > FEW)
		list = ward__alloc(n * sizeof(*list));
	if (list) {
		enter_all(w, n);
		r = wait_any(w, n, ward__deadline(timeout_ns), list);
		leave_all(w, n);
	}
	if (list != few)
		ward__free(list);
	ward__call_end(&call);
	return r;
}

int ward_wait_all(struct ward *const w[], size_t n, int64_t timeout_ns)
{
	int64_t deadline = ward__deadline(timeout_ns);
	struct ward__call call;
	int r = 1;

	if (!w && n > 0)
		return -EINVAL;
	call = ward__call_begin();
	enter_all(w, n);
	for (size_t i = 0; r > 0 && i < n; i++)
		if (w[i])
			r = ward__wait(w[i], deadline, NULL);
	leave_all(w, n);
	ward__call_end(&call);
	return r;
}

int ward_poll_fd(struct ward *w)
{
	struct ward__call call;
	int r;

	if (!w)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = ward__process_poll_fd(w->process);
	ward__leave(w);
	ward__call_end(&call);
	return r;
}
