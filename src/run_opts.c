/* SPDX-License-Identifier: MIT */
/*
 * The options of a run, whole and checked: what contradicts itself, or would be ignored,
 * is refused before anything exists.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "pipeline.h"
#include "sized.h"
#include "stop.h"

void ward_run_opts_init_sized(struct ward_run_opts *opts, size_t size)
{
	memset(opts, 0, size);
	opts->size = size;
}

static bool output_agrees(const struct ward_output_opts *o, bool is_err)
{
	bool shown = o->on_chunk || o->on_line;

	if (o->to > WARD_TO_SPAWN || o->keep > WARD_KEEP_KILL || o->reserved)
		return false;
	if (o->keep && o->limit == 0)
		return false;
	if ((o->to == WARD_TO_OUT && !is_err) || (o->fd != 0 && o->to != WARD_TO_FD))
		return false;
	if (o->to == WARD_TO_FD)
		return o->fd >= 0 && !shown && o->keep != WARD_KEEP_TAIL &&
		       o->keep != WARD_KEEP_ENDS;
	/* There is nothing to be kept, bounded or shown. */
	if (o->to == WARD_TO_OUT || o->to == WARD_TO_SPAWN)
		return !shown && o->keep == 0 && o->limit == 0 && o->line_limit == 0;
	return !o->line_limit || o->on_line;
}

static bool flags_agree(const struct ward_run_opts *o)
{
	const uint64_t known = WARD_RUN_INPUT_FD | WARD_RUN_WAKE | WARD_RUN_STAGE_ERRORS;

	if ((o->flags & ~known) || o->reserved0)
		return false;
	if (o->flags & WARD_RUN_INPUT_FD ? o->input_fd < 0 || o->input : o->input_fd != 0)
		return false;
	if (!(o->flags & WARD_RUN_WAKE) && o->wake != 0)
		return false;
	if ((o->flags & WARD_RUN_STAGE_ERRORS) && o->err.to == WARD_TO_OUT)
		return false;
	return o->input || o->input_size == 0;
}

/* A caller of before there were jobs has none. */
struct ward_job *ward__run_job(const struct ward_run_opts *o)
{
	const size_t end =
		offsetof(struct ward_spawn_opts, job) + sizeof(struct ward_job *);

	return o->spawn && o->spawn->size >= end ? o->spawn->job : NULL;
}

int ward__run_opts_read(struct ward_run_opts *ret, const struct ward_run_opts *opts)
{
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	if (opts)
		r = ward__sized_read(ret, sizeof(*ret), opts, sizeof(*ret));
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(ret->reserved) / sizeof(ret->reserved[0]); i++)
		if (ret->reserved[i])
			return -EINVAL;
	if (!flags_agree(ret) || !output_agrees(&ret->out, false) ||
	    !output_agrees(&ret->err, true))
		return -EINVAL;
	r = ward__stop_check(ret->stop, ret->n_stop);
	if (r == 0 && ward__stop_has(ret->stop, ret->n_stop, WARD_STOP_JOB) &&
	    !ward__run_job(ret))
		r = -EINVAL;
	return r;
}
