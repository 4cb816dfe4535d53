/* SPDX-License-Identifier: MIT */
/* A process as Linux holds it. */
#ifndef WARD_LINUX_PROCESS_H
#define WARD_LINUX_PROCESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "../platform.h"
#include "../unix/ending.h"
#include "../unix/waiter.h"

/* What sleep waits for. */
enum ward__watch {
	WARD__WATCH_END,    /* POLLIN: it has ended */
	WARD__WATCH_REAPED, /* POLLHUP: its status is with the kernel for everybody */
	WARD__WATCH_TRACED  /* POLLHUP, or a while: a debugger holds the zombie */
};

struct ward__process {
	pthread_mutex_t lock; /* ending, identity, loop_fd; and the number while it is
	                               * used as a name */
	int pidfd;                    /* or -1: then waiter, or nothing but the number */
	pid_t pid;                    /* 0: not visible from here */
	bool child;                   /* ours to wait for */
	pid_t owner; /* with a waiter: whose child it is, not a forked copy's */
	struct ward__waiter *waiter;

	atomic_bool ended;            /* ending is final */
	struct ward__ending ending;

	atomic_int watch;             /* enum ward__watch */
	atomic_bool woken;            /* poll said that it ended */
	atomic_int pause_ms;          /* TRACED: how long to sleep */

	int loop_fd;                  /* for a stranger's poll_fd; -1 until asked */
	bool has_id;
	struct ward_id id;
};

/* An empty process, or NULL. */
struct ward__process *ward__process_new(void);

/* Around a pidfd, whose owner it becomes on success. */
int ward__process_adopt(struct ward__process **ret, int pidfd, pid_t pid);

/*
 * Does the pidfd still hold, uncollected, so that what was read by number meanwhile was
 * about this process?
 */
bool ward__process_is_there(const struct ward__process *p);

#endif
