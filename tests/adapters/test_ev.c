/* SPDX-License-Identifier: MIT */
/* <ward/ev.h> in libev. */
#include <stdlib.h>
#include <ward/ev.h>

#include "contract.h"
#include "queue.h"

struct loop {
	struct ev_loop *ev;
};

struct loop *loop_make(void)
{
	struct loop *loop = malloc(sizeof(*loop));

	loop->ev = ev_loop_new(EVFLAG_AUTO);
	REQUIRE(loop->ev != NULL);
	return loop;
}

void loop_free(struct loop *loop)
{
	ev_loop_destroy(loop->ev);
	free(loop);
}

void loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
}

void loop_turn(struct loop *loop)
{
	ev_run(loop->ev, EVRUN_NOWAIT);
}

void loop_break(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

static void is_over(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)timer;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

void loop_run_for(struct loop *loop, int milliseconds)
{
	ev_timer timer;

	ev_now_update(loop->ev);
	ev_timer_init(&timer, is_over, milliseconds / 1000., 0.);
	ev_timer_start(loop->ev, &timer);
	ev_run(loop->ev, 0);
	ev_timer_stop(loop->ev, &timer);
}

static void ended(struct ev_loop *loop, ward_ev *watcher, int revents)
{
	struct watch *t = watcher->data;

	CHECK(loop == t->loop->ev);
	CHECK_EQ(revents, watcher->error ? (int)EV_ERROR : (int)EV_CHILD);
	CHECK(!ward_ev_is_active(watcher));
	told(t, watcher->error, &watcher->exit);
}

int watch_start(struct watch *t)
{
	ward_ev *watcher = t->native;

	if (!watcher) {
		watcher = t->native = malloc(sizeof(*watcher));
		watcher->data = t;
		ward_ev_init(watcher, ended, t->w);
	}
	return ward_ev_start(t->loop->ev, watcher);
}

void watch_stop(struct watch *t)
{
	ward_ev_stop(t->loop->ev, t->native);
}

void watch_free(struct watch *t)
{
	if (t->native)
		watch_stop(t);
	free(t->native);
	t->native = NULL;
}

/* ------------------------------------------------------------- what only libev has */

TEST(a_loop_that_is_destroyed_first_stops_what_is_in_it)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "41"), NULL);
	struct ward *ended_before = spawn_or_fail(CHILD("exit", "42"), NULL);
	struct watch t[2] = { watch_of(loop, talk.w), watch_of(loop, ended_before) };

	wait_or_fail(ended_before);
	start(&t[0]);
	start(&t[1]);
	loop_free(loop);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(t[i].calls, 0);
		CHECK(!ward_ev_is_active(t[i].native));
		free(t[i].native);
	}
	ward_close(ended_before);
	talk_end(&talk);
}

TEST(a_loop_that_was_left_is_destroyed_with_what_is_in_it)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "43"), NULL);
	struct ward *w = spawn_or_fail(CHILD("exit", "44"), NULL);
	struct watch stays = watch_of(loop, talk.w), t = watch_of(loop, w);

	t.then = then_break;
	start(&stays);
	start(&t);
	loop_run(loop);
	loop_free(loop);
	check_told(&t, 44);
	CHECK(!ward_ev_is_active(stays.native));
	free(stays.native);
	free(t.native);
	ward_close(w);
	talk_end(&talk);
}

TEST(every_backend_of_libev_tells)
{
	int backends[] = { EVBACKEND_SELECT, EVBACKEND_POLL, EVBACKEND_EPOLL };

	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		struct loop loop = { ev_loop_new((unsigned)backends[i]) };
		struct talk talk = talk_start_ready(CHILD("ready", "45"), NULL);
		struct watch t = watch_of(&loop, talk.w);

		if (loop.ev) {
			CHECK_EQ((int)ev_backend(loop.ev), backends[i]);
			start(&t);
			loop_turn(&loop);
			talk_let_go(&talk);
			loop_run(&loop);
			check_told(&t, 45);
			watch_free(&t);
			ev_loop_destroy(loop.ev);
		}
		talk_end(&talk);
	}
}

/* The same watcher for another process, without making it anew. */
TEST(a_watcher_is_set_to_another_process)
{
	struct loop *loop = loop_make();
	struct ward *w[2] = { spawn_or_fail(CHILD("exit", "46"), NULL),
		              spawn_or_fail(CHILD("exit", "47"), NULL) };
	struct watch t = watch_of(loop, w[0]);

	start(&t);
	loop_run(loop);
	check_told(&t, 46);
	ward_ev_set(t.native, w[1]);
	start(&t);
	loop_run(loop);
	CHECK_EQ(t.calls, 2);
	check_exited(&t.exit, 47);
	watch_free(&t);
	loop_free(loop);
	ward_close(w[0]);
	ward_close(w[1]);
}

/* [true-status] It collects every child when it gets SIGCHLD. */
TEST(the_default_loop_steals_and_no_status_is_made_up)
{
	bool able = able_exit_info();
	struct loop loop = { ev_default_loop(EVFLAG_AUTO) };
	struct talk talk;
	struct watch t;

	REQUIRE(loop.ev != NULL);
	check_baseline();                     /* its handler for SIGCHLD */
	talk = talk_start_ready(CHILD("ready", "48"), NULL);
	t = watch_of(&loop, talk.w);
	start(&t);
	talk_let_go(&talk);
	loop_run(&loop);
	CHECK_EQ(t.calls, 1);
	check_exited_or_lost(&t.exit, 48, able && has_handle(talk.w));
	watch_free(&t);
	talk_end(&talk);
}

/* What the header advises. */
TEST(the_default_loop_without_its_handler_steals_nothing)
{
	struct loop loop = { ev_default_loop(EVFLAG_AUTO) };
	struct talk talk;
	struct watch t;

	REQUIRE(loop.ev != NULL);
	signal(SIGCHLD, SIG_DFL);
	check_baseline();
	talk = talk_start_ready(CHILD("ready", "49"), NULL);
	t = watch_of(&loop, talk.w);
	start(&t);
	talk_let_go(&talk);
	loop_run(&loop);
	check_told(&t, 49);
	CHECK_EQ(t.exit.has_usage, 1);
	watch_free(&t);
	talk_end(&talk);
}

TEST(a_watcher_without_a_ward_is_refused)
{
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, NULL);

	CHECK_EQ(try_start(&t), -EINVAL);
	watch_free(&t);
	loop_free(loop);
}

/* ------------------------------------------------------------------------ a set in it */

static void take(struct ev_loop *loop, ev_io *io, int revents)
{
	(void)revents;
	if (queue_take(io->data))
		ev_io_stop(loop, io);
}

TEST(a_set_with_all_that_it_does_is_one_descriptor)
{
	struct loop *loop = loop_make();
	struct queue queue = queue_start();
	ev_io io;

	ev_io_init(&io, take, ward_set_fd(queue.set), EV_READ);
	io.data = &queue;
	ev_io_start(loop->ev, &io);
	loop_run(loop);
	queue_end(&queue);
	loop_free(loop);
}
