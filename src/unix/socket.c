/* SPDX-License-Identifier: MIT */
/*
 * A descriptor through a unix socket. The header is eight bytes, so that a receiver can
 * tell a ward from something else that somebody sends; it goes in one piece with the
 * descriptor and is read to the byte, so nothing that follows in a stream is lost.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "poll.h"

/* macOS has none: there CLOEXEC comes a moment later. */
#ifdef MSG_CMSG_CLOEXEC
#define CLOEXEC_FROM_BIRTH MSG_CMSG_CLOEXEC
#else
#define CLOEXEC_FROM_BIRTH 0
#endif

/* Name, then the version of this format. */
static const char header[8] = { 'w', 'a', 'r', 'd', 'h', 'n', 'd', 1 };

/*
 * Room for more than is wanted, since the kernel adds credentials, labels and the like.
 */
union control {
	struct cmsghdr align;
	char space[1024];
};

static int await(int socket, int events, int64_t deadline)
{
	struct pollfd one = { .fd = socket, .events = (short)events };
	int r = ward__poll(&one, 1, deadline);

	return r < 0 ? r : r == 0 ? -ETIMEDOUT : one.revents & POLLNVAL ? -EBADF : 0;
}

/*
 * The BSDs say "no buffers" where a queue of messages is full, and then that there is
 * room for more: nothing tells when there is.
 */
static int rest(int64_t deadline)
{
	int64_t now = ward__now();
	int r;

	if (ward__is_due_at(deadline, now))
		return -ETIMEDOUT;
	r = ward__poll(NULL, 0, ward__earlier(deadline, now + WARD_NS_PER_MS));
	return r < 0 ? r : 0;
}

static int send_now(int socket, int fd)
{
	char text[sizeof(header)];
	union control control;
	struct iovec piece = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &piece,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = CMSG_SPACE(sizeof(fd)) };
	struct cmsghdr *rights;
	int r = ward__gate("sendmsg");

	if (r < 0)
		return r;
	memcpy(text, header, sizeof(text));
	memset(&control, 0, sizeof(control));
	rights = CMSG_FIRSTHDR(&message);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	return sendmsg(socket, &message, WARD__NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int ward__socket_send(int socket, int fd, int64_t deadline)
{
	for (;;) {
		int r = send_now(socket, fd);

		if (r == -ECONNRESET)
			return -EPIPE;
		if (r != -EAGAIN && r != -EINTR && r != -ENOBUFS)
			return r;
		r = r == -ENOBUFS ? rest(deadline) : await(socket, POLLOUT, deadline);
		if (r < 0)
			return r;
	}
}

static size_t count_fds(const struct cmsghdr *c)
{
	return (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
}

static int fd_at(struct cmsghdr *c, size_t i)
{
	int fd;

	memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
	return fd;
}

static void close_fds(struct cmsghdr *c)
{
	for (size_t i = 0; i < count_fds(c); i++)
		if (fd_at(c, i) >= 0)
			close(fd_at(c, i));
}

/*
 * The one descriptor that came; all are closed, and -EBADMSG, when it is not exactly one.
 */
static int only_fd(struct msghdr *message)
{
	struct cmsghdr *found = NULL;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && !found)
			found = c;
		else if (c->cmsg_type == SCM_RIGHTS ||
		         c->cmsg_type == ward__socket_added_fd())
			close_fds(c);
	}
	if (found && count_fds(found) == 1)
		return fd_at(found, 0);
	if (found)
		close_fds(found);
	return -EBADMSG;
}

static int recv_now(int socket)
{
	char text[sizeof(header)];
	union control control;
	struct iovec piece = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &piece,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof(control) };
	int fd = ward__gate("recvmsg");
	ssize_t n;

	if (fd < 0)
		return fd;
	n = recvmsg(socket, &message, CLOEXEC_FROM_BIRTH | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	fd = only_fd(&message);
	if (n == 0)
		return fd < 0 ? -EPIPE : (close(fd), -EBADMSG);
	if ((size_t)n == sizeof(text) && !memcmp(text, header, sizeof(text)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -EBADMSG;
}

/*
 * A socket of messages may tell of the end, or of an error that the other side left by
 * going, before the last message (Linux): they count when there is nothing behind them.
 */
int ward__socket_recv(int socket, int64_t deadline)
{
	for (int ends = 0; ends < 3;) {
		int r = recv_now(socket);

		if (r == -ECONNRESET || r == -EPIPE) {
			ends++;
			continue;
		}
		if (r != -EAGAIN && r != -EINTR)
			return r;
		r = await(socket, POLLIN, deadline);
		if (r < 0)
			return r;
	}
	return -EPIPE;
}
