/* SPDX-License-Identifier: MIT */
/*
 * Very many: children that end in the same instant, cycles without number, and a cost
 * that does not grow with those that only live.
 */
#include "gate.h"
#include "set.h"

/* A child costs descriptors and, on some systems, a thread. */
static int many(int n)
{
	n = check_scaled(n);
	return on_slow_tool() && n > 200 ? 200 : n;
}

/* --------------------------------------------------------------------- in one instant */

/* Each is told of once, with what it ended with. */
static void check_all_told(struct ward_set *set, struct crowd *c)
{
	char *told = calloc((size_t)c->n, 1);

	REQUIRE(told != NULL);
	for (int k = 0; k < c->n; k++) {
		struct ward_event e = next_event(set, NULL, 0);
		int i = crowd_index(c, &e);

		CHECK_EQ(e.what, WARD_EVENT_ENDED);
		CHECK(e.ward == c->w[i]);
		CHECK_EQ(told[i]++, 0);
		check_exited(&e.exit, i % 256);
	}
	free(told);
}

/* [true-status] */
TEST(a_thousand_children_that_end_in_the_same_instant_are_all_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(many(1000));

	crowd_add(&c, set, NULL);
	CHECK_EQ(ward_set_count(set), c.n);
	crowd_let_go(&c);
	check_all_told(set, &c);
	close_empty(set);
	crowd_end(&c);
}

/* All have ended before the set is asked for the first time. */
TEST(a_thousand_that_have_ended_are_all_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(many(1000));

	crowd_add(&c, set, NULL);
	crowd_until_ended(&c);
	check_all_told(set, &c);
	close_empty(set);
	crowd_end(&c);
}

TEST(two_sets_of_the_same_thousand_both_tell_of_all)
{
	struct ward_set *a = set_or_fail(NULL), *b = set_or_fail(NULL);
	struct crowd c = crowd_make(many(1000));

	crowd_add(&c, a, NULL);
	crowd_add(&c, b, NULL);
	crowd_let_go(&c);
	check_all_told(a, &c);
	check_all_told(b, &c);
	close_empty(a);
	close_empty(b);
	crowd_end(&c);
}

/* ------------------------------------------------------------------------------ cost */

/* How often the system is called to hear of @n ends, one by one, of @alive in the set. */
static int calls_for_ends(int alive, int n)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd rest = crowd_make(alive);
	struct talk t[20];
	int calls = 0;

	REQUIRE(n <= 20);
	crowd_add(&rest, set, NULL);
	for (int i = 0; i < n; i++) {
		t[i] = stays("0");
		add_or_fail(set, t[i].w, NULL, NULL);
	}
	expect_nothing(set);
	for (int i = 0; i < n; i++) {
		struct host_process p = host_hold(ward_pid(t[i].w));

		talk_let_go(&t[i]);
		host_until_ended(&p);
		host_let_go(&p);
		ward__gate_fail("no such call", 0, 0);
		ward__gate_fail(NULL, 0, 0);
		expect_ended(set, t[i].w, 0);
		calls += ward__gate_count();
	}
	ward_set_close(set);
	stays_end(t, n);
	crowd_end(&rest);
	return calls;
}

/* [flat-cost] */
TEST(an_end_takes_as_many_calls_among_five_hundred_as_among_five)
{
	if (able_watch_strangers())
		SKIP("an end is told before it can be collected: it is tried again");
	int few = calls_for_ends(5, 20), more = calls_for_ends(many(500), 20);

	check_note("%d calls for 20 ends among 5, %d among %d", few, more, many(500));
	/* Where a thread tells of ends, each may have been slept for, or been there. */
	CHECK(more <= few + 20);
	/* The sleep, the collection, and room for a fallback of either. */
	CHECK(few <= 20 * 8);
}

/* ---------------------------------------------------------------------------- cycles */

#ifdef __linux__
/* What we have in memory, in KiB. */
static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	REQUIRE(f != NULL);
	if (fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}
#else
static long resident_kib(void)
{
	return 0;
}
#endif

typedef void cycle_fn(struct ward_set *set, struct ward *w);

/* Whatever a cycle needs, it gives back. A tenth of them shows what is kept for reuse. */
static void check_no_growth(cycle_fn *cycle, struct ward *w, int n)
{
	struct ward_set *set = set_or_fail(NULL);
	long before, after;

	for (int i = 0; i < n / 10; i++)
		cycle(set, w);
	before = resident_kib();
	for (int i = 0; i < n; i++)
		cycle(set, w);
	after = resident_kib();
	/* The kernel counts in steps of some hundred KiB. A tool has memory of its own
	 * for each thing that was freed. */
	CHECK(on_slow_tool() || after - before < 1024);
	CHECK_EQ(ward_set_count(set), 0);
	close_empty(set);
}

static void add_and_remove(struct ward_set *set, struct ward *w)
{
	bool done = ward_set_add(set, w, NULL, NULL) == 0 && ward_set_remove(set, w) == 0;

	if (!done)
		CHECK(done);
}

TEST(a_million_times_added_and_removed_leaves_nothing_behind)
{
	struct talk t = stays("0");

	check_no_growth(add_and_remove, t.w,
	                check_scaled(on_slow_tool() ? 20000 : 1000000));
	talk_end(&t);
}

static void add_with_care_and_remove(struct ward_set *set, struct ward *w)
{
	static const struct ward_stop_step step = { SIGKILL, 0, 1 };
	const struct ward_watch_opts *opts =
		WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES, .stop = &step, .n_stop = 1,
	                        .timeout_ns = SECONDS(40));
	bool done = ward_set_add(set, w, NULL, opts) == 0 && ward_set_remove(set, w) == 0;

	if (!done)
		CHECK(done);
}

TEST(a_hundred_thousand_deadlines_added_and_removed_leave_nothing_behind)
{
	struct ward *w =
		spawn_or_fail(CHILD("hold", "0"),
	                      WARD_SPAWN_OPTS(.in = OUT_PIPED, .out = OUT_PIPED));

	check_no_growth(add_with_care_and_remove, w,
	                check_scaled(on_slow_tool() ? 10000 : 100000));
	CHECK_EQ(ward_end_input(w, 0), 0);
	expect_exit(w, 0);
}

static void add_and_take(struct ward_set *set, struct ward *w)
{
	struct ward_event e = WARD_EVENT_INIT;

	bool done = ward_set_add(set, w, NULL, NULL) == 0 &&
	            ward_set_wait(set, ENOUGH, &e) == 1;

	if (!done)
		CHECK(done);
}

TEST(a_hundred_thousand_ends_leave_nothing_behind)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);

	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	check_no_growth(add_and_take, w, check_scaled(on_slow_tool() ? 10000 : 100000));
	ward_close(w);
}

static void make_add_and_close(struct ward_set *set, struct ward *w)
{
	struct ward_set *other = set_or_fail(NULL);

	(void)set;
	add_or_fail(other, w, NULL, NULL);
	ward_set_close(other);
}

TEST(ten_thousand_sets_leave_nothing_behind)
{
	struct talk t = stays("0");

	check_no_growth(make_add_and_close, t.w,
	                check_scaled(on_slow_tool() ? 1000 : 10000));
	talk_end(&t);
}

static void start_and_end(struct ward_set *set, struct ward *w)
{
	struct ward *own;

	(void)w;
	queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, NULL);
	own = expect_started(set, NULL);
	expect_ended(set, own, 0);
	ward_close(own);
}

TEST(two_thousand_starts_leave_nothing_behind)
{
	check_no_growth(start_and_end, NULL, check_scaled(on_slow_tool() ? 100 : 2000));
}

#if HOST_POSIX
/* ---------------------------------------------------------------------------- a thief */

/* Waits for any child until it has taken @n. */
struct thief {
	int n;
	atomic_bool over;
};

static void *steal(void *arg)
{
	struct thief *t = arg;

	for (int taken = 0; taken < t->n && !atomic_load(&t->over);) {
		if (waitpid(-1, NULL, WNOHANG) > 0)
			taken++;
		else
			sched_yield();
	}
	return NULL;
}

/* [true-status] The truth, or that it is lost; and all of them are told of. */
TEST(a_thief_that_takes_half_of_them_takes_no_event)
{
	bool known = able_exit_info() || able_watch_strangers();
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(many(400));
	struct thief thief = { .n = c.n / 2 };
	struct host_thread thread;
	int lost = 0;

	known = known && keeps_status(c.w[0]);
	crowd_add(&c, set, NULL);
	host_thread_start(&thread, steal, &thief);
	crowd_let_go(&c);
	for (int k = 0; k < c.n; k++) {
		struct ward_event e = expect_event_of_any(set, WARD_EVENT_ENDED);

		check_exited_or_lost(&e.exit, crowd_index(&c, &e) % 256, known);
		lost += e.exit.how == WARD_LOST;
	}
	atomic_store(&thief.over, true);
	host_thread_join(&thread);
	check_note("%d of %d were lost", lost, c.n);
	close_empty(set);
	crowd_end(&c);
}

/* Every second one for certain, not by luck. [true-status] */
TEST(of_those_that_were_collected_by_others_the_end_is_told)
{
	bool known = able_exit_info() || able_watch_strangers();
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(many(100));

	known = known && keeps_status(c.w[0]);
	crowd_add(&c, set, NULL);
	crowd_let_go(&c);
	for (int i = 0; i < c.n; i += 2) {
		pid_t pid = (pid_t)ward_pid(c.w[i]);

		REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	}
	for (int k = 0; k < c.n; k++) {
		struct ward_event e = expect_event_of_any(set, WARD_EVENT_ENDED);
		int i = crowd_index(&c, &e);

		check_exited_or_lost(&e.exit, i % 256, known || i % 2 == 1);
		CHECK(i % 2 == 1 || e.exit.has_usage == 0);
	}
	close_empty(set);
	crowd_end(&c);
}
#endif
