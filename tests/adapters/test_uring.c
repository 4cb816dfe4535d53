/* SPDX-License-Identifier: MIT */
/*
 * <ward/uring.h> in io_uring. What is hard: a request that is stopped completes all the
 * same, and other completions may come before. They are put aside until the loop runs.
 */
#include <pthread.h>
#include <stdlib.h>
#include <ward/uring.h>

#include "contract.h"
#include "ring.h"

/* The tests are built for each way to wait. */
#ifndef URING_FLAGS
#define URING_FLAGS 0
#endif

struct loop {
	struct io_uring ring;
	int active;
	bool broken, over;
	struct native *first, **last;         /* have completed, to be looked at */
};

/* A watch's. */
struct native {
	struct ward_uring wait;
	struct watch *t;
	bool is_active, is_under_way, is_aside;
	int res;
	struct native *next;
};

/* Instead of user data: the time of loop_run_for. */
static char is_time;

/*
 * One thread's ring may come to lie where another's was. liburing maps and unmaps without
 * the C library, so that a sanitizer sees neither: the lock lets it see what came first.
 */
static pthread_mutex_t place = PTHREAD_MUTEX_INITIALIZER;

struct loop *loop_make(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	pthread_mutex_lock(&place);
	ring_open(&loop->ring);
	pthread_mutex_unlock(&place);
	loop->last = &loop->first;
	return loop;
}

void loop_free(struct loop *loop)
{
	pthread_mutex_lock(&place);
	io_uring_queue_exit(&loop->ring);
	pthread_mutex_unlock(&place);
	free(loop);
}

static void put_aside(struct loop *loop, struct native *native, int res)
{
	native->is_under_way = false;
	native->is_aside = true;
	native->res = res;
	native->next = NULL;
	*loop->last = native;
	loop->last = &native->next;
}

static void take_back(struct loop *loop, struct native *native)
{
	struct native **at = &loop->first;

	if (!native->is_aside)
		return;
	while (*at != native)
		at = &(*at)->next;
	*at = native->next;
	if (loop->last == &native->next)
		loop->last = at;
	native->is_aside = false;
}

/* One completion, to where it belongs. */
static void take_one(struct loop *loop, struct io_uring_cqe *cqe)
{
	void *data = io_uring_cqe_get_data(cqe);

	if (data == &is_time)
		loop->over = true;
	else if (data)
		put_aside(loop, data, cqe->res);
	io_uring_cqe_seen(&loop->ring, cqe);
}

static void take_all(struct loop *loop)
{
	struct io_uring_cqe *cqe;

	REQUIRE(io_uring_submit(&loop->ring) >= 0);
	while (io_uring_peek_cqe(&loop->ring, &cqe) == 0)
		take_one(loop, cqe);
}

static void wait_one(struct loop *loop)
{
	struct io_uring_cqe *cqe;

	REQUIRE(io_uring_submit(&loop->ring) >= 0);
	REQUIRE_EQ(ring_wait(&loop->ring, &cqe), 0);
	take_one(loop, cqe);
}

static void prepare(struct native *native)
{
	ward_uring_prep_wait(next_sqe(&native->t->loop->ring), &native->wait);
	native->is_under_way = true;
}

static void look_at(struct native *native)
{
	struct io_uring_cqe cqe = { .user_data = (uintptr_t)native, .res = native->res };
	struct ward_exit exit = WARD_EXIT_INIT;
	struct watch *t = native->t;
	int r;

	take_back(t->loop, native);
	r = ward_uring_result(&native->wait, &cqe, &exit);
	if (r == 0) {
		prepare(native);
		return;
	}
	native->is_active = false;
	t->loop->active--;
	told(t, r < 0 ? r : 0, &exit);
}

/* What has completed so far, and no more: a break is to be heeded in between. */
static void look_at_all(struct loop *loop)
{
	while (loop->first && !loop->broken)
		look_at(loop->first);
}

void loop_run(struct loop *loop)
{
	while (loop->active > 0 && !loop->broken) {
		if (!loop->first)
			wait_one(loop);
		take_all(loop);
		look_at_all(loop);
	}
	loop->broken = false;
}

void loop_turn(struct loop *loop)
{
	take_all(loop);
	look_at_all(loop);
	take_all(loop);
}

void loop_break(struct loop *loop)
{
	loop->broken = true;
}

void loop_run_for(struct loop *loop, int milliseconds)
{
	struct __kernel_timespec time = { 0, milliseconds * 1000000 };
	struct io_uring_sqe *sqe = next_sqe(&loop->ring);

	io_uring_prep_timeout(sqe, &time, 0, 0);
	io_uring_sqe_set_data(sqe, &is_time);
	loop->over = false;
	while (!loop->over) {
		wait_one(loop);
		look_at_all(loop);
	}
}

int watch_start(struct watch *t)
{
	struct native *native = t->native;
	int r;

	if (!native) {
		native = calloc(1, sizeof(*native));
		r = ward_uring_init(&native->wait, t->w, URING_FLAGS);
		if (r < 0) {
			free(native);
			return r;
		}
		native->t = t;
		t->native = native;
	}
	if (native->is_active)
		return 0;
	native->is_active = true;
	t->loop->active++;
	prepare(native);
	return 0;
}

/* It completes, cancelled or not. */
void watch_stop(struct watch *t)
{
	struct native *native = t->native;

	if (!native->is_active)
		return;
	native->is_active = false;
	t->loop->active--;
	if (native->is_under_way)
		ward_uring_prep_cancel(next_sqe(&t->loop->ring), &native->wait);
	while (native->is_under_way)
		wait_one(t->loop);
	take_back(t->loop, native);
}

void watch_free(struct watch *t)
{
	struct native *native = t->native;

	if (!native)
		return;
	watch_stop(t);
	ward_uring_exit(&native->wait);
	ward_uring_exit(&native->wait);
	free(native);
	t->native = NULL;
}
