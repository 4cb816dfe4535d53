/* SPDX-License-Identifier: MIT */
/* Pipes far up in a big table. */
#ifndef WARD_LINUX_REOPEN_H
#define WARD_LINUX_REOPEN_H

#include "../unix/plan.h"

/* The paths of one start; they must last as long as the child needs the plan. */
enum { WARD__REOPEN_MOST = 8 };
struct ward__reopen {
	struct ward__slot *slots[WARD__REOPEN_MOST];
	char paths[WARD__REOPEN_MOST][48];
	size_t n;
};

/*
 * Let the child open anew, by its parent's table, the ends of our pipes that are far up
 * in it, where that spares it a copy of what is below. Undo when it could not.
 */
void ward__reopen_plan(struct ward__reopen *reopen, struct ward__plan *plan);
void ward__reopen_undo(struct ward__reopen *reopen, struct ward__plan *plan);

#endif
