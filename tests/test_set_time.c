/* SPDX-License-Identifier: MIT */
/*
 * Deadlines, and stopping without waiting for it: a set carries the steps out itself, in
 * time, while somebody waits on it. What is hard: a busy machine must not break claims
 * about time; so nothing is asserted of how soon something comes, only that it does not
 * come early.
 */
#include "set.h"

#define SOON MILLISECONDS(30)
#define TELL(ns) WARD_WATCH_OPTS(.flags = WARD_WATCH_TELL, .timeout_ns = (ns))

static const struct ward_stop_step ask_then_kill[] = {
	{ SIGTERM, WARD_STOP_CONTINUE, MILLISECONDS(30) },
	{ SIGKILL, 0, WARD_FOREVER }
};

/* Does not end when asked to, and says when it is so far. */
static struct talk deaf(void)
{
	return talk_start_ready(PLAY("deaf", "out", "ready\n", "wait", "0"), NULL);
}

/* ------------------------------------------------------------------------- deadlines */

/* [bounded] */
TEST(a_deadline_is_told_and_the_process_is_stopped)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	int64_t begin = host_now_ns();
	struct ward_event e;
	int cookie;

	add_or_fail(set, t.w, &cookie, WARD_WATCH_OPTS(.timeout_ns = SOON));
	e = expect_event(set, t.w, WARD_EVENT_DEADLINE);
	CHECK(host_now_ns() - begin >= SOON);
	CHECK(e.cookie == &cookie);
	CHECK_EQ(e.flags, 0);
	expect_signaled(set, t.w, SET_ASKED_SIGNAL);
	close_empty(set);
	talk_end(&t);
}

/* [bounded] */
TEST(the_steps_of_a_deadline_go_on_until_the_end)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_stop_step steps[2] = { ask_then_kill[0], ask_then_kill[1] };
	struct talk t = deaf();
	int64_t begin = host_now_ns();

	add_or_fail(set, t.w, NULL,
	            WARD_WATCH_OPTS(.timeout_ns = SOON, .stop = steps, .n_stop = 2));
	memset(steps, 0, sizeof(steps));      /* they were copied */
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	expect_signaled(set, t.w, SIGKILL);
	if (HOST_POSIX)
		CHECK(host_now_ns() - begin >= 2 * SOON);
	close_empty(set);
	talk_end(&t);
}

TEST(a_deadline_may_be_only_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("11");

	add_or_fail(set, t.w, NULL, TELL(SOON));
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	CHECK_EQ(ward_set_count(set), 1);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(10), NULL), 0);
	expect_nothing(set);
	talk_let_go(&t);
	expect_ended(set, t.w, 11);
	close_empty(set);
	talk_end(&t);
}

TEST(who_ends_in_time_is_not_told_of_a_deadline)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("exit", "1"), NULL);
	struct ward_event e = WARD_EVENT_INIT;

	add_or_fail(set, w, NULL, WARD_WATCH_OPTS(.timeout_ns = SECONDS(40)));
	expect_ended(set, w, 1);
	CHECK_EQ(ward_set_wait(set, 1, &e), 0);
	close_empty(set);
	ward_close(w);
}

TEST(a_deadline_that_passed_while_nobody_waited_is_told_at_the_next_wait)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");

	add_or_fail(set, t.w, NULL, TELL(1));
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(5), NULL), 0);
	CHECK_EQ(ward_set_count(set), 1);
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	expect_nothing(set);
	ward_set_close(set);
	talk_end(&t);
}

/* Nobody looked while the one came and then the other. */
TEST(who_ended_before_its_deadline_was_in_time_whenever_that_is_seen)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("7");
	int64_t added;

	add_or_fail(set, w, NULL, WARD_WATCH_OPTS(.timeout_ns = MILLISECONDS(5)));
	for (added = host_now_ns(); host_now_ns() - added < MILLISECONDS(10);)
		host_yield();
	expect_ended(set, w, 7);
	close_empty(set);
	ward_close(w);
}

/* [two-ends] The clock sees it first, then the system tells of it; its output goes on. */
TEST(an_end_that_is_seen_at_the_deadline_is_told_once)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_fd gate = { .fd = 3 };
	struct host_process p;
	struct ward_event e;
	struct ward *w;
	int ends[2];
	char buf[16];

	make_pipe(ends);
	gate.from = (struct ward_stdio)GIVEN(ends[0]);
	w = spawn_or_fail(PLAY("leave", "3", "exit", "4"),
	                  WARD_SPAWN_OPTS(.out = OUT_PIPED, .fds = &gate, .n_fds = 1));
	close(ends[0]);
	p = host_hold(ward_pid(w));
	host_until_ended(&p);
	host_let_go(&p);
	add_or_fail(set, w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_OUTPUT,
	                                          .timeout_ns = 1));
	e = next_event(set, buf, sizeof(buf));
	CHECK_STR(event_name(e.what), event_name(WARD_EVENT_ENDED));
	check_exited(&e.exit, 4);
	expect_nothing(set);
	close(ends[1]);
	e = next_event(set, buf, sizeof(buf));
	CHECK_STR(event_name(e.what), event_name(WARD_EVENT_OUTPUT_ENDED));
	CHECK_EQ(e.flags, WARD_EVENT_LAST);
	ward_close(w);
	close_empty(set);
	host_collect_orphans();
}

TEST(huge_deadlines_do_not_overflow)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("2");
	struct ward_event e = WARD_EVENT_INIT;

	add_or_fail(set, t.w, NULL, TELL(INT64_MAX));
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(5), &e), 0);
	CHECK_EQ(ward_set_deadline(set, t.w, INT64_MAX - 1), 0);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(5), &e), 0);
	talk_let_go(&t);
	expect_ended(set, t.w, 2);
	close_empty(set);
	talk_end(&t);
}

/* -------------------------------------------------------------- deadlines that change */

TEST(a_deadline_may_be_brought_forward_and_put_off)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	struct ward_event e = WARD_EVENT_INIT;
	int64_t begin = host_now_ns();

	add_or_fail(set, t.w, NULL, TELL(SECONDS(40)));
	CHECK_EQ(ward_set_deadline(set, t.w, SOON), 0);
	CHECK_EQ(ward_set_deadline(set, t.w, 2 * SOON), 0);
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	CHECK(host_now_ns() - begin >= 2 * SOON);
	CHECK_EQ(ward_set_deadline(set, t.w, 1), 0);
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	CHECK_EQ(ward_set_deadline(set, t.w, SOON), 0);
	CHECK_EQ(ward_set_deadline(set, t.w, -1), 0);
	CHECK_EQ(ward_set_wait(set, 2 * SOON, &e), 0);
	ward_set_close(set);
	talk_end(&t);
}

TEST(a_deadline_that_has_come_cannot_be_put_off)
{
	static const struct ward_stop_step patient[] = { { 0, 0, SECONDS(40) } };
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("6");

	add_or_fail(set, t.w, NULL,
	            WARD_WATCH_OPTS(.timeout_ns = 1, .stop = patient, .n_stop = 1));
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	CHECK_EQ(ward_set_deadline(set, t.w, SECONDS(40)), -EALREADY);
	talk_let_go(&t);
	expect_ended(set, t.w, 6);
	CHECK_EQ(ward_set_deadline(set, t.w, SECONDS(40)), -ENOENT);
	close_empty(set);
	talk_end(&t);
}

TEST(a_ward_without_a_deadline_may_get_one)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");

	add_or_fail(set, t.w, NULL, NULL);
	CHECK_EQ(ward_set_deadline(set, t.w, 0), 0);
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	/* The steps are those of ward_set_add: the default ones. */
	expect_signaled(set, t.w, SET_ASKED_SIGNAL);
	close_empty(set);
	talk_end(&t);
}

TEST(what_was_removed_or_closed_has_no_deadline)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk removed = stays("4"), closed = stays("5");
	struct ward_event e = WARD_EVENT_INIT;

	add_or_fail(set, removed.w, NULL, WARD_WATCH_OPTS(.timeout_ns = SOON));
	add_or_fail(set, closed.w, NULL, WARD_WATCH_OPTS(.timeout_ns = 1));
	CHECK_EQ(ward_set_remove(set, removed.w), 0);
	talk_let_go(&closed);
	CHECK_EQ(ward_wait(closed.w, ENOUGH, NULL), 1);
	ward_close(closed.w);
	CHECK_EQ(ward_set_wait(set, 2 * SOON, &e), 0);
	close_empty(set);
	close(closed.from);
	talk_let_go(&removed);
	expect_exit(ward_ref(removed.w), 4);
	talk_end(&removed);
}

enum { MANY = 100 };

/* When a deadline is to come: the clock of the set is read between these two. */
struct due {
	int64_t earliest, latest;
};

static struct due due_in(struct ward_set *set, struct ward *w, int64_t ns)
{
	struct due due = { .earliest = host_now_ns() + ns };

	CHECK_EQ(ward_set_deadline(set, w, ns), 0);
	due.latest = host_now_ns() + ns;
	return due;
}

/* Deadlines set in a mixed order, some moved, some taken away. */
TEST(many_deadlines_come_in_their_order_and_none_early)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(MANY);
	struct due due[MANY];
	int64_t last = 0;

	crowd_add(&c, set, TELL(SECONDS(40)));
	for (int i = 0; i < MANY; i++)
		due[i] = due_in(set, c.w[i], MILLISECONDS(20 + i * 37 % MANY));
	for (int i = 0; i < MANY; i += 5)
		CHECK_EQ(ward_set_deadline(set, c.w[i], -1), 0);
	for (int i = 1; i < MANY; i += 5)
		CHECK_EQ(ward_set_remove(set, c.w[i]), 0);
	for (int i = 2; i < MANY; i += 5)
		due[i] = due_in(set, c.w[i], MILLISECONDS(150 + i * 13 % MANY));
	for (int told = 0; told < MANY / 5 * 3; told++) {
		struct ward_event e = expect_event_of_any(set, WARD_EVENT_DEADLINE);
		int i = crowd_index(&c, &e);

		CHECK(i % 5 > 1);
		CHECK(host_now_ns() >= due[i].earliest);
		CHECK(due[i].latest >= last);
		last = due[i].earliest > last ? due[i].earliest : last;
	}
	expect_nothing(set);
	ward_set_close(set);
	crowd_end(&c);
}

TEST(a_hundred_that_are_late_at_once_are_all_stopped)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(MANY);
	int late = 0, ended = 0;

	crowd_add(&c, set, WARD_WATCH_OPTS(.timeout_ns = 1));
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, NULL, 0);

		late += e.what == WARD_EVENT_DEADLINE;
		ended += e.what == WARD_EVENT_ENDED && e.exit.how == WARD_SIGNALED;
	}
	CHECK_EQ(late, MANY);
	CHECK_EQ(ended, MANY);
	ward_set_close(set);
	crowd_end(&c);
}

/* ------------------------------------------------------------------------------ stop */

TEST(a_ward_of_a_set_is_stopped_without_waiting_for_it)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");

	add_or_fail(set, t.w, NULL, NULL);
	CHECK_EQ(ward_set_stop(set, t.w, NULL, 0), 0);
	expect_signaled(set, t.w, SET_ASKED_SIGNAL);
	close_empty(set);
	talk_end(&t);
}

TEST(the_steps_of_a_stop_are_taken_while_somebody_waits)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_stop_step steps[2] = { ask_then_kill[0], ask_then_kill[1] };
	struct talk t = deaf();

	add_or_fail(set, t.w, NULL, NULL);
	CHECK_EQ(ward_set_stop(set, t.w, steps, 2), 0);
	memset(steps, 0, sizeof(steps));
	expect_signaled(set, t.w, SIGKILL);
	close_empty(set);
	talk_end(&t);
}

TEST(another_stop_takes_the_place_of_the_one_under_way)
{
	static const struct ward_stop_step patient[] = { { 0, 0, SECONDS(40) },
		                                         { SIGKILL, 0, WARD_FOREVER } };
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = deaf();

	add_or_fail(set, t.w, NULL, NULL);
	CHECK_EQ(ward_set_stop(set, t.w, patient, 2), 0);
	expect_nothing(set);
	CHECK_EQ(ward_set_stop(set, t.w, ask_then_kill, 2), 0);
	expect_signaled(set, t.w, SIGKILL);
	close_empty(set);
	talk_end(&t);
}

/* The steps are over, and it still runs: that is no event, and no end. */
TEST(a_stop_whose_steps_are_over_leaves_the_ward_in_the_set)
{
	static const struct ward_stop_step only_wait[] = { { 0, 0, MILLISECONDS(5) },
		                                           { 0, 0, MILLISECONDS(5) } };
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("14");
	struct ward_event e = WARD_EVENT_INIT;
	int64_t begin = host_now_ns();

	add_or_fail(set, t.w, NULL, NULL);
	CHECK_EQ(ward_set_stop(set, t.w, only_wait, 2), 0);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(60), &e), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(60));
	talk_let_go(&t);
	expect_ended(set, t.w, 14);
	close_empty(set);
	talk_end(&t);
}

TEST(who_has_ended_cannot_be_stopped_and_its_end_is_still_told)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("exit", "15"), NULL);

	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	add_or_fail(set, w, NULL, NULL);
	CHECK_EQ(ward_set_stop(set, w, NULL, 0), -ESRCH);
	expect_ended(set, w, 15);
	CHECK_EQ(ward_set_stop(set, w, NULL, 0), -ENOENT);
	close_empty(set);
	ward_close(w);
}

#if HOST_POSIX
TEST(a_stopped_process_gets_to_see_that_it_is_asked_to_end)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	siginfo_t info;

	CHECK_EQ(ward_signal(t.w, SIGSTOP), 0);
	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(t.w), &info, WSTOPPED | WNOWAIT), 0);
	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.timeout_ns = SOON));
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	expect_signaled(set, t.w, SIGTERM);
	close_empty(set);
	talk_end(&t);
}

TEST(a_first_step_that_makes_no_sense_is_said)
{
	static const struct ward_stop_step bad[] = { { 4711, 0, SECONDS(1) } };
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("3");

	add_or_fail(set, t.w, NULL, NULL);
	CHECK_EQ(ward_set_stop(set, t.w, bad, 1), -EINVAL);
	talk_let_go(&t);
	expect_ended(set, t.w, 3);
	close_empty(set);
	talk_end(&t);
}
#endif
