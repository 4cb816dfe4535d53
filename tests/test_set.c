/* SPDX-License-Identifier: MIT */
/*
 * Sets of wards: what is put in is told of, once, with its result; what is taken out is
 * not told of any more, at whatever moment.
 */
#include "set.h"

/* -------------------------------------------------------------------------- an end */

TEST(an_empty_set_has_nothing_to_tell)
{
	struct ward_set *set = set_or_fail(NULL);

	close_empty(set);
	ward_set_close(NULL);
}

/* [true-status] */
TEST(an_end_is_told_with_its_result_and_its_cookie)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("23");
	struct ward_event e;
	int cookie;

	add_or_fail(set, t.w, &cookie, NULL);
	CHECK_EQ(ward_set_count(set), 1);
	expect_nothing(set);
	talk_let_go(&t);
	e = expect_end(set, t.w);
	CHECK(e.cookie == &cookie);
	check_exited(&e.exit, 23);
	CHECK_EQ(e.exit.has_usage, 1);
	CHECK(e.exit.wall_ns > 0);
	CHECK_EQ(e.fd, -1);
	CHECK_EQ(e.length, 0);
	close_empty(set);
	talk_end(&t);
}

/* [wait-again] */
TEST(what_the_set_has_told_can_be_asked_of_the_ward)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("exit", "7"), NULL);
	struct ward_exit again = WARD_EXIT_INIT;
	struct ward_event e;

	add_or_fail(set, w, NULL, NULL);
	e = expect_end(set, w);
	REQUIRE_EQ(ward_wait(w, 0, &again), 1);
	CHECK_EQ(memcmp(&again, &e.exit, sizeof(again)), 0);
	ward_set_close(set);
	ward_close(w);
}

#if HOST_POSIX
/* [true-status] */
TEST(a_death_by_signal_is_told_as_such)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("raise", "TERM"), NULL);
	struct ward_event e;

	add_or_fail(set, w, NULL, NULL);
	e = expect_end(set, w);
	check_signaled(&e.exit, SIGTERM);
	close_empty(set);
	ward_close(w);
}
#endif

TEST(one_that_has_ended_already_is_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("9");

	add_or_fail(set, w, NULL, NULL);
	CHECK_EQ(ward_set_count(set), 1);
	expect_ended(set, w, 9);
	close_empty(set);
	ward_close(w);
}

/* [wait-again] */
TEST(one_that_was_waited_for_already_is_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("exit", "9"), NULL);

	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	add_or_fail(set, w, NULL, NULL);
	expect_ended(set, w, 9);
	close_empty(set);
	ward_close(w);
}

/* [wait-again] */
TEST(one_that_is_waited_for_elsewhere_meanwhile_is_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("9");

	add_or_fail(set, t.w, NULL, NULL);
	talk_let_go(&t);
	REQUIRE_EQ(ward_wait(t.w, ENOUGH, NULL), 1);
	expect_ended(set, t.w, 9);
	close_empty(set);
	talk_end(&t);
}

TEST(each_end_is_told_once_whatever_their_order)
{
	enum { N = 20 };
	struct ward_set *set = set_or_fail(NULL);
	struct talk t[N];

	for (int i = 0; i < N; i++) {
		t[i] = stays("3");
		add_or_fail(set, t[i].w, &t[i], NULL);
	}
	for (int i = 0; i < N; i++) {
		struct talk *one = &t[i * 7 % N];

		CHECK_EQ(ward_set_count(set), N - i);
		talk_let_go(one);
		expect_ended(set, one->w, 3);
		expect_nothing(set);
	}
	close_empty(set);
	stays_end(t, N);
}

TEST(after_its_last_event_a_ward_is_not_in_the_set)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("4");

	add_or_fail(set, w, NULL, NULL);
	expect_ended(set, w, 4);
	CHECK_EQ(ward_set_remove(set, w), -ENOENT);
	add_or_fail(set, w, NULL, NULL);
	expect_ended(set, w, 4);
	close_empty(set);
	ward_close(w);
}

/* ----------------------------------------------------------------- twice, and in two */

TEST(the_same_ward_twice_is_refused_and_changes_nothing)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("5");
	int first, second;

	add_or_fail(set, t.w, &first, NULL);
	CHECK_EQ(ward_set_add(set, t.w, &second, WARD_WATCH_OPTS(.timeout_ns = 1)),
	         -EEXIST);
	CHECK_EQ(ward_set_count(set), 1);
	expect_nothing(set);
	talk_let_go(&t);
	CHECK(expect_end(set, t.w).cookie == &first);
	close_empty(set);
	talk_end(&t);
}

TEST(a_ward_may_be_in_several_sets_and_all_of_them_tell)
{
	enum { N = 8 };
	struct ward_set *sets[N];
	struct talk t = stays("6");

	for (int i = 0; i < N; i++) {
		sets[i] = set_or_fail(NULL);
		add_or_fail(sets[i], t.w, &sets[i], NULL);
	}
	/* To leave one is not to leave the others. */
	CHECK_EQ(ward_set_remove(sets[3], t.w), 0);
	ward_set_close(sets[4]);
	talk_let_go(&t);
	for (int i = 0; i < N; i++) {
		struct ward_event e;

		if (i == 3 || i == 4)
			continue;
		e = expect_end(sets[i], t.w);
		check_exited(&e.exit, 6);
		CHECK(e.cookie == &sets[i]);
	}
	for (int i = 0; i < N; i++)
		if (i != 4)
			close_empty(sets[i]);
	talk_end(&t);
}

TEST(closing_a_ward_takes_it_out_of_all_sets)
{
	struct ward_set *a = set_or_fail(NULL), *b = set_or_fail(NULL);
	struct talk t = stays("6");

	add_or_fail(a, t.w, NULL, NULL);
	add_or_fail(b, t.w, NULL, WARD_WATCH_OPTS(.timeout_ns = MILLISECONDS(1)));
	ward_close(ward_ref(t.w));
	CHECK_EQ(ward_set_count(a), 1);
	talk_let_go(&t);
	CHECK_EQ(ward_wait(t.w, ENOUGH, NULL), 1);
	ward_close(t.w);
	close_empty(a);
	close_empty(b);
	close(t.from);
}

/* ---------------------------------------------------------------------------- remove */

TEST(what_was_removed_is_not_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");

	add_or_fail(set, t.w, NULL, NULL);
	CHECK_EQ(ward_set_remove(set, t.w), 0);
	CHECK_EQ(ward_set_count(set), 0);
	CHECK_EQ(ward_set_remove(set, t.w), -ENOENT);
	talk_let_go(&t);
	CHECK_EQ(ward_wait(t.w, ENOUGH, NULL), 1);
	close_empty(set);
	talk_end(&t);
}

TEST(what_was_removed_after_its_end_is_not_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *before = ended_or_fail("0");
	struct talk after = stays("0");

	add_or_fail(set, before, NULL, NULL);
	add_or_fail(set, after.w, NULL, NULL);
	talk_let_go(&after);
	CHECK_EQ(ward_wait(after.w, ENOUGH, NULL), 1);
	CHECK_EQ(ward_set_remove(set, before), 0);
	CHECK_EQ(ward_set_remove(set, after.w), 0);
	close_empty(set);
	ward_close(before);
	talk_end(&after);
}

TEST(what_was_removed_may_be_added_again)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("8");
	int cookie;

	for (int i = 0; i < 5; i++) {
		add_or_fail(set, t.w, NULL, NULL);
		CHECK_EQ(ward_set_remove(set, t.w), 0);
	}
	add_or_fail(set, t.w, &cookie, NULL);
	talk_let_go(&t);
	CHECK(expect_end(set, t.w).cookie == &cookie);
	close_empty(set);
	talk_end(&t);
}

TEST(what_is_in_no_set_or_in_another_one_is_not_in_this_one)
{
	struct ward_set *set = set_or_fail(NULL), *other = set_or_fail(NULL);
	struct talk t = stays("0");

	CHECK_EQ(ward_set_remove(set, t.w), -ENOENT);
	add_or_fail(other, t.w, NULL, NULL);
	CHECK_EQ(ward_set_remove(set, t.w), -ENOENT);
	CHECK_EQ(ward_set_deadline(set, t.w, SECONDS(1)), -ENOENT);
	CHECK_EQ(ward_set_stop(set, t.w, NULL, 0), -ENOENT);
	CHECK_EQ(ward_set_count(other), 1);
	ward_set_close(set);
	ward_set_close(other);
	talk_end(&t);
}

/* ---------------------------------------------------------------------------- a close */

TEST(a_set_may_be_closed_with_wards_in_it_and_they_live_on)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *ended = ended_or_fail("2");
	struct talk t = stays("3");

	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.timeout_ns = MILLISECONDS(1)));
	add_or_fail(set, ended, NULL, NULL);
	ward_set_close(set);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 3);
	expect_exit(ended, 2);
	talk_end(&t);
}

/* ------------------------------------------------------------------------- wait, wake */

/* [bounded] */
TEST(a_time_out_of_a_wait_is_not_cut_short)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	struct ward_event e = WARD_EVENT_INIT;
	int64_t begin = host_now_ns();

	CHECK_EQ(ward_set_wait(set, MILLISECONDS(30), &e), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(30));
	add_or_fail(set, t.w, NULL, NULL);
	begin = host_now_ns();
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(30), &e), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(30));
	CHECK_EQ(ward_set_wait(set, 1, &e), 0);
	CHECK_EQ(e.what, 0);
	ward_set_close(set);
	talk_end(&t);
}

static void check_waits_long(int64_t timeout_ns)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("spin", "30"), NULL);
	struct ward_event e = WARD_EVENT_INIT;

	add_or_fail(set, w, NULL, NULL);
	CHECK_EQ(ward_set_wait(set, timeout_ns, &e), 1);
	CHECK_EQ(e.what, WARD_EVENT_ENDED);
	close_empty(set);
	ward_close(w);
}

/* [bounded] */
TEST(negative_and_huge_time_outs_of_a_wait_are_for_ever)
{
	check_waits_long(WARD_FOREVER);
	check_waits_long(INT64_MIN);
	check_waits_long(INT64_MAX);
	check_waits_long(INT64_MAX - 1);
}

TEST(a_wake_ends_the_next_wait_and_no_other_one)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	int64_t begin;

	CHECK_EQ(ward_set_wake(set), 0);
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), 0);
	CHECK_EQ(ward_set_wake(set), 0);
	CHECK_EQ(ward_set_wake(set), 0);
	CHECK_EQ(ward_set_wait(set, WARD_FOREVER, &e), 0);
	begin = host_now_ns();
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(30), &e), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(30));
	ward_set_close(set);
}

TEST(a_wake_loses_no_event)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("3");
	struct ward_event e = WARD_EVENT_INIT;
	int told = 0, waits = 0;

	add_or_fail(set, w, NULL, NULL);
	CHECK_EQ(ward_set_wake(set), 0);
	for (; told == 0 && waits < 3; waits++)
		told = ward_set_wait(set, ENOUGH, &e);
	CHECK_EQ(told, 1);
	check_exited(&e.exit, 3);
	ward_set_close(set);
	ward_close(w);
}

TEST(a_set_leaves_errno_alone)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	struct ward *w = ended_or_fail("0");

	errno = 77;
	CHECK_EQ(ward_set_add(set, w, NULL, NULL), 0);
	CHECK_EQ(ward_set_add(set, w, NULL, NULL), -EEXIST);
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), 1);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(1), &e), 0);
	CHECK_EQ(ward_set_remove(set, w), -ENOENT);
	CHECK_EQ(ward_set_wake(set), 0);
	ward_set_close(set);
	CHECK_EQ(errno, 77);
	ward_close(w);
}

TEST(ten_thousand_waits_leave_nothing_behind)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	struct talk t = stays("0");
	int n = check_scaled(10000);

	add_or_fail(set, t.w, NULL, NULL);
	for (int i = 0; i < n; i++)
		if (!CHECK_EQ(ward_set_wait(set, 0, &e), 0))
			break;
	ward_set_close(set);
	talk_end(&t);
}
