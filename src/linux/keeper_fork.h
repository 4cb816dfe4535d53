/* SPDX-License-Identifier: MIT */
/* A start under a keeper, while it is under way; a keeper that is a copy of the host. */
#ifndef WARD_LINUX_KEEPER_FORK_H
#define WARD_LINUX_KEEPER_FORK_H

#include "keeper.h"
#include "keeper_birth.h"

struct ward__cradle {
	struct ward__keeper *keeper;
	struct ward__keeper_birth birth;
	struct ward__childhood child;
	char *stack;                  /* the keeper's */
	struct ward__keeper_ends theirs;
	int owner_fd;                 /* what the keeper needs, in our table */
};

/*
 * As the best way: 0, and what became of it is in @cradle. It holds all of the host's
 * memory as it was. -ENOSYS without a step: not this way either.
 */
int ward__keeper_fork(struct ward__cradle *cradle, struct ward__plan *plan,
                      struct ward_error *error);

/* Kill what @pidfd (-1: nothing) holds, wait until it is dead, close it. */
void ward__cradle_end_child(int pidfd);

#endif
