/* SPDX-License-Identifier: MIT */
/*
 * A terminal for a child: its master is our side of the channel. What is written to it is
 * typed, so an end of input is a character, and means something only to a terminal that
 * reads lines.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "../gate.h"
#include "channel.h"

enum { DEFAULT_ROWS = 24, DEFAULT_COLUMNS = 80 };

static int set_cloexec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/* CLOEXEC at birth is asked for, and refused by some. */
static int open_master(void)
{
	int r = ward__gate("posix_openpt"), fd;

	if (r < 0)
		return r;
	fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == EINVAL)
		fd = posix_openpt(O_RDWR | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = set_cloexec(fd);
	if (r == 0 && (grantpt(fd) < 0 || unlockpt(fd) < 0))
		r = -errno;
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* As cfmakeraw(3), which POSIX does not have. */
static void make_raw(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR |
	                          ICRNL | IXON);
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	t->c_cflag |= CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

static int set_modes(int fd, uint32_t flags)
{
	struct termios t;
	int r = flags ? ward__gate("tcsetattr") : 0;

	if (r < 0 || !flags)
		return r;
	if (tcgetattr(fd, &t) < 0)
		return -errno;
	if (flags & WARD_PTY_RAW)
		make_raw(&t);
	if (flags & WARD_PTY_NO_ECHO)
		t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

static int set_size(int fd, int rows, int columns)
{
	const struct winsize size = { .ws_row = (unsigned short)rows,
		                      .ws_col = (unsigned short)columns };
	int r = ward__gate("TIOCSWINSZ");

	return r < 0 ? r : ioctl(fd, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

static int prepare(int fd, const struct ward_pty_opts *opts)
{
	int r = set_modes(fd, opts->flags);

	if (r < 0)
		return r;
	return set_size(fd, opts->rows ? opts->rows : DEFAULT_ROWS,
	                opts->columns ? opts->columns : DEFAULT_COLUMNS);
}

int ward__channel_pty(struct ward__channel **ret, struct ward_stdio *child,
                      const struct ward_pty_opts *opts)
{
	int master = open_master(), peer, r;

	if (master < 0)
		return master;
	r = peer = ward__pty_peer(master);
	if (r < 0)
		goto close_master;
	r = prepare(peer, opts);
	if (r == 0)
		r = ward__channel_new(ret, master, WARD__CHANNEL_PTY,
		                      WARD__READ | WARD__WRITE);
	if (r < 0)
		goto close_peer;
	ward__side_set(child, peer);
	return 0;

close_peer:
	close(peer);
close_master:
	close(master);
	return r;
}

void ward__pty_attach(struct ward_spawn_opts *opts, int fd)
{
	opts->flags |= WARD_SPAWN_SESSION | WARD_SPAWN_TTY;
	opts->tty_fd = fd;
}

int ward__channel_resize(struct ward__channel *channel, int rows, int columns)
{
	return set_size(channel->fd, rows, columns);
}

/* In the middle of a line the first such character only ends the line. */
static int type_end(struct ward__channel *channel)
{
	struct termios t;
	char end[2];
	size_t size;
	int64_t n;

	if (tcgetattr(channel->fd, &t) < 0)
		return -errno;
	if (!(t.c_lflag & ICANON))
		return 1;
	end[0] = end[1] = (char)t.c_cc[VEOF];
	size = channel->in_line ? 2 : 1;
	n = ward__channel_write(channel, end, size);
	if (n < 0)
		return (int)n;
	channel->in_line = false;
	return (size_t)n < size ? -EAGAIN : 1;
}

int ward__channel_end(struct ward__channel *channel)
{
	if (!(channel->wants & WARD__WRITE))
		return -EBADF;
	if (channel->kind == WARD__CHANNEL_PIPE)
		return 0;
	if (channel->kind == WARD__CHANNEL_PTY)
		return type_end(channel);
	atomic_fetch_and(&channel->wants, ~(unsigned)WARD__WRITE);
	return shutdown(channel->fd, SHUT_WR) < 0 && errno != ENOTCONN ? -errno : 1;
}
