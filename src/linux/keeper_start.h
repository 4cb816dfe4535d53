/* SPDX-License-Identifier: MIT */
/* Starting a child under a keeper, and a keeper that only watches. */
#ifndef WARD_LINUX_KEEPER_START_H
#define WARD_LINUX_KEEPER_START_H

#include "keeper.h"
#include "start.h"

/*
 * As ward__start. The child's parent is the keeper, which @ret has: the caller's to drop.
 * Its pidfd is the caller's, too; -1 where the kernel has none. -ENOTSUP: this kernel has
 * no subreapers, or no pid namespace for us.
 */
int ward__start_kept(struct ward__started *ret, struct ward__plan *plan,
                     const struct ward__keeping *what, struct ward_error *error);

/*
 * A keeper without a child, which sleeps until its owner ends (or it is asked to kill):
 * then it writes "1" to @kill_fd (cgroup.kill) and removes the directory @name in
 * @parent_fd. The descriptors stay the caller's. ward__keeper_ask with WARD__ASK_LEAVE
 * ends it and does nothing of that.
 */
int ward__keeper_watch(struct ward__keeper **ret, int kill_fd, int parent_fd,
                       const char *name);

/* A keeper that does nothing till it is let go, or its owner ends. */
int ward__keeper_stay(struct ward__keeper **ret);

/* The same, by its own program and no other way. */
int ward__keeper_try(struct ward__keeper **ret);

#endif
