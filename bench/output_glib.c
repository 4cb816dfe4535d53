/* SPDX-License-Identifier: MIT */
/*
 * GLib: GSubprocess and its communicate, the call that is meant for this.
 */
#include <errno.h>
#include <gio/gio.h>

#include "output.h"

static int communicate(GSubprocess *process, struct outcome *ret)
{
	GBytes *out = NULL;
	int r = -EIO;

	if (g_subprocess_communicate(process, NULL, NULL, &out, NULL, NULL)) {
		ret->bytes += g_bytes_get_size(out);
		r = g_subprocess_get_successful(process) ? 0 : -EPROTO;
	}
	if (out)
		g_bytes_unref(out);
	return r;
}

static int run(const struct task *task, struct outcome *ret)
{
	GSubprocess *process;
	int r;

	process = g_subprocess_newv(task->argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
	if (!process)
		return -ENOENT;
	r = communicate(process, ret);
	g_object_unref(process);
	return r;
}

static int play(const struct task *task, struct outcome *ret)
{
	unsigned i;
	int r = 0;

	for (i = 0; i < task->turns && r == 0; i++)
		r = run(task, ret);
	return r;
}

const struct player glib_player = {
	.name = "GSubprocess",
	.is_peer = true,
	.play = { [CAPTURE] = play, [SMALL] = play },
};
