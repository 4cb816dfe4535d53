/* SPDX-License-Identifier: MIT */
/*
 * Stopping, freeing and starting again, from outside and from inside of the callback; who
 * owns the ward meanwhile.
 */
#include <stdlib.h>

#include "contract.h"

/* Two that have ended before the loop looks: it sees both at once. */
struct pair {
	struct loop *loop;
	struct ward *w[2];
	struct watch t[2];
};

static void pair_start(struct pair *p, void (*then)(struct watch *))
{
	p->loop = loop_make();
	for (int i = 0; i < 2; i++) {
		p->w[i] = spawn_or_fail(CHILD("exit", i ? "21" : "20"), NULL);
		wait_or_fail(p->w[i]);
		p->t[i] = watch_of(p->loop, p->w[i]);
		p->t[i].then = then;
		p->t[i].other = &p->t[1 - i];
		start(&p->t[i]);
	}
}

static void pair_end(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		watch_free(&p->t[i]);
		ward_close(p->w[i]);
	}
	loop_free(p->loop);
}

/* ----------------------------------------------------------------------- from outside */

TEST(one_that_is_stopped_is_not_told)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "22"), NULL);
	struct watch t = watch_of(loop, talk.w);

	start(&t);
	loop_turn(loop);
	watch_stop(&t);
	watch_stop(&t);
	talk_let_go(&talk);
	wait_or_fail(talk.w);
	loop_run(loop);
	CHECK_EQ(t.calls, 0);
	/* It has not missed anything. */
	start(&t);
	loop_run(loop);
	check_told(&t, 22);
	watch_free(&t);
	loop_free(loop);
	talk_end(&talk);
}

TEST(one_that_ended_is_freed_before_the_loop_looks)
{
	struct pair p;

	pair_start(&p, NULL);
	watch_stop(&p.t[0]);
	watch_free(&p.t[0]);
	loop_run(p.loop);
	CHECK_EQ(p.t[0].calls, 0);
	check_told(&p.t[1], 21);
	pair_end(&p);
}

TEST(one_that_is_freed_while_it_is_armed_is_not_told)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "23"), NULL);
	struct watch t = watch_of(loop, talk.w);

	start(&t);
	loop_turn(loop);
	talk_let_go(&talk);
	wait_or_fail(talk.w);
	watch_free(&t);
	loop_run(loop);
	CHECK_EQ(t.calls, 0);
	loop_free(loop);
	talk_end(&talk);
}

/* [sealed-fds] A hundred thousand would fill the table of descriptors. */
TEST(starting_and_stopping_leaves_nothing_behind)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "24"), NULL);
	struct watch t = watch_of(loop, talk.w);

	for (int i = check_scaled(20000); i > 0; i--) {
		start(&t);
		watch_stop(&t);
	}
	for (int i = check_scaled(2000); i > 0; i--) {
		start(&t);
		watch_free(&t);
		loop_turn(loop);
	}
	start(&t);
	talk_let_go(&talk);
	loop_run(loop);
	check_told(&t, 24);
	watch_free(&t);
	loop_free(loop);
	talk_end(&talk);
}

/* ------------------------------------------------------------------------ from inside */

TEST(of_two_that_ended_the_first_stops_the_second)
{
	struct pair p;

	pair_start(&p, then_stop_other);
	loop_run(p.loop);
	CHECK_EQ(p.t[0].calls + p.t[1].calls, 1);
	pair_end(&p);
}

TEST(of_two_that_ended_the_first_frees_the_second)
{
	struct pair p;

	pair_start(&p, then_free_other);
	loop_run(p.loop);
	CHECK_EQ(p.t[0].calls + p.t[1].calls, 1);
	pair_end(&p);
}

TEST(one_is_stopped_in_its_own_callback)
{
	struct pair p;

	pair_start(&p, watch_stop);
	loop_run(p.loop);
	check_told(&p.t[0], 20);
	check_told(&p.t[1], 21);
	pair_end(&p);
}

TEST(one_is_freed_in_its_own_callback)
{
	struct pair p;

	pair_start(&p, watch_free);
	loop_run(p.loop);
	check_told(&p.t[0], 20);
	check_told(&p.t[1], 21);
	pair_end(&p);
}

static void free_both(struct watch *t)
{
	watch_free(t->other);
	watch_free(t);
}

TEST(the_first_frees_both)
{
	struct pair p;

	pair_start(&p, free_both);
	loop_run(p.loop);
	CHECK_EQ(p.t[0].calls + p.t[1].calls, 1);
	pair_end(&p);
}

static void again_three_times(struct watch *t)
{
	if (t->calls < 3)
		start(t);
}

TEST(one_is_started_again_in_its_own_callback)
{
	struct pair p;

	pair_start(&p, again_three_times);
	loop_run(p.loop);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(p.t[i].calls, 3);
		check_exited(&p.t[i].exit, 20 + i);
	}
	pair_end(&p);
}

/* The next one, in the place of the one that ended: a queue with one at a time. */
static void start_next(struct watch *t)
{
	struct ward *ended = t->w;

	check_exited(&t->exit, t->calls);
	watch_free(t);
	ward_close(ended);
	t->w = NULL;
	if (t->calls < 20) {
		char code[16];

		snprintf(code, sizeof(code), "%d", t->calls + 1);
		t->w = spawn_or_fail(CHILD("exit", code), NULL);
		start(t);
	}
}

TEST(the_callback_of_one_starts_the_next)
{
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, spawn_or_fail(CHILD("exit", "1"), NULL));

	t.then = start_next;
	start(&t);
	loop_run(loop);
	CHECK_EQ(t.calls, 20);
	CHECK(t.w == NULL && t.native == NULL);
	loop_free(loop);
}

/* ------------------------------------------------------------------ who owns the ward */

TEST(the_ward_may_be_closed_as_soon_as_the_watch_is_started)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "25"), NULL);
	struct watch t = watch_of(loop, talk.w);

	start(&t);
	ward_close(talk.w);
	t.w = NULL;
	talk_let_go(&talk);
	close(talk.from);
	loop_run(loop);
	check_told(&t, 25);
	watch_free(&t);
	loop_free(loop);
}

static void ask_again(struct watch *t)
{
	struct ward_exit e = WARD_EXIT_INIT;

	watch_stop(t);
	CHECK_EQ(ward_wait(t->w, 0, &e), 1);
	check_exited(&e, 29);
}

TEST(the_ward_is_there_in_the_callback_whoever_has_closed_it)
{
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, spawn_or_fail(CHILD("exit", "29"), NULL));

	t.then = ask_again;
	start(&t);
	ward_close(t.w);
	loop_run(loop);
	check_told(&t, 29);
	watch_free(&t);
	loop_free(loop);
}

/* Also where the watch is all that is left of it. */
static void close_and_free(struct watch *t)
{
	ward_close(t->w);
	watch_free(t);
}

TEST(the_ward_may_be_closed_in_the_callback)
{
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, spawn_or_fail(CHILD("exit", "26"), NULL));

	t.then = close_and_free;
	start(&t);
	loop_run(loop);
	check_told(&t, 26);
	loop_free(loop);
}

TEST(the_ward_is_closed_when_the_last_of_watch_and_caller_gives_it_up)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(
		CHILD("ready"), WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));
	struct watch t = watch_of(loop, talk.w);
	char byte;

	start(&t);
	ward_close(talk.w);
	loop_turn(loop);
	CHECK_EQ(ward_wait(talk.w, 0, NULL), 0);
	watch_free(&t);
	/* It was killed: nobody has its output any more. */
	CHECK_EQ(read(talk.from, &byte, 1), 0);
	close(talk.from);
	close(talk.to);
	loop_free(loop);
}

/* --------------------------------------------------------------- two of one process */

TEST(two_watches_of_one_process_are_both_told)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "27"), NULL);
	struct watch t[2] = { watch_of(loop, talk.w), watch_of(loop, talk.w) };

	start(&t[0]);
	start(&t[1]);
	loop_turn(loop);
	talk_let_go(&talk);
	loop_run(loop);
	check_told(&t[0], 27);
	check_told(&t[1], 27);
	watch_free(&t[0]);
	watch_free(&t[1]);
	loop_free(loop);
	talk_end(&talk);
}

TEST(of_two_watches_of_one_process_either_may_go_first)
{
	for (int first = 0; first < 2; first++) {
		struct loop *loop = loop_make();
		struct talk talk = talk_start_ready(CHILD("ready", "28"), NULL);
		struct watch t[2] = { watch_of(loop, talk.w), watch_of(loop, talk.w) };

		start(&t[0]);
		start(&t[1]);
		loop_turn(loop);
		watch_free(&t[first]);
		loop_turn(loop);
		talk_let_go(&talk);
		loop_run(loop);
		CHECK_EQ(t[first].calls, 0);
		check_told(&t[1 - first], 28);
		watch_free(&t[1 - first]);
		loop_free(loop);
		talk_end(&talk);
	}
}
