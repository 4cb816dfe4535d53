/* SPDX-License-Identifier: MIT */
/*
 * A transient scope of the user's systemd: a cgroup that this user may make others in,
 * for who has none of its own.
 */
#ifndef WARD_LINUX_SCOPE_H
#define WARD_LINUX_SCOPE_H

#include <sys/types.h>

#include "cgroup_find.h"

/* The group in it that our own process is in. */
#define WARD__SCOPE_ANCHOR "anchor"

struct ward__scope;

/*
 * Have one made. No process is in its own directory, so controllers can be handed down;
 * a tiny process of ours beside (in "anchor") keeps it from being removed. A failure is
 * told in words: as ward__systemd_start_scope, or as the making of a process.
 */
int ward__scope_new(struct ward__scope **ret, struct ward__why *why);

/* Its directory. */
const struct ward__cgroup_base *ward__scope_base(const struct ward__scope *scope);

/*
 * Move a process that is elsewhere into the group @name of it: an uncollected child of
 * ours, or one that its caller looks for once more. -ETIMEDOUT, ...
 */
int ward__scope_attach(const struct ward__scope *scope, const char *name, pid_t pid);

/* Give it up (NULL is fine): systemd removes it when nobody is in it any more. */
void ward__scope_drop(struct ward__scope *scope);

#endif
