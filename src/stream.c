/* SPDX-License-Identifier: MIT */
/*
 * Using our ends. Any thread may read, write and close at the same time: a call under way
 * keeps the channel open until it has come to its own end. Everything here is tried
 * first and slept for afterwards, and a time-out is a point in time. A wait that ends at
 * its deadline may still find that there is something to do; then it is done once, and
 * not again for as long as the other side keeps pace.
 */
#include "stream.h"

#include <errno.h>

#include "call.h"
#include "memory.h"

enum { FEW = 16, MUCH = 1 << 20 };

/* ---------------------------------------------------------------------------- users */

static struct ward__stream *find(const struct ward *w, int fd)
{
	const struct ward__streams *streams = w->streams;

	for (size_t i = 0; streams && i < streams->n_numbers; i++)
		if (streams->numbers[i].fd == fd)
			return streams->numbers[i].stream;
	return NULL;
}

static bool take_hold(struct ward__stream *stream)
{
	int users = atomic_load(&stream->users);

	while (!(users & WARD__STREAM_CLOSED))
		if (atomic_compare_exchange_weak(&stream->users, &users, users + 1))
			return true;
	return false;
}

struct ward__stream *ward__stream_enter(struct ward *w, int fd)
{
	struct ward__stream *stream = find(w, fd);

	return stream && take_hold(stream) ? stream : NULL;
}

void ward__stream_leave(struct ward__stream *stream)
{
	if (atomic_fetch_sub(&stream->users, 1) != (WARD__STREAM_CLOSED | 1))
		return;
	ward__channel_free(stream->channel);
	ward__free(stream->rest);
	stream->channel = NULL;
	stream->rest = NULL;
}

void ward__stream_close(struct ward__stream *stream)
{
	int before = atomic_fetch_or(&stream->users, WARD__STREAM_CLOSED);

	if (!(before & WARD__STREAM_CLOSED))
		ward__stream_leave(stream);
}

void ward__tap_lend(struct ward__tap *tap, struct ward *w, int fd)
{
	tap->lent = ward__stream_enter(w, fd);
	tap->channel = tap->lent->channel;
}

void ward__tap_drop(struct ward__tap *tap)
{
	if (tap->lent)
		ward__stream_leave(tap->lent);
	else
		ward__channel_free(tap->channel);
	*tap = (struct ward__tap){ 0 };
}

void ward__streams_close(struct ward__streams *streams)
{
	for (size_t i = 0; streams && i < streams->n_streams; i++)
		ward__stream_close(&streams->streams[i]);
}

void ward__streams_free(struct ward__streams *streams)
{
	ward__streams_close(streams);
	ward__free(streams);
}

/* ----------------------------------------------------------------------------- feed */

int ward__write_on(struct ward__channel *channel, const char *data, size_t size,
                   size_t *at)
{
	size_t begin = *at;

	while (*at < size) {
		int64_t n = -EAGAIN;

		if (*at - begin < MUCH)
			n = ward__channel_write(channel, data + *at, size - *at);
		if (n < 0)
			return (int)n;
		*at += (size_t)n;
	}
	return 0;
}

/* Is nothing left, or nobody there who reads? With the flag. */
static bool feed_rest(struct ward__stream *stream)
{
	return ward__write_on(stream->channel, stream->rest, stream->rest_size,
	                      &stream->rest_at) != -EAGAIN;
}

/* Another thread that is at it feeds for us, too. */
void ward__stream_feed(struct ward__stream *stream)
{
	bool all;

	if (!atomic_load(&stream->has_rest) || !take_hold(stream))
		return;
	if (!atomic_flag_test_and_set(&stream->feeding)) {
		all = feed_rest(stream);
		atomic_flag_clear(&stream->feeding);
		if (all) {
			atomic_store(&stream->has_rest, false);
			ward__stream_close(stream);
		}
	}
	ward__stream_leave(stream);
}

bool ward__stream_is_closed(struct ward__stream *stream)
{
	return (atomic_load(&stream->users) & WARD__STREAM_CLOSED) != 0;
}

bool ward__stream_is_hungry(struct ward__stream *stream)
{
	return atomic_load(&stream->has_rest) && !ward__stream_is_closed(stream);
}

size_t ward__hungry_count(const struct ward *w)
{
	const struct ward__streams *streams = w->streams;
	size_t n = 0;

	for (size_t i = 0; streams && i < streams->n_streams; i++)
		n += ward__stream_is_hungry(&streams->streams[i]);
	return n;
}

size_t ward__hungry_list(const struct ward *w, struct ward__event *events,
                         struct ward__stream **held, size_t most)
{
	const struct ward__streams *streams = w->streams;
	size_t n = 0;

	for (size_t i = 0; streams && i < streams->n_streams && n < most; i++) {
		struct ward__stream *stream = &streams->streams[i];

		if (!ward__stream_is_hungry(stream) || !take_hold(stream))
			continue;
		held[n] = stream;
		events[n++] = (struct ward__event){ .channel = stream->channel,
			                            .wants = WARD__WRITE };
	}
	return n;
}

void ward__hungry_feed(const struct ward__event *events, struct ward__stream **held,
                       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (events[i].ready)
			ward__stream_feed(held[i]);
		ward__stream_leave(held[i]);
	}
}

/* events[0] is what is slept for; a process that ended without eating needs no more. */
static int sleep_once(struct ward *w, struct ward__event *events,
                      struct ward__stream **held, size_t most, int64_t deadline)
{
	size_t n = ward__hungry_list(w, events + 1, held, most);
	int r = ward__sleep(events, n + 1, deadline);

	ward__hungry_feed(events + 1, held, n);
	return r;
}

static int sleep_hungry(struct ward *w, struct ward__event *first, size_t n,
                        int64_t deadline)
{
	struct ward__event few_events[1 + FEW], *events = few_events;
	struct ward__stream *few_held[FEW], **held = few_held;
	int r = -ENOMEM;

	if (n > FEW) {
		events = ward__alloc((1 + n) * sizeof(*events));
		held = ward__alloc(n * sizeof(struct ward__stream *));
	}
	if (events && held) {
		do {
			events[0] = *first;
			r = sleep_once(w, events, held, n, deadline);
		} while (r > 0 && !events[0].ready && !ward__is_due(deadline));
		first->ready = events[0].ready;
		r = r > 0 && !first->ready ? 0 : r;
	}
	if (events != few_events)
		ward__free(events);
	if (held != few_held)
		ward__free(held);
	return r;
}

int ward__sleep_fed(struct ward *w, struct ward__event *first, int64_t deadline)
{
	size_t n = ward__hungry_count(w);

	return n == 0 ? ward__sleep(first, 1, deadline) :
	                sleep_hungry(w, first, n, deadline);
}

void ward__feed_now(struct ward *w)
{
	for (size_t i = 0; w->streams && i < w->streams->n_streams; i++)
		ward__stream_feed(&w->streams->streams[i]);
}

static int feed_all(struct ward *w, int64_t deadline)
{
	bool last = false;

	for (;;) {
		struct ward__stream *hungry = NULL;
		struct ward__event event = { .wants = WARD__WRITE };
		int r;

		ward__feed_now(w);
		for (size_t i = 0; w->streams && i < w->streams->n_streams; i++)
			if (ward__stream_is_hungry(&w->streams->streams[i]))
				hungry = &w->streams->streams[i];
		if (!hungry || last)
			return !hungry;
		if (!take_hold(hungry))
			continue;
		event.channel = hungry->channel;
		r = ward__sleep_fed(w, &event, deadline);
		ward__stream_leave(hungry);
		if (r <= 0)
			return r;
		last = ward__is_due(deadline);
	}
}

int ward_feed(struct ward *w, int64_t timeout_ns)
{
	struct ward__call call;
	int r;

	if (!w)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = feed_all(w, ward__deadline(timeout_ns));
	ward__leave(w);
	ward__call_end(&call);
	return r;
}

/* -------------------------------------------------------------------- read and write */

/* @last: the next try is the last one. */
static int await(struct ward *w, struct ward__stream *stream, unsigned wants,
                 int64_t deadline, bool *last)
{
	struct ward__event event = { .channel = stream->channel, .wants = wants };
	int r = *last ? 0 : ward__sleep_fed(w, &event, deadline);

	*last = ward__is_due(deadline);
	return r == 0 ? -ETIMEDOUT : r;
}

static int64_t read_by(struct ward *w, struct ward__stream *stream, void *buf,
                       size_t size, int64_t deadline)
{
	bool last = false;

	for (;;) {
		int64_t n = ward__channel_read(stream->channel, buf, size);
		int r;

		if (n != -EAGAIN)
			return n;
		r = await(w, stream, WARD__READ, deadline, &last);
		if (r < 0)
			return r;
	}
}

static int64_t write_by(struct ward *w, struct ward__stream *stream, const char *buf,
                        size_t size, int64_t deadline)
{
	bool last = false;
	size_t at = 0;

	while (at < size) {
		int64_t n = ward__channel_write(stream->channel, buf + at, size - at);

		if (n == -EAGAIN)
			n = await(w, stream, WARD__WRITE, deadline, &last);
		else if (n > 0)
			at += (size_t)n;
		if (n >= 0 && at > 0 && ward__is_due(deadline))
			break;
		if (n < 0)
			return at > 0 && n == -ETIMEDOUT ? (int64_t)at : n;
	}
	return (int64_t)at;
}

/* The stream of @fd for the time of a call, or NULL; and the call's end, for either. */
static struct ward__stream *begin(struct ward *w, int fd, struct ward__call *call)
{
	*call = ward__call_begin();
	ward__enter(w);
	return ward__stream_enter(w, fd);
}

static void end(struct ward *w, struct ward__stream *stream,
                const struct ward__call *call)
{
	if (stream)
		ward__stream_leave(stream);
	ward__leave(w);
	ward__call_end(call);
}

int64_t ward_read(struct ward *w, int fd, void *buf, size_t size, int64_t timeout_ns)
{
	struct ward__stream *stream;
	struct ward__call call;
	int64_t r = -EBADF;

	if (!w || !buf || size == 0)
		return -EINVAL;
	stream = begin(w, fd, &call);
	if (stream)
		r = read_by(w, stream, buf, size, ward__deadline(timeout_ns));
	end(w, stream, &call);
	return r;
}

/* What is fed by us is for nobody else to write to, not even when all of it is fed: then
 * it is being closed. */
int64_t ward_write(struct ward *w, int fd, const void *buf, size_t size,
                   int64_t timeout_ns)
{
	struct ward__stream *stream;
	struct ward__call call;
	int64_t r = -EBADF;

	if (!w || !buf || size == 0)
		return -EINVAL;
	stream = begin(w, fd, &call);
	if (stream && !stream->rest)
		r = write_by(w, stream, buf, size, ward__deadline(timeout_ns));
	end(w, stream, &call);
	return r;
}

/* -------------------------------------------------------------- the descriptor itself */

typedef int use_fn(struct ward *w, struct ward__stream *stream, const int *words);

/* A short call on the stream of @fd; @words is what it needs besides. */
static int use(struct ward *w, int fd, use_fn *fn, const int *words)
{
	struct ward__stream *stream;
	struct ward__call call;
	int r = -EBADF;

	if (!w)
		return -EINVAL;
	stream = begin(w, fd, &call);
	if (stream)
		r = fn(w, stream, words);
	end(w, stream, &call);
	return r;
}

static int lend(struct ward *w, struct ward__stream *stream, const int *words)
{
	(void)w;
	(void)words;
	return ward__channel_fd(stream->channel);
}

int ward_fd(struct ward *w, int fd)
{
	return use(w, fd, lend, NULL);
}

static int close_stream(struct ward *w, struct ward__stream *stream, const int *words)
{
	(void)w;
	(void)words;
	ward__stream_close(stream);
	return 0;
}

int ward_close_fd(struct ward *w, int fd)
{
	return use(w, fd, close_stream, NULL);
}

static int end_input(struct ward *w, struct ward__stream *stream, const int *words)
{
	int r = ward__channel_end(stream->channel);

	if (r == 0)
		close_stream(w, stream, words);
	return r < 0 ? r : 0;
}

int ward_end_input(struct ward *w, int fd)
{
	return use(w, fd, end_input, NULL);
}

static bool is_shared(const struct ward *w, const struct ward__stream *stream)
{
	size_t n = 0;

	for (size_t i = 0; i < w->streams->n_numbers; i++)
		n += w->streams->numbers[i].stream == stream;
	return n > 1;
}

/* Two users: the ward and this call. Then nobody else can come to use it. */
static int take(struct ward *w, struct ward__stream *stream, const int *words)
{
	int fd = ward__channel_fd(stream->channel), users = 2;

	(void)words;
	if (fd < 0)
		return fd;
	if (is_shared(w, stream) || ward__stream_is_hungry(stream))
		return -EBUSY;
	if (!atomic_compare_exchange_strong(&stream->users, &users,
	                                    2 | WARD__STREAM_CLOSED))
		return users & WARD__STREAM_CLOSED ? -EBADF : -EBUSY;
	fd = ward__channel_take(stream->channel);
	ward__stream_leave(stream);
	return fd;
}

int ward_take_fd(struct ward *w, int fd)
{
	return use(w, fd, take, NULL);
}

static int resize(struct ward *w, struct ward__stream *stream, const int *size)
{
	(void)w;
	return ward__channel_resize(stream->channel, size[0], size[1]);
}

int ward_resize(struct ward *w, int rows, int columns)
{
	const int size[] = { rows, columns };

	if (!w || rows < 1 || rows > UINT16_MAX || columns < 1 || columns > UINT16_MAX)
		return -EINVAL;
	if (!w->streams || w->streams->terminal < 0)
		return -ENOTTY;
	return use(w, w->streams->terminal, resize, size);
}
