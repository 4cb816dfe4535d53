/* SPDX-License-Identifier: MIT */
/*
 * macOS' way to start: posix_spawn(2), which copies no memory, suspends the program until
 * it is watched, and closes what it was not told to keep.
 */
#ifndef WARD_KQUEUE_MACOS_H
#define WARD_KQUEUE_MACOS_H

#include <stdbool.h>

#include "../unix/fork.h"

#ifdef __APPLE__
/* Can it carry out this plan? Everything else is for fork. */
bool ward__macos_can(const struct ward__plan *plan);

/* As ward__fork_start. */
int ward__macos_start(pid_t *ret, struct ward__plan *plan, ward__hold_fn *hold, void *arg,
                      struct ward_error *error);
#else
static inline bool ward__macos_can(const struct ward__plan *plan)
{
	(void)plan;
	return false;
}

static inline int ward__macos_start(pid_t *ret, struct ward__plan *plan,
                                    ward__hold_fn *hold, void *arg,
                                    struct ward_error *error)
{
	return ward__fork_start(ret, plan, hold, arg, error);
}
#endif

#endif
