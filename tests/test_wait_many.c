/* SPDX-License-Identifier: MIT */
/*
 * Waiting for one of many and for all of many.
 */
#include "able.h"
#include "help.h"

enum { MANY = 100 };

/* A child that has ended, as far as the kernel is concerned. */
static struct ward *ended_child(void)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);

	REQUIRE_EQ(ward_wait(w, WARD_FOREVER, NULL), 1);
	return w;
}

TEST(any_of_none_is_an_error)
{
	struct ward *none[3] = { NULL, NULL, NULL };

	CHECK_EQ(ward_wait_any(NULL, 0, 0), -EINVAL);
	CHECK_EQ(ward_wait_any(none, 0, WARD_FOREVER), -EINVAL);
	CHECK_EQ(ward_wait_any(none, 3, WARD_FOREVER), -EINVAL);
}

TEST(all_of_none_have_ended)
{
	struct ward *none[3] = { NULL, NULL, NULL };

	CHECK_EQ(ward_wait_all(NULL, 0, 0), 1);
	CHECK_EQ(ward_wait_all(none, 3, WARD_FOREVER), 1);
}

TEST(any_returns_the_one_that_ended_while_others_still_run)
{
	struct talk a = talk_start_ready(CHILD("ready"), NULL);
	struct talk b = talk_start_ready(CHILD("ready"), NULL);
	struct talk c = talk_start_ready(CHILD("ready"), NULL);
	struct ward *all[] = { a.w, b.w, c.w };

	CHECK_EQ(ward_wait_any(all, 3, 0), -ETIMEDOUT);
	talk_let_go(&b);
	CHECK_EQ(ward_wait_any(all, 3, WARD_FOREVER), 1);
	CHECK_EQ(ward_wait_any(all, 3, 0), 1);
	CHECK_EQ(ward_wait(a.w, 0, NULL), 0);
	talk_end(&a);
	talk_end(&b);
	talk_end(&c);
}

TEST(any_returns_the_lowest_index_of_those_that_ended)
{
	struct talk running = talk_start_ready(CHILD("ready"), NULL);
	struct ward *all[4] = { running.w, NULL, ended_child(), ended_child() };

	CHECK_EQ(ward_wait_any(all, 4, 0), 2);
	CHECK_EQ(ward_wait_any(all, 4, WARD_FOREVER), 2);
	ward_close(all[2]);
	all[2] = NULL;
	CHECK_EQ(ward_wait_any(all, 4, WARD_FOREVER), 3);
	ward_close(all[3]);
	talk_end(&running);
}

/* [bounded] */
TEST(any_keeps_its_time_out)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *all[2] = { t.w, NULL };
	int64_t begin = host_now_ns();

	CHECK_EQ(ward_wait_any(all, 2, MILLISECONDS(40)), -ETIMEDOUT);
	CHECK(host_now_ns() - begin >= MILLISECONDS(40));
	talk_end(&t);
}

/* [bounded] */
TEST(all_keeps_its_time_out_when_one_still_runs)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *all[2] = { ended_child(), t.w };
	int64_t begin = host_now_ns();

	CHECK_EQ(ward_wait_all(all, 2, 0), 0);
	CHECK_EQ(ward_wait_all(all, 2, MILLISECONDS(40)), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(40));
	talk_let_go(&t);
	CHECK_EQ(ward_wait_all(all, 2, INT64_MAX), 1);
	ward_close(all[0]);
	talk_end(&t);
}

/* [true-status] */
TEST(success_and_failure_waited_for_together_tell_0_and_1)
{
	struct ward *both[2] = { spawn_or_fail(CHILD("exit", "0"), NULL),
		                 spawn_or_fail(CHILD("exit", "1"), NULL) };

	CHECK_EQ(ward_wait_all(both, 2, WARD_FOREVER), 1);
	expect_exit(both[0], 0);
	expect_exit(both[1], 1);
}

TEST(the_same_ward_may_be_named_twice)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *twice[2] = { t.w, t.w };

	CHECK_EQ(ward_wait_any(twice, 2, 0), -ETIMEDOUT);
	talk_let_go(&t);
	CHECK_EQ(ward_wait_all(twice, 2, WARD_FOREVER), 1);
	CHECK_EQ(ward_wait_any(twice, 2, 0), 0);
	talk_end(&t);
}

/* More than the library keeps room for on its stack. */
TEST(one_of_a_hundred_is_found)
{
	struct talk t[MANY];
	struct ward *all[MANY];

	for (int i = 0; i < MANY; i++) {
		t[i] = talk_start_ready(CHILD("ready"), NULL);
		all[i] = t[i].w;
	}
	CHECK_EQ(ward_wait_any(all, MANY, 0), -ETIMEDOUT);
	talk_let_go(&t[73]);
	CHECK_EQ(ward_wait_any(all, MANY, WARD_FOREVER), 73);
	CHECK_EQ(ward_wait_all(all, MANY, 0), 0);
	for (int i = MANY - 1; i >= 0; i--)
		talk_let_go(&t[i]);
	CHECK_EQ(ward_wait_all(all, MANY, WARD_FOREVER), 1);
	CHECK_EQ(ward_wait_any(all, MANY, WARD_FOREVER), 0);
	for (int i = 0; i < MANY; i++)
		talk_end(&t[i]);
}

/* [true-status] */
TEST(each_of_a_hundred_keeps_its_own_result)
{
	struct ward *all[MANY];
	char code[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(code, sizeof(code), "%d", i);
		all[i] = spawn_or_fail(CHILD("exit", code), NULL);
	}
	CHECK_EQ(ward_wait_all(all, MANY, WARD_FOREVER), 1);
	for (int i = 0; i < MANY; i++)
		expect_exit(all[i], i);
}

TEST(waiting_for_many_leaves_errno_alone)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *all[1] = { t.w };

	errno = 77;
	ward_wait_any(all, 1, 0);
	ward_wait_all(all, 1, MILLISECONDS(1));
	ward_wait_any(all, 0, 0);
	CHECK_EQ(errno, 77);
	talk_end(&t);
}
