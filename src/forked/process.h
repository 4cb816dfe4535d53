/* SPDX-License-Identifier: MIT */
/* A process by its number. */
#ifndef WARD_FORKED_PROCESS_H
#define WARD_FORKED_PROCESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../platform.h"
#include "../unix/ending.h"
#include "keeper.h"
#include "watch.h"

struct ward__process {
	pthread_mutex_t lock; /* ending, start, and the number while it is a name */
	pid_t pid;
	pid_t owner; /* whose child it is: not that of a forked copy of us */
	bool child;
	bool weak;                    /* a mere number, and the caller knows it */
	uint64_t start;               /* as the facts tell it; 0: not known */
	struct ward__watch *watch;    /* NULL: it cannot be waited for, or is kept */
	struct ward__keeper *keeper;  /* its parent, which tells of its end */
	atomic_bool stray;            /* ... but is gone, and there is a handle */
	bool dies;                    /* with us, by the kernel */
	atomic_int told; /* 0: nothing; 1: it has ended; more: and was not to be had */
	atomic_bool ended;
	struct ward__ending ending;
};

/* Is it the keeper that will tell? */
static inline bool ward__process_is_kept(const struct ward__process *p)
{
	return p->keeper && !atomic_load_explicit(&p->stray, memory_order_relaxed);
}

/* What is readable when it has ended. */
static inline int ward__process_fd(const struct ward__process *p)
{
	return ward__process_is_kept(p) ? p->keeper->streams[WARD__TOLD] :
	                                  ward__watch_fd(p->watch);
}

static inline bool ward__process_is_handle(const struct ward__process *p)
{
	return p->watch && ward__watch_is_handle(p->watch);
}

/*
 * Hold the process @pid by @watch, which is a handle of the kernel and belongs to the
 * process from now on. -ENOMEM: the watch is still the caller's.
 */
int ward__process_adopt(struct ward__process **ret, struct ward__watch *watch, pid_t pid);

#endif
