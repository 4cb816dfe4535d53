/* SPDX-License-Identifier: MIT */
/* Directories of jobs that nobody holds any more. */
#ifndef WARD_LINUX_CGROUP_SWEEP_H
#define WARD_LINUX_CGROUP_SWEEP_H

#include "cgroup.h"

/*
 * Say that the directory @dir, just made as @name in @base, is somebody's as long as it
 * is open. -ESTALE: it was taken for abandoned in the moment before; it is to be made
 * anew.
 */
int ward__cgroup_claim(int base, const char *name, int dir);

/* Remove a part of those in @base that are empty and nobody's. */
void ward__cgroup_sweep(int base);

/* Unique as far as numbers can be, and to be known as ours. */
void ward__cgroup_name(char name[WARD__CGROUP_NAME]);

#endif
