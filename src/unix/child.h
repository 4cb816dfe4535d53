/* SPDX-License-Identifier: MIT */
/* The child between its birth and exec. */
#ifndef WARD_UNIX_CHILD_H
#define WARD_UNIX_CHILD_H

#include "plan.h"

/*
 * Carry out the plan and exec; never returns. Async-signal-safe throughout; called with
 * all signals blocked or all handlers cleared. A child that shares its parent's memory
 * (run, whose type is clone's) puts a failure into the report there; one with memory of
 * its own (run_apart) writes the report into @pipe, which exec closes.
 */
struct ward__childhood {
	struct ward__plan *plan;
	struct ward__report report;
};
int ward__child_run(void *arg);        /* a struct ward__childhood */
_Noreturn void ward__child_run_apart(struct ward__plan *plan, int pipe);

#endif
