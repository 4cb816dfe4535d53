/* SPDX-License-Identifier: MIT */
/*
 * Many threads on one set: several wait, others add, remove, close, stop and start. Each
 * event goes to one of them. Meant to run under a thread sanitizer as well, which sees
 * the races that these checks cannot.
 */
#include "set.h"

enum { WAITERS = 4 };

/* Threads that take events until the set is empty and @over. */
struct shift {
	struct ward_set *set;
	atomic_bool over;
	atomic_int events, ended, wrong, started, asleep;
	int64_t timeout_ns;
};

static void count_event(struct shift *s, const struct ward_event *e)
{
	atomic_fetch_add(&s->events, 1);
	if (e->what == WARD_EVENT_STARTED)
		atomic_fetch_add(&s->started, 1);
	if (e->what != WARD_EVENT_ENDED)
		return;
	atomic_fetch_add(&s->ended, 1);
	/* What it was started with comes back as its code. */
	if (e->cookie && e->exit.code != *(const int *)e->cookie)
		atomic_fetch_add(&s->wrong, 1);
}

static void *take_events(void *arg)
{
	struct shift *s = arg;

	while (!atomic_load(&s->over)) {
		struct ward_event e = WARD_EVENT_INIT;
		int r = ward_set_wait(s->set, s->timeout_ns, &e);

		if (r == 1)
			count_event(s, &e);
		if (r < 0)
			atomic_fetch_add(&s->wrong, 1);
	}
	return NULL;
}

static void shift_start(struct shift *s, struct host_thread threads[])
{
	for (int i = 0; i < WAITERS; i++)
		host_thread_start(&threads[i], take_events, s);
}

/* A wake is for those that wait, so it is given until all have seen that it is over. */
static void *wake_them(void *arg)
{
	struct shift *s = arg;

	while (atomic_load(&s->asleep) > 0) {
		ward_set_wake(s->set);
		host_yield();
	}
	return NULL;
}

static void shift_end(struct shift *s, struct host_thread threads[])
{
	struct host_thread waker;

	atomic_store(&s->asleep, 1);
	atomic_store(&s->over, true);
	host_thread_start(&waker, wake_them, s);
	for (int i = 0; i < WAITERS; i++)
		host_thread_join(&threads[i]);
	atomic_store(&s->asleep, 0);
	host_thread_join(&waker);
	CHECK_EQ(atomic_load(&s->wrong), 0);
}

static void until_ended(struct shift *s, int n)
{
	int64_t begin = host_now_ns();

	while (atomic_load(&s->ended) < n && host_now_ns() - begin < ENOUGH)
		host_yield();
	CHECK_EQ(atomic_load(&s->ended), n);
}

/* ----------------------------------------------------------------------- several wait */

/* [threads] */
TEST(each_event_goes_to_one_of_those_who_wait)
{
	struct shift s = { .set = set_or_fail(NULL), .timeout_ns = WARD_FOREVER };
	struct crowd c = crowd_make(check_scaled(200));
	struct host_thread threads[WAITERS];
	int *codes = calloc((size_t)c.n, sizeof(int));

	REQUIRE(codes != NULL);
	shift_start(&s, threads);
	for (int i = 0; i < c.n; i++) {
		codes[i] = i % 256;
		add_or_fail(s.set, c.w[i], &codes[i], NULL);
	}
	crowd_let_go(&c);
	until_ended(&s, c.n);
	CHECK_EQ(ward_set_count(s.set), 0);
	shift_end(&s, threads);
	CHECK_EQ(atomic_load(&s.events), c.n);
	close_empty(s.set);
	crowd_end(&c);
	free(codes);
}

/* A wait that sleeps already hears of what is added, of a deadline, of a stop. */
struct sleeper {
	struct ward_set *set;
	struct host_sleeper here;
	int r;
	struct ward_event e;
};

static void *sleep_on_set(void *arg)
{
	struct sleeper *me = arg;

	me->e = (struct ward_event)WARD_EVENT_INIT;
	host_sleeper_here(&me->here);
	me->r = ward_set_wait(me->set, ENOUGH, &me->e);
	return NULL;
}

static struct host_thread sleep_start(struct sleeper *s, struct ward_set *set)
{
	struct host_thread thread;

	memset(s, 0, sizeof(*s));
	s->set = set;
	host_thread_start(&thread, sleep_on_set, s);
	host_until_asleep(&s->here);
	return thread;
}

/* [threads] */
TEST(a_ward_that_is_added_while_another_thread_waits_is_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *ended = ended_or_fail("1");
	struct talk t = stays("2");
	struct host_thread thread;
	struct sleeper s;

	thread = sleep_start(&s, set);
	add_or_fail(set, ended, NULL, NULL);
	host_thread_join(&thread);
	CHECK_EQ(s.r, 1);
	CHECK(s.e.ward == ended);
	thread = sleep_start(&s, set);
	add_or_fail(set, t.w, NULL, NULL);
	talk_let_go(&t);
	host_thread_join(&thread);
	CHECK_EQ(s.r, 1);
	check_exited(&s.e.exit, 2);
	close_empty(set);
	ward_close(ended);
	talk_end(&t);
}

/* [threads] */
TEST(a_deadline_that_is_set_while_another_thread_waits_comes_in_time)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	struct host_thread thread;
	struct sleeper s;

	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_TELL));
	thread = sleep_start(&s, set);
	CHECK_EQ(ward_set_deadline(set, t.w, MILLISECONDS(1)), 0);
	host_thread_join(&thread);
	CHECK_EQ(s.r, 1);
	CHECK_EQ(s.e.what, WARD_EVENT_DEADLINE);
	ward_set_close(set);
	talk_end(&t);
}

/* [threads] */
TEST(a_stop_that_begins_while_another_thread_waits_goes_on_there)
{
	static const struct ward_stop_step steps[] = { { 0, 0, MILLISECONDS(5) },
		                                       { SIGKILL, 0, WARD_FOREVER } };
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("0");
	struct host_thread thread;
	struct sleeper s;

	add_or_fail(set, t.w, NULL, NULL);
	thread = sleep_start(&s, set);
	CHECK_EQ(ward_set_stop(set, t.w, steps, 2), 0);
	host_thread_join(&thread);
	CHECK_EQ(s.r, 1);
	check_signaled(&s.e.exit, SIGKILL);
	close_empty(set);
	talk_end(&t);
}

/* [threads] */
TEST(a_start_that_is_asked_for_while_another_thread_waits_is_told_there)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	struct host_thread thread;
	struct sleeper s;
	struct ward *w;

	thread = sleep_start(&s, set);
	queue_or_fail(set, CHILD("exit", "3"), NULL, NULL, NULL);
	host_thread_join(&thread);
	CHECK_EQ(s.r, 1);
	REQUIRE_EQ(s.e.what, WARD_EVENT_STARTED);
	w = s.e.ward;
	expect_ended(set, w, 3);
	close_empty(set);
	ward_close(w);
}

/* [threads] */
TEST(a_wake_ends_the_wait_of_every_thread)
{
	struct ward_set *set = set_or_fail(NULL);
	struct host_thread threads[WAITERS];
	struct sleeper s[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		threads[i] = sleep_start(&s[i], set);
	CHECK_EQ(ward_set_wake(set), 0);
	for (int i = 0; i < WAITERS; i++) {
		host_thread_join(&threads[i]);
		CHECK_EQ(s[i].r, 0);
	}
	ward_set_close(set);
}

/* [threads] Each of them has its own time. */
TEST(a_wait_of_another_thread_does_not_change_the_time_of_mine)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	struct host_thread thread;
	struct sleeper s;
	int64_t begin;

	thread = sleep_start(&s, set);
	begin = host_now_ns();
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(20), &e), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(20));
	CHECK_EQ(ward_set_wake(set), 0);
	host_thread_join(&thread);
	CHECK_EQ(s.r, 0);
	ward_set_close(set);
}

/* ------------------------------------------------------------- removed from elsewhere */

/* Removed or told of: one of the two, and the caller knows which. [threads] */
TEST(a_removal_that_races_with_the_end_is_told_of_or_not)
{
	struct shift s = { .set = set_or_fail(NULL), .timeout_ns = WARD_FOREVER };
	struct host_thread threads[WAITERS];
	int n = check_scaled(300), removed = 0;

	shift_start(&s, threads);
	for (int i = 0; i < n; i++) {
		struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
		int r;

		add_or_fail(s.set, w, NULL, NULL);
		if (i % 3 == 0)
			ward_wait(w, ENOUGH, NULL);
		r = ward_set_remove(s.set, w);
		CHECK(r == 0 || r == -ENOENT);
		removed += r == 0;
		ward_wait(w, ENOUGH, NULL);
		ward_close(w);
	}
	until_ended(&s, n - removed);
	shift_end(&s, threads);
	check_note("%d of %d were removed in time", removed, n);
	close_empty(s.set);
}

/* [threads] As above, but nobody is told which. */
TEST(a_close_that_races_with_the_end_leaves_nothing)
{
	struct shift s = { .set = set_or_fail(NULL), .timeout_ns = WARD_FOREVER };
	struct host_thread threads[WAITERS];
	int n = check_scaled(300);

	shift_start(&s, threads);
	for (int i = 0; i < n; i++) {
		struct ward *w = spawn_or_fail(
			CHILD("exit", "0"), WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));

		add_or_fail(s.set, w, NULL, WARD_WATCH_OPTS(.timeout_ns = 50000));
		if (i % 3 == 0)
			ward_wait(w, ENOUGH, NULL);
		ward_close(w);
	}
	CHECK_EQ(ward_set_count(s.set), 0);
	shift_end(&s, threads);
	CHECK(atomic_load(&s.ended) <= n);
	close_empty(s.set);
}

/* ------------------------------------------------------------------------ all at once */

struct worker {
	struct shift *shift;
	int n, code;
};

/* Start, add, put off, and leave the rest to those who wait. */
static void *start_some(void *arg)
{
	struct worker *me = arg;
	struct ward_set *set = me->shift->set;
	char code[16];

	snprintf(code, sizeof(code), "%d", me->code);
	for (int i = 0; i < me->n; i++)
		queue_or_fail(set, CHILD("exit", code), NULL, &me->code,
		              i % 2 ? WARD_WATCH_OPTS(.timeout_ns = SECONDS(40)) : NULL);
	return NULL;
}

static void *take_and_close(void *arg)
{
	struct shift *s = arg;

	while (!atomic_load(&s->over)) {
		struct ward_event e = WARD_EVENT_INIT;

		if (ward_set_wait(s->set, s->timeout_ns, &e) != 1)
			continue;
		count_event(s, &e);
		if (e.what == WARD_EVENT_ENDED)
			ward_close(e.ward);
	}
	return NULL;
}

/* [threads] [true-status] */
TEST(threads_start_and_others_wait_and_every_start_has_its_end)
{
	struct shift s = { .set = set_or_fail(WARD_SET_OPTS(.max_alive = 6)),
		           .timeout_ns = WARD_FOREVER };
	struct host_thread threads[WAITERS], makers[3];
	struct worker work[3];
	int n = check_scaled(100);

	for (int i = 0; i < WAITERS; i++)
		host_thread_start(&threads[i], take_and_close, &s);
	for (int i = 0; i < 3; i++) {
		work[i] = (struct worker){ &s, n, 40 + i };
		host_thread_start(&makers[i], start_some, &work[i]);
	}
	for (int i = 0; i < 3; i++)
		host_thread_join(&makers[i]);
	until_ended(&s, 3 * n);
	CHECK_EQ(ward_set_count(s.set), 0);
	shift_end(&s, threads);
	CHECK_EQ(atomic_load(&s.started), 3 * n);
	close_empty(s.set);
}

/* Everything that can be done to a ward of a set. */
static void *meddle(void *arg)
{
	struct shift *s = arg;
	struct ward_set *set = s->set, *own = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	int n = check_scaled(60);

	for (int i = 0; i < n; i++) {
		struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);

		ward_set_add(set, w, NULL, NULL);
		ward_set_add(own, w, NULL, WARD_WATCH_OPTS(.timeout_ns = SECONDS(9)));
		ward_set_deadline(set, w, i % 2 ? 1 : SECONDS(9));
		ward_set_stop(set, w, NULL, 0);
		ward_set_count(set);
		if (i % 4 == 0)
			ward_set_wake(set);
		if (ward_set_wait(own, ENOUGH, &e) != 1 || e.ward != w)
			atomic_fetch_add(&s->wrong, 1);
		ward_wait(w, ENOUGH, NULL);
		ward_close(w);
	}
	ward_set_close(own);
	return NULL;
}

/* [threads] */
TEST(threads_do_everything_at_once)
{
	struct shift s = { .set = set_or_fail(NULL), .timeout_ns = MILLISECONDS(5) };
	struct host_thread threads[WAITERS], others[3];

	shift_start(&s, threads);
	for (int i = 0; i < 3; i++)
		host_thread_start(&others[i], meddle, &s);
	for (int i = 0; i < 3; i++)
		host_thread_join(&others[i]);
	CHECK_EQ(ward_set_count(s.set), 0);
	shift_end(&s, threads);
	close_empty(s.set);
}
