/* SPDX-License-Identifier: MIT */
/* A process on Windows: its HANDLE, which pins it and its number until it is closed. */
#ifndef WARD_WINDOWS_PROCESS_H
#define WARD_WINDOWS_PROCESS_H

#include <stdatomic.h>

#include "../platform.h"
#include "system.h"

struct ward__fate;
struct ward__watch;

struct ward__process {
	SRWLOCK lock;
	HANDLE handle;
	HANDLE guard;                 /* NULL: it does not end with us */
	int64_t pid;
	bool leads_group;             /* on the caller's console */

	/* With the lock: */
	bool killed;                  /* by us, and nothing else had ended it */
	struct ward__fate *fate;      /* of the job that it is in by us; NULL: none */
	struct ward_exit exit;        /* all but wall_ns; once it has ended */
	HANDLE event;                 /* for any loop; NULL until asked for */
	struct ward__watch *watch;    /* sets the event */
	struct ward__watch *post;     /* posts to a port; NULL until asked for */

	atomic_bool ended;            /* `exit` is there, and stays */
};

/* Around a HANDLE, whose owner it becomes on success. */
int ward__process_adopt(struct ward__process **ret, HANDLE handle);

/* Has it ended? Asked of the system, whatever was collected. Or a negative errno. */
int ward__process_is_over(const struct ward__process *p);

/* Let go of what tells of the end (event.c). */
void ward__process_unwatch(struct ward__process *p);

/* The system's own time of its start, in units of 100 ns since 1601. */
int ward__process_born(HANDLE handle, uint64_t *ret);

#endif
