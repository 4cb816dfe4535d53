/* SPDX-License-Identifier: MIT */
/*
 * What an adapter does when nobody is in its way: the end is told, truly, once, by the
 * loop, as long as it is wanted.
 */
#include <pthread.h>

#include "contract.h"

void told(struct watch *t, int error, const struct ward_exit *exit)
{
	CHECK(!t->starting);
	t->calls++;
	t->error = error;
	if (exit)
		t->exit = *exit;
	if (t->then)
		t->then(t);
}

struct watch watch_of(struct loop *loop, struct ward *w)
{
	return (struct watch){ .loop = loop, .w = w, .exit = WARD_EXIT_INIT };
}

int try_start(struct watch *t)
{
	int r;

	t->starting = true;
	r = watch_start(t);
	t->starting = false;
	return r;
}

void start(struct watch *t)
{
	REQUIRE_EQ(try_start(t), 0);
}

void check_told(const struct watch *t, int code)
{
	CHECK_EQ(t->calls, 1);
	CHECK_EQ(t->error, 0);
	check_exited(&t->exit, code);
}

void then_break(struct watch *t)
{
	loop_break(t->loop);
}

void then_stop_other(struct watch *t)
{
	watch_stop(t->other);
}

void then_free_other(struct watch *t)
{
	watch_free(t->other);
}

/* ------------------------------------------------------------------------ the truth */

/* [true-status] */
TEST(an_end_is_told_by_the_loop)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "7"), NULL);
	struct watch t = watch_of(loop, talk.w);

	start(&t);
	loop_turn(loop);
	CHECK_EQ(t.calls, 0);
	talk_let_go(&talk);
	loop_run(loop);
	check_told(&t, 7);
	CHECK(t.exit.wall_ns >= 0);
	watch_free(&t);
	loop_free(loop);
	talk_end(&talk);
}

/* [true-status] */
TEST(death_by_a_signal_is_told)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("raise", "TERM"), NULL);
	struct watch t = watch_of(loop, w);

	start(&t);
	loop_run(loop);
	CHECK_EQ(t.calls, 1);
	check_signaled(&t.exit, SIGTERM);
	watch_free(&t);
	loop_free(loop);
	ward_close(w);
}

/* [wait-again] The loop takes the result from nobody. */
TEST(whoever_waits_beside_the_loop_has_the_same_answer)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "8"), NULL);
	struct watch t = watch_of(loop, w);
	struct ward_exit e;

	start(&t);
	e = wait_or_fail(w);                  /* also one that blocks */
	check_exited(&e, 8);
	loop_run(loop);
	check_told(&t, 8);
	e = wait_or_fail(w);
	check_exited(&e, 8);
	watch_free(&t);
	loop_free(loop);
	ward_close(w);
}

/* ------------------------------------------------------------ an end before the start */

void check_told_by_loop(struct ward *w, int code)
{
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, w);

	start(&t);
	CHECK_EQ(t.calls, 0);
	loop_run(loop);
	check_told(&t, code);
	watch_free(&t);
	loop_free(loop);
}

TEST(an_end_that_was_waited_for_before_is_told_by_the_loop)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "9"), NULL);

	wait_or_fail(w);
	check_told_by_loop(w, 9);
	ward_close(w);
}

TEST(a_zombie_that_nobody_has_waited_for_is_told_by_the_loop)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "10"), NULL);
	siginfo_t info;

	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(w), &info, WEXITED | WNOWAIT), 0);
	check_told_by_loop(w, 10);
	ward_close(w);
}

/* ----------------------------------------------------------------------------- once */

TEST(the_end_is_told_once_however_long_the_loop_runs)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "11"), NULL);
	struct talk beside = talk_start_ready(CHILD("ready"), NULL);
	struct watch t = watch_of(loop, w), stays = watch_of(loop, beside.w);

	t.then = then_break;
	start(&stays);
	start(&t);
	loop_run(loop);
	for (int i = 0; i < 100; i++)
		loop_turn(loop);
	check_told(&t, 11);
	CHECK_EQ(stays.calls, 0);
	watch_free(&t);
	watch_free(&stays);
	loop_free(loop);
	ward_close(w);
	talk_end(&beside);
}

TEST(starting_twice_is_starting_once)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "12"), NULL);
	struct watch t = watch_of(loop, w);

	start(&t);
	start(&t);
	loop_run(loop);
	check_told(&t, 12);
	watch_free(&t);
	loop_free(loop);
	ward_close(w);
}

TEST(one_that_is_started_again_after_the_end_is_told_again)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "13"), NULL);
	struct watch t = watch_of(loop, w);

	start(&t);
	loop_run(loop);
	check_told(&t, 13);
	start(&t);
	CHECK_EQ(t.calls, 1);
	loop_run(loop);
	CHECK_EQ(t.calls, 2);
	check_exited(&t.exit, 13);
	watch_free(&t);
	loop_free(loop);
	ward_close(w);
}

/* -------------------------------------------------------------------- the loop's life */

TEST(a_loop_that_was_left_and_run_again_tells_what_happened_meanwhile)
{
	struct loop *loop = loop_make();
	struct ward *first = spawn_or_fail(CHILD("exit", "14"), NULL);
	struct talk second = talk_start_ready(CHILD("ready", "15"), NULL);
	struct watch one = watch_of(loop, first), two = watch_of(loop, second.w);

	one.then = then_break;
	start(&one);
	start(&two);
	loop_run(loop);
	check_told(&one, 14);
	CHECK_EQ(two.calls, 0);
	talk_let_go(&second);
	wait_or_fail(second.w);
	loop_run(loop);
	check_told(&two, 15);
	watch_free(&one);
	watch_free(&two);
	loop_free(loop);
	ward_close(first);
	talk_end(&second);
}

/* The loop is there to the end of what it watches, and no longer. */
TEST(a_loop_with_nothing_but_ended_ones_in_it_returns)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "16"), NULL);
	struct watch t = watch_of(loop, w);

	loop_run(loop);
	start(&t);
	loop_run(loop);
	loop_run(loop);
	check_told(&t, 16);
	watch_free(&t);
	loop_run(loop);
	loop_free(loop);
	ward_close(w);
}

static void *run_a_loop(void *arg)
{
	int *code = arg;
	char text[16];

	snprintf(text, sizeof(text), "%d", *code);
	for (int i = check_scaled(20); i > 0; i--) {
		struct ward *w = spawn_or_fail(CHILD("exit", text), NULL);

		check_told_by_loop(w, *code);
		ward_close(w);
	}
	return NULL;
}

/* [threads] */
TEST(two_threads_have_a_loop_each)
{
	int codes[2] = { 17, 18 };
	pthread_t second;

	REQUIRE_EQ(pthread_create(&second, NULL, run_a_loop, &codes[1]), 0);
	run_a_loop(&codes[0]);
	pthread_join(second, NULL);
}

static void *watch_same(void *arg)
{
	check_told_by_loop(arg, 19);
	return NULL;
}

/* [threads] [wait-again] */
TEST(two_loops_in_two_threads_watch_the_same_process)
{
	struct talk talk = talk_start_ready(CHILD("ready", "19"), NULL);
	pthread_t second;

	REQUIRE_EQ(pthread_create(&second, NULL, watch_same, talk.w), 0);
	talk_let_go(&talk);
	watch_same(talk.w);
	pthread_join(second, NULL);
	talk_end(&talk);
}
