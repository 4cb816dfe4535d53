/* SPDX-License-Identifier: MIT */
/*
 * libuv: uv_spawn and its exit callback. It asks for every child that it has, one by one,
 * whenever there was a SIGCHLD (or, on a newer kernel, as its version does).
 */
#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "many.h"

static void forget(uv_handle_t *handle)
{
	free(handle);
}

static void on_exit_(uv_process_t *process, int64_t status, int signal)
{
	(void)status;
	(void)signal;
	hold_told(process->data);
	uv_close((uv_handle_t *)process, forget);
}

static int open_uv(struct hold *h)
{
	uv_loop_t *loop = more_memory(sizeof(*loop));

	h->own = loop;
	return loop ? uv_loop_init(loop) : -ENOMEM;
}

static int start(struct hold *h, uint32_t slot)
{
	uv_stdio_container_t stdio = { .flags = UV_INHERIT_FD, .data.fd = h->memory };
	uv_process_options_t options = { .exit_cb = on_exit_, .file = idle_program };
	uv_process_t *process;
	struct words words = { 0 };
	int r;

	words_of(&words, slot);
	process = calloc(1, sizeof(*process));
	if (!process)
		return -ENOMEM;
	process->data = h;
	options.args = (char **)(uintptr_t)words.argv;
	options.stdio = &stdio;
	options.stdio_count = 1;
	r = uv_spawn(h->own, process, &options);
	if (r < 0)
		uv_close((uv_handle_t *)process, forget);
	return r;
}

static int wait_uv(struct hold *h)
{
	uv_run(h->own, UV_RUN_ONCE);
	return 0;
}

/* --------------------------------------------------------------------------- stints */

struct place {
	uv_process_t process;
	uv_loop_t *loop;
	struct stint *stint;
	int error;
};

static void start_tiny(struct place *place);

static void go_on(uv_handle_t *handle)
{
	struct place *place = handle->data;

	if (place->error || now_ns() >= place->stint->until_ns)
		return;
	place->stint->ended++;
	start_tiny(place);
}

static void on_tiny_exit(uv_process_t *process, int64_t status, int signal)
{
	struct place *place = process->data;

	if (status != 0 || signal != 0)
		place->error = -EPROTO;
	uv_close((uv_handle_t *)process, go_on);
}

static void start_tiny(struct place *place)
{
	char *argv[] = { (char *)(uintptr_t)tiny_program, NULL };
	uv_process_options_t options = {
		.exit_cb = on_tiny_exit,
		.file = tiny_program,
		.args = argv,
	};
	int r;

	place->process.data = place;
	r = uv_spawn(place->loop, &place->process, &options);
	if (r < 0)
		place->error = r;
	else
		place->stint->all++;
}

static int stint_uv(struct stint *stint)
{
	struct place places[ALIVE_AT_ONCE] = { 0 };
	uv_loop_t loop;
	int i, r;

	r = uv_loop_init(&loop);
	if (r < 0)
		return r;
	for (i = 0; i < ALIVE_AT_ONCE; i++) {
		places[i].loop = &loop;
		places[i].stint = stint;
		start_tiny(&places[i]);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	for (i = 0; i < ALIVE_AT_ONCE && r == 0; i++)
		r = places[i].error;
	uv_loop_close(&loop);
	return r;
}

const struct watcher uv_watcher = {
	.name = "libuv",
	.is_peer = true,
	.open = open_uv,
	.start = start,
	.wait = wait_uv,
	.stint = stint_uv,
};
