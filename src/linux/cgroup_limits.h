/* SPDX-License-Identifier: MIT */
/* Limits of a cgroup, and the controllers that enforce them. */
#ifndef WARD_LINUX_CGROUP_LIMITS_H
#define WARD_LINUX_CGROUP_LIMITS_H

#include "cgroup.h"
#include "cgroup_find.h"

bool ward__cgroup_wants_limits(const struct ward__cgroup_limits *limits);

/*
 * See to it that groups below @base have the controllers that @limits take. 0, or
 * -ENOTSUP and the reason; -EMFILE and its like.
 */
int ward__cgroup_enable(const struct ward__cgroup_base *base,
                        const struct ward__cgroup_limits *limits, struct ward__why *why);

/* Set them on the group whose directory @dir is. */
int ward__cgroup_limit(int dir, const struct ward__cgroup_limits *limits,
                       struct ward__why *why);

#endif
