/* SPDX-License-Identifier: MIT */
/*
 * On systems with kqueue(2) each process has a kqueue of its own. A child is held back
 * until it is in the queue: after that its end cannot be missed, however soon it comes.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "../forked/watch.h"

#include "../forked/knote.h"
#include "../forked/process.h"
#include "../memory.h"
#include "macos.h"

struct ward__watch {
	int queue;
	pid_t owner;                  /* whose it is: copies of us have none */
};

int ward__watch_new(struct ward__watch **ret)
{
	struct ward__watch *watch = ward__alloc(sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->owner = getpid();
	watch->queue = ward__knote_queue();
	if (watch->queue < 0) {
		int r = watch->queue;

		ward__free(watch);
		return r;
	}
	*ret = watch;
	return 0;
}

/* A child that waits to be let go, and whom to tell of it once it is watched. */
struct birth {
	struct ward__watch *watch;
	ward__hold_fn *then;
	void *arg;
};

static int hold(void *arg, pid_t pid)
{
	struct birth *birth = arg;
	int r = ward__watch_process(birth->watch, pid, true);

	return r < 0 ? r : birth->then(birth->arg, pid);
}

int ward__watch_start(struct ward__watch *watch, pid_t *ret, struct ward__plan *plan,
                      ward__hold_fn *then, void *arg, struct ward_error *error)
{
	struct birth birth = { watch, then, arg };

	if (ward__macos_can(plan))
		return ward__macos_start(ret, plan, hold, &birth, error);
	return ward__fork_start(ret, plan, hold, &birth, error);
}

int ward__watch_process(struct ward__watch *watch, pid_t pid, bool child)
{
	return ward__knote_watch(watch->queue, pid, child);
}

int ward__watch_fd(const struct ward__watch *watch)
{
	return watch->queue;
}

bool ward__watch_done(const struct ward__watch *watch)
{
	return getpid() == watch->owner && ward__knote_done(watch->queue);
}

bool ward__watch_status(struct ward__watch *watch, int *ret)
{
	return getpid() == watch->owner && ward__knote_status(watch->queue, ret);
}

int ward__watch_reserve(struct ward__watch **ret)
{
	*ret = NULL;
	return 0;
}

void ward__watch_take(struct ward__watch *watch, int handle)
{
	(void)watch;
	(void)handle;
}

bool ward__watch_kills(void)
{
	return false;
}

bool ward__watch_is_handle(const struct ward__watch *watch)
{
	(void)watch;
	return false;
}

int ward__watch_signal(struct ward__watch *watch, int sig)
{
	(void)watch;
	(void)sig;
	return -ENOTSUP;
}

void ward__watch_drop(struct ward__watch *watch)
{
	if (!watch)
		return;
	ward__knote_close(watch->queue, watch->owner);
	ward__free(watch);
}

/* No handle comes through a socket. */
int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline)
{
	(void)ret;
	(void)socket;
	(void)deadline;
	return -ENOTSUP;
}
