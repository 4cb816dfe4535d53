/* SPDX-License-Identifier: MIT */
/*
 * A set as it stands in somebody else's loop: all that the loop sees of it is one
 * descriptor, its limits, deadlines and stop steps included.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include "help.h"

enum { QUEUE_PROGRAMS = 40, QUEUE_AT_ONCE = 4 };

struct queue {
	struct ward_set *set;
	void *loop;                           /* for the callback of a test */
	int ended, deadlines;
};

/* Programs that end by themselves, a few at a time, and one that has to be stopped. */
static inline struct queue queue_start(void)
{
	struct ward_stdio pipe = { .kind = WARD_FD_PIPE };
	struct queue q = { 0 };
	int r;

	REQUIRE_EQ(ward_set_new(&q.set, WARD_SET_OPTS(.max_alive = QUEUE_AT_ONCE)), 0);
	r = ward_set_spawn(q.set, CHILD("hold"), WARD_SPAWN_OPTS(.in = pipe), &q,
	                   WARD_WATCH_OPTS(.timeout_ns = MILLISECONDS(50)));
	for (int i = 0; r == 0 && i < QUEUE_PROGRAMS; i++)
		r = ward_set_spawn(q.set, CHILD("exit", "3"), NULL, NULL, NULL);
	REQUIRE_EQ(r, 0);
	return q;
}

static inline void queue_ended(struct queue *q, struct ward_event *e)
{
	if (e->cookie)
		check_signaled(&e->exit, SIGTERM);
	else
		check_exited(&e->exit, 3);
	ward_close(e->ward);
	q->ended++;
}

/* For the loop's callback: take what is there; whether that was all. */
static inline bool queue_take(struct queue *q)
{
	struct ward_event e = WARD_EVENT_INIT;

	while (ward_set_wait(q->set, 0, &e) == 1) {
		if (e.what == WARD_EVENT_ENDED)
			queue_ended(q, &e);
		q->deadlines += e.what == WARD_EVENT_DEADLINE;
		CHECK(e.what != WARD_EVENT_FAILED);
	}
	return ward_set_count(q->set) == 0;
}

static inline void queue_end(struct queue *q)
{
	CHECK_EQ(q->ended, QUEUE_PROGRAMS + 1);
	CHECK_EQ(q->deadlines, 1);
	ward_set_close(q->set);
}

#endif
