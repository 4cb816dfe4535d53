/* SPDX-License-Identifier: MIT */
/*
 * What a member tells: one event at a time, in its order. Each thing that may have
 * something to tell is tried; what has nothing (any more) is given back to the poller.
 */
#include <errno.h>
#include <string.h>

#include "job.h"
#include "memory.h"
#include "set.h"
#include "sized.h"

enum { FIRST_TEXT = 4096, MUCH = 64 * 1024 };

struct ward_event ward__event_blank(const struct ward_event *ret, int what)
{
	struct ward_event e = WARD_EVENT_INIT;

	e.buffer = ret->buffer;
	e.room = ret->room;
	e.what = what;
	e.fd = -1;
	return e;
}

/* An event of @m, as far as all are alike. */
static struct ward_event event_of(const struct ward__member *m,
                                  const struct ward_event *ret, int what)
{
	struct ward_event e = ward__event_blank(ret, what);

	e.ward = m->ward;
	e.cookie = m->cookie;
	return e;
}

static bool has_output(const struct ward__member *m)
{
	for (size_t i = 0; m->care && i < m->care->n_tubes; i++)
		if (m->care->tubes[i].stream && m->care->tubes[i].wants == WARD__READ)
			return true;
	return false;
}

/* When that was the last, it leaves: the handler may then close the ward, or keep it. */
static int tell(struct ward_set *set, struct ward__member *m, struct ward_event *e,
                struct ward_event *ret)
{
	const uint32_t more = WARD__MEMBER_STARTED | WARD__MEMBER_DEADLINE;

	if ((m->flags & WARD__MEMBER_OVER) && !(m->flags & more) && !has_output(m)) {
		e->flags |= WARD_EVENT_LAST;
		ward__set_leave(set, m);
	}
	ward__sized_write(ret, e, sizeof(*e));
	return 1;
}

/* ---------------------------------------------------------------------------- output */

static int tell_output_end(struct ward_set *set, struct ward__member *m,
                           struct ward__tube *tube, struct ward_event *ret)
{
	struct ward_event e = event_of(m, ret, WARD_EVENT_OUTPUT_ENDED);

	e.fd = tube->fd;
	e.code = tube->code;
	ward__tube_close(set, m, tube);
	ward__free(tube->text);
	tube->text = NULL;
	return tell(set, m, &e, ret);
}

/* As ward__channel_read; the end is remembered, and 0 then; -EAGAIN: it is armed. */
static int64_t take(struct ward_set *set, struct ward__member *m, struct ward__tube *tube,
                    void *buf, size_t size)
{
	int64_t n = -EPIPE;

	if (!ward__stream_is_closed(tube->stream))
		n = ward__channel_read(tube->stream->channel, buf, size);
	if (n > 0)
		return n;
	if (n == -EAGAIN) {
		ward__tube_arm(set, m, tube);
		return n;
	}
	tube->has_ended = true;
	tube->code = n == -EPIPE ? 0 : (int)n;
	return 0;
}

static int tell_chunk(struct ward_set *set, struct ward__member *m,
                      struct ward__tube *tube, struct ward_event *ret)
{
	struct ward_event e = event_of(m, ret, WARD_EVENT_OUTPUT);
	int64_t n = take(set, m, tube, ret->buffer, ret->room);

	if (n == -EAGAIN)
		return 0;
	if (n == 0)
		return tell_output_end(set, m, tube, ret);
	e.fd = tube->fd;
	e.length = (size_t)n;
	/* A short read has emptied it. */
	if ((size_t)n < ret->room && n < MUCH)
		ward__tube_arm(set, m, tube);
	else if (!tube->is_wide) {
		tube->is_wide = true;
		ward__channel_widen(tube->stream->channel);
	}
	return tell(set, m, &e, ret);
}

/* ----------------------------------------------------------------------------- lines */

/* Room for one byte more than a piece, which tells whether the line goes on. */
static int grow(struct ward__tube *tube, size_t most)
{
	size_t room = tube->room ? 2 * tube->room : FIRST_TEXT;
	char *text;

	if (room > most)
		room = most;
	text = ward__alloc(room);
	if (!text)
		return -ENOMEM;
	if (tube->end > 0)
		memcpy(text, tube->text, tube->end);
	ward__free(tube->text);
	tube->text = text;
	tube->room = room;
	return 0;
}

/* 1: there is more; 0: no more comes; -EAGAIN: not now. */
static int refill(struct ward_set *set, struct ward__member *m, struct ward__tube *tube)
{
	size_t most = m->care->line_limit + 1;
	int64_t n;
	int r;

	if (tube->begin > 0) {
		memmove(tube->text, tube->text + tube->begin, tube->end - tube->begin);
		tube->end -= tube->begin;
		tube->begin = 0;
	}
	if (tube->end == tube->room) {
		r = grow(tube, most > FIRST_TEXT ? most : FIRST_TEXT);
		if (r < 0)
			return r;
	}
	n = take(set, m, tube, tube->text + tube->end, tube->room - tube->end);
	if (n > 0)
		tube->end += (size_t)n;
	return n > 0 ? 1 : (int)n;
}

static int tell_text(struct ward_set *set, struct ward__member *m,
                     struct ward__tube *tube, size_t size, uint32_t flags,
                     struct ward_event *ret)
{
	struct ward_event e = event_of(m, ret, WARD_EVENT_LINE);

	e.fd = tube->fd;
	e.length = size;
	e.flags = flags;
	if (size > 0)
		memcpy(ret->buffer, tube->text + tube->begin, size);
	tube->begin += size;
	return tell(set, m, &e, ret);
}

static size_t piece(const struct ward__member *m, const struct ward_event *ret)
{
	return ret->room < m->care->line_limit ? ret->room : m->care->line_limit;
}

static int tell_line(struct ward_set *set, struct ward__member *m,
                     struct ward__tube *tube, struct ward_event *ret)
{
	int r = 1;

	while (r > 0) {
		size_t size = tube->end - tube->begin, most = piece(m, ret);
		const char *line = tube->text + tube->begin;
		const char *newline = size > 0 ? memchr(line, '\n', size) : NULL;
		size_t length = newline ? (size_t)(newline - line) : size;

		if (length > most)
			return tell_text(set, m, tube, most, WARD_LINE_MORE, ret);
		if (newline) {
			r = tell_text(set, m, tube, length, 0, ret);
			tube->begin++;
			return r;
		}
		if (tube->has_ended && size > 0)
			return tell_text(set, m, tube, size, WARD_LINE_OPEN, ret);
		if (tube->has_ended)
			return tell_output_end(set, m, tube, ret);
		r = refill(set, m, tube);
		if (r == 0)
			r = 1;            /* what is left is told */
	}
	return r == -EAGAIN ? 0 : r;
}

/* ------------------------------------------------------------------------------ tubes */

static int try_output(struct ward_set *set, struct ward__member *m,
                      struct ward__tube *tube, struct ward_event *ret)
{
	if (ret->room == 0)
		return -ENOBUFS;
	return m->care->flags & WARD_WATCH_LINES ? tell_line(set, m, tube, ret) :
	                                           tell_chunk(set, m, tube, ret);
}

static void try_input(struct ward_set *set, struct ward__member *m,
                      struct ward__tube *tube)
{
	ward__stream_feed(tube->stream);
	if (ward__stream_is_hungry(tube->stream))
		ward__tube_arm(set, m, tube);
	else
		ward__tube_close(set, m, tube);
}

static int try_tubes(struct ward_set *set, struct ward__member *m, struct ward_event *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && m->care && i < m->care->n_tubes; i++) {
		struct ward__tube *tube = &m->care->tubes[i];

		if (!tube->is_ready)
			continue;
		if (tube->wants == WARD__READ)
			r = try_output(set, m, tube, ret);
		else
			try_input(set, m, tube);
	}
	return r;
}

/* -------------------------------------------------------------------------------- end */

/* Nobody eats any more. */
static void close_inputs(struct ward_set *set, struct ward__member *m)
{
	for (size_t i = 0; m->care && i < m->care->n_tubes; i++)
		if (m->care->tubes[i].wants == WARD__WRITE)
			ward__tube_close(set, m, &m->care->tubes[i]);
}

static int try_end(struct ward_set *set, struct ward__member *m, struct ward_event *ret)
{
	struct ward_event e = event_of(m, ret, WARD_EVENT_ENDED);
	int r;

	m->flags &= ~(uint32_t)WARD__MEMBER_TOLD;
	/* The clock saw it before the poller told of it. */
	if (m->flags & WARD__MEMBER_OVER)
		return 0;
	r = ward__end(m->ward, &e.exit);
	if (r == 0)
		ward__member_arm(set, m);
	if (r == -ENOMEM)
		ward__member_ask_later(set, m);
	if (r == 0 || r == -ENOMEM)
		return 0;
	e.code = r < 0 ? r : 0;
	m->flags |= WARD__MEMBER_OVER;
	ward__clock_clear(set, m);
	close_inputs(set, m);
	if (m->flags & WARD__MEMBER_OURS)
		ward__set_ended(set);
	return tell(set, m, &e, ret);
}

static int try_flag(struct ward_set *set, struct ward__member *m, uint32_t flag, int what,
                    struct ward_event *ret)
{
	struct ward_event e = event_of(m, ret, what);

	m->flags &= ~flag;
	return tell(set, m, &e, ret);
}

int ward__member_event(struct ward_set *set, struct ward__member *m,
                       struct ward_event *ret)
{
	int r;

	if (m->flags & WARD__MEMBER_STARTED)
		return try_flag(set, m, WARD__MEMBER_STARTED, WARD_EVENT_STARTED, ret);
	if (m->flags & WARD__MEMBER_DEADLINE)
		return try_flag(set, m, WARD__MEMBER_DEADLINE, WARD_EVENT_DEADLINE, ret);
	if (m->flags & WARD__MEMBER_JOB)
		return m->job->in_set->event(set, m, ret);
	r = try_tubes(set, m, ret);
	if (r != 0 || !(m->flags & WARD__MEMBER_TOLD))
		return r;
	return try_end(set, m, ret);
}

bool ward__member_has_more(const struct ward__member *m)
{
	const uint32_t any = WARD__MEMBER_STARTED | WARD__MEMBER_DEADLINE |
	                     WARD__MEMBER_TOLD;

	if (m->flags & any)
		return true;
	for (size_t i = 0; m->care && i < m->care->n_tubes; i++)
		if (m->care->tubes[i].is_ready)
			return true;
	return false;
}
