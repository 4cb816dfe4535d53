/* SPDX-License-Identifier: MIT */
/* Taking hold of processes that run already: by number, by identity, from a socket. */
#include <errno.h>

#include "call.h"
#include "handle.h"
#include "open.h"
#include "sized.h"

int ward__open_with(struct ward **ret, ward__open_fn *open, const void *what)
{
	struct ward__call call = ward__call_begin();
	int r = -ENOMEM;
	struct ward *w = ward__new();

	if (w)
		r = open(&w->process, what);
	if (r == 0)
		*ret = w;
	else if (w)
		ward__delete(w);
	ward__call_end(&call);
	return r;
}

struct by_pid {
	int64_t pid;
	uint32_t flags;
};

static int open_pid(struct ward__process **ret, const void *what)
{
	const struct by_pid *by = what;

	return ward__process_open(ret, by->pid, by->flags);
}

int ward_open(struct ward **ret, int64_t pid, uint32_t flags)
{
	const struct by_pid by = { pid, flags };
	const uint32_t known = WARD_OPEN_CHILD | WARD_OPEN_WEAK;

	if (!ret || pid < 1 || (flags & ~known) != 0)
		return -EINVAL;
	return ward__open_with(ret, open_pid, &by);
}

static int open_id(struct ward__process **ret, const void *what)
{
	return ward__process_open_id(ret, what);
}

int ward_open_id(struct ward **ret, const struct ward_id *id)
{
	struct ward_id whole;

	if (!ret || !id || ward__sized_read(&whole, sizeof(whole), id, sizeof(whole)) < 0)
		return -EINVAL;
	if (whole.kind != WARD_ID_INODE && whole.kind != WARD_ID_START)
		return -EINVAL;
	if (whole.pid < 1 || whole.has_boot > 1)
		return -EINVAL;
	return ward__open_with(ret, open_id, &whole);
}

/* -------------------------------------------------------------------------- sockets */

struct by_socket {
	int socket;
	int64_t deadline;
};

static int open_received(struct ward__process **ret, const void *what)
{
	const struct by_socket *by = what;

	return ward__process_recv(ret, by->socket, by->deadline);
}

int ward_recv(struct ward **ret, int socket, int64_t timeout_ns)
{
	const struct by_socket by = { socket, ward__deadline(timeout_ns) };

	if (!ret)
		return -EINVAL;
	return ward__open_with(ret, open_received, &by);
}

static int open_peer(struct ward__process **ret, const void *what)
{
	const struct by_socket *by = what;

	return ward__process_peer(ret, by->socket);
}

int ward_peer(struct ward **ret, int socket)
{
	const struct by_socket by = { socket, 0 };

	if (!ret)
		return -EINVAL;
	return ward__open_with(ret, open_peer, &by);
}

int ward_send(struct ward *w, int socket, int64_t timeout_ns)
{
	struct ward__call call;
	int r;

	if (!w)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = ward__process_send(w->process, socket, ward__deadline(timeout_ns));
	ward__leave(w);
	ward__call_end(&call);
	return r;
}
