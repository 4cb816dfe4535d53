/* SPDX-License-Identifier: MIT */
/*
 * GLib: child watches. It takes a handle of the kernel for each, and hands all of them to
 * poll(2). Starts are the quickest for those that only watch; g_spawn_async, told to
 * leave descriptors alone, for programs one after the other.
 */
#include <errno.h>
#include <glib.h>

#include "many.h"

static void on_end(GPid pid, gint status, gpointer data)
{
	(void)pid;
	(void)status;
	hold_told(data);
}

static void watch(GMainContext *context, GPid pid, GChildWatchFunc fn, void *data)
{
	GSource *source = g_child_watch_source_new(pid);

	g_source_set_callback(source, (GSourceFunc)(void (*)(void))fn, data, NULL);
	g_source_attach(source, context);
	g_source_unref(source);
}

static int open_glib(struct hold *h)
{
	h->own = g_main_context_new();
	return 0;
}

static int start(struct hold *h, uint32_t slot)
{
	struct words words = { 0 };
	pid_t pid;

	words_of(&words, slot);
	pid = start_raw(words.argv, h->memory, h->stack, NULL);
	if (pid < 0)
		return pid;
	watch(h->own, pid, on_end, h);
	return 0;
}

static int wait_glib(struct hold *h)
{
	g_main_context_iteration(h->own, TRUE);
	return 0;
}

/* --------------------------------------------------------------------------- stints */

struct run {
	GMainContext *context;
	struct stint *stint;
	int alive, error;
};

static void start_tiny(struct run *run);

static void on_tiny_end(GPid pid, gint status, gpointer data)
{
	struct run *run = data;

	g_spawn_close_pid(pid);
	run->alive--;
	if (status != 0)
		run->error = -EPROTO;
	if (run->error || now_ns() >= run->stint->until_ns)
		return;
	run->stint->ended++;
	start_tiny(run);
}

static void start_tiny(struct run *run)
{
	gchar *argv[] = { (gchar *)(uintptr_t)tiny_program, NULL };
	GPid pid;

	if (!g_spawn_async(NULL, argv, NULL,
	                   G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
	                   NULL, NULL, &pid, NULL)) {
		run->error = -EAGAIN;
		return;
	}
	run->stint->all++;
	run->alive++;
	watch(run->context, pid, on_tiny_end, run);
}

static int stint_glib(struct stint *stint)
{
	struct run run = { .context = g_main_context_new(), .stint = stint };
	int i;

	for (i = 0; i < ALIVE_AT_ONCE; i++)
		start_tiny(&run);
	while (run.alive > 0)
		g_main_context_iteration(run.context, TRUE);
	g_main_context_unref(run.context);
	return run.error;
}

const struct watcher glib_watcher = {
	.name = "GLib",
	.is_peer = true,
	.takes_fds = true,
	.open = open_glib,
	.start = start,
	.wait = wait_glib,
	.stint = stint_glib,
};
