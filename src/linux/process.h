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

/* There may be very many: what few need is apart. */
struct ward__process {
	pthread_mutex_t lock; /* ending, identity, loop_fd; and the number while it is
	                               * used as a name */
	struct ward__waiter *waiter;
	struct ward__keeper *keeper;  /* NULL; or its parent, which tells of its end */
	struct ward_id *id;           /* NULL until asked for */
	struct ward__ending ending;
	int pidfd;                    /* or -1: then waiter, or nothing but the number */
	pid_t pid;                    /* 0: not visible from here */
	pid_t owner; /* with a waiter: whose child it is, not a forked copy's */
	int loop_fd;                  /* for a stranger's poll_fd; -1 until asked */
	bool child;                   /* ours to wait for */
	atomic_bool ended;            /* ending is final */
	atomic_bool stray;            /* its keeper is gone without a word */
	atomic_bool woken;            /* poll said that it ended */
	atomic_uchar watch;           /* enum ward__watch */
	atomic_uchar pause_ms;        /* TRACED: how long to sleep */
};

/* An empty process, or NULL. */
struct ward__process *ward__process_new(void);

/* Find out which one it is, and remember it. As ward_identity; -ENOMEM. */
int ward__process_identify(struct ward__process *p);

/* Around a pidfd, whose owner it becomes on success. */
int ward__process_adopt(struct ward__process **ret, int pidfd, pid_t pid);

/*
 * Does the pidfd still hold, uncollected, so that what was read by number meanwhile was
 * about this process?
 */
bool ward__process_is_there(const struct ward__process *p);

#endif
