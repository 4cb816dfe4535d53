/* SPDX-License-Identifier: MIT */
/*
 * Watching the other side of a descriptor that the command may be using at the same time:
 * nothing may be read from it. A pipe and a terminal tell of their end without a read; of
 * a socket POLLRDHUP tells it where there is that. A thread watches, so that it is the
 * same whatever ward waits for meanwhile.
 */
#define _GNU_SOURCE 1
#include "../lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../signals.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

static atomic_bool cut;

int tool_lifeline_check(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(fd))
		return 0;
	return -ENOTSUP;
}

/*
 * Who only takes output may have closed what it would write: for standard output and
 * error the end is that nobody reads any more.
 */
static short event_of_end(int fd)
{
	return fd == STDOUT_FILENO || fd == STDERR_FILENO ? 0 : POLLRDHUP;
}

static void *watch(void *arg)
{
	int fd = *(const int *)arg;
	struct pollfd p = { .fd = fd, .events = event_of_end(fd) };

	while (poll(&p, 1, -1) < 0 && (errno == EINTR || errno == EAGAIN))
		;
	atomic_store(&cut, true);
	tool_signals_poke();
	return NULL;
}

int tool_lifeline_watch(int fd)
{
	static int watched;
	sigset_t all, old;
	pthread_t thread;
	int r;

	watched = fd;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&thread, NULL, watch, &watched);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r == 0)
		pthread_detach(thread);
	return -r;
}

bool tool_lifeline_is_cut(void)
{
	return atomic_load(&cut);
}
