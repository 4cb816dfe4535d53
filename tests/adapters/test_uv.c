/* SPDX-License-Identifier: MIT */
/* <ward/uv.h> in libuv. */
#include <stdlib.h>
#include <sys/resource.h>
#include <ward/uv.h>

#include "contract.h"
#include "queue.h"

/*
 * libuv closes descriptors by a system call of its own, which the thread sanitizer does
 * not see: who gets the same number next, in another thread, looks like a race.
 */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "called_from_lib:libuv.so\n";
}

struct loop {
	uv_loop_t uv;
};

/* libuv opens a pipe with the first loop of a program, and keeps it: before any case. */
__attribute__((constructor)) static void open_what_stays(void)
{
	uv_loop_t loop;

	if (uv_loop_init(&loop) == 0)
		uv_loop_close(&loop);
}

struct loop *loop_make(void)
{
	struct loop *loop = malloc(sizeof(*loop));

	REQUIRE_EQ(uv_loop_init(&loop->uv), 0);
	return loop;
}

/* What is closing wants a turn. */
void loop_free(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_NOWAIT);
	CHECK_EQ(uv_loop_close(&loop->uv), 0);
	free(loop);
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_turn(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void loop_break(struct loop *loop)
{
	uv_stop(&loop->uv);
}

static void is_over(uv_timer_t *timer)
{
	uv_stop(timer->loop);
	uv_close((uv_handle_t *)timer, NULL);
}

void loop_run_for(struct loop *loop, int milliseconds)
{
	uv_timer_t timer;

	uv_update_time(&loop->uv);
	uv_timer_init(&loop->uv, &timer);
	uv_timer_start(&timer, is_over, (uint64_t)milliseconds, 0);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	/* The close of the timer, which is on our stack. */
	uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void ended(ward_uv_t *handle, int status, const struct ward_exit *exit)
{
	CHECK(!ward_uv_is_active(handle));
	told(handle->data, status, exit);
}

static void closed(ward_uv_t *handle)
{
	free(handle);
}

int watch_start(struct watch *t)
{
	ward_uv_t *handle = t->native;
	int r = 0;

	if (!handle) {
		handle = malloc(sizeof(*handle));
		handle->data = t;
		r = ward_uv_init(&t->loop->uv, handle, t->w);
	}
	if (r < 0) {
		free(handle);
		return r;
	}
	t->native = handle;
	return ward_uv_start(handle, ended);
}

void watch_stop(struct watch *t)
{
	CHECK_EQ(ward_uv_stop(t->native), 0);
}

void watch_free(struct watch *t)
{
	if (t->native)
		ward_uv_close(t->native, closed);
	t->native = NULL;
}

/* ------------------------------------------------------------- what only libuv has */

static int n_closed;

static void count_close(ward_uv_t *handle)
{
	CHECK(ward_uv_is_closing(handle));
	n_closed++;
}

TEST(the_loop_is_busy_until_the_close_callback)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "41"), NULL);
	ward_uv_t handle;

	REQUIRE_EQ(ward_uv_init(&loop->uv, &handle, w), 0);
	CHECK(!ward_uv_is_closing(&handle));
	CHECK_EQ(uv_loop_close(&loop->uv), UV_EBUSY);
	ward_uv_close(&handle, count_close);
	CHECK(ward_uv_is_closing(&handle));
	CHECK_EQ(n_closed, 0);
	CHECK_EQ(uv_loop_close(&loop->uv), UV_EBUSY);
	CHECK_EQ(ward_uv_start(&handle, ended), UV_EINVAL);
	loop_run(loop);
	CHECK_EQ(n_closed, 1);
	loop_free(loop);
	expect_exit(w, 41);
}

TEST(a_handle_may_be_closed_without_a_callback)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready"), NULL);
	ward_uv_t handle;

	REQUIRE_EQ(ward_uv_init(&loop->uv, &handle, talk.w), 0);
	REQUIRE_EQ(ward_uv_start(&handle, ended), 0);
	loop_turn(loop);
	ward_uv_close(&handle, NULL);
	loop_run(loop);
	loop_free(loop);
	talk_end(&talk);
}

TEST(a_handle_without_a_reference_does_not_keep_the_loop)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "42"), NULL);
	struct watch one = watch_of(loop, talk.w), twin = watch_of(loop, talk.w);

	start(&one);
	watch_stop(&one);
	start(&twin);
	CHECK(ward_uv_has_ref(one.native));
	ward_uv_unref(one.native);
	ward_uv_unref(twin.native);
	CHECK(!ward_uv_has_ref(one.native));
	start(&one);                          /* now it has two of libuv's */
	loop_run(loop);
	CHECK_EQ(one.calls + twin.calls, 0);
	ward_uv_ref(one.native);
	CHECK(ward_uv_has_ref(one.native));
	talk_let_go(&talk);
	wait_or_fail(talk.w);
	loop_run(loop);
	check_told(&one, 42);
	watch_free(&one);
	watch_free(&twin);
	loop_free(loop);
	talk_end(&talk);
}

/* It had the descriptor, gave it up for a while, and finds it taken. */
TEST(a_handle_that_is_started_again_shares_with_one_that_came_meanwhile)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "43"), NULL);
	struct watch t[2] = { watch_of(loop, talk.w), watch_of(loop, talk.w) };

	start(&t[0]);
	watch_stop(&t[0]);
	for (int i = 0; i < 3; i++) {
		start(&t[1]);
		start(&t[0]);
		loop_turn(loop);
		watch_stop(&t[i % 2]);
		loop_turn(loop);
	}
	start(&t[0]);
	talk_let_go(&talk);
	loop_run(loop);
	check_told(&t[0], 43);
	check_told(&t[1], 43);
	watch_free(&t[0]);
	watch_free(&t[1]);
	loop_free(loop);
	talk_end(&talk);
}

/* [reserve-first] */
TEST(no_descriptor_for_a_second_handle_is_said_and_does_no_harm)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "44"), NULL);
	struct watch t[2] = { watch_of(loop, talk.w), watch_of(loop, talk.w) };
	struct rlimit before, none;
	int next;

	start(&t[0]);
	next = dup(0);
	close(next);
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = (rlim_t)next;         /* the first that is free */
	setrlimit(RLIMIT_NOFILE, &none);
	CHECK_EQ(try_start(&t[1]), UV_EMFILE);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(t[1].native == NULL);
	start(&t[1]);
	talk_let_go(&talk);
	loop_run(loop);
	check_told(&t[0], 44);
	check_told(&t[1], 44);
	watch_free(&t[0]);
	watch_free(&t[1]);
	loop_free(loop);
	talk_end(&talk);
}

static void other_callback(ward_uv_t *handle, int status, const struct ward_exit *exit)
{
	ended(handle, status, exit);
	n_closed = -1;
}

TEST(a_start_of_an_active_handle_changes_its_callback)
{
	struct loop *loop = loop_make();
	struct ward *w = spawn_or_fail(CHILD("exit", "45"), NULL);
	struct watch t = watch_of(loop, w);

	start(&t);
	CHECK_EQ(ward_uv_start(t.native, NULL), UV_EINVAL);
	CHECK_EQ(ward_uv_start(t.native, other_callback), 0);
	loop_run(loop);
	check_told(&t, 45);
	CHECK_EQ(n_closed, -1);
	watch_free(&t);
	loop_free(loop);
	ward_close(w);
}

/* libuv handles SIGCHLD for its own children: neither takes the other's. */
static void own_child_ended(uv_process_t *process, int64_t code, int sig)
{
	CHECK_EQ(code, 46);
	CHECK_EQ(sig, 0);
	uv_close((uv_handle_t *)process, NULL);
}

TEST(children_of_uv_spawn_live_beside)
{
	struct loop *loop = loop_make();
	char program[1024], verb[] = "exit", code[] = "46";
	char *argv[] = { program, verb, code, NULL };
	uv_process_options_t options = { .exit_cb = own_child_ended, .file = program,
		                         .args = argv };
	struct talk talk = talk_start_ready(CHILD("ready", "47"), NULL);
	struct watch t = watch_of(loop, talk.w);
	struct sigaction before;
	uv_process_t process;

	sigaction(SIGCHLD, NULL, &before);
	snprintf(program, sizeof(program), "%s", check_child());
	start(&t);
	REQUIRE_EQ(uv_spawn(&loop->uv, &process, &options), 0);
	talk_let_go(&talk);
	loop_run(loop);
	check_told(&t, 47);
	watch_free(&t);
	loop_free(loop);
	sigaction(SIGCHLD, &before, NULL);
	talk_end(&talk);
}

TEST(a_handle_without_a_ward_is_refused)
{
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, NULL);

	CHECK_EQ(try_start(&t), UV_EINVAL);
	CHECK(t.native == NULL);
	loop_free(loop);
}

/* ------------------------------------------------------------------------ a set in it */

static void take(uv_poll_t *poll, int status, int events)
{
	(void)events;
	CHECK_EQ(status, 0);
	if (queue_take(poll->data))
		uv_close((uv_handle_t *)poll, NULL);
}

TEST(a_set_with_all_that_it_does_is_one_descriptor)
{
	struct loop *loop = loop_make();
	struct queue queue = queue_start();
	uv_poll_t poll = { .data = &queue };

	REQUIRE_EQ(uv_poll_init(&loop->uv, &poll, ward_set_fd(queue.set)), 0);
	REQUIRE_EQ(uv_poll_start(&poll, UV_READABLE, take), 0);
	loop_run(loop);
	queue_end(&queue);
	loop_free(loop);
}
