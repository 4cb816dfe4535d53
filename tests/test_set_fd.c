/* SPDX-License-Identifier: MIT */
/*
 * The descriptor of a set in somebody else's loop: readable when a call of ward_set_wait
 * is worth it, for whatever reason, time among them; and not readable otherwise, so that
 * the loop sleeps.
 */
#include "set.h"

static bool is_readable_in(struct ward_set *set, int ms)
{
	struct pollfd p = { .fd = ward_set_fd(set), .events = POLLIN };
	int n;

	REQUIRE(p.fd >= 0);
	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	CHECK(n == 0 || p.revents == POLLIN);
	return n == 1;
}

static bool is_readable(struct ward_set *set)
{
	return is_readable_in(set, 0);
}

static void until_readable(struct ward_set *set)
{
	CHECK(is_readable_in(set, 40000));
}

/* As a loop does: sleep, then take what is there, without blocking, until nothing is. */
static int take_all(struct ward_set *set, struct ward_event *last)
{
	struct ward_event e = WARD_EVENT_INIT;
	int n = 0;

	while (ward_set_wait(set, 0, &e) == 1) {
		*last = e;
		n++;
	}
	return n;
}

/* ... and until something was. */
static int loop_once(struct ward_set *set, struct ward_event *last)
{
	int n, turns = 0;

	do {
		until_readable(set);
		n = take_all(set, last);
	} while (n == 0 && ++turns < 1000);
	CHECK(turns < 1000);
	return n;
}

/* Time may have to be looked at once more; then there is quiet. */
static void check_quiet(struct ward_set *set)
{
	struct ward_event e;

	for (int i = 0; i < 10 && is_readable(set); i++)
		CHECK_EQ(take_all(set, &e), 0);
	CHECK(!is_readable(set));
}

/* ----------------------------------------------------------------------------- an end */

TEST(the_descriptor_is_lent_the_same_each_time_and_not_inherited)
{
	struct ward_set *set = set_or_fail(NULL);
	int fd = ward_set_fd(set);

	CHECK(fd >= 0);
	CHECK_EQ(ward_set_fd(set), fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(!is_readable(set));
	ward_set_close(set);
}

TEST(an_end_makes_the_descriptor_readable_until_it_was_told)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("2");
	struct ward_event e;

	add_or_fail(set, t.w, NULL, NULL);
	CHECK(!is_readable(set));
	talk_let_go(&t);
	until_readable(set);
	CHECK(is_readable(set));
	REQUIRE_EQ(loop_once(set, &e), 1);
	check_exited(&e.exit, 2);
	check_quiet(set);
	ward_set_close(set);
	talk_end(&t);
}

TEST(one_that_had_ended_makes_the_descriptor_readable_when_it_is_added)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("exit", "2"), NULL);
	struct ward_event e;

	CHECK(!is_readable(set));
	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	add_or_fail(set, w, NULL, NULL);
	until_readable(set);
	CHECK_EQ(take_all(set, &e), 1);
	check_quiet(set);
	ward_set_close(set);
	ward_close(w);
}

/* Some of a batch is in the hands of the library only: the loop must hear of it. */
TEST(as_long_as_something_is_left_of_a_batch_the_descriptor_is_readable)
{
	enum { N = 50 };
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(N);
	struct ward_event e;

	crowd_add(&c, set, NULL);
	CHECK(!is_readable(set));
	crowd_until_ended(&c);
	for (int i = 0; i < N; i++) {
		until_readable(set);
		e = next_event(set, NULL, 0);
		check_exited(&e.exit, crowd_index(&c, &e));
	}
	check_quiet(set);
	close_empty(set);
	crowd_end(&c);
}

TEST(what_was_removed_leaves_the_descriptor_quiet)
{
	enum { N = 20 };
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(N);

	crowd_add(&c, set, NULL);
	crowd_until_ended(&c);
	until_readable(set);
	next_event(set, NULL, 0);
	for (int i = 0; i < N; i++)
		ward_set_remove(set, c.w[i]);
	check_quiet(set);
	close_empty(set);
	crowd_end(&c);
}

TEST(wards_that_are_closed_leave_the_descriptor_quiet)
{
	enum { N = 20 };
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(N);

	crowd_add(&c, set, NULL);
	crowd_until_ended(&c);
	until_readable(set);
	for (int i = 0; i < N; i++) {
		ward_close(c.w[i]);
		c.w[i] = NULL;
	}
	check_quiet(set);
	close_empty(set);
	crowd_end(&c);
}

/* ------------------------------------------------------------------------------- time */

/* [bounded] */
TEST(a_deadline_makes_the_descriptor_readable_in_time)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	int64_t begin = host_now_ns();
	struct ward_event e;

	CHECK(!is_readable(set));
	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_TELL,
	                                            .timeout_ns = MILLISECONDS(30)));
	CHECK_EQ(loop_once(set, &e), 1);
	CHECK(host_now_ns() - begin >= MILLISECONDS(30));
	CHECK_EQ(e.what, WARD_EVENT_DEADLINE);
	check_quiet(set);
	CHECK(!is_readable_in(set, 20));
	ward_set_close(set);
	talk_end(&t);
}

TEST(a_deadline_that_was_moved_makes_it_readable_at_its_new_time)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	struct ward_event e;

	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_TELL,
	                                            .timeout_ns = SECONDS(30)));
	CHECK(!is_readable(set));
	CHECK_EQ(ward_set_deadline(set, t.w, MILLISECONDS(5)), 0);
	CHECK_EQ(loop_once(set, &e), 1);
	CHECK_EQ(e.what, WARD_EVENT_DEADLINE);
	CHECK_EQ(ward_set_deadline(set, t.w, MILLISECONDS(5)), 0);
	CHECK_EQ(ward_set_deadline(set, t.w, -1), 0);
	check_quiet(set);
	CHECK(!is_readable_in(set, 20));
	ward_set_close(set);
	talk_end(&t);
}

/* The loop gets no event for a step, but a call that takes it. */
TEST(the_steps_of_a_stop_are_taken_in_a_loop_of_others)
{
	static const struct ward_stop_step steps[] = { { 0, 0, MILLISECONDS(10) },
		                                       { 0, 0, MILLISECONDS(10) },
		                                       { SIGKILL, 0, WARD_FOREVER } };
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	struct ward_event e;

	add_or_fail(set, t.w, NULL, NULL);
	CHECK(!is_readable(set));
	CHECK_EQ(ward_set_stop(set, t.w, steps, 3), 0);
	CHECK_EQ(loop_once(set, &e), 1);
	check_signaled(&e.exit, SIGKILL);
	check_quiet(set);
	ward_set_close(set);
	talk_end(&t);
}

/* ----------------------------------------------------------- wake, output, and starts */

TEST(a_wake_makes_the_descriptor_readable_for_one_call)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;

	CHECK(!is_readable(set));
	CHECK_EQ(ward_set_wake(set), 0);
	until_readable(set);
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), 0);
	check_quiet(set);
	ward_set_close(set);
}

TEST(output_makes_the_descriptor_readable_until_it_was_taken)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(
		CHILD("ready"), WARD_SPAWN_OPTS(.in = OUT_PIPED, .out = OUT_PIPED));
	struct ward_event e = WARD_EVENT_INIT;
	char text[16] = "", byte;

	add_or_fail(set, w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_OUTPUT));
	for (int i = 0; i < 6; i++) {
		until_readable(set);
		e = next_event(set, &byte, 1);
		add_text(text, sizeof(text), &e);
	}
	CHECK_STR(text, "ready\n");
	e.buffer = &byte;
	e.room = 1;
	CHECK_EQ(ward_set_wait(set, 0, &e), 0);
	check_quiet(set);
	CHECK_EQ(ward_end_input(w, 0), 0);
	while (ward_set_count(set) > 0) {
		until_readable(set);
		next_event(set, &byte, 1);
	}
	check_quiet(set);
	ward_set_close(set);
	ward_close(w);
}

TEST(memory_is_fed_in_a_loop_of_others)
{
	enum { SIZE = 500000 };
	struct ward_set *set = set_or_fail(NULL);
	void *data = calloc(1, SIZE);
	struct ward_stdio in = FED(data, SIZE);
	struct ward_stdio none = { .kind = WARD_FD_NULL };
	struct ward *w = spawn_or_fail(PLAY("count", "2", "exit", "5"),
	                               WARD_SPAWN_OPTS(.in = in, .err = none));
	struct ward_event e = WARD_EVENT_INIT;

	add_or_fail(set, w, NULL, NULL);
	while (ward_set_count(set) > 0)
		loop_once(set, &e);
	check_exited(&e.exit, 5);
	ward_set_close(set);
	ward_close(w);
	free(data);
}

/* Run everything in the loop of others: how many ended. */
static int loop_to_the_end(struct ward_set *set)
{
	struct ward_event e = WARD_EVENT_INIT;
	int ended = 0;

	while (ward_set_count(set) > 0) {
		until_readable(set);
		while (ward_set_wait(set, 0, &e) == 1) {
			if (e.what != WARD_EVENT_ENDED)
				continue;
			ended++;
			ward_close(e.ward);
		}
	}
	return ended;
}

TEST(a_queue_of_starts_moves_in_a_loop_of_others)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 3));

	for (int i = 0; i < 30; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, NULL);
	CHECK_EQ(loop_to_the_end(set), 30);
	check_quiet(set);
	close_empty(set);
}

TEST(starts_that_are_spread_in_time_make_the_descriptor_readable_in_time)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.starts_per_second = 100));

	for (int i = 0; i < 20; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, NULL);
	CHECK_EQ(loop_to_the_end(set), 20);
	close_empty(set);
}

TEST(a_start_on_a_thread_makes_the_descriptor_readable)
{
	struct ward_set *set = set_or_fail(NULL);

	CHECK(!is_readable(set));
	for (int i = 0; i < 10; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, NULL,
		              WARD_WATCH_OPTS(.flags = WARD_WATCH_THREAD));
	CHECK_EQ(loop_to_the_end(set), 10);
	close_empty(set);
}

/* ----------------------------------------------------------------------------- thread */

static void *end_it(void *arg)
{
	struct talk *t = arg;

	talk_let_go(t);
	return NULL;
}

/* Asked for late, after events have come and a thread has waited. */
TEST(the_descriptor_may_be_asked_for_at_any_time)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("1");
	struct ward *early = ended_or_fail("2");
	struct host_thread thread;
	struct ward_event e;

	add_or_fail(set, early, NULL, NULL);
	add_or_fail(set, t.w, NULL, NULL);
	until_readable(set);
	expect_ended(set, early, 2);
	check_quiet(set);
	host_thread_start(&thread, end_it, &t);
	CHECK_EQ(loop_once(set, &e), 1);
	check_exited(&e.exit, 1);
	host_thread_join(&thread);
	close_empty(set);
	ward_close(early);
	talk_end(&t);
}
