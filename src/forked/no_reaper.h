/* SPDX-License-Identifier: MIT */
/*
 * A keeper's part (keeping.h) where no process can be made the parent of orphans. One
 * file of each such system includes it.
 */
#ifndef WARD_FORKED_NO_REAPER_H
#define WARD_FORKED_NO_REAPER_H

#include <errno.h>
#include <unistd.h>

#include "../unix/kept.h"
#include "keeping.h"

pid_t ward__keeper_fork(int *handle)
{
	(void)handle;
	return fork();
}

/* libc has put its locks in order when the keeper was forked. */
pid_t ward__keeper_fork_child(void *arg)
{
	(void)arg;
	return fork();
}

int ward__keeper_last_signal(void)
{
	return 0;
}

int ward__reaper_acquire(void)
{
	return -ENOTSUP;
}

int ward__reaper_signal(int sig, struct ward__reaped *ret)
{
	(void)sig;
	(void)ret;
	return -ENOTSUP;
}

int ward__reaper_count(void)
{
	return -1;
}

const char *ward__reaper_shortcoming(void)
{
	return "this system has no reapers";
}

int ward__reaper_list(pid_t reaper, pid_t **ret, size_t *n)
{
	(void)reaper;
	*ret = NULL;
	*n = 0;
	return -ENOTSUP;
}

int ward__kept_queue(void)
{
	return -ENOTSUP;
}

void ward__kept_queue_put(int queue, int fd, bool is_in)
{
	(void)queue;
	(void)fd;
	(void)is_in;
}

#endif
