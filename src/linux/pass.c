/* SPDX-License-Identifier: MIT */
/* Processes through unix sockets. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/socket.h"
#include "pidfd.h"
#include "probe.h"
#include "process.h"

/* The libc of Debian 12 does not know it; parisc and sparc have numbers of their own. */
#ifdef SO_PEERPIDFD
enum { PEERPIDFD = SO_PEERPIDFD };
#else
enum { PEERPIDFD = KERNEL_SO_PEERPIDFD };
#endif

int ward__socket_added_fd(void)
{
	return KERNEL_SCM_PIDFD;
}

static int adopt_or_close(struct ward__process **ret, int fd)
{
	int64_t pid = ward__pidfd_pid(fd);
	int r = ward__process_adopt(ret, fd, pid > 0 ? (pid_t)pid : 0);

	if (r < 0)
		close(fd);
	return r;
}

int ward__process_send(struct ward__process *p, int socket, int64_t deadline)
{
	if (p->pidfd < 0)
		return -ENOTSUP;
	return ward__socket_send(socket, p->pidfd, deadline);
}

int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline)
{
	int fd = ward__socket_recv(socket, deadline);

	if (fd < 0)
		return fd;
	if (ward__pidfd_check(fd) < 0) {
		close(fd);
		return -EBADMSG;
	}
	return adopt_or_close(ret, fd);
}

/* SO_PEERCRED would give a number that may have passed to another process since. */
int ward__process_peer(struct ward__process **ret, int socket)
{
	int r = ward__gate("so_peerpidfd"), fd = -1;
	socklen_t size = sizeof(fd);

	if (r == 0 && getsockopt(socket, SOL_SOCKET, PEERPIDFD, &fd, &size) < 0)
		r = -errno;
	if (r == -ENOPROTOOPT || r == -ENOSYS)
		return -ENOTSUP;
	if (r == -EINVAL)
		return -ESRCH; /* before 6.16: the peer was collected */
	return r < 0 ? r : adopt_or_close(ret, fd);
}
