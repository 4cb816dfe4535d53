/* SPDX-License-Identifier: MIT */
/*
 * A process through a unix socket: the process descriptor itself. Both sides hold it
 * then; the status is told to either, while only the parent can collect. There is no
 * peer's process descriptor, only its number.
 */
#include <errno.h>
#include <sys/types.h>
#include <sys/procdesc.h>
#include <unistd.h>

#include "../forked/process.h"
#include "../gate.h"
#include "../unix/socket.h"
#include "watch.h"

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

/* Anything else than a process descriptor is refused here: it came from outside. */
static int number_of(int descriptor, pid_t *ret)
{
	int r = ward__gate("pdgetpid");

	if (r < 0)
		return r;
	return pdgetpid(descriptor, ret) < 0 ? -EBADMSG : 0;
}

/* A watch of the descriptor, whose it is from now on; else it is still the caller's. */
static int watch_it(struct ward__watch **ret, int descriptor, pid_t *pid)
{
	int r = number_of(descriptor, pid);

	if (r < 0)
		return r;
	*ret = ward__watch_of(descriptor);
	return *ret ? 0 : -ENOMEM;
}

int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline)
{
	int descriptor = ward__socket_recv(socket, deadline), r;
	struct ward__watch *watch;
	pid_t pid;

	if (descriptor < 0)
		return descriptor;
	r = watch_it(&watch, descriptor, &pid);
	if (r < 0) {
		close(descriptor);
		return r;
	}
	r = ward__process_adopt(ret, watch, pid);
	if (r < 0)
		ward__watch_drop(watch);
	return r;
}

int ward__process_peer(struct ward__process **ret, int socket)
{
	(void)ret;
	(void)socket;
	return -ENOTSUP;
}
