/* SPDX-License-Identifier: MIT */
/* <ward/glib.h> in GLib: the end of a process as a source. */
#include <glib-unix.h>
#include <pthread.h>
#include <stdlib.h>
#include <ward/glib.h>

#include "contract.h"
#include "queue.h"

/* A context of its own, so that GLib's default one stays out of it. */
struct loop {
	GMainContext *context;
	int active;
	bool broken;
};

/* A watch's; while it is active the source has a reference, and the loop has one. */
struct native {
	GSource *source;
	struct watch *t;
};

struct loop *loop_make(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	loop->context = g_main_context_new();
	return loop;
}

void loop_free(struct loop *loop)
{
	g_main_context_unref(loop->context);
	free(loop);
}

void loop_run(struct loop *loop)
{
	while (loop->active > 0 && !loop->broken)
		g_main_context_iteration(loop->context, TRUE);
	loop->broken = false;
}

void loop_turn(struct loop *loop)
{
	g_main_context_iteration(loop->context, FALSE);
}

void loop_break(struct loop *loop)
{
	loop->broken = true;
}

static gboolean is_over(gpointer over)
{
	*(bool *)over = true;
	return G_SOURCE_REMOVE;
}

void loop_run_for(struct loop *loop, int milliseconds)
{
	GSource *timer = g_timeout_source_new((guint)milliseconds);
	bool over = false;

	g_source_set_callback(timer, is_over, &over, NULL);
	g_source_attach(timer, loop->context);
	g_source_unref(timer);
	while (!over)
		g_main_context_iteration(loop->context, TRUE);
}

static void drop_source(struct native *native)
{
	if (!native->source)
		return;
	g_source_destroy(native->source);
	g_source_unref(native->source);
	native->source = NULL;
	native->t->loop->active--;
}

static void ended(struct ward *w, const struct ward_exit *exit, gpointer data)
{
	struct native *native = data;
	struct watch *t = native->t;

	CHECK(t->w == NULL || t->w == w);
	CHECK(g_main_current_source() == native->source);
	drop_source(native);
	told(t, exit ? 0 : ward_wait(w, 0, NULL), exit);
}

static int error_code(GError *error)
{
	int code;

	if (!error)
		abort(); /* it failed, so there is one, which analyzers do not see */
	code = error->code;
	CHECK(error->domain == WARD_GLIB_ERROR);
	CHECK_STR(error->message, ward_strerror(code));
	g_error_free(error);
	return code;
}

int watch_start(struct watch *t)
{
	struct native *native = t->native;
	GError *error = NULL;
	GSource *source;

	if (native && native->source)
		return 0;
	source = ward_glib_source_new(t->w, &error);
	if (!source)
		return error_code(error);
	if (!native)
		native = t->native = calloc(1, sizeof(*native));
	native->t = t;
	native->source = source;
	g_source_set_callback(source, G_SOURCE_FUNC(ended), native, NULL);
	g_source_attach(source, t->loop->context);
	t->loop->active++;
	return 0;
}

void watch_stop(struct watch *t)
{
	drop_source(t->native);
}

void watch_free(struct watch *t)
{
	if (t->native)
		watch_stop(t);
	free(t->native);
	t->native = NULL;
}

/* --------------------------------------------------------------- what only GLib has */

struct seen {
	int ended, destroyed;
};

static void see_end(struct ward *w, const struct ward_exit *exit, gpointer data)
{
	struct seen *seen = data;

	CHECK(w != NULL);
	CHECK(exit != NULL);
	CHECK_EQ(seen->destroyed, 0);
	seen->ended++;
}

static void see_destroy(gpointer data)
{
	((struct seen *)data)->destroyed++;
}

/* Of which nobody but the context has a reference. */
static GSource *leave_to(GMainContext *context, struct ward *w, struct seen *seen)
{
	GSource *source = ward_glib_source_new(w, NULL);

	REQUIRE(source != NULL);
	g_source_set_callback(source, G_SOURCE_FUNC(see_end), seen, see_destroy);
	g_source_attach(source, context);
	g_source_unref(source);
	return source;
}

TEST(a_source_is_gone_when_its_callback_has_returned)
{
	GMainContext *context = g_main_context_new();
	struct ward *w = spawn_or_fail(CHILD("exit", "1"), NULL);
	struct seen seen = { 0, 0 };
	GSource *source = g_source_ref(leave_to(context, w, &seen));

	CHECK(!g_source_is_destroyed(source));
	while (!seen.ended)
		g_main_context_iteration(context, TRUE);
	CHECK(g_source_is_destroyed(source));
	CHECK_EQ(seen.destroyed, 1);
	for (int i = 0; i < 20; i++)
		g_main_context_iteration(context, FALSE);
	CHECK_EQ(seen.ended, 1);
	g_source_unref(source);
	g_main_context_unref(context);
	ward_close(w);
}

TEST(a_context_that_is_freed_first_leaves_the_process_alone)
{
	GMainContext *context = g_main_context_new();
	struct talk talk = talk_start_ready(CHILD("ready", "2"), NULL);
	struct seen seen = { 0, 0 };
	GSource *source = g_source_ref(leave_to(context, talk.w, &seen));

	leave_to(context, talk.w, &seen);
	g_main_context_unref(context);
	CHECK_EQ(seen.destroyed, 2);
	CHECK(g_source_is_destroyed(source));
	g_source_unref(source);
	CHECK_EQ(seen.ended, 0);
	talk_let_go(&talk);
	expect_exit(talk.w, 2);
	close(talk.from);
}

TEST(a_source_that_was_never_attached_may_be_freed)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), NULL);
	GSource *source = ward_glib_source_new(w, NULL);

	REQUIRE(source != NULL);
	CHECK_STR(g_source_get_name(source), "ward");
	expect_exit(w, 3);
	g_source_unref(source);
}

TEST(without_a_callback_the_end_destroys_the_source)
{
	GMainContext *context = g_main_context_new();
	struct ward *w = spawn_or_fail(CHILD("exit", "4"), NULL);
	GSource *source = ward_glib_source_new(w, NULL);

	REQUIRE(source != NULL);
	g_source_attach(source, context);
	while (!g_source_is_destroyed(source))
		g_main_context_iteration(context, TRUE);
	g_source_unref(source);
	g_main_context_unref(context);
	expect_exit(w, 4);
}

static void run_inside(struct ward *w, const struct ward_exit *exit, gpointer context)
{
	static int depth;

	CHECK(w != NULL && exit != NULL);
	CHECK_EQ(depth, 0);
	depth++;
	for (int i = 0; i < 20; i++)
		g_main_context_iteration(context, FALSE);
	depth--;
}

TEST(a_loop_inside_of_the_callback_does_not_tell_it_again)
{
	GMainContext *context = g_main_context_new();
	struct ward *w = spawn_or_fail(CHILD("exit", "5"), NULL);
	GSource *source = ward_glib_source_new(w, NULL);

	REQUIRE(source != NULL);
	g_source_set_callback(source, G_SOURCE_FUNC(run_inside), context, NULL);
	g_source_attach(source, context);
	while (!g_source_is_destroyed(source))
		g_main_context_iteration(context, TRUE);
	g_source_unref(source);
	g_main_context_unref(context);
	ward_close(w);
}

TEST(a_source_is_added_to_the_default_context_and_removed_by_its_number)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "6"), NULL);
	struct talk talk = talk_start_ready(CHILD("ready"), NULL);
	struct seen seen = { 0, 0 }, never = { 0, 0 };
	GSource *source;
	guint number = ward_glib_add(talk.w, see_end, &never, NULL);

	REQUIRE(number > 0);
	CHECK(ward_glib_add(w, see_end, &seen, NULL) > 0);
	number = ward_glib_add_full(G_PRIORITY_LOW, talk.w, see_end, &never, see_destroy,
	                            NULL);
	source = g_main_context_find_source_by_id(NULL, number);
	CHECK_EQ(g_source_get_priority(source), G_PRIORITY_LOW);
	while (!seen.ended)
		g_main_context_iteration(NULL, TRUE);
	CHECK(g_source_remove(number));
	CHECK_EQ(never.destroyed, 1);
	CHECK(g_source_remove_by_user_data(&never));
	CHECK_EQ(never.ended, 0);
	ward_close(w);
	talk_end(&talk);
	check_baseline();                     /* the default context is never freed */
}

TEST(nothing_is_added_for_no_ward)
{
	struct seen seen = { 0, 0 };
	GError *error = NULL;

	CHECK_EQ(ward_glib_add_full(0, NULL, see_end, &seen, see_destroy, &error), 0);
	CHECK_EQ(seen.destroyed, 0);
	CHECK_EQ(error_code(error), -EINVAL);
	CHECK_EQ(ward_glib_add(NULL, see_end, &seen, NULL), 0);
}

struct left {
	GMainContext *context;
	GSource *source;
};

static void *run_until_destroyed(void *arg)
{
	struct left *left = arg;

	while (!g_source_is_destroyed(left->source))
		g_main_context_iteration(left->context, TRUE);
	return NULL;
}

/* [threads] */
TEST(another_thread_may_destroy_a_source_while_its_loop_runs)
{
	for (int i = check_scaled(200); i > 0; i--) {
		struct left left = { g_main_context_new(), NULL };
		struct ward *w = spawn_or_fail(CHILD("exit", "7"), NULL);
		struct seen seen = { 0, 0 };
		pthread_t thread;

		left.source = g_source_ref(leave_to(left.context, w, &seen));
		REQUIRE_EQ(pthread_create(&thread, NULL, run_until_destroyed, &left), 0);
		g_source_destroy(left.source);
		/* It may sleep, and GLib wakes it only for what is added. */
		g_main_context_wakeup(left.context);
		pthread_join(thread, NULL);
		CHECK(seen.ended <= 1);
		CHECK_EQ(seen.destroyed, 1);
		g_source_unref(left.source);
		g_main_context_unref(left.context);
		expect_exit(w, 7);
	}
}

/* ------------------------------------------------------------------------ a set in it */

static gboolean take(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	return queue_take(data) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

TEST(a_set_with_all_that_it_does_is_one_descriptor)
{
	GMainContext *context = g_main_context_new();
	struct queue queue = queue_start();
	GSource *source = g_unix_fd_source_new(ward_set_fd(queue.set), G_IO_IN);

	g_source_set_callback(source, G_SOURCE_FUNC(take), &queue, NULL);
	g_source_attach(source, context);
	while (!g_source_is_destroyed(source))
		g_main_context_iteration(context, TRUE);
	g_source_unref(source);
	queue_end(&queue);
	g_main_context_unref(context);
}
