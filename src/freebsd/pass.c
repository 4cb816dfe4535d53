/* SPDX-License-Identifier: MIT */
/*
 * A process that came through a unix socket: its process descriptor. Both sides hold it
 * then; the status is told to either, while only the parent can collect.
 */
#include <errno.h>
#include <sys/types.h>
#include <sys/procdesc.h>
#include <unistd.h>

#include "../forked/process.h"
#include "../gate.h"
#include "../unix/socket.h"
#include "watch.h"

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
