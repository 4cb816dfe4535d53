/* SPDX-License-Identifier: MIT */
/*
 * Channels: a reader, a writer, or both, on one pipe (a socket) or on two (a terminal). A
 * channel that is freed is gone at once, but for a write that is under way, which lives
 * on by itself, and a terminal, which is hung up in the background.
 */
#include "channel.h"

#include <errno.h>

#include "../memory.h"
#include "descriptor.h"
#include "mover.h"
#include "pipe.h"
#include "reader.h"
#include "writer.h"

struct ward__channel {
	SRWLOCK lock;               /* of the reader */
	struct ward__reader reader; /* its handle is NULL where there is none */
	HANDLE own; /* the reader's handle, unless it is the writer's, too */
	struct ward__writer *writer;
	struct ward__terminal *terminal;
	struct ward__mover *mover; /* of ward__channel_move; NULL until there was one */
};

/* ----------------------------------------------------------------------------- making */

static struct ward__channel *new_channel(void)
{
	struct ward__channel *channel = ward__alloc(sizeof(*channel));

	if (channel)
		InitializeSRWLock(&channel->lock);
	return channel;
}

/* The handle is the channel's from here on, also when this fails. */
static int add_reader(struct ward__channel *channel, HANDLE handle)
{
	channel->own = handle;
	return ward__reader_open(&channel->reader, handle);
}

static int add_writer(struct ward__channel *channel, HANDLE handle)
{
	int r = ward__writer_open(&channel->writer, handle);

	if (r < 0)
		CloseHandle(handle);
	return r;
}

/* The reader is the first to be closed, and the writer closes the handle of both. */
static int add_both(struct ward__channel *channel, HANDLE handle)
{
	int r = add_writer(channel, handle);

	return r == 0 ? ward__reader_open(&channel->reader, handle) : r;
}

static int add_pipe(struct ward__channel *channel, HANDLE *theirs, unsigned wants)
{
	struct ward__pipe pipe;
	int r = ward__pipe_make(&pipe, wants);

	if (r < 0)
		return r;
	if (wants == (WARD__READ | WARD__WRITE))
		r = add_both(channel, pipe.ours);
	else if (wants == WARD__WRITE)
		r = add_writer(channel, pipe.ours);
	else
		r = add_reader(channel, pipe.ours);
	if (r < 0)
		CloseHandle(pipe.theirs);
	else
		*theirs = pipe.theirs;
	return r;
}

int ward__channel_pipe(struct ward__channel **ret, struct ward_stdio *child,
                       unsigned wants)
{
	struct ward__channel *channel = new_channel();
	HANDLE theirs = NULL;
	int r;

	if (!channel)
		return -ENOMEM;
	r = add_pipe(channel, &theirs, wants);
	if (r < 0) {
		ward__channel_free(channel);
		return r;
	}
	*child = ward__side_of(theirs);
	*ret = channel;
	return 0;
}

/* A socket of Windows is no file to most programs; a pipe for both directions is. */
int ward__channel_socket(struct ward__channel **ret, struct ward_stdio *child)
{
	return ward__channel_pipe(ret, child, WARD__READ | WARD__WRITE);
}

/* --------------------------------------------------------------------------- terminal */

static void close_if(HANDLE handle)
{
	if (handle)
		CloseHandle(handle);
}

static int add_terminal(struct ward__channel *channel, const struct ward_pty_opts *opts)
{
	HANDLE keys = NULL, screen = NULL;
	int r = add_pipe(channel, &keys, WARD__WRITE);

	if (r == 0)
		r = add_pipe(channel, &screen, WARD__READ);
	if (r == 0)
		r = ward__terminal_open(&channel->terminal, keys, screen, opts);
	close_if(keys);
	close_if(screen);
	return r;
}

int ward__channel_pty(struct ward__channel **ret, struct ward_stdio *child,
                      const struct ward_pty_opts *opts)
{
	struct ward__channel *channel = new_channel();
	int r;

	if (!channel)
		return -ENOMEM;
	r = add_terminal(channel, opts);
	if (r < 0) {
		ward__channel_free(channel);
		return r;
	}
	*child = ward__terminal_side();
	*ret = channel;
	return 0;
}

/* The child is attached to its console by the start itself. */
void ward__pty_attach(struct ward_spawn_opts *opts, int fd)
{
	(void)opts;
	(void)fd;
}

struct ward__terminal *ward__channel_terminal(const struct ward__channel *channel)
{
	return channel->terminal;
}

int ward__channel_resize(struct ward__channel *channel, int rows, int columns)
{
	return channel->terminal ?
	               ward__terminal_resize(channel->terminal, rows, columns) :
	               -ENOTTY;
}

/* Our ends of its pipes go before the terminal, which could be waiting for us. */
void ward__channel_free(struct ward__channel *channel)
{
	if (!channel)
		return;
	ward__reader_close(&channel->reader);
	close_if(channel->own);
	ward__writer_close(channel->writer);
	ward__terminal_close(channel->terminal);
	ward__mover_close(channel->mover);
	ward__free(channel);
}

/* --------------------------------------------------------------------- read and write */

/* With the lock: what was read before is still being written to where it goes. */
static bool is_moving(struct ward__channel *channel)
{
	return channel->mover && ward__mover_ask(channel->mover) == -EAGAIN;
}

int64_t ward__channel_read(struct ward__channel *channel, void *buf, size_t size)
{
	int64_t n;

	if (!channel->reader.handle)
		return -EBADF;
	AcquireSRWLockExclusive(&channel->lock);
	n = is_moving(channel) ? -EAGAIN : ward__reader_take(&channel->reader, buf, size);
	ReleaseSRWLockExclusive(&channel->lock);
	return n;
}

int64_t ward__channel_write(struct ward__channel *channel, const void *buf, size_t size)
{
	return channel->writer ? ward__writer_put(channel->writer, buf, size) : -EBADF;
}

/* Ctrl-Z at the begin of a line is the end of what a console reads. */
static int end_terminal(struct ward__channel *channel)
{
	int64_t n = ward__writer_put(channel->writer, "\x1a\r", 2);

	return n < 0 ? (int)n : 1;
}

/*
 * A pipe has no end but that both directions have. What a read of it sees is a write of
 * no bytes, which runtimes take for the end of the file.
 */
int ward__channel_end(struct ward__channel *channel)
{
	if (!channel->writer)
		return -EBADF;
	if (channel->terminal)
		return end_terminal(channel);
	if (!channel->reader.handle)
		return 0;
	ward__writer_end(channel->writer);
	return 1;
}

/* ------------------------------------------------------------------------------- move */

static int64_t move(struct ward__channel *channel, size_t size)
{
	const char *from = NULL;
	int64_t n = ward__mover_ask(channel->mover);

	if (n == -EAGAIN)
		return -ENOBUFS;
	if (n == 0 && size == 0)
		return 0;
	if (n == 0)
		n = ward__reader_look(&channel->reader, &from);
	if (n > 0)
		n = ward__mover_put(channel->mover, from,
		                    (uint64_t)n < size ? (size_t)n : size);
	if (n > 0)
		ward__reader_skip(&channel->reader, (size_t)n);
	return n;
}

/* The end comes when all that was read is written, too. */
int64_t ward__channel_move(struct ward__channel *channel, int fd, size_t size)
{
	int64_t n = 0;

	if (!channel->reader.handle)
		return -EBADF;
	AcquireSRWLockExclusive(&channel->lock);
	if (!channel->mover)
		n = ward__mover_open(&channel->mover, fd);
	if (n == 0)
		n = move(channel, size);
	ReleaseSRWLockExclusive(&channel->lock);
	return n;
}

size_t ward__channel_held(struct ward__channel *channel)
{
	return channel->mover ? ward__mover_held(channel->mover) : 0;
}

unsigned ward__channel_wants(const struct ward__channel *channel)
{
	return (channel->reader.handle ? WARD__READ : 0u) |
	       (channel->writer ? WARD__WRITE : 0u);
}

/* ----------------------------------------------------------------------------- events */

static bool can_read(struct ward__channel *channel, unsigned wants, HANDLE *event)
{
	bool is_ready = false;

	AcquireSRWLockExclusive(&channel->lock);
	if (is_moving(channel)) {
		*event = ward__mover_event(channel->mover);
	} else {
		is_ready = wants & WARD__MOVE || !channel->reader.handle ||
		           ward__reader_is_ready(&channel->reader);
		*event = channel->reader.event;
	}
	ReleaseSRWLockExclusive(&channel->lock);
	return is_ready;
}

static bool can_write(struct ward__channel *channel, HANDLE *event)
{
	if (!channel->writer)
		return true;
	*event = ward__writer_event(channel->writer);
	return ward__writer_is_ready(channel->writer);
}

bool ward__channel_is_ready(struct ward__channel *channel, unsigned wants,
                            HANDLE events[WARD__CHANNEL_EVENTS], size_t *n)
{
	*n = 0;
	if ((wants & (WARD__READ | WARD__MOVE)) &&
	    can_read(channel, wants, &events[(*n)++]))
		return true;
	return (wants & WARD__WRITE) && can_write(channel, &events[(*n)++]);
}

/* A pipe here grows with what is written at once. */
void ward__channel_widen(struct ward__channel *channel)
{
	(void)channel;
}

/* --------------------------------------------------------- of other systems: not here */

int ward__channel_fd(const struct ward__channel *channel)
{
	(void)channel;
	return -ENOTSUP;
}

int ward__channel_take(struct ward__channel *channel)
{
	(void)channel;
	return -ENOTSUP;
}

int64_t ward__descriptor_read(int fd, void *buf, size_t size)
{
	(void)fd;
	(void)buf;
	(void)size;
	return -ENOTSUP;
}
