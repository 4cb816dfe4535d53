/* SPDX-License-Identifier: MIT */
/*
 * From a channel to a descriptor of the caller's by reading and writing. Whoever takes
 * slowly must not hold us up: what was read and not taken is held until the descriptor
 * is ready again. One that blocks (the caller's business, and shared with others, so not
 * ours to change) is given no more than a pipe that is ready takes at once; a stream
 * socket can be told for each write not to block.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "channel.h"
#include "poll.h"

struct ward__held {
	size_t at, size;
	bool is_file;                 /* the descriptor never keeps anybody waiting */
	bool is_stream;               /* it is a socket that takes what it can */
	char bytes[64 * 1024];
};

/* What a pipe that polls as writable takes without blocking. */
enum { SURE = PIPE_BUF };

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

#ifdef MSG_NOSIGNAL

static bool is_stream(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       type == SOCK_STREAM;
}

static int64_t send_some(int fd, const void *buf, size_t size)
{
	int r = ward__gate("send");
	ssize_t n;

	if (r < 0)
		return r;
	do
		n = send(fd, buf, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

#else

static bool is_stream(int fd)
{
	(void)fd;
	return false;
}

static int64_t send_some(int fd, const void *buf, size_t size)
{
	return ward__write_quietly(fd, buf, size);
}

#endif

static bool is_writable(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLOUT };

	return ward__poll(&one, 1, 0) > 0;
}

static int64_t write_bytes(int fd, const struct ward__held *held, const char *buf,
                           size_t size)
{
	if (held->is_stream)
		return send_some(fd, buf, size);
	if (!held->is_file && !is_writable(fd))
		return -EAGAIN;
	if (!held->is_file && size > SURE)
		size = SURE;
	return ward__write_quietly(fd, buf, size);
}

/* -ENOBUFS: not now. */
static int write_some(int fd, struct ward__held *held)
{
	int64_t n = write_bytes(fd, held, held->bytes + held->at, held->size - held->at);

	if (n == -EAGAIN || n == -EWOULDBLOCK)
		return -ENOBUFS;
	if (n < 0)
		return (int)n;
	held->at += (size_t)n;
	return 0;
}

static int write_held(int fd, struct ward__held *held)
{
	int r = 0;

	while (r == 0 && held->at < held->size)
		r = write_some(fd, held);
	return r;
}

int64_t ward__move_by_copy(struct ward__channel *channel, int fd, size_t size)
{
	struct ward__held *held = channel->held;
	int64_t n;
	int r;

	if (!held) {
		held = channel->held = ward__alloc(sizeof(*held));
		if (!held)
			return -ENOMEM;
		held->is_file = is_file(fd);
		held->is_stream = is_stream(fd);
	}
	r = write_held(fd, held);
	if (r < 0 || size == 0)
		return r;
	n = ward__channel_read(channel, held->bytes,
	                       size < sizeof(held->bytes) ? size : sizeof(held->bytes));
	if (n <= 0)
		return n;
	held->at = 0;
	held->size = (size_t)n;
	/* It has been read, whatever becomes of it: an error comes again next time. */
	(void)write_held(fd, held);
	return n;
}

size_t ward__channel_held(struct ward__channel *channel)
{
	return channel->held ? channel->held->size - channel->held->at : 0;
}
