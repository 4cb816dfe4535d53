/* SPDX-License-Identifier: MIT */
/* <ward/sd.h> in sd-event. */
#include <stdlib.h>
#include <sys/resource.h>
#include <ward/sd.h>

#include "contract.h"
#include "queue.h"
#include "tracer.h"

struct loop {
	sd_event *event;
	int active;
	bool broken;
};

/* A watch's; the source is there as long as this. */
struct native {
	sd_event_source *source;
	struct watch *t;
};

struct loop *loop_make(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	REQUIRE(sd_event_new(&loop->event) >= 0);
	return loop;
}

/* The last reference: no source has one. */
void loop_free(struct loop *loop)
{
	CHECK(sd_event_unref(loop->event) == NULL);
	free(loop);
}

void loop_run(struct loop *loop)
{
	while (loop->active > 0 && !loop->broken)
		CHECK(sd_event_run(loop->event, UINT64_MAX) >= 0);
	loop->broken = false;
}

void loop_turn(struct loop *loop)
{
	CHECK(sd_event_run(loop->event, 0) >= 0);
}

void loop_break(struct loop *loop)
{
	loop->broken = true;
}

static int is_over(sd_event_source *s, uint64_t usec, void *over)
{
	(void)s;
	(void)usec;
	*(bool *)over = true;
	return 0;
}

void loop_run_for(struct loop *loop, int milliseconds)
{
	bool over = false;

	REQUIRE(sd_event_add_time_relative(loop->event, NULL, CLOCK_MONOTONIC,
	                                   (uint64_t)milliseconds * 1000, 1, is_over,
	                                   &over) >= 0);
	while (!over)
		CHECK(sd_event_run(loop->event, UINT64_MAX) >= 0);
}

static bool is_active(struct native *native)
{
	return sd_event_source_get_enabled(native->source, NULL) > 0;
}

static int ended(sd_event_source *s, struct ward *w, const struct ward_exit *exit,
                 void *userdata)
{
	struct native *native = userdata;
	struct watch *t = native->t;

	CHECK(s == native->source);
	CHECK(ward_sd_ward(s) == w);
	CHECK(ward_sd_userdata(s) == userdata);
	CHECK(!is_active(native));
	t->loop->active--;
	told(t, exit ? 0 : ward_wait(w, 0, NULL), exit);
	return 0;
}

static int make(struct watch *t)
{
	struct native *native = calloc(1, sizeof(*native));
	int r = ward_sd_add(t->loop->event, &native->source, t->w, ended, native);

	if (r < 0) {
		CHECK(native->source == NULL);
		free(native);
		return r;
	}
	native->t = t;
	t->native = native;
	t->loop->active++;
	return 0;
}

int watch_start(struct watch *t)
{
	struct native *native = t->native;

	if (!native)
		return make(t);
	if (is_active(native))
		return 0;
	t->loop->active++;
	return sd_event_source_set_enabled(native->source, SD_EVENT_ON);
}

void watch_stop(struct watch *t)
{
	struct native *native = t->native;

	if (!is_active(native))
		return;
	t->loop->active--;
	CHECK(sd_event_source_set_enabled(native->source, SD_EVENT_OFF) >= 0);
}

void watch_free(struct watch *t)
{
	struct native *native = t->native;

	if (!native)
		return;
	watch_stop(t);
	CHECK(sd_event_source_unref(native->source) == NULL);
	free(native);
	t->native = NULL;
}

/* ------------------------------------------------------------- what only sd-event has */

static int count(sd_event_source *s, struct ward *w, const struct ward_exit *exit,
                 void *calls)
{
	CHECK(s != NULL && w != NULL && exit != NULL);
	++*(int *)calls;
	return 0;
}

static void run_until(sd_event *e, const int *calls, int wanted)
{
	while (*calls < wanted)
		REQUIRE(sd_event_run(e, UINT64_MAX) >= 0);
}

static sd_event *new_event(void)
{
	sd_event *e = NULL;

	REQUIRE(sd_event_new(&e) >= 0);
	return e;
}

/* A child that holds its input open until it is killed, and then nobody does. */
static struct talk start_to_be_killed(void)
{
	return talk_start_ready(CHILD("ready"),
	                        WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));
}

static bool is_gone(struct talk *t)
{
	return host_is_silent(t->from);
}

static void forget(struct talk *t)
{
	close(t->to);
	close(t->from);
}

TEST(a_source_of_the_loops_own_is_freed_when_it_has_been_told)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "1"), NULL);
	int fd = has_handle(w) ? ward_poll_fd(w) : -1;
	sd_event *e = new_event();
	int calls = 0;

	REQUIRE_EQ(ward_sd_add(e, NULL, w, count, &calls), 0);
	ward_close(w);
	run_until(e, &calls, 1);
	/* It was the last owner of the ward. */
	CHECK(fcntl(fd, F_GETFD) < 0);
	for (int i = 0; i < 10; i++)
		sd_event_run(e, 0);
	CHECK_EQ(calls, 1);
	sd_event_unref(e);
}

TEST(a_loop_that_is_freed_first_frees_its_own_sources)
{
	struct talk killed = start_to_be_killed();
	sd_event *e = new_event();
	int calls = 0;

	REQUIRE_EQ(ward_sd_add(e, NULL, killed.w, count, &calls), 0);
	REQUIRE_EQ(ward_sd_add(e, NULL, killed.w, count, &calls), 0);
	sd_event_run(e, 0);
	ward_close(killed.w);
	CHECK(!is_gone(&killed));
	sd_event_unref(e);
	CHECK(is_gone(&killed));
	CHECK_EQ(calls, 0);
	forget(&killed);
}

TEST(a_source_keeps_its_loop_that_is_given_up_first)
{
	struct talk t = talk_start_ready(CHILD("ready", "2"), NULL);
	sd_event *e = new_event();
	sd_event_source *s = NULL;
	int calls = 0;

	REQUIRE_EQ(ward_sd_add(e, &s, t.w, count, &calls), 0);
	sd_event_unref(e);
	e = sd_event_source_get_event(s);
	talk_let_go(&t);
	run_until(e, &calls, 1);
	sd_event_source_unref(s);
	talk_end(&t);
}

TEST(without_a_handler_the_end_leaves_the_loop_with_a_code)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), NULL);
	sd_event *e = new_event();

	REQUIRE_EQ(ward_sd_add(e, NULL, w, NULL, (void *)(intptr_t)42), 0);
	CHECK_EQ(sd_event_loop(e), 42);
	CHECK_EQ(ward_sd_add(e, NULL, w, NULL, NULL), -ESTALE);
	sd_event_unref(e);
	expect_exit(w, 3);
}

/* What a handler returns goes to sd-event. */
static int fail(sd_event_source *s, struct ward *w, const struct ward_exit *exit,
                void *calls)
{
	count(s, w, exit, calls);
	return -EREMOTE;
}

TEST(a_handler_that_fails_may_be_made_to_end_the_loop)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "4"), NULL);
	sd_event *e = new_event();
	sd_event_source *s = NULL;
	int calls = 0;

	REQUIRE_EQ(ward_sd_add(e, &s, w, fail, &calls), 0);
	REQUIRE(sd_event_source_set_exit_on_failure(s, 1) >= 0);
	CHECK_EQ(sd_event_loop(e), -EREMOTE);
	CHECK_EQ(calls, 1);
	sd_event_source_unref(s);
	sd_event_unref(e);
	expect_exit(w, 4);
}

static int unref_inside(sd_event_source *s, struct ward *w, const struct ward_exit *exit,
                        void *calls)
{
	count(s, w, exit, calls);
	sd_event_source_disable_unref(s);
	return 0;
}

TEST(a_handler_may_free_its_source_and_another_that_floats_its_own)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "5"), NULL);
	sd_event *e = new_event();
	sd_event_source *s = NULL, *floating = NULL;
	int calls = 0;

	REQUIRE_EQ(ward_sd_add(e, &s, w, unref_inside, &calls), 0);
	REQUIRE_EQ(ward_sd_add(e, &floating, w, unref_inside, &calls), 0);
	REQUIRE(sd_event_source_set_floating(floating, 1) >= 0);
	run_until(e, &calls, 2);
	sd_event_unref(e);
	expect_exit(w, 5);
}

TEST(one_that_was_set_to_fire_once_fires_once)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "6"), NULL);
	sd_event *e = new_event();
	sd_event_source *s = NULL;
	int calls = 0;

	REQUIRE_EQ(ward_sd_add(e, &s, w, count, &calls), 0);
	REQUIRE(sd_event_source_set_enabled(s, SD_EVENT_ONESHOT) >= 0);
	run_until(e, &calls, 1);
	CHECK_EQ(sd_event_source_get_enabled(s, NULL), 0);
	sd_event_source_unref(s);
	sd_event_unref(e);
	expect_exit(w, 6);
}

TEST(a_loop_of_a_process_that_forked_us_is_refused)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "7"), NULL);
	sd_event *e = new_event();
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(ward_sd_add(e, NULL, w, NULL, NULL) == -ECHILD ? 0 : 1);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	sd_event_unref(e);
	expect_exit(w, 7);
}

/* No number is free. */
static struct rlimit close_the_table(void)
{
	struct rlimit before, full;
	int lowest = dup(0);

	REQUIRE(lowest > 0);
	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	full = before;
	full.rlim_cur = (rlim_t)lowest;
	setrlimit(RLIMIT_NOFILE, &full);
	return before;
}

/* The first takes the loop's clock, the second a number of its own. [reserve-first] */
TEST(no_room_for_a_descriptor_is_said_at_once_and_nothing_is_left)
{
	struct talk t = talk_start_ready(CHILD("ready", "8"), NULL);
	sd_event *e = new_event();
	int calls = 0;

	for (int i = 0; i < 2; i++) {
		struct rlimit before = close_the_table();

		CHECK_EQ(ward_sd_add(e, NULL, t.w, count, &calls), -EMFILE);
		setrlimit(RLIMIT_NOFILE, &before);
		REQUIRE_EQ(ward_sd_add(e, NULL, t.w, count, &calls), 0);
	}
	talk_let_go(&t);
	run_until(e, &calls, 2);
	sd_event_unref(e);
	talk_end(&t);
}

#ifdef __linux__
/* [reserve-first] [bounded] One that is to fire once is not lost to a look in vain. */
TEST(a_child_that_is_held_back_needs_no_descriptor_then)
{
	struct talk t = talk_start_ready(CHILD("ready", "9"), NULL);
	struct tracer tracer = trace(&t);
	sd_event *e = new_event();
	sd_event_source *s = NULL;
	int calls = 0;

	if (tracer.pid >= 0) {
		struct rlimit before;

		REQUIRE_EQ(ward_sd_add(e, &s, t.w, count, &calls), 0);
		REQUIRE(sd_event_source_set_enabled(s, SD_EVENT_ONESHOT) >= 0);
		before = close_the_table();
		talk_let_go(&t);
		until_zombie(&tracer);
		for (int i = 0; i < 8; i++)
			CHECK(sd_event_run(e, 200000) >= 0);
		CHECK_EQ(calls, 0);
		setrlimit(RLIMIT_NOFILE, &before);
		end_tracing(&tracer);
		run_until(e, &calls, 1);
	}
	sd_event_source_unref(s);
	sd_event_unref(e);
	talk_end(&t);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}
#endif

/* ------------------------------------------------------------------------ a set in it */

static int take(sd_event_source *s, int fd, uint32_t events, void *queue)
{
	(void)fd;
	(void)events;
	return queue_take(queue) ? sd_event_exit(sd_event_source_get_event(s), 0) : 0;
}

TEST(a_set_with_all_that_it_does_is_one_descriptor)
{
	sd_event *e = new_event();
	struct queue queue = queue_start();

	REQUIRE(sd_event_add_io(e, NULL, ward_set_fd(queue.set), EPOLLIN, take,
	                        &queue) >= 0);
	CHECK_EQ(sd_event_loop(e), 0);
	sd_event_unref(e);
	queue_end(&queue);
}
