/* SPDX-License-Identifier: MIT */
/*
 * Output on its way. What is hard is the reader at the other end of it, who may be slow
 * or gone: a write that blocks would keep ward from its clock and its signals. So we
 * write only what is taken at once, and wait for more by a function of the caller's,
 * which does the rest of ward's work. When that one gives up, what comes is kept for the
 * end, up to a bound.
 *
 * Lines with something before them are written whole, as many as fit by one write, so
 * that what others write to the same place is not mixed into them.
 */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host.h"

enum {
	LINE_MAX_BYTES = 65536,       /* a longer line is written in pieces */
	KEPT_MAX = 1 << 20            /* for a reader that takes none */
};

/* ----------------------------------------------------------------------------- target */

void output_target_open(struct output_target *to, int fd, const char *name)
{
	bool never_blocks = tool_host_never_blocks(fd);

	*to = (struct output_target){ .fd = fd, .name = name,
		                      .never_blocks = never_blocks,
		                      .own = never_blocks ? -1 : tool_host_unblock(fd) };
}

void output_target_close(struct output_target *to)
{
	if (to->own >= 0)
		tool_host_close(to->own);
	to->own = -1;
}

static void target_failed(struct output_target *to, int error)
{
	to->error = error;
	if (error == -EPIPE)
		tool_fail("nobody reads %s any more", to->name);
	else
		tool_fail("cannot write to %s: %s", to->name, ward_strerror(error));
}

/* How much of @data is written at once: whole lines if there are any. */
static size_t piece(const struct output_target *to, const char *data, size_t size,
                    bool lines)
{
	size_t most = tool_host_piece();

	if (size <= most || to->never_blocks || (to->own >= 0 && !lines))
		return size;
	for (size_t end = most; end > 0; end--)
		if (data[end - 1] == '\n')
			return end;
	return most;
}

size_t output_write(struct output_target *to, const char *data, size_t size, bool lines)
{
	int fd = to->own >= 0 ? to->own : to->fd;
	size_t done = 0;

	while (done < size && to->error == 0) {
		int64_t n;

		if (!to->never_blocks && !to->wait(to->context, fd))
			break;
		n = tool_host_write_some(fd, data + done,
		                         piece(to, data + done, size - done, lines));
		if (n < 0)
			target_failed(to, (int)n);
		else
			done += (size_t)n;
	}
	return done;
}

/* ------------------------------------------------------------------------------ lines */

/* 2025-11-22T00:03:11.125Z */
static void add_time(struct tool_text *to)
{
	int64_t now = tool_host_unix_ns();
	char text[32];
	struct tm date;

	if (!tool_host_utc(now / WARD_NS_PER_S, &date) ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &date) == 0)
		return;
	tool_text_add(to, "%s.%03dZ ", text,
	              (int)(now % WARD_NS_PER_S / WARD_NS_PER_MS));
}

static bool has_lines(const struct output *o)
{
	return o->prefix || o->timestamps;
}

static void begin_line(struct output *o)
{
	size_t before = o->text.length;

	if (o->timestamps)
		add_time(&o->text);
	if (o->prefix)
		tool_text_add(&o->text, "%s", o->prefix);
	o->head = o->text.length - before;
}

static void add_lines(struct output *o, const char *data, size_t size)
{
	while (size > 0) {
		const char *newline = memchr(data, '\n', size);
		size_t n = newline ? (size_t)(newline - data) + 1 : size;

		if (!o->open)
			begin_line(o);
		tool_text_bytes(&o->text, data, n);
		o->open = newline == NULL;
		if (!o->open || o->text.length - o->whole >= LINE_MAX_BYTES)
			o->whole = o->text.length;
		data += n;
		size -= n;
	}
}

/* ------------------------------------------------------------------------------- text */

static void forget(struct output *o, size_t n)
{
	if (n == 0)
		return;
	o->begun = o->text.bytes[n - 1] != '\n';
	o->text.length -= n;
	o->whole -= n < o->whole ? n : o->whole;
	if (o->text.length > 0)
		memmove(o->text.bytes, o->text.bytes + n, o->text.length);
}

/* What it holds of the command's own bytes. */
static size_t own_bytes(const struct output *o)
{
	size_t n = o->text.length, heads = o->begun || n == 0 ? 0 : 1;

	for (size_t i = 0; i + 1 < n; i++)
		heads += o->text.bytes[i] == '\n';
	return heads * o->head < n ? n - heads * o->head : 0;
}

/* What cannot be written, or kept, is lost, and that is told in the report. */
static void drop_all(struct output *o)
{
	o->lost += own_bytes(o);
	forget(o, o->text.length);
}

static void flush(struct output *o)
{
	if (o->text.bad) {
		free(tool_text_take(&o->text));
		o->whole = 0;
		o->lost = o->total;
	}
	if (o->whole > 0)
		forget(o, output_write(o->to, o->text.bytes, o->whole, has_lines(o)));
	if (o->to->error != 0)
		drop_all(o);
}

void output_show(struct output *o, const char *data, size_t size)
{
	size_t done = 0;

	if (has_lines(o)) {
		add_lines(o, data, size);
	} else {
		/* It is copied only if it has to wait. */
		if (o->text.length == 0)
			done = output_write(o->to, data, size, false);
		tool_text_bytes(&o->text, data + done, size - done);
		o->whole = o->text.length;
	}
	flush(o);
}

static size_t within_limit(const struct output *o, size_t size)
{
	uint64_t left = o->limit > o->total ? o->limit - o->total : 0;

	return o->limit == 0 || size <= left ? size : (size_t)left;
}

int output_put(struct output *o, const char *data, size_t size)
{
	size_t n = within_limit(o, size);

	if (o->to->error != 0 || o->text.length > KEPT_MAX)
		n = 0;
	o->total += size;
	o->lost += size - n;
	if (n > 0)
		output_show(o, data, n);
	return o->to->error != 0 ? -EPIPE : 0;
}

void output_finish(struct output *o)
{
	/* The next one to write there begins its line at the left. */
	if (has_lines(o) && o->open)
		tool_text_bytes(&o->text, "\n", 1);
	o->whole = o->text.length;
	flush(o);
	drop_all(o);
	free(tool_text_take(&o->text));
}
