/* SPDX-License-Identifier: MIT */
/* What the command needs of a POSIX system. */
#define _POSIX_C_SOURCE 200809L
#include "../host.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tool.h"

/* The least that POSIX lets PIPE_BUF be is 512; where it is more a piece may be more. */
#ifdef PIPE_BUF
enum { PIPE_PIECE = PIPE_BUF };
#else
enum { PIPE_PIECE = 512 };
#endif

/*
 * With a standard descriptor closed, the next file that we open would take its number: a
 * report file would become the command's standard error. CLOEXEC, so that the command
 * finds it closed as before.
 */
static void fill_gaps(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", O_RDONLY | O_CLOEXEC) != fd)
			return;
}

int main(int argc, char **argv)
{
	fill_gaps();
	return tool_main(argc, argv);
}

/* ----------------------------------------------------------------------------- time */

int64_t tool_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * WARD_NS_PER_S + now.tv_nsec;
}

int64_t tool_host_unix_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * WARD_NS_PER_S + now.tv_nsec;
}

void tool_host_pause(int64_t ns)
{
	poll(NULL, 0, (int)(ns / WARD_NS_PER_MS));
}

bool tool_host_utc(int64_t unix_s, struct tm *ret)
{
	time_t seconds = (time_t)unix_s;

	return gmtime_r(&seconds, ret) != NULL;
}

/* -------------------------------------------------------------- terminal and people */

/* Is our group the foreground group of our terminal? */
bool tool_host_is_in_front(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	bool front = fd >= 0 && tcgetpgrp(fd) == getpgrp();

	if (fd >= 0)
		close(fd);
	/* A chroot may lack /dev/tty, and the terminal be there all the same. */
	for (int i = 0; i < 3 && !front; i++)
		front = tcgetpgrp(i) == getpgrp();
	return front;
}

const char *tool_host_user(uint32_t uid)
{
	const struct passwd *entry = getpwuid((uid_t)uid);

	return entry ? entry->pw_name : NULL;
}

int tool_host_group(const char *name, uint32_t *ret)
{
	const struct group *entry;

	errno = 0;
	entry = getgrnam(name);
	if (!entry)
		return errno ? -errno : -ESRCH;
	*ret = entry->gr_gid;
	return 0;
}

int64_t tool_host_pid(void)
{
	return getpid();
}

/* ---------------------------------------------------------------------------- files */

void tool_host_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool tool_host_is_separator(char c)
{
	return c == '/';
}

static int open_file(const char *path, int how)
{
	int fd = open(path, how | O_NOCTTY | O_CLOEXEC, 0666);

	return fd < 0 ? -errno : fd;
}

int tool_host_create(const char *path)
{
	return open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
}

int tool_host_append(const char *path)
{
	return open_file(path, O_WRONLY | O_CREAT | O_APPEND);
}

int tool_host_input(const char *path, struct tool_input *ret)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open_file(path, O_RDONLY);

	if (fd < 0)
		return fd;
	*ret = (struct tool_input){ .fd = fd };
	return 0;
}

/* Whoever shares a pipe or a terminal with us may have made it non-blocking. */
int64_t tool_host_write_some(int fd, const char *bytes, size_t size)
{
	ssize_t n = write(fd, bytes, size);

	if (n >= 0)
		return n;
	return errno == EINTR || errno == EAGAIN ? 0 : -errno;
}

/* A pipe that is writable takes this much whole (POSIX). */
size_t tool_host_piece(void)
{
	return PIPE_PIECE;
}

bool tool_host_never_blocks(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* Some systems have such a name for what is open, but it is one more dup: looked at. */
int tool_host_unblock(int fd)
{
	char path[64];
	struct stat status;
	int own;

	if (fstat(fd, &status) < 0 || (!S_ISFIFO(status.st_mode) && !isatty(fd)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0 && fcntl(own, F_GETFL) & O_NONBLOCK &&
	    !(fcntl(fd, F_GETFL) & O_NONBLOCK))
		return own;
	if (own >= 0)
		close(own);
	return -1;
}

int tool_host_write(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int tool_host_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}
