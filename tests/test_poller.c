/* SPDX-License-Identifier: MIT */
/*
 * The poller against the contract (src/platform.h): what is told, to whom, how often, and
 * that a removed thing is not. What sets make of it is in test_set.c.
 */
#include <stdlib.h>

#include "handle.h"
#include "help_stdio.h"
#include "stream.h"

enum { MOST = 1000, BATCH = 64 };

static const uint64_t token = UINT64_C(0x8000000700000003);

static struct ward__poller *new_poller(void)
{
	struct ward__poller *poller = NULL;

	REQUIRE_EQ(ward__poller_new(&poller), 0);
	CHECK(ward__poller_is_ours(poller));
	return poller;
}

static struct ward__event end_of(struct ward *w)
{
	if (!w)
		abort(); /* nobody comes here without one, which analyzers do not see */
	return (struct ward__event){ .process = w->process, .descriptor = -1 };
}

/* The channel stays open for as long as the ward has it. */
static struct ward__event channel_of(struct ward *w, int fd, unsigned wants)
{
	struct ward__stream *stream = ward__stream_enter(w, fd);
	struct ward__event e = { .descriptor = -1, .wants = wants };

	REQUIRE(stream != NULL);
	e.channel = stream->channel;
	ward__stream_leave(stream);
	return e;
}

static int put(struct ward__poller *poller, bool again, struct ward__event e, uint64_t it)
{
	int64_t until = -1;
	int r;

	ward__poller_lock(poller);
	r = again ? ward__poller_arm(poller, &e, it, &until) :
	            ward__poller_add(poller, &e, it, &until);
	ward__poller_unlock(poller);
	REQUIRE(r >= 0);
	return r;
}

static int add(struct ward__poller *poller, struct ward__event e, uint64_t it)
{
	return put(poller, false, e, it);
}

static int arm(struct ward__poller *poller, struct ward__event e, uint64_t it)
{
	return put(poller, true, e, it);
}

static void drop(struct ward__poller *poller, struct ward__event e, uint64_t it,
                 bool armed)
{
	ward__poller_lock(poller);
	ward__poller_remove(poller, &e, it, armed);
	ward__poller_unlock(poller);
}

static void set_alarm(struct ward__poller *poller, int64_t when)
{
	ward__poller_lock(poller);
	ward__poller_alarm(poller, when);
	ward__poller_unlock(poller);
}

/* One token, or 0; none is 0. */
static uint64_t next_token(struct ward__poller *poller, int64_t timeout_ns)
{
	uint64_t tokens[1] = { 0 };
	int n = ward__poller_wait(poller, tokens, 1, ward__now() + timeout_ns);

	CHECK(n == 0 || n == 1);
	return n == 1 ? tokens[0] : 0;
}

/* What has come was known at once, @r == 1, or is told of now. */
static void expect_told(struct ward__poller *poller, int r, uint64_t it)
{
	if (r == 0)
		CHECK_EQ(next_token(poller, LONG_ENOUGH), it);
}

static void expect_nothing(struct ward__poller *poller)
{
	CHECK_EQ(next_token(poller, MILLISECONDS(20)), 0);
}

/* ------------------------------------------------------------------------------ ends */

TEST(an_end_is_told_by_its_token_and_once)
{
	struct ward__poller *poller = new_poller();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(add(poller, end_of(t.w), token), 0);
	expect_nothing(poller);
	talk_let_go(&t);
	CHECK_EQ(next_token(poller, LONG_ENOUGH), token);
	expect_nothing(poller);
	CHECK_EQ(ward_wait(t.w, LONG_ENOUGH, &e), 1);
	check_exited(&e, 0);
	drop(poller, end_of(t.w), token, false);
	ward__poller_free(poller);
	talk_end(&t);
}

TEST(an_end_that_has_come_is_known_or_told)
{
	struct ward__poller *poller = new_poller();
	struct ward *seen = spawn_or_fail(CHILD("exit", "0"), NULL);
	struct talk t = talk_start(CHILD("exit", "0"), NULL);
	char rest[8];

	wait_or_fail(seen);
	expect_told(poller, add(poller, end_of(seen), 1), 1);
	read_all(t.from, rest, sizeof(rest));
	expect_told(poller, add(poller, end_of(t.w), 2), 2);
	drop(poller, end_of(t.w), 2, false);
	drop(poller, end_of(seen), 1, false);
	ward__poller_free(poller);
	ward_close(seen);
	talk_end(&t);
}

TEST(a_poller_is_freed_with_what_it_watches)
{
	struct ward__poller *poller = new_poller();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct talk u = talk_start_ready(CHILD("ready"), NULL);

	CHECK_EQ(add(poller, end_of(t.w), 1), 0);
	CHECK_EQ(add(poller, end_of(u.w), 2), 0);
	talk_let_go(&u);
	CHECK_EQ(next_token(poller, LONG_ENOUGH), 2);
	ward__poller_free(poller);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_end(&t);
	talk_end(&u);
}

TEST(one_process_is_told_of_by_several_pollers)
{
	struct ward__poller *pollers[3];
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	for (uint64_t i = 0; i < 3; i++) {
		pollers[i] = new_poller();
		CHECK_EQ(add(pollers[i], end_of(t.w), i + 1), 0);
	}
	talk_let_go(&t);
	for (uint64_t i = 0; i < 3; i++) {
		CHECK_EQ(next_token(pollers[i], LONG_ENOUGH), i + 1);
		drop(pollers[i], end_of(t.w), i + 1, false);
		ward__poller_free(pollers[i]);
	}
	talk_end(&t);
}

/* --------------------------------------------------------------------------- channels */

TEST(bytes_to_be_read_are_told_once_until_it_is_armed_again)
{
	struct ward__poller *poller = new_poller();
	struct ward *w =
		spawn_or_fail(CHILD("cat"), WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	struct ward__event e = channel_of(w, 1, WARD__READ);

	CHECK_EQ(add(poller, e, token), 0);
	expect_nothing(poller);
	for (int i = 0; i < 3; i++) {
		say_to(w, 0, "hello\n");
		CHECK_EQ(next_token(poller, LONG_ENOUGH), token);
		expect_nothing(poller);
		expect_told(poller, arm(poller, e, token), token);
		EXPECT_LINE(w, 1, "hello\n");
		CHECK_EQ(arm(poller, e, token), 0);
		expect_nothing(poller);
	}
	CHECK_EQ(ward_end_input(w, 0), 0);
	CHECK_EQ(next_token(poller, LONG_ENOUGH), token);
	EXPECT_REST(w, 1, "");
	expect_told(poller, arm(poller, e, token), token);
	drop(poller, e, token, false);
	ward__poller_free(poller);
	expect_exit(w, 0);
}

static size_t fill(const struct ward__event *e)
{
	static const char some[4096];
	int64_t n;
	size_t sum = 0;

	while ((n = ward__channel_write(e->channel, some, sizeof(some))) > 0)
		sum += (size_t)n;
	CHECK_EQ(n, -EAGAIN);
	return sum;
}

/* The child counts its stdin once the gate, its descriptor 3, has been opened. */
static struct ward *start_late_reader(int gate[2])
{
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	struct ward *w;

	make_pipe(gate);
	fd.from = (struct ward_stdio)GIVEN(gate[0]);
	w = spawn_or_fail(CHILD("count-later", "3", "0"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .fds = &fd,
	                                  .n_fds = 1));
	close(gate[0]);
	EXPECT_LINE(w, 1, "ready\n");
	return w;
}

TEST(room_for_bytes_is_told_when_there_is_some)
{
	struct ward__poller *poller = new_poller();
	int gate[2];
	struct ward *w = start_late_reader(gate);
	struct ward__event e = channel_of(w, 0, WARD__WRITE);

	expect_told(poller, add(poller, e, token), token);
	CHECK(fill(&e) > 0);
	CHECK_EQ(arm(poller, e, token), 0);
	expect_nothing(poller);
	close(gate[1]);
	CHECK_EQ(next_token(poller, LONG_ENOUGH), token);
	drop(poller, e, token, false);
	ward__poller_free(poller);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

/* ---------------------------------------------------------------------------- removal */

TEST(what_was_removed_is_not_told)
{
	struct ward__poller *poller = new_poller();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct talk u = talk_start_ready(CHILD("ready"), NULL);

	CHECK_EQ(add(poller, end_of(t.w), 1), 0);
	CHECK_EQ(add(poller, end_of(u.w), 2), 0);
	drop(poller, end_of(t.w), 1, true);
	talk_let_go(&t);
	wait_or_fail(t.w);
	expect_nothing(poller);
	talk_let_go(&u);
	wait_or_fail(u.w);
	drop(poller, end_of(u.w), 2, true);
	expect_nothing(poller);
	ward__poller_free(poller);
	talk_end(&t);
	talk_end(&u);
}

static void *let_go(void *t)
{
	talk_let_go(t);
	return NULL;
}

/* [threads] Told or not, all is well; and it is gone when the remover goes on. */
TEST(a_removal_meets_the_end)
{
	for (int i = 0; i < check_scaled(200); i++) {
		struct ward__poller *poller = new_poller();
		struct talk t = talk_start_ready(CHILD("ready"), NULL);
		struct host_thread thread;

		CHECK_EQ(add(poller, end_of(t.w), token), 0);
		host_thread_start(&thread, let_go, &t);
		if (i % 2)
			next_token(poller, MILLISECONDS(i % 8));
		drop(poller, end_of(t.w), token, true);
		CHECK_EQ(next_token(poller, 0), 0);
		host_thread_join(&thread);
		ward__poller_free(poller);
		talk_end(&t);
	}
}

TEST(adding_and_removing_goes_on_for_ever)
{
	struct ward__poller *poller = new_poller();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	for (int i = 0; i < check_scaled(100000); i++) {
		uint64_t it = (uint64_t)i << 32 | 5;

		CHECK_EQ(add(poller, end_of(t.w), it), 0);
		drop(poller, end_of(t.w), it, true);
	}
	CHECK_EQ(add(poller, end_of(t.w), token), 0);
	talk_let_go(&t);
	CHECK_EQ(next_token(poller, LONG_ENOUGH), token);
	drop(poller, end_of(t.w), token, false);
	ward__poller_free(poller);
	talk_end(&t);
}

/* ----------------------------------------------------------------------- alarm, times */

TEST(no_wait_of_a_poller_returns_before_its_time)
{
	struct ward__poller *poller = new_poller();

	for (int i = 0; i <= 10; i++) {
		int64_t before = ward__now();

		CHECK_EQ(next_token(poller, MILLISECONDS(i) + 300000), 0);
		CHECK(ward__now() - before >= MILLISECONDS(i) + 300000);
	}
	ward__poller_free(poller);
}

TEST(from_the_alarm_on_no_wait_sleeps_until_it_is_set_otherwise)
{
	struct ward__poller *poller = new_poller();
	int64_t before = ward__now();

	set_alarm(poller, before + MILLISECONDS(30));
	CHECK_EQ(next_token(poller, LONG_ENOUGH), 0);
	CHECK(ward__now() - before >= MILLISECONDS(30));
	CHECK_EQ(next_token(poller, LONG_ENOUGH), 0);
	set_alarm(poller, 0);
	CHECK_EQ(next_token(poller, LONG_ENOUGH), 0);
	CHECK(ward__now() - before < LONG_ENOUGH);
	set_alarm(poller, -1);
	before = ward__now();
	expect_nothing(poller);
	CHECK(ward__now() - before >= MILLISECONDS(20));
	ward__poller_free(poller);
}

TEST(what_has_come_is_told_with_an_alarm_too)
{
	struct ward__poller *poller = new_poller();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	uint64_t it;

	CHECK_EQ(add(poller, end_of(t.w), token), 0);
	set_alarm(poller, 0);
	CHECK_EQ(next_token(poller, LONG_ENOUGH), 0);
	talk_let_go(&t);
	while ((it = next_token(poller, LONG_ENOUGH)) == 0)
		host_yield();
	CHECK_EQ(it, token);
	drop(poller, end_of(t.w), token, false);
	ward__poller_free(poller);
	talk_end(&t);
}

/* ---------------------------------------------------------------------------- threads */

struct waiter {
	struct host_thread thread;
	struct host_sleeper sleeper;
	struct ward__poller *poller;
	int n;
};

static void *wait_once(void *arg)
{
	struct waiter *w = arg;
	uint64_t tokens[BATCH];

	host_sleeper_here(&w->sleeper);
	w->n = ward__poller_wait(w->poller, tokens, BATCH, -1);
	return NULL;
}

/* [threads] */
TEST(an_alarm_wakes_all_who_sleep)
{
	struct ward__poller *poller = new_poller();
	struct waiter waiters[4];

	for (int i = 0; i < 4; i++) {
		waiters[i] = (struct waiter){ .poller = poller, .n = -1 };
		host_thread_start(&waiters[i].thread, wait_once, &waiters[i]);
		host_until_asleep(&waiters[i].sleeper);
	}
	set_alarm(poller, 0);
	for (int i = 0; i < 4; i++) {
		host_thread_join(&waiters[i].thread);
		CHECK_EQ(waiters[i].n, 0);
	}
	ward__poller_free(poller);
}

/* [threads] */
TEST(what_is_added_while_another_thread_sleeps_wakes_it)
{
	struct waiter waiter = { .poller = new_poller() };
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	host_thread_start(&waiter.thread, wait_once, &waiter);
	host_until_asleep(&waiter.sleeper);
	CHECK_EQ(add(waiter.poller, end_of(t.w), token), 0);
	talk_let_go(&t);
	host_thread_join(&waiter.thread);
	CHECK_EQ(waiter.n, 1);
	drop(waiter.poller, end_of(t.w), token, false);
	ward__poller_free(waiter.poller);
	talk_end(&t);
}

static struct ward *wards[MOST];
static atomic_int told[MOST];
static atomic_int sum;

static void *take_all(void *arg)
{
	struct waiter *w = arg;
	uint64_t tokens[BATCH];

	while (atomic_load(&sum) < w->n) {
		int n = ward__poller_wait(w->poller, tokens, 3,
		                          ward__now() + MILLISECONDS(50));

		for (int i = 0; i < n; i++)
			atomic_fetch_add(&told[tokens[i] % MOST], 1);
		if (n > 0)
			atomic_fetch_add(&sum, n);
	}
	return NULL;
}

/* They end together, when the pipe is closed: each is told of to one of the threads. */
static void tell_of_many(int n, int n_threads)
{
	struct ward__poller *poller = new_poller();
	struct waiter waiters[4];
	int hold[2];

	make_pipe(hold);
	for (int i = 0; i < n; i++) {
		wards[i] = spawn_or_fail(CHILD("hold"),
		                         WARD_SPAWN_OPTS(.in = GIVEN(hold[0])));
		CHECK_EQ(add(poller, end_of(wards[i]), (uint64_t)i + MOST), 0);
	}
	close(hold[0]);
	for (int i = 0; i < n_threads; i++) {
		waiters[i] = (struct waiter){ .poller = poller, .n = n };
		host_thread_start(&waiters[i].thread, take_all, &waiters[i]);
	}
	close(hold[1]);
	for (int i = 0; i < n_threads; i++)
		host_thread_join(&waiters[i].thread);
	for (int i = 0; i < n; i++) {
		CHECK_EQ(atomic_load(&told[i]), 1);
		drop(poller, end_of(wards[i]), (uint64_t)i + MOST, false);
		expect_exit(wards[i], 0);
	}
	ward__poller_free(poller);
}

/* [threads] */
TEST(each_end_is_told_to_one_of_several_threads)
{
	tell_of_many(100, 4);
}

TEST(a_thousand_processes_end_at_once)
{
	tell_of_many(check_scaled(MOST), 1);
}

static void note(void *ran)
{
	atomic_store((atomic_int *)ran, 1);
}

TEST(a_thread_is_started)
{
	static atomic_int ran;

	CHECK_EQ(ward__thread_start(note, &ran), 0);
	while (atomic_load(&ran) == 0)
		host_yield();
}
