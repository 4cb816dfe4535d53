/* SPDX-License-Identifier: MIT */
/* <ward/glib.h> in GLib: the end of a process as a task that can be cancelled. */
#include <pthread.h>
#include <stdlib.h>
#include <ward/glib.h>

#include "tracer.h"

/* One wait, in a context of its own. */
struct wait {
	GMainContext *context;
	struct ward *w;
	GAsyncResult *result;
	int calls;
	struct ward_exit exit;
};

/* First in a case: what GLib makes for the first task of all it never gives back. */
static struct wait new_wait(void)
{
	g_object_unref(g_task_new(NULL, NULL, NULL, NULL));
	check_baseline();
	return (struct wait){ .context = g_main_context_new(), .exit = WARD_EXIT_INIT };
}

/* Another one in the same context. */
static struct wait wait_beside(const struct wait *other)
{
	return (struct wait){ .context = g_main_context_ref(other->context),
		              .exit = WARD_EXIT_INIT };
}

static void ready(GObject *object, GAsyncResult *result, gpointer data)
{
	struct wait *wait = data;

	CHECK(object == NULL);
	wait->calls++;
	wait->result = G_ASYNC_RESULT(g_object_ref(result));
}

static void begin(struct wait *wait, struct ward *w, GCancellable *cancellable)
{
	wait->w = w;
	g_main_context_push_thread_default(wait->context);
	ward_glib_wait_async(w, cancellable, ready, wait);
	g_main_context_pop_thread_default(wait->context);
	CHECK_EQ(wait->calls, 0);
}

static void until_ready(const struct wait *wait)
{
	while (wait->calls == 0)
		g_main_context_iteration(wait->context, TRUE);
}

static void run_dry(const struct wait *wait)
{
	for (int i = 0; i < 20; i++)
		g_main_context_iteration(wait->context, FALSE);
}

/* TRUE, or FALSE and an error; once, as GTask has it. */
static gboolean finish(struct wait *wait, GError **error)
{
	gboolean is_known;

	is_known = ward_glib_wait_finish(wait->w, wait->result, &wait->exit, error);
	g_object_unref(wait->result);
	return is_known;
}

static void check_finish(struct wait *wait, int code)
{
	GError *error = NULL;

	CHECK(finish(wait, &error));
	CHECK(error == NULL);
	check_exited(&wait->exit, code);
}

/* Called once, and no more. */
static void end_wait(struct wait *wait)
{
	run_dry(wait);
	CHECK_EQ(wait->calls, 1);
	g_main_context_unref(wait->context);
}

static void check_cancelled(struct wait *wait)
{
	GError *error = NULL;

	CHECK(!finish(wait, &error));
	CHECK(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
	CHECK_EQ(wait->exit.how, 0);
	g_clear_error(&error);
}

/* [true-status] */
TEST(a_task_waits_for_the_end)
{
	struct wait one = new_wait(), two = wait_beside(&one);
	struct talk t = talk_start_ready(CHILD("ready", "15"), NULL);
	GCancellable *cancellable = g_cancellable_new();

	begin(&one, t.w, cancellable);
	begin(&two, t.w, NULL);
	run_dry(&one);
	CHECK_EQ(one.calls + two.calls, 0);
	talk_let_go(&t);
	until_ready(&one);
	until_ready(&two);
	check_finish(&one, 15);
	check_finish(&two, 15);
	/* Which may outlive many tasks, and keeps nothing of them. */
	CHECK(!g_signal_has_handler_pending(
		cancellable, g_signal_lookup("cancelled", G_TYPE_CANCELLABLE), 0, TRUE));
	g_object_unref(cancellable);
	end_wait(&one);
	end_wait(&two);
	talk_end(&t);
}

TEST(a_task_for_an_end_long_ago_is_ready_later)
{
	struct wait one = new_wait();
	struct ward *w = spawn_or_fail(CHILD("exit", "16"), NULL);

	wait_or_fail(w);
	begin(&one, w, NULL);
	ward_close(w);                        /* the task has it, too */
	until_ready(&one);
	check_finish(&one, 16);
	end_wait(&one);
}

TEST(cancelling_a_task_leaves_the_child_alone_and_to_be_waited_for)
{
	struct wait one = new_wait(), two = wait_beside(&one);
	struct talk t = talk_start_ready(CHILD("ready", "17"), NULL);
	GCancellable *cancellable = g_cancellable_new();

	begin(&one, t.w, cancellable);
	begin(&two, t.w, NULL);
	run_dry(&one);
	g_cancellable_cancel(cancellable);
	until_ready(&one);
	check_cancelled(&one);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_let_go(&t);
	until_ready(&two);
	check_finish(&two, 17);
	g_object_unref(cancellable);
	end_wait(&one);
	end_wait(&two);
	expect_exit(t.w, 17);
	close(t.from);
}

TEST(a_task_that_was_cancelled_before_tells_so_from_the_loop)
{
	struct wait one = new_wait();
	struct talk t = talk_start_ready(CHILD("ready", "18"), NULL);
	GCancellable *cancellable = g_cancellable_new();

	g_cancellable_cancel(cancellable);
	begin(&one, t.w, cancellable);
	until_ready(&one);
	check_cancelled(&one);
	g_object_unref(cancellable);
	end_wait(&one);
	talk_let_go(&t);
	expect_exit(t.w, 18);
	close(t.from);
}

static void *cancel(void *arg)
{
	g_cancellable_cancel(arg);
	return arg;
}

/* [threads] Either of the two may be first, and both end well. */
TEST(another_thread_may_cancel_while_the_child_ends)
{
	for (int i = 0; i < check_scaled(200); i++) {
		struct wait one = new_wait();
		struct talk t = talk_start_ready(CHILD("ready", "19"), NULL);
		GCancellable *cancellable = g_cancellable_new();
		pthread_t thread;

		begin(&one, t.w, cancellable);
		talk_let_go(&t);
		REQUIRE_EQ(pthread_create(&thread, NULL, cancel, cancellable), 0);
		until_ready(&one);
		pthread_join(thread, NULL);
		if (finish(&one, NULL))
			check_exited(&one.exit, 19);
		g_object_unref(cancellable);
		end_wait(&one);
		expect_exit(t.w, 19);
		close(t.from);
	}
}

TEST(a_task_that_cannot_watch_tells_so_from_the_loop)
{
	struct wait one = new_wait();
	GError *error = NULL;

	begin(&one, NULL, NULL);
	until_ready(&one);
	CHECK(!finish(&one, &error));
	CHECK(g_error_matches(error, WARD_GLIB_ERROR, -EINVAL));
	g_clear_error(&error);
	end_wait(&one);
}

#ifdef __linux__
/* [bounded] */
TEST(a_task_for_a_child_that_a_debugger_holds_back_can_be_cancelled)
{
	struct wait one = new_wait();
	struct talk t = talk_start_ready(CHILD("ready", "24"), NULL);
	struct tracer tracer = trace(&t);
	GCancellable *cancellable = g_cancellable_new();

	if (tracer.pid >= 0) {
		talk_let_go(&t);
		until_zombie(&tracer);
		begin(&one, t.w, cancellable);
		run_dry(&one);
		CHECK_EQ(one.calls, 0);
		g_cancellable_cancel(cancellable);
		until_ready(&one);
		check_cancelled(&one);
		end_tracing(&tracer);
		CHECK_EQ(wait_or_fail(t.w).code, 24);
	}
	g_object_unref(cancellable);
	g_main_context_unref(one.context);
	talk_end(&t);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}
#endif
