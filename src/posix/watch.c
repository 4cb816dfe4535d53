/* SPDX-License-Identifier: MIT */
/*
 * On plain POSIX a child is watched by a waiter (unix/waiter.h), and nobody else can be.
 * A watch is the waiter itself. Nothing is known of a process beyond what POSIX asks for
 * by its number, and there is no way to hand it to another process.
 */
#define _GNU_SOURCE 1
#include "../forked/watch.h"

#include <errno.h>

#include "../forked/facts.h"
#include "../unix/waiter.h"

static struct ward__waiter *waiter_of(const struct ward__watch *watch)
{
	return (struct ward__waiter *)(uintptr_t)watch;
}

int ward__watch_new(struct ward__watch **ret)
{
	struct ward__waiter *waiter;
	int r = ward__waiter_new(&waiter);

	if (r == 0)
		*ret = (struct ward__watch *)waiter;
	return r;
}

/* Until the waiter is told the number it waits, and a child that ends stays a zombie. */
int ward__watch_start(struct ward__watch *watch, pid_t *ret, struct ward__plan *plan,
                      ward__hold_fn *then, void *arg, struct ward_error *error)
{
	int r = ward__fork_start(ret, plan, NULL, NULL, error);

	if (r < 0)
		return r;
	ward__waiter_watch(waiter_of(watch), *ret);
	return then(arg, *ret);
}

int ward__watch_process(struct ward__watch *watch, pid_t pid, bool child)
{
	if (!child)
		return -ENOTSUP;
	ward__waiter_watch(waiter_of(watch), pid);
	return 0;
}

int ward__watch_fd(const struct ward__watch *watch)
{
	return ward__waiter_fd(waiter_of(watch));
}

bool ward__watch_done(const struct ward__watch *watch)
{
	return ward__waiter_done(waiter_of(watch));
}

bool ward__watch_status(struct ward__watch *watch, int *ret)
{
	(void)watch;
	(void)ret;
	return false;
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
	ward__waiter_drop(waiter_of(watch));
}

/* ---------------------------------------------------------------------------- facts */

int ward__facts_read(pid_t pid, struct ward__facts *ret)
{
	(void)pid;
	(void)ret;
	return -ENOTSUP;
}

bool ward__facts_boot(uint8_t ret[16])
{
	(void)ret;
	return false;
}

/* No handle comes through a socket. */
int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline)
{
	(void)ret;
	(void)socket;
	(void)deadline;
	return -ENOTSUP;
}
