/* SPDX-License-Identifier: MIT */
/*
 * A process through a unix socket: a handle of the kernel can go, a number cannot, nor a
 * kqueue, which would mean nothing at the other end. What comes is for each system to
 * take (ward__process_recv). There is no handle of a peer, only its number.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>

#include "../unix/socket.h"
#include "process.h"

int ward__socket_added_fd(void)
{
	return -1;
}

int ward__process_send(struct ward__process *p, int socket, int64_t deadline)
{
	if (!p->watch || !ward__watch_is_handle(p->watch))
		return -ENOTSUP;
	return ward__socket_send(socket, ward__watch_fd(p->watch), deadline);
}

int ward__process_peer(struct ward__process **ret, int socket)
{
	(void)ret;
	(void)socket;
	return -ENOTSUP;
}
