/* SPDX-License-Identifier: MIT */
/*
 * Taking output. Bytes go straight to where they stay; what is beyond the limit, or is
 * for nobody, goes to memory that is used again and again. That there is more than the
 * limit is known only when one more byte has come.
 */
#include "output.h"

#include <errno.h>

#include "memory.h"

enum {
	DEFAULT_LINE = 64 * 1024,
	MUCH = 64 * 1024,             /* in one read: more is coming */
	TURN = 1024 * 1024,           /* then others and the clock have their turn */
	MOVE = 1024 * 1024
};

int ward__output_init(struct ward__output *output, const struct ward_output_opts *opts)
{
	output->opts = *opts;
	output->lines.limit = opts->line_limit ? opts->line_limit : DEFAULT_LINE;
	if (opts->to != WARD_TO_MEMORY)
		return 0;
	return ward__buffer_init(&output->buffer, opts->keep, opts->limit);
}

static bool is_over_limit(const struct ward__output *output)
{
	return output->opts.limit > 0 && output->total > output->opts.limit;
}

/* The limit as far as it has not been used; never more than @most. */
static size_t left(const struct ward__output *output, size_t most)
{
	uint64_t n = most;

	if (output->opts.limit > 0)
		n = output->total < output->opts.limit ?
		            output->opts.limit - output->total :
		            0;
	return n < most ? (size_t)n : most;
}

/* ------------------------------------------------------------------------- callbacks */

static int tell_line(void *of, const char *line, size_t size, uint32_t flags)
{
	struct ward__output *output = of;

	return output->opts.on_line(output->context, output->stage, output->fd, line,
	                            size, flags);
}

static int tell(struct ward__output *output, const char *data, size_t size)
{
	int r = 0;

	if (output->opts.on_chunk)
		r = output->opts.on_chunk(output->context, output->stage, output->fd,
		                          data, size);
	if (r >= 0 && output->opts.on_line)
		r = ward__lines_add(&output->lines, data, size, tell_line, output);
	return r;
}

/* ------------------------------------------------------------------------------ take */

static int64_t take_into(struct ward__output *output, char *to, size_t size)
{
	int64_t n = ward__channel_read(output->tap.channel, to, size);

	output->news = n > 0 ? to : NULL;
	return n;
}

/* A small ring is not read into piece by piece. */
static int64_t take_to_ring(struct ward__output *output, char *scratch)
{
	int64_t n = take_into(output, scratch, WARD__SCRATCH);

	if (n > 0)
		ward__buffer_put(&output->buffer, scratch, (size_t)n);
	return n;
}

static int64_t take_to_memory(struct ward__output *output, char *scratch)
{
	char *to = NULL;
	size_t size;
	int64_t n;
	int r = ward__buffer_room(&output->buffer, &to, &size);

	if (r < 0)
		return r;
	if (size == 0)
		return take_into(output, scratch, WARD__SCRATCH);
	if (size < MUCH && ward__buffer_is_full(&output->buffer))
		return take_to_ring(output, scratch);
	n = take_into(output, to, size < WARD__SCRATCH ? size : WARD__SCRATCH);
	if (n > 0)
		ward__buffer_add(&output->buffer, (size_t)n);
	return n;
}

static int64_t take_to_fd(struct ward__output *output, char *scratch)
{
	size_t size = left(output, MOVE);
	int64_t n = ward__channel_move(output->tap.channel, output->opts.fd, size);

	output->waits = n == -ENOBUFS;
	if (n == 0 && size == 0)
		return take_into(output, scratch, WARD__SCRATCH);
	return n == -ENOBUFS ? -EAGAIN : n;
}

/* It is counted and kept before it is told of: a callback that wants no more of it does
 * not undo what was read. */
static int64_t take(struct ward__output *output, char *scratch)
{
	int64_t n;
	int r;

	output->news = NULL;
	if (output->opts.to == WARD_TO_MEMORY)
		n = take_to_memory(output, scratch);
	else if (output->opts.to == WARD_TO_FD)
		n = take_to_fd(output, scratch);
	else
		n = take_into(output, scratch, WARD__SCRATCH);
	if (n <= 0)
		return n;
	output->total += (uint64_t)n;
	if (n >= MUCH && !output->is_wide) {
		output->is_wide = true;
		ward__channel_widen(output->tap.channel);
	}
	r = output->news ? tell(output, output->news, (size_t)n) : 0;
	return r < 0 ? r : n;
}

/* 0: go on. */
static int at_limit(struct ward__output *output)
{
	if (!is_over_limit(output))
		return 0;
	if (output->opts.keep == WARD_KEEP_KILL)
		return WARD__PUMP_LIMIT;
	if (output->opts.keep != WARD_KEEP_CLOSE)
		return 0;
	output->flags |= WARD_OUTPUT_CUT;
	return WARD__PUMP_OVER;
}

int ward__output_pump(struct ward__output *output, char *scratch)
{
	size_t taken = 0;

	while (taken < TURN) {
		int64_t n = take(output, scratch);
		int r;

		if (n == -EAGAIN)
			break;
		if (n <= 0)
			return n < 0 ? (int)n : WARD__PUMP_OVER;
		taken += (size_t)n;
		r = at_limit(output);
		if (r != 0)
			return r;
		/* A short read has emptied the pipe; to ask it again would be a call in
		 * vain. But of what was moved a part may be held back: it says so when
		 * it is asked again, and then we wait for who takes it. */
		if (n < MUCH && output->opts.to != WARD_TO_FD)
			break;
	}
	return taken > 0 ? WARD__PUMP_SOME : WARD__PUMP_NOTHING;
}

struct ward__event ward__output_event(const struct ward__output *output)
{
	if (output->waits)
		return (struct ward__event){ .channel = output->tap.channel,
			                     .descriptor = output->opts.fd,
			                     .wants = WARD__MOVE };
	return (struct ward__event){ .channel = output->tap.channel,
		                     .wants = WARD__READ };
}

/* ------------------------------------------------------------------------------- end */

static void drop_channel(struct ward__output *output)
{
	output->unmoved = ward__channel_held(output->tap.channel);
	ward__tap_drop(&output->tap);
}

int ward__output_close(struct ward__output *output, bool cut)
{
	if (!output->tap.channel)
		return 0;
	if (cut)
		output->flags |= WARD_OUTPUT_CUT;
	drop_channel(output);
	return output->opts.on_line ?
	               ward__lines_end(&output->lines, tell_line, output) :
	               0;
}

void ward__output_mute(struct ward__output *output)
{
	output->opts.on_chunk = NULL;
	output->opts.on_line = NULL;
	output->opts.to = WARD_TO_NOWHERE;
	output->waits = false;
	ward__buffer_free(&output->buffer);
}

void ward__output_finish(struct ward__output *output, struct ward_output *ret)
{
	*ret = (struct ward_output){ .total = output->total, .flags = output->flags };
	if (is_over_limit(output))
		ret->lost = output->total - output->opts.limit;
	ret->lost += output->unmoved;
	if (output->buffer.data)
		ward__buffer_finish(&output->buffer, ret);
}

void ward__output_free(struct ward__output *output)
{
	if (output->tap.channel)
		drop_channel(output);
	ward__buffer_free(&output->buffer);
	ward__lines_free(&output->lines);
}
