/* SPDX-License-Identifier: MIT */
/*
 * The channels of a start are made, all of them, before there is a child; to the system
 * their other sides are mere descriptors that it is given. What fits into a pipe is in
 * it before the child runs, so that small input costs nothing later.
 */
#include "channels.h"

#include <errno.h>
#include <string.h>

#include "fail.h"
#include "memory.h"

/* While they are made. */
struct making {
	struct ward__channels *to;
	const struct ward_pty_opts *pty;
	struct ward_stdio terminal;   /* the child's side of it */
	struct ward__stream *terminal_stream;
	struct ward_error *error;
};

static bool is_channel(const struct ward_stdio *source)
{
	return source->kind >= WARD_FD_PIPE && source->kind <= WARD_FD_MEMORY;
}

size_t ward__channels_count(const struct ward_spawn_opts *opts)
{
	size_t n = is_channel(&opts->in) + (size_t)is_channel(&opts->out) +
	           (size_t)is_channel(&opts->err);

	for (size_t i = 0; i < opts->n_fds; i++)
		n += is_channel(&opts->fds[i].from);
	return n;
}

/* One block: the lists and what they list. */
static struct ward__streams *new_streams(size_t n)
{
	struct ward__streams *streams =
		ward__alloc(sizeof(*streams) + n * (sizeof(*streams->streams) +
	                                            sizeof(*streams->numbers)));

	if (!streams)
		return NULL;
	streams->terminal = -1;
	streams->streams = (struct ward__stream *)(streams + 1);
	streams->numbers = (struct ward__stream_number *)(streams->streams + n);
	return streams;
}

static struct ward__stream *add_stream(struct ward__streams *streams,
                                       struct ward__channel *channel)
{
	struct ward__stream *stream = &streams->streams[streams->n_streams++];

	atomic_init(&stream->users, 1);
	atomic_init(&stream->has_rest, false);
	atomic_flag_clear(&stream->feeding);
	stream->channel = channel;
	return stream;
}

static void add_number(struct ward__streams *streams, int fd, struct ward__stream *stream)
{
	streams->numbers[streams->n_numbers++] =
		(struct ward__stream_number){ fd, stream };
}

/* The child's side takes the place of what was asked for. */
static void put_side(struct making *making, struct ward_stdio *source,
                     const struct ward_stdio *side)
{
	*source = *side;
	making->to->sides[making->to->n_sides++] = *side;
}

static int add(struct making *making, struct ward_stdio *source, int fd,
               struct ward__channel *channel, const struct ward_stdio *side)
{
	add_number(making->to->streams, fd, add_stream(making->to->streams, channel));
	put_side(making, source, side);
	return 0;
}

/* ----------------------------------------------------------------------------- kinds */

static int open_pipe(struct making *making, struct ward_stdio *source, int fd)
{
	struct ward__channel *channel;
	struct ward_stdio side;
	uint32_t flags = source->flags;
	int r;

	if (flags == 0)
		flags = fd == 0 ? WARD_FILE_READ : WARD_FILE_WRITE;
	r = ward__channel_pipe(&channel, &side,
	                       flags == WARD_FILE_READ ? WARD__WRITE : WARD__READ);
	return r < 0 ? r : add(making, source, fd, channel, &side);
}

static int open_socket(struct making *making, struct ward_stdio *source, int fd)
{
	struct ward__channel *channel;
	struct ward_stdio side;
	int r = ward__channel_socket(&channel, &side);

	return r < 0 ? r : add(making, source, fd, channel, &side);
}

static int open_pty(struct making *making, struct ward_stdio *source, int fd)
{
	struct ward__channel *channel;
	int r;

	if (making->terminal_stream) {
		add_number(making->to->streams, fd, making->terminal_stream);
		*source = making->terminal;
		return 0;
	}
	r = ward__channel_pty(&channel, &making->terminal, making->pty);
	if (r < 0)
		return r;
	making->to->terminal = channel;
	making->to->streams->terminal = fd;
	add(making, source, fd, channel, &making->terminal);
	making->terminal_stream =
		&making->to->streams->streams[making->to->streams->n_streams - 1];
	return 0;
}

static int keep_rest(struct making *making, struct ward_stdio *source, int fd,
                     struct ward__channel *channel, const struct ward_stdio *side,
                     size_t at)
{
	struct ward__stream *stream;
	size_t size = source->data_size - at;
	char *rest = ward__alloc(size);

	if (!rest)
		return -ENOMEM;
	memcpy(rest, (const char *)source->data + at, size);
	add(making, source, fd, channel, side);
	stream = &making->to->streams->streams[making->to->streams->n_streams - 1];
	stream->rest = rest;
	stream->rest_size = size;
	atomic_init(&stream->has_rest, true);
	return 0;
}

static int open_memory_pipe(struct making *making, struct ward_stdio *source, int fd)
{
	struct ward__channel *channel;
	struct ward_stdio side;
	size_t at = 0;
	int r = ward__channel_pipe(&channel, &side, WARD__WRITE);

	if (r < 0)
		return r;
	if (source->data_size > 65536)
		ward__channel_widen(channel);
	r = ward__write_on(channel, source->data, source->data_size, &at);
	if (r == 0) {
		ward__channel_free(channel);
		put_side(making, source, &side);
		return 0;
	}
	if (r == -EAGAIN)
		r = keep_rest(making, source, fd, channel, &side, at);
	if (r < 0) {
		ward__channel_free(channel);
		ward__side_close(&side);
	}
	return r;
}

static int open_memory(struct making *making, struct ward_stdio *source, int fd)
{
	struct ward_stdio side;
	int r;

	if (!(source->flags & WARD_MEMORY_FILE))
		return open_memory_pipe(making, source, fd);
	r = ward__memory_file(&side, source->data, source->data_size);
	if (r == 0)
		put_side(making, source, &side);
	return r;
}

/* ------------------------------------------------------------------------------- all */

static int open_one(struct making *making, struct ward_stdio *source, int fd)
{
	int step = source->kind == WARD_FD_PTY ? WARD_STEP_PTY : WARD_STEP_PIPE, r;

	switch (source->kind) {
	case WARD_FD_PIPE:
		r = open_pipe(making, source, fd);
		break;
	case WARD_FD_SOCKET:
		r = open_socket(making, source, fd);
		break;
	case WARD_FD_PTY:
		r = open_pty(making, source, fd);
		break;
	case WARD_FD_MEMORY:
		r = open_memory(making, source, fd);
		break;
	default:
		return 0;
	}
	return r < 0 ? ward__fail(making->error, step, r, fd, NULL) : 0;
}

static int open_all(struct making *making, struct ward_spawn_opts *opts)
{
	int r = open_one(making, &opts->in, 0);

	if (r == 0)
		r = open_one(making, &opts->out, 1);
	if (r == 0)
		r = open_one(making, &opts->err, 2);
	for (size_t i = 0; r == 0 && i < opts->n_fds; i++)
		r = open_one(making, &making->to->fds[i].from, opts->fds[i].fd);
	return r;
}

static int reserve(struct ward__channels *to, const struct ward_spawn_opts *opts,
                   size_t n)
{
	to->streams = new_streams(n);
	to->sides = ward__alloc(n * sizeof(*to->sides));
	to->fds = ward__alloc(opts->n_fds * sizeof(*to->fds));
	if (!to->streams || !to->sides || !to->fds)
		return -ENOMEM;
	if (opts->n_fds > 0)
		memcpy(to->fds, opts->fds, opts->n_fds * sizeof(*to->fds));
	return 0;
}

int ward__channels_open(struct ward__channels *ret, struct ward_spawn_opts *opts,
                        struct ward_error *error)
{
	static const struct ward_pty_opts defaults = { .size = sizeof(defaults) };
	struct making making = { .to = ret,
		                 .pty = opts->pty ? opts->pty : &defaults,
		                 .error = error };
	size_t n = ward__channels_count(opts);
	int r;

	if (n == 0)
		return 0;
	r = reserve(ret, opts, n);
	if (r < 0)
		ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	else
		r = open_all(&making, opts);
	if (r < 0) {
		ward__channels_close(ret);
		return r;
	}
	opts->fds = ret->fds;
	if (ret->terminal)
		ward__pty_attach(opts, ret->streams->terminal);
	return 0;
}

void ward__channels_close(struct ward__channels *channels)
{
	for (size_t i = 0; i < channels->n_sides; i++)
		ward__side_close(&channels->sides[i]);
	ward__streams_free(channels->streams);
	ward__free(channels->sides);
	ward__free(channels->fds);
	*channels = (struct ward__channels){ 0 };
}
