/* SPDX-License-Identifier: MIT */
/* <ward/event.h> in libevent. */
#include <stdlib.h>
#include <ward/event.h>

#include "contract.h"
#include "queue.h"
#include "tracer.h"

struct loop {
	struct event_base *base;
};

struct loop *loop_make(void)
{
	struct loop *loop = malloc(sizeof(*loop));

	loop->base = event_base_new();
	REQUIRE(loop->base != NULL);
	return loop;
}

void loop_free(struct loop *loop)
{
	event_base_free(loop->base);
	free(loop);
}

void loop_run(struct loop *loop)
{
	CHECK(event_base_loop(loop->base, 0) >= 0);
}

void loop_turn(struct loop *loop)
{
	CHECK(event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
}

void loop_break(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

void loop_run_for(struct loop *loop, int milliseconds)
{
	struct timeval time = { 0, milliseconds * 1000 };

	CHECK_EQ(event_base_loopexit(loop->base, &time), 0);
	CHECK(event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) >= 0);
}

static void ended(struct ward *w, const struct ward_exit *exit, void *arg)
{
	struct watch *t = arg;

	CHECK(!ward_libevent_pending(t->native));
	told(t, exit ? 0 : ward_wait(w, 0, NULL), exit);
}

int watch_start(struct watch *t)
{
	if (!t->native)
		t->native = ward_libevent_new(t->loop->base, t->w, ended, t);
	REQUIRE(t->native != NULL);
	return ward_libevent_add(t->native);
}

void watch_stop(struct watch *t)
{
	ward_libevent_del(t->native);
}

void watch_free(struct watch *t)
{
	ward_libevent_free(t->native);
	t->native = NULL;
}

/* ---------------------------------------------------------- what only libevent has */

/* Watch one child to its end in a base made by @config; whether there is such a base. */
static bool told_by(const struct event_config *config, const char *method)
{
	struct loop loop = { event_base_new_with_config(config) };
	struct talk talk = talk_start_ready(CHILD("ready", "41"), NULL);
	struct watch t = watch_of(&loop, talk.w);
	const char *got = loop.base ? event_base_get_method(loop.base) : NULL;
	bool there = got && (!method || strcmp(got, method) == 0);

	if (there) {
		start(&t);
		loop_turn(&loop);
		talk_let_go(&talk);
		loop_run(&loop);
		check_told(&t, 41);
		watch_free(&t);
	}
	if (loop.base)
		event_base_free(loop.base);
	talk_end(&talk);
	return there;
}

TEST(every_method_of_libevent_tells)
{
	const char **methods = event_get_supported_methods();

	for (int i = 0; methods[i]; i++) {
		struct event_config *config = event_config_new();

		for (int other = 0; methods[other]; other++)
			if (other != i)
				event_config_avoid_method(config, methods[other]);
		CHECK(told_by(config, methods[i]));
		event_config_free(config);
	}
}

TEST(a_base_that_collects_changes_tells)
{
	struct event_config *config = event_config_new();

	event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	CHECK(told_by(config, NULL));
	event_config_free(config);
}

/* What libevent has to say of wrong use it says by ending the program. */
TEST(the_debug_mode_of_libevent_has_nothing_to_say)
{
	struct loop *loop;
	struct watch t;
	struct ward *w = spawn_or_fail(CHILD("exit", "42"), NULL);

	event_enable_debug_mode();
	loop = loop_make();
	t = watch_of(loop, w);
	start(&t);
	watch_stop(&t);
	start(&t);
	loop_run(loop);
	check_told(&t, 42);
	watch_free(&t);
	start(&t);
	watch_free(&t);
	loop_free(loop);
	ward_close(w);
	libevent_global_shutdown();
}

TEST(an_event_that_is_not_pending_outlives_its_base)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "43"), NULL);
	struct watch told_one = watch_of(loop, w), stopped = watch_of(loop, w);

	start(&told_one);
	start(&stopped);
	watch_stop(&stopped);
	loop_run(loop);
	check_told(&told_one, 43);
	loop_free(loop);
	watch_free(&told_one);
	watch_free(&stopped);
	ward_close(w);
}

#ifdef __linux__
static bool no_memory;

static void *reallocate(void *block, size_t size)
{
	return no_memory ? NULL : realloc(block, size);
}

/* [reserve-first] A child that a debugger holds back, and no memory for the time. */
TEST(an_end_is_not_lost_where_there_is_no_memory_for_a_timer)
{
	struct talk talk = talk_start_ready(CHILD("ready", "46"), NULL);
	struct tracer tracer = trace(&talk);
	struct loop *loop;
	struct watch t;

	event_set_mem_functions(malloc, reallocate, free);
	loop = loop_make();
	t = watch_of(loop, talk.w);
	if (tracer.pid >= 0) {
		start(&t);
		talk_let_go(&talk);
		until_zombie(&tracer);
		no_memory = true;
		for (int i = 0; i < 20; i++)
			loop_turn(loop);
		no_memory = false;
		CHECK_EQ(t.calls, 0);
		end_tracing(&tracer);
		loop_run(loop);
		check_told(&t, 46);
		watch_free(&t);
	}
	talk_end(&talk);
	loop_free(loop);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}
#endif

/* Who is called first, of those that the loop sees at once. */
static int order[2], n_order;

static void note_order(struct ward *w, const struct ward_exit *exit, void *arg)
{
	(void)w;
	CHECK(exit != NULL);
	order[n_order++] = *(int *)arg;
}

/* Two of the same process, @first of which has the higher priority. */
static void check_order(struct loop *loop, struct ward *w, int first)
{
	int numbers[2] = { first, 1 - first };
	struct ward_libevent *ev[2];

	n_order = 0;
	for (int i = 0; i < 2; i++) {
		ev[i] = ward_libevent_new(loop->base, w, note_order, &numbers[i]);
		CHECK_EQ(ward_libevent_priority_set(ev[i], 3), -1);
		CHECK_EQ(ward_libevent_priority_set(ev[i], numbers[i]), 0);
		CHECK_EQ(ward_libevent_add(ev[i]), 0);
		CHECK_EQ(ward_libevent_priority_set(ev[i], 0), -1);
	}
	loop_run(loop);
	CHECK_EQ(n_order, 2);
	CHECK_EQ(order[0], 0);
	CHECK_EQ(order[1], 1);
	ward_libevent_free(ev[0]);
	ward_libevent_free(ev[1]);
}

TEST(the_event_of_higher_priority_comes_first)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "44"), NULL);

	wait_or_fail(w);
	REQUIRE_EQ(event_base_priority_init(loop->base, 3), 0);
	check_order(loop, w, 0);
	check_order(loop, w, 1);
	loop_free(loop);
	ward_close(w);
}

static void free_and_ask(struct ward *w, const struct ward_exit *exit, void *arg)
{
	struct ward_libevent **ev = arg;
	struct ward_exit e = WARD_EXIT_INIT;

	ward_libevent_free(*ev);
	*ev = NULL;
	check_exited(exit, 47);
	CHECK_EQ(ward_wait(w, 0, &e), 1);
	check_exited(&e, 47);
}

TEST(the_ward_is_there_to_the_end_of_the_callback_that_frees_its_last_event)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "47"), NULL);
	struct ward_libevent *ev = NULL;

	ev = ward_libevent_new(loop->base, w, free_and_ask, &ev);
	CHECK_EQ(ward_libevent_add(ev), 0);
	ward_close(w);
	loop_run(loop);
	CHECK(ev == NULL);
	loop_free(loop);
}

TEST(without_a_base_or_a_ward_there_is_no_event)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "45"), NULL);

	CHECK(ward_libevent_new(NULL, w, ended, NULL) == NULL);
	CHECK(ward_libevent_new(loop->base, NULL, ended, NULL) == NULL);
	ward_libevent_free(NULL);
	loop_free(loop);
	expect_exit(w, 45);
}

/* ------------------------------------------------------------------------ a set in it */

static void take(evutil_socket_t fd, short what, void *arg)
{
	struct queue *queue = arg;

	(void)fd;
	(void)what;
	if (queue_take(queue))
		event_del(event_base_get_running_event(queue->loop));
}

TEST(a_set_with_all_that_it_does_is_one_descriptor)
{
	struct loop *loop = loop_make();
	struct queue queue = queue_start();
	struct event *ev = event_new(loop->base, ward_set_fd(queue.set),
	                             EV_READ | EV_PERSIST, take, &queue);

	queue.loop = loop->base;
	event_add(ev, NULL);
	loop_run(loop);
	event_free(ev);
	queue_end(&queue);
	loop_free(loop);
}
