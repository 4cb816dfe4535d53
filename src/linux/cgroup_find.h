/* SPDX-License-Identifier: MIT */
/* Where in the tree of cgroups (v2) this process is, and how to get there. */
#ifndef WARD_LINUX_CGROUP_FIND_H
#define WARD_LINUX_CGROUP_FIND_H

#include <stdbool.h>
#include <sys/types.h>

#include "why.h"

/* A cgroup that is there already: our own, or the one above it. */
struct ward__cgroup_base {
	int dir;                      /* its directory, open */
	char *path;                   /* as /proc/self/cgroup has it */
};

/* Our own. A failure is told in words. */
int ward__cgroup_own(struct ward__cgroup_base *ret, struct ward__why *why);

/* That of the process @pid. */
int ward__cgroup_of(struct ward__cgroup_base *ret, pid_t pid, struct ward__why *why);

/*
 * The one above @base, if it was given to us to make groups in: see cgroup_find.c.
 * -ENOENT: there is none, or it was not.
 */
int ward__cgroup_above(struct ward__cgroup_base *ret,
                       const struct ward__cgroup_base *base);
void ward__cgroup_base_drop(struct ward__cgroup_base *base);

/* The parts, which read nothing: they take the text apart that they are given. */
struct ward__mount {
	const char *root, *point;     /* what is mounted, and where */
};

/* The next mount of cgroup2 in *text, which is advanced; false: there is no more. */
bool ward__mount_next(char **text, struct ward__mount *ret);

/* The path in the line of v2 of /proc/PID/cgroup, cut out; NULL: there is none. */
char *ward__cgroup_line(char *text);

/*
 * What is left of @path below @root, without a leading slash; NULL: it is not below. Both
 * may begin with "/..": they are told from the root of a namespace.
 */
const char *ward__cgroup_below(const char *path, const char *root);

#endif
