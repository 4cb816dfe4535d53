/* SPDX-License-Identifier: MIT */
/*
 * Cpuset_setaffinity(2). Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_CPUSET_H
#define DECLARED_SYS_CPUSET_H

#include <sys/types.h>

/* glibc has a cpu_set_t of its own name. */
typedef struct {
	long bits[16];
} cpuset_t;

#define CPU_LEVEL_WHICH 3
#define CPU_WHICH_PID 2

int cpuset_setaffinity(int level, int which, id_t id, size_t size, const cpuset_t *set);

#endif
