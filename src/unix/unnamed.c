/* SPDX-License-Identifier: MIT */
/* A file that has lost its name: bytes for a child that wants to seek in them. */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../gate.h"
#include "channel.h"

/* What a call may be given: some systems refuse more than an int. */
enum { MOST = 1 << 30 };

int ward__write_whole(int fd, const void *data, size_t size)
{
	const char *bytes = data;

	while (size > 0) {
		ssize_t n = write(fd, bytes, size < MOST ? size : MOST);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* Opened once more, read-only, while it still has a name. */
static int reopen(int fd, const char *path)
{
	int reader = open(path, O_RDONLY | O_CLOEXEC), r = -errno;

	unlink(path);
	close(fd);
	return reader < 0 ? r : reader;
}

int ward__unnamed_file(struct ward_stdio *child, const void *data, size_t size)
{
	char path[] = "/tmp/ward-XXXXXX";
	int r = ward__gate("mkostemp"), fd;

	if (r < 0)
		return r;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = ward__write_whole(fd, data, size);
	fd = reopen(fd, path);
	if (r == 0 && fd >= 0)
		ward__side_set(child, fd);
	else if (fd >= 0)
		close(fd);
	return r < 0 ? r : fd < 0 ? fd : 0;
}
