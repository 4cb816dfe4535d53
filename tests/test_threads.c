/* SPDX-License-Identifier: MIT */
/*
 * Many threads on one handle, and many starts at once. Meant to run under a thread
 * sanitizer as well, which sees the races that these checks cannot.
 */
#include "able.h"
#include "check_state.h"
#include "help.h"

enum { THREADS = 8 };

static void start_threads(struct host_thread threads[], int n, void *(*run)(void *),
                          void *arg)
{
	for (int i = 0; i < n; i++)
		host_thread_start(&threads[i], run, arg);
}

static void join_threads(struct host_thread threads[], int n)
{
	for (int i = 0; i < n; i++)
		host_thread_join(&threads[i]);
}

/* -------------------------------------------------------------------- one for all */

struct crowd {
	struct ward *w;
	struct host_barrier begin;
	atomic_int ended, wrong;
};

/* Everything that can be asked of a ward, then give up an own reference. */
static void *ask_wait_and_close(void *arg)
{
	struct crowd *c = arg;
	struct ward *w = ward_ref(c->w);
	struct ward_info info = { .size = sizeof(info) };
	struct ward_id id = WARD_ID_INIT;
	struct ward_exit e = WARD_EXIT_INIT;
	int r;

	host_barrier_wait(&c->begin);
	ward_poll_fd(w);
	ward_info(w, &info);
	ward_identity(w, &id);
	ward_wait(w, 0, NULL);
	r = ward_signal(w, SIGKILL);
	if (r != 0 && r != -ESRCH)
		atomic_fetch_add(&c->wrong, 1);
	if (ward_wait(w, WARD_FOREVER, &e) == 1 && e.how == WARD_SIGNALED &&
	    e.signal == SIGKILL)
		atomic_fetch_add(&c->ended, 1);
	if (ward_signal(w, SIGKILL) != -ESRCH)
		atomic_fetch_add(&c->wrong, 1);
	ward_close(w);
	return arg;
}

/* [threads] [wait-again] */
TEST(eight_threads_wait_for_signal_ask_and_close_the_same_ward)
{
	int rounds = check_scaled(50);

	for (int i = 0; i < rounds; i++) {
		struct talk t = talk_start_ready(CHILD("ready"), NULL);
		struct crowd c = { .w = t.w };
		struct host_thread threads[THREADS];

		atomic_store(&c.begin.missing, THREADS);
		start_threads(threads, THREADS, ask_wait_and_close, &c);
		join_threads(threads, THREADS);
		CHECK_EQ(atomic_load(&c.ended), THREADS);
		CHECK_EQ(atomic_load(&c.wrong), 0);
		talk_end(&t);
	}
}

static void *wait_for_it(void *arg)
{
	struct crowd *c = arg;
	struct ward_exit e = WARD_EXIT_INIT;

	if (ward_wait(c->w, WARD_FOREVER, &e) == 1 && e.how == WARD_EXITED &&
	    e.code == 66 && e.has_usage == 1 && e.wall_ns >= 0)
		atomic_fetch_add(&c->ended, 1);
	return arg;
}

/* [threads] [wait-again] The kernel gives the status once; all get it, usage too. */
TEST(ten_threads_that_wait_for_one_child_get_the_same_answer)
{
	int rounds = check_scaled(30);

	for (int i = 0; i < rounds; i++) {
		struct talk t = talk_start_ready(CHILD("ready", "66"), NULL);
		struct crowd c = { .w = t.w };
		struct host_thread threads[10];

		start_threads(threads, 10, wait_for_it, &c);
		talk_let_go(&t);
		join_threads(threads, 10);
		CHECK_EQ(atomic_load(&c.ended), 10);
		talk_end(&t);
	}
}

/* ------------------------------------------------------------------- close meanwhile */

struct waiter {
	struct ward *w;
	struct host_sleeper sleeper;
	int r;
	struct ward_exit e;
};

static void *wait_long(void *arg)
{
	struct waiter *me = arg;

	me->e = (struct ward_exit)WARD_EXIT_INIT;
	host_sleeper_here(&me->sleeper);
	me->r = ward_wait(me->w, WARD_FOREVER, &me->e);
	return arg;
}

/* [threads] It ends as if nothing had happened. */
TEST(a_ward_may_be_closed_while_another_thread_waits_for_it)
{
	struct talk t = talk_start_ready(CHILD("ready", "67"), NULL);
	struct waiter waiter = { .w = t.w };
	struct host_thread thread;

	host_thread_start(&thread, wait_long, &waiter);
	host_until_asleep(&waiter.sleeper);
	ward_close(t.w);
	talk_let_go(&t);
	host_thread_join(&thread);
	CHECK_EQ(waiter.r, 1);
	check_exited(&waiter.e, 67);
	close(t.from);
}

/* [threads] */
TEST(a_close_that_kills_ends_the_wait_of_another_thread)
{
	struct talk t = talk_start_ready(CHILD("ready", "67"),
	                                 WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));
	struct waiter waiter = { .w = t.w };
	struct host_thread thread;

	host_thread_start(&thread, wait_long, &waiter);
	host_until_asleep(&waiter.sleeper);
	ward_close(t.w);
	host_thread_join(&thread);
	CHECK_EQ(waiter.r, 1);
	check_signaled(&waiter.e, SIGKILL);
	talk_let_go(&t);
	close(t.from);
}

/* ------------------------------------------------------------------- starts at once */

static atomic_int bad_starts;

/* Each child says which descriptors it has; a leak from another start would be there. */
static void *start_many(void *arg)
{
	int n = *(const int *)arg;
	char out[256];

	for (int i = 0; i < n; i++) {
		output_of(CHILD("print-fd-numbers"), NULL, out, sizeof(out));
		if (strcmp(out, "0 1 2 \n") != 0)
			atomic_fetch_add(&bad_starts, 1);
	}
	return arg;
}

/* [threads] [sealed-fds] */
TEST(eight_threads_start_at_once_and_no_descriptor_leaks)
{
	struct host_thread threads[THREADS];
	int n = check_scaled(40);

	start_threads(threads, THREADS, start_many, &n);
	join_threads(threads, THREADS);
	CHECK_EQ(atomic_load(&bad_starts), 0);
}

/* Starts, failures, and closes of every kind. */
static void *live_and_let_die(void *arg)
{
	int n = *(const int *)arg;

	for (int i = 0; i < n; i++) {
		struct ward *w = NULL;

		if (ward_spawn(&w, ARGV("/no/such"), NULL) != -ENOENT)
			atomic_fetch_add(&bad_starts, 1);
		w = spawn_or_fail(
			CHILD("hold", "0"),
			WARD_SPAWN_OPTS(.on_close = i % 2 ? WARD_KILL : WARD_KILL_WAIT));
		ward_close(w);
		expect_exit(spawn_or_fail(CHILD("exit", "3"), NULL), 3);
	}
	return arg;
}

/* [threads] [reserve-first] */
TEST(eight_threads_start_fail_and_kill_at_once)
{
	struct host_thread threads[THREADS];
	int n = check_scaled(20);

	start_threads(threads, THREADS, live_and_let_die, &n);
	join_threads(threads, THREADS);
	CHECK_EQ(atomic_load(&bad_starts), 0);
	/* The last killed ones are collected by later calls. */
	while (check_state_has_children()) {
		expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
		host_yield();
	}
}

static void *signal_it(void *arg)
{
	struct crowd *c = arg;

	while (atomic_load(&c->ended) == 0)
		if (ward_signal(c->w, 0) == -ESRCH)
			break;
	return arg;
}

/* [same-process] [threads] Signals race with the wait that frees the number. */
TEST(signals_race_with_the_wait_and_hit_nobody_else)
{
	int rounds = check_scaled(100);

	for (int i = 0; i < rounds; i++) {
		struct crowd c = { .w = spawn_or_fail(CHILD("exit", "0"), NULL) };
		struct host_thread threads[2];

		start_threads(threads, 2, signal_it, &c);
		wait_or_fail(c.w);
		atomic_store(&c.ended, 1);
		join_threads(threads, 2);
		CHECK_EQ(ward_signal(c.w, 0), -ESRCH);
		ward_close(c.w);
	}
}
