/* SPDX-License-Identifier: MIT */
/*
 * What Linux has for output and input that others have not: a write without SIGPIPE
 * (6.18), pipes that grow, splice, files in memory that can be sealed, the other side of
 * a terminal without a path. Each has its fallback.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/channel.h"
#include "../unix/poll.h"
#include "kernel.h"
#include "probe.h"

enum { WIDE = 256 * 1024 };

/* ---------------------------------------------------------------------------- write */

static int64_t write_nosignal(int fd, const void *buf, size_t size)
{
	const struct iovec piece = { (void *)(uintptr_t)buf, size };
	int r = ward__gate("pwritev2");
	long n;

	if (r < 0)
		return r;
	do
		n = syscall(SYS_pwritev2, fd, &piece, 1, -1L, -1L, KERNEL_RWF_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int64_t ward__write_quietly(int fd, const void *buf, size_t size)
{
	if (ward__can(WARD__QUIET_WRITE)) {
		int64_t n = write_nosignal(fd, buf, size);

		if (!ward__is_refusal((int)n))
			return n;
		ward__cannot(WARD__QUIET_WRITE);
	}
	return ward__write_held(fd, buf, size);
}

/* It may be refused (a limit on what a user's pipes hold together): then it stays. */
void ward__pipe_widen(int fd)
{
	if (ward__gate("F_SETPIPE_SZ") == 0)
		(void)fcntl(fd, F_SETPIPE_SZ, WIDE);
}

/* ----------------------------------------------------------------------------- move */

/* Either side can be why nothing moved. */
static int which_waits(int from)
{
	struct pollfd one = { .fd = from, .events = POLLIN };

	return ward__poll(&one, 1, 0) > 0 ? -ENOBUFS : -EAGAIN;
}

static int64_t splice_some(int from, int to, size_t size)
{
	int r = ward__gate("splice");
	ssize_t n;

	if (r < 0)
		return r;
	do
		n = splice(from, NULL, to, NULL, size,
		           SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int64_t splice_quietly(int from, int to, size_t size)
{
	struct ward__sigpipe hold;
	int64_t n;

	ward__sigpipe_hold(&hold);
	n = splice_some(from, to, size);
	ward__sigpipe_release(&hold, n == -EPIPE);
	return n;
}

typedef int64_t splice_fn(int from, int to, size_t size);

static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* NULL: by copy. To a socket splice may block, and to a terminal it does not go. Only a
 * pipe can raise SIGPIPE. */
static splice_fn *way_to_splice(const struct ward__channel *channel, int fd)
{
	struct stat st;

	if (channel->kind != WARD__CHANNEL_PIPE || channel->held || fstat(fd, &st) < 0)
		return NULL;
	if (S_ISFIFO(st.st_mode))
		return splice_quietly;
	return S_ISREG(st.st_mode) || is_null_device(&st) ? splice_some : NULL;
}

int64_t ward__channel_move(struct ward__channel *channel, int fd, size_t size)
{
	splice_fn *way = way_to_splice(channel, fd);
	int64_t n;

	if (!way || size == 0)
		return channel->held || size > 0 ?
		               ward__move_by_copy(channel, fd, size) :
		               0;
	n = way(channel->fd, fd, size);
	if (n == -EAGAIN)
		return which_waits(channel->fd);
	/* Files opened to append are refused, and some file systems do. */
	return ward__is_refusal((int)n) ? ward__move_by_copy(channel, fd, size) : n;
}

/* ------------------------------------------------------------------- memory as a file */

static int seal(int fd)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

static int make_memfd(void)
{
	int r = ward__gate("memfd_create"), fd;

	if (r < 0)
		return r;
	fd = (int)syscall(SYS_memfd_create, "ward", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

/*
 * The same file, for reading alone. A child that maps what it was given as shared is
 * refused by kernels before 6.7 where the file is sealed but open for writing. Without
 * /proc it stays as it is.
 */
static int reopen_to_read(int fd)
{
	char path[64];
	int reader = ward__gate("proc_open");

	if (reader == 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		reader = open(path, O_RDONLY | O_CLOEXEC);
		reader = reader < 0 ? -errno : reader;
	}
	if (reader == -EMFILE || reader == -ENFILE || reader == -ENOMEM)
		return reader;
	if (reader < 0)
		return fd;
	close(fd);
	return reader;
}

int ward__memory_file(struct ward_stdio *child, const void *data, size_t size)
{
	int fd = make_memfd(), r;

	if (ward__is_refusal(fd))
		return ward__unnamed_file(child, data, size);
	if (fd < 0)
		return fd;
	r = ward__write_whole(fd, data, size);
	if (r == 0)
		r = seal(fd);
	if (r == 0)
		r = reopen_to_read(fd);
	if (r < 0)
		close(fd);
	else
		ward__side_set(child, r);
	return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------------- terminal */

static int open_by_name(int master)
{
	char path[64];
	int fd = ptsname_r(master, path, sizeof(path));

	if (fd != 0)
		return -fd;
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* From 4.13 on without its name, which may mean another one in a namespace. */
int ward__pty_peer(int master)
{
	int fd = ward__gate("TIOCGPTPEER");

	if (fd == 0) {
		fd = ioctl(master, KERNEL_TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	return fd == -EINVAL || fd == -ENOTTY || fd == -ENOSYS ? open_by_name(master) :
	                                                         fd;
}
