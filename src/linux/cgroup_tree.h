/* SPDX-License-Identifier: MIT */
/* What is below the directory of a cgroup. */
#ifndef WARD_LINUX_CGROUP_TREE_H
#define WARD_LINUX_CGROUP_TREE_H

#include <stddef.h>
#include <sys/types.h>

/* Numbers of processes or threads, each once, in order; 0 for each that has none here. */
struct ward__pids {
	pid_t *at;
	size_t n, room;
};

/*
 * Those in the directory @dir and below. Who moves from one group to another meanwhile
 * may be missed. -ENOMEM, -EMFILE.
 */
int ward__tree_pids(int dir, struct ward__pids *ret);
int ward__tree_threads(int dir, struct ward__pids *ret);
void ward__pids_drop(struct ward__pids *pids);

/* Each directory in @dir, until @fn says something else than 0, which is returned. */
int ward__tree_list(int dir, int (*fn)(void *arg, const char *name), void *arg);

/* Remove the directories below @dir, the lowest first. */
int ward__tree_remove(int dir);

#endif
