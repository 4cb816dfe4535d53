/* SPDX-License-Identifier: MIT */
/*
 * ward in a main loop of GLib: a source for the end of a process, as g_child_watch_source_new
 * makes one, for any process in any context, and without SIGCHLD; and the same as a task of
 * GIO, which can be cancelled.
 *
 *	static void ended(struct ward *w, const struct ward_exit *exit, gpointer data);
 *
 *	id = ward_glib_add(w, ended, data, &error);
 *
 *	ward_glib_wait_async(w, cancellable, ready, data);
 *	...
 *	ward_glib_wait_finish(w, result, &exit, &error);
 *
 * What holds for all of it:
 *
 *  - Threads are as GLib has it: a source may be made, attached and destroyed by any thread,
 *    and is dispatched by the one that runs its context. Any thread may use the ward.
 *  - A source is one more owner of its ward (ward_ref) until it is destroyed and freed, so
 *    the caller may close his own at any time. Where the source was the last owner it does
 *    what ward_close does.
 *  - The callback comes once, from the loop, and never from inside of a call. When it has
 *    returned, the source is destroyed, as if it had returned G_SOURCE_REMOVE. Inside of it
 *    anything may be done to source, ward, loop and context.
 *  - A context that is freed destroys its sources, and leaves their processes alone.
 *
 * It needs gio-2.0; with WARD_GLIB_NO_GIO defined, glib-2.0 alone, and has no tasks.
 */
#ifndef WARD_GLIB_H
#define WARD_GLIB_H

#include <glib.h>
#ifndef WARD_GLIB_NO_GIO
#include <gio/gio.h>
#endif
#include <ward.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Called once, from the loop.
 *
 * @w     there at least until the callback returns.
 * @exit  how the process ended; until the callback returns. NULL: nobody will ever know,
 *        ward_wait(w, 0, NULL) returns why: -ECHILD in a process that was forked from the
 *        one that had the child.
 * @data  as it was given.
 */
typedef void (*ward_glib_cb)(struct ward *w, const struct ward_exit *exit, gpointer data);

/*
 * WARD_GLIB_ERROR:
 * The domain of the errors from here. Their code is what ward returned, a negative errno;
 * their message is ward_strerror's.   Since 0.1.
 */
#define WARD_GLIB_ERROR (ward_glib_error_quark())

static inline GQuark ward_glib_error_quark(void)
{
	return g_quark_from_string("ward-glib-error-quark");
}

/* ------------------------------------------------------------------------- not yours */

#define WARD__GLIB_FIRST_PAUSE 1000           /* microseconds */
#define WARD__GLIB_LONGEST_PAUSE 64000

struct ward__glib {
	GSource source;
	struct ward *ward;
	gpointer tag;                         /* of the descriptor; NULL: time alone */
	gint64 pause_us;
	gpointer cancellable;                 /* of a task, which holds it; NULL */
};

static inline struct ward__glib *ward__glib_of(GSource *source)
{
	return (struct ward__glib *)(void *)source;
}

static inline gboolean ward__glib_is_cancelled(const struct ward__glib *s)
{
#ifndef WARD_GLIB_NO_GIO
	if (s->cancellable)
		return g_cancellable_is_cancelled(G_CANCELLABLE(s->cancellable));
#endif
	(void)s;
	return FALSE;
}

/*
 * Readable and no end (a debugger holds the child back, a stranger's own parent has not
 * collected it yet) may last, and the descriptor stays readable all the while: from now on
 * time alone makes us ask, at longer and longer intervals.
 */
static inline void ward__glib_ask_later(struct ward__glib *s)
{
	if (s->tag)
		g_source_remove_unix_fd(&s->source, s->tag);
	s->tag = NULL;
	g_source_set_ready_time(&s->source, g_get_monotonic_time() + s->pause_us);
	if (s->pause_us < WARD__GLIB_LONGEST_PAUSE)
		s->pause_us *= 2;
}

/* While it is dispatched GLib keeps the source, whatever the callback does. */
static inline gboolean ward__glib_dispatch(GSource *source, GSourceFunc callback,
                                           gpointer data)
{
	struct ward__glib *s = ward__glib_of(source);
	ward_glib_cb cb = (ward_glib_cb)(void (*)(void))callback;
	struct ward_exit exit = WARD_EXIT_INIT;
	int r = ward__glib_is_cancelled(s) ? -1 : ward_wait(s->ward, 0, &exit);

	if (r == 0) {
		ward__glib_ask_later(s);
		return G_SOURCE_CONTINUE;
	}
	if (cb)
		cb(s->ward, r > 0 ? &exit : NULL, data);
	return G_SOURCE_REMOVE;
}

static inline void ward__glib_finalize(GSource *source)
{
	ward_close(ward__glib_of(source)->ward);
}

/* ----------------------------------------------------------------------------- yours */

/*
 * ward_glib_source_new(w, error):
 * A source for the end of a process. It is told whom to call (a ward_glib_cb) by
 * g_source_set_callback(source, G_SOURCE_FUNC(cb), data, notify), and starts to watch with
 * g_source_attach. One that has ended already is told by the loop, too. Several sources may
 * watch one ward.
 *
 * To stop watching, g_source_destroy: the callback is not called any more, and the process
 * is left alone.
 *
 * @error  may be NULL.
 *
 * Returns the source, which the caller is to give up by g_source_unref when he does not need
 * it any more; or NULL, and @error (WARD_GLIB_ERROR) has what ward_poll_fd returned: -ENOTSUP,
 * the process is held by its number, and there is no descriptor for a loop; -EMFILE, -ENFILE,
 * -ENOMEM; -EINVAL, there is no @w.   Since 0.1.
 */
static inline GSource *ward_glib_source_new(struct ward *w, GError **error)
{
	/* GLib keeps its address, and nothing writes to it. */
	static GSourceFuncs funcs = { NULL, NULL, ward__glib_dispatch, ward__glib_finalize,
		                      NULL, NULL };
	int fd = ward_poll_fd(w);
	struct ward__glib *s;
	GSource *source;

	if (fd < 0) {
		g_set_error_literal(error, WARD_GLIB_ERROR, fd, ward_strerror(fd));
		return NULL;
	}
	source = g_source_new(&funcs, sizeof(*s));
	s = ward__glib_of(source);
	s->ward = ward_ref(w);
	s->pause_us = WARD__GLIB_FIRST_PAUSE;
	s->tag = g_source_add_unix_fd(source, fd, G_IO_IN);
	g_source_set_name(source, "ward");
	return source;
}

/*
 * ward_glib_add(w, cb, data, error), ward_glib_add_full(priority, w, cb, data, notify, error):
 * Make a source and attach it to the default main context, as g_child_watch_add does.
 *
 * @priority  G_PRIORITY_DEFAULT, or another.
 * @notify    called with @data when the source is destroyed, with or without an end; NULL.
 *            Not after a failure.
 *
 * Returns the number of the source for g_source_remove, valid until the callback has
 * returned; or 0, and @error is as from ward_glib_source_new.   Since 0.1.
 */
static inline guint ward_glib_add_full(gint priority, struct ward *w, ward_glib_cb cb,
                                       gpointer data, GDestroyNotify notify, GError **error)
{
	GSource *source = ward_glib_source_new(w, error);
	guint id;

	if (!source)
		return 0;
	g_source_set_priority(source, priority);
	g_source_set_callback(source, (GSourceFunc)(void (*)(void))cb, data, notify);
	id = g_source_attach(source, NULL);
	g_source_unref(source);
	return id;
}

static inline guint ward_glib_add(struct ward *w, ward_glib_cb cb, gpointer data,
                                  GError **error)
{
	return ward_glib_add_full(G_PRIORITY_DEFAULT, w, cb, data, NULL, error);
}

#ifndef WARD_GLIB_NO_GIO

/* ------------------------------------------------------------------------- not yours */

/* What a task has beside GLib's own. The source has the task, until it is destroyed. */
struct ward__glib_wait {
	struct ward *ward;
	GSource *source;
	gulong handler;                       /* of the cancellable; 0: none */
};

static inline void ward__glib_wait_free(gpointer data)
{
	struct ward__glib_wait *wait = (struct ward__glib_wait *)data;

	if (wait->source)
		g_source_unref(wait->source);
	ward_close(wait->ward);
	g_free(wait);
}

/* Not the address of a function: each file of a program has these functions anew. */
static inline gpointer ward__glib_tag(void)
{
	return GUINT_TO_POINTER(g_quark_from_string("ward_glib_wait_async"));
}

static inline void ward__glib_wait_over(struct ward *w, const struct ward_exit *exit,
                                        gpointer data)
{
	GTask *task = G_TASK(data);
	struct ward__glib_wait *wait = (struct ward__glib_wait *)g_task_get_task_data(task);
	int r;

	/* Not g_cancellable_disconnect: it waits for who is cancelling, who may wait for us. */
	if (wait->handler)
		g_signal_handler_disconnect(g_task_get_cancellable(task), wait->handler);
	wait->handler = 0;
	if (exit) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	if (g_task_return_error_if_cancelled(task))
		return;
	r = ward_wait(w, 0, NULL);
	if (r < 0)
		g_task_return_new_error(task, WARD_GLIB_ERROR, r, "%s", ward_strerror(r));
	else                              /* cancelled, and somebody has taken it back */
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s",
		                        "the wait was cancelled");
}

/* In the thread that cancels: have the source look. */
static inline void ward__glib_wait_wake(GCancellable *cancellable, gpointer data)
{
	struct ward__glib_wait *wait =
		(struct ward__glib_wait *)g_task_get_task_data(G_TASK(data));

	(void)cancellable;
	g_source_set_ready_time(wait->source, 0);
}

/*
 * One source, which either of the two wakes: with two, each would have to destroy the other,
 * and another thread may run the context as soon as the first one is attached. (And GLib of
 * 2.74 loses the source of a cancellable that is destroyed before it is dispatched.) What is
 * connected has the task, and so its context, as long as it runs.
 */
static inline void ward__glib_wait_start(GTask *task, struct ward__glib_wait *wait)
{
	GCancellable *cancellable = g_task_get_cancellable(task);

	ward__glib_of(wait->source)->cancellable = cancellable;
	if (cancellable)
		wait->handler = g_cancellable_connect(cancellable,
		                                      G_CALLBACK(ward__glib_wait_wake),
		                                      g_object_ref(task), g_object_unref);
	g_task_attach_source(task, wait->source,
	                     (GSourceFunc)(void (*)(void))ward__glib_wait_over);
}

/* ----------------------------------------------------------------------------- yours */

/*
 * ward_glib_wait_async(w, cancellable, ready, data):
 * Wait for the end of a process as GIO does such things: @ready is called once, from the
 * thread-default main context of the caller, and learns from ward_glib_wait_finish what has
 * come of it. Any number of waits for one ward may be under way.
 *
 * @cancellable  ends the wait, from any thread, and leaves the process alone: it can be waited
 *               for again. NULL: nothing does.
 * @ready        gets NULL as source object; may be NULL.
 *
 * As every GTask, a wait holds its context until @ready has been called: cancel it and let
 * the loop run before you give up a context of your own.   Since 0.1.
 */
static inline void ward_glib_wait_async(struct ward *w, GCancellable *cancellable,
                                        GAsyncReadyCallback ready, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, ready, data);
	struct ward__glib_wait *wait = g_new0(struct ward__glib_wait, 1);
	GError *error = NULL;

	wait->ward = ward_ref(w);
	wait->source = ward_glib_source_new(w, &error);
	g_task_set_source_tag(task, ward__glib_tag());
	g_task_set_task_data(task, wait, ward__glib_wait_free);
	if (wait->source)
		ward__glib_wait_start(task, wait);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
}

/*
 * ward_glib_wait_finish(w, result, ret, error):
 * What has come of a wait for @w, inside of its callback or later.
 *
 * @result  what the callback was given.
 * @ret     how the process ended; ret->size set, or NULL.
 * @error   may be NULL.
 *
 * Returns TRUE; or FALSE, @ret is as it was, and @error is G_IO_ERROR_CANCELLED of G_IO_ERROR,
 * also when it was cancelled between the end and this call; or of WARD_GLIB_ERROR, as from
 * ward_glib_source_new, or what ward_wait returned.   Since 0.1.
 */
static inline gboolean ward_glib_wait_finish(struct ward *w, GAsyncResult *result,
                                             struct ward_exit *ret, GError **error)
{
	int r;

	g_return_val_if_fail(g_task_is_valid(result, NULL), FALSE);
	g_return_val_if_fail(g_async_result_is_tagged(result, ward__glib_tag()), FALSE);
	if (!g_task_propagate_boolean(G_TASK(result), error))
		return FALSE;
	/* The answer is remembered. */
	r = ward_wait(w, 0, ret);
	if (r < 0)
		g_set_error_literal(error, WARD_GLIB_ERROR, r, ward_strerror(r));
	return r > 0;
}

#endif

#ifdef __cplusplus
}
#endif
#endif
