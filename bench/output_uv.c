/* SPDX-License-Identifier: MIT */
/*
 * libuv: uv_spawn and uv_read_start. It has no capture of its own, so the bytes go where
 * its users put them: into a block of malloc that doubles, read in place. Its pipes are
 * unix sockets, which carry more at once than a pipe.
 */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { LEAST_BYTES = 65536 };

struct run {
	char *data;
	size_t size, room;
	uint64_t total;
	bool keeps;
	int64_t status;
	int error;
};

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct run *run = handle->data;
	char *bigger;

	(void)suggested;
	if (run->room - run->size < LEAST_BYTES) {
		run->room = run->room ? 2 * run->room : LEAST_BYTES;
		bigger = realloc(run->data, run->room);
		if (!bigger)
			abort();
		run->data = bigger;
	}
	buf->base = run->data + run->size;
	buf->len = run->room - run->size;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct run *run = stream->data;

	(void)buf;
	if (n < 0) {
		run->error = n == UV_EOF ? 0 : (int)n;
		uv_close((uv_handle_t *)stream, NULL);
		return;
	}
	run->total += (uint64_t)n;
	if (run->keeps)
		run->size += (size_t)n;
}

static void on_exit_(uv_process_t *process, int64_t status, int signal)
{
	struct run *run = process->data;

	run->status = signal ? -1 : status;
	uv_close((uv_handle_t *)process, NULL);
}

static int run_once(uv_loop_t *loop, const struct task *task, struct run *run)
{
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_INHERIT_FD, .data.fd = 0 },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE },
		{ .flags = UV_INHERIT_FD, .data.fd = 2 },
	};
	uv_process_options_t options = {
		.exit_cb = on_exit_,
		.file = task->argv[0],
		.args = (char **)(uintptr_t)task->argv,
		.stdio = stdio,
		.stdio_count = 3,
	};
	uv_process_t process;
	uv_pipe_t out;
	int r;

	uv_pipe_init(loop, &out, 0);
	out.data = process.data = run;
	stdio[1].data.stream = (uv_stream_t *)&out;
	r = uv_spawn(loop, &process, &options);
	if (r < 0)
		return r;
	r = uv_read_start((uv_stream_t *)&out, on_alloc, on_read);
	uv_run(loop, UV_RUN_DEFAULT);
	if (r < 0 || run->error)
		return r < 0 ? r : run->error;
	return run->status == 0 ? 0 : -EPROTO;
}

static int play_with(const struct task *task, struct outcome *ret, bool keeps)
{
	struct run run;
	uv_loop_t loop;
	unsigned i;
	int r;

	r = uv_loop_init(&loop);
	for (i = 0; i < task->turns && r == 0; i++) {
		memset(&run, 0, sizeof(run));
		run.keeps = keeps;
		r = run_once(&loop, task, &run);
		ret->bytes += run.total;
		if (task->turns > 1)
			free(run.data);
	}
	return r;
}

static int play_capture(const struct task *task, struct outcome *ret)
{
	return play_with(task, ret, true);
}

static int play_discard(const struct task *task, struct outcome *ret)
{
	return play_with(task, ret, false);
}

const struct player uv_player = {
	.name = "libuv",
	.is_peer = true,
	.play = {
		[CAPTURE] = play_capture,
		[DISCARD] = play_discard,
		[SMALL] = play_capture,
	},
};
