/* SPDX-License-Identifier: MIT */
/*
 * Pipes and sockets to a child. Both ends are CLOEXEC from birth, so that no child of
 * another thread gets one; only ours is non-blocking, which is a property of the open
 * file, and a child must never find its end so.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "pipe.h"
#include "poll.h"
#include "socket.h"

void ward__side_set(struct ward_stdio *child, int fd)
{
	*child = (struct ward_stdio){ .kind = WARD_FD_GIVEN, .fd = fd };
}

void ward__side_close(struct ward_stdio *child)
{
	if (child->kind == WARD_FD_GIVEN && child->fd >= 0)
		close(child->fd);
	*child = (struct ward_stdio){ .kind = WARD_FD_CLOSED };
}

/* It is new, so that no other flag is set that could be lost. */
static int set_nonblocking(int fd)
{
	int r = ward__gate("fcntl");

	return r < 0 ? r : fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int ward__channel_new(struct ward__channel **ret, int fd, enum ward__channel_kind kind,
                      unsigned wants)
{
	struct ward__channel *channel;
	int r = set_nonblocking(fd);

	if (r < 0)
		return r;
	channel = ward__alloc(sizeof(*channel));
	if (!channel)
		return -ENOMEM;
	channel->fd = fd;
	channel->kind = kind;
	atomic_init(&channel->wants, wants);
	atomic_init(&channel->in_line, false);
	*ret = channel;
	return 0;
}

void ward__channel_free(struct ward__channel *channel)
{
	if (!channel)
		return;
	if (channel->fd >= 0)
		close(channel->fd);
	ward__free(channel->held);
	ward__free(channel);
}

unsigned ward__channel_wants(const struct ward__channel *channel)
{
	return channel->wants;
}

/* The two ends are ours until the channel has taken one and the caller the other. */
static int divide(struct ward__channel **ret, struct ward_stdio *child, const int ends[2],
                  enum ward__channel_kind kind, unsigned wants)
{
	int r = ward__channel_new(ret, ends[0], kind, wants);

	if (r < 0) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	ward__side_set(child, ends[1]);
	if (kind == WARD__CHANNEL_PIPE)
		child->flags = WARD__SIDE_PIPE;
	return 0;
}

int ward__channel_pipe(struct ward__channel **ret, struct ward_stdio *child,
                       unsigned wants)
{
	int ends[2], r = ward__pipe(ends);

	if (r < 0)
		return r;
	if (wants & WARD__WRITE)
		return divide(ret, child, (int[]){ ends[1], ends[0] }, WARD__CHANNEL_PIPE,
		              wants);
	return divide(ret, child, ends, WARD__CHANNEL_PIPE, wants);
}

/* CLOEXEC comes a moment later where the kernel cannot give it at birth. */
static int socket_pair(int ends[2])
{
	int r = ward__gate("socketpair");

	if (r < 0)
		return r;
#ifdef SOCK_CLOEXEC
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
#else
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
	return 0;
#endif
}

int ward__channel_socket(struct ward__channel **ret, struct ward_stdio *child)
{
	int ends[2], r = socket_pair(ends);

	return r < 0 ? r : divide(ret, child, ends, WARD__CHANNEL_SOCKET,
	                          WARD__READ | WARD__WRITE);
}

int ward__pipe_between(struct ward_stdio *writer, struct ward_stdio *reader)
{
	int ends[2], r = ward__pipe(ends);

	if (r < 0)
		return r;
	ward__side_set(reader, ends[0]);
	ward__side_set(writer, ends[1]);
	reader->flags = writer->flags = WARD__SIDE_PIPE;
	return 0;
}

/* -------------------------------------------------------------------- read and write */

/*
 * One call takes no more than this, so that who keeps pace with us does not hold us in
 * it, past all clocks; and some systems refuse what is more than an int.
 */
static size_t at_most(size_t size)
{
	const size_t most = 1 << 20;

	return size < most ? size : most;
}

/* A terminal that nobody has any more is an error to Linux. */
static int64_t end_of(const struct ward__channel *channel, int code)
{
	bool gone = code == -ECONNRESET ||
	            (code == -EIO && channel->kind == WARD__CHANNEL_PTY);

	return gone ? 0 : code == -EWOULDBLOCK ? -EAGAIN : code;
}

static int64_t read_now(int fd, void *buf, size_t size)
{
	ssize_t n;
	int r = ward__gate("read");

	if (r < 0)
		return r;
	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* It is the caller's and may block, so it is asked first. */
int64_t ward__descriptor_read(int fd, void *buf, size_t size)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	int r = ward__poll(&one, 1, 0);

	return r < 0 ? r : r == 0 ? -EAGAIN : read_now(fd, buf, size);
}

/*
 * Linux looks for bytes first, and then whether everybody has gone: what the last one
 * writes between the two is not in the answer (n_tty_read). It is in the next one.
 */
int64_t ward__channel_read(struct ward__channel *channel, void *buf, size_t size)
{
	int64_t n;

	if (!(channel->wants & WARD__READ))
		return -EBADF;
	n = read_now(channel->fd, buf, at_most(size));
	if (n == -EIO && channel->kind == WARD__CHANNEL_PTY)
		n = read_now(channel->fd, buf, at_most(size));
	return n < 0 ? end_of(channel, (int)n) : n;
}

static int64_t send_now(int fd, const void *buf, size_t size)
{
	int r = ward__gate("send");
	ssize_t n;

	if (r < 0)
		return r;
	do
		n = send(fd, buf, size, WARD__NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/*
 * A terminal that nobody has any more takes what fits and then nothing, for ever, and is
 * "ready" all the time.
 */
static bool is_hung_up(const struct ward__channel *channel)
{
	struct pollfd one = { .fd = channel->fd };

	return channel->kind == WARD__CHANNEL_PTY && ward__poll(&one, 1, 0) > 0 &&
	       (one.revents & POLLHUP);
}

int64_t ward__channel_write(struct ward__channel *channel, const void *buf, size_t size)
{
	const char *bytes = buf;
	int64_t n;

	if (!(channel->wants & WARD__WRITE))
		return -EBADF;
	size = at_most(size);
	n = channel->kind == WARD__CHANNEL_SOCKET ?
	            send_now(channel->fd, buf, size) :
	            ward__write_quietly(channel->fd, buf, size);
	if (n > 0 && channel->kind == WARD__CHANNEL_PTY)
		atomic_store(&channel->in_line, bytes[n - 1] != '\n');
	if (n == -ECONNRESET || (n == -EIO && channel->kind == WARD__CHANNEL_PTY))
		return -EPIPE;
	if (n == -EAGAIN || n == -EWOULDBLOCK)
		return is_hung_up(channel) ? -EPIPE : -EAGAIN;
	return n;
}

void ward__channel_widen(struct ward__channel *channel)
{
	if (channel->kind == WARD__CHANNEL_PIPE)
		ward__pipe_widen(channel->fd);
}

int ward__channel_fd(const struct ward__channel *channel)
{
	return channel->fd;
}

int ward__channel_take(struct ward__channel *channel)
{
	int fd = channel->fd;

	channel->fd = -1;
	return fd;
}
