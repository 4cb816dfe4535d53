/* SPDX-License-Identifier: MIT */
/*
 * ward: one call for each but the echo, and for that ward_write and ward_read. Standard
 * error is the caller's, as with all the others.
 */
#include "output.h"

#include <errno.h>
#include <string.h>

#include "ward.h"

static int run(const struct task *task, const struct ward_output_opts *out,
	       struct outcome *ret)
{
	struct ward_result result = WARD_RESULT_INIT;
	int r;

	r = ward_run(task->argv, WARD_RUN_OPTS(.out = *out, .err.to = WARD_TO_SPAWN),
	             &result);
	if (r < 0)
		return r;
	ret->bytes += result.out.total - result.out.lost;
	r = ward_result_ok(&result, NULL, 0) == 1 ? 0 : -EPROTO;
	if (task->turns > 1)
		ward_result_free(&result);
	return r;
}

static int play_capture(const struct task *task, struct outcome *ret)
{
	struct ward_output_opts out = { .to = WARD_TO_MEMORY };

	return run(task, &out, ret);
}

static int play_discard(const struct task *task, struct outcome *ret)
{
	struct ward_result result = WARD_RESULT_INIT;
	int r;

	r = ward_run(task->argv, WARD_RUN_OPTS(.out.to = WARD_TO_NOWHERE,
	                                       .err.to = WARD_TO_SPAWN), &result);
	if (r < 0)
		return r;
	ret->bytes = result.out.total;
	return ward_result_ok(&result, NULL, 0) == 1 ? 0 : -EPROTO;
}

static int play_move(const struct task *task, struct outcome *ret)
{
	struct ward_output_opts out = { .to = WARD_TO_FD, .fd = task->fd };

	return run(task, &out, ret);
}

static int play_small(const struct task *task, struct outcome *ret)
{
	unsigned i;
	int r = 0;

	for (i = 0; i < task->turns && r == 0; i++)
		r = play_capture(task, ret);
	return r;
}

static int trip(struct ward *w, struct outcome *ret)
{
	char there[ECHO_BYTES], back[ECHO_BYTES];
	size_t got = 0;
	int64_t n;

	memset(there, 'x', sizeof(there));
	n = ward_write(w, 0, there, sizeof(there), WARD_FOREVER);
	if (n < 0)
		return (int)n;
	while (got < sizeof(back)) {
		n = ward_read(w, 1, back + got, sizeof(back) - got, WARD_FOREVER);
		if (n <= 0)
			return n < 0 ? (int)n : -EPROTO;
		got += (size_t)n;
	}
	ret->bytes += got;
	return 0;
}

static int play_echo(const struct task *task, struct outcome *ret)
{
	struct ward_exit end = WARD_EXIT_INIT;
	struct ward *w;
	unsigned i;
	int r;

	r = ward_spawn(&w, task->argv, WARD_SPAWN_OPTS(.in.kind = WARD_FD_PIPE,
	                                               .out.kind = WARD_FD_PIPE));
	if (r < 0)
		return r;
	for (i = 0; i < task->turns && r == 0; i++)
		r = trip(w, ret);
	ward_end_input(w, 0);
	if (r == 0)
		r = ward_wait(w, WARD_FOREVER, &end);
	ward_close(w);
	if (r < 0)
		return r;
	return end.how == WARD_EXITED && end.code == 0 ? 0 : -EPROTO;
}

const struct player ward_player = {
	.name = "ward",
	.play = {
		[CAPTURE] = play_capture,
		[DISCARD] = play_discard,
		[MOVE_FILE] = play_move,
		[MOVE_NULL] = play_move,
		[SMALL] = play_small,
		[ECHO] = play_echo,
	},
};
