/* SPDX-License-Identifier: MIT */
/*
 * Output and input with nothing but what POSIX has: no pipe that grows, no moving without
 * a copy, no file that is only memory.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/channel.h"

int64_t ward__write_quietly(int fd, const void *buf, size_t size)
{
	return ward__write_held(fd, buf, size);
}

void ward__pipe_widen(int fd)
{
	(void)fd;
}

int64_t ward__channel_move(struct ward__channel *channel, int fd, size_t size)
{
	return ward__move_by_copy(channel, fd, size);
}

int ward__memory_file(struct ward_stdio *child, const void *data, size_t size)
{
	return ward__unnamed_file(child, data, size);
}

/* One name for all threads: ours take turns, somebody else's must not ask meanwhile. */
int ward__pty_peer(int master)
{
	static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	int r = ward__gate("ptsname"), fd = -1;
	const char *path;

	if (r < 0)
		return r;
	pthread_mutex_lock(&turn);
	path = ptsname(master);
	if (path)
		fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	r = -errno;
	pthread_mutex_unlock(&turn);
	return fd < 0 ? r : fd;
}

void *ward__block_resize(void *old, size_t size, size_t new_size)
{
	(void)size;
	return ward__gate("malloc") < 0 ? NULL : realloc(old, new_size);
}

void ward__block_free(void *block, size_t size)
{
	(void)size;
	free(block);
}
