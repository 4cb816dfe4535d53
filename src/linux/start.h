/* SPDX-License-Identifier: MIT */
/* The ways to make a child on Linux, from the best to the one that always works. */
#ifndef WARD_LINUX_START_H
#define WARD_LINUX_START_H

#include "../unix/plan.h"
#include "../unix/waiter.h"

struct ward__keeper;

struct ward__started {
	pid_t pid;
	int pidfd;                    /* or -1, and then */
	struct ward__waiter *waiter;  /* it watches */
	struct ward__keeper *keeper;  /* NULL; or it is the parent */
};

/* 0: the program runs and is held; a failure: no child, no descriptor; @error tells. */
int ward__start(struct ward__started *ret, struct ward__plan *plan,
                struct ward_error *error);

#endif
