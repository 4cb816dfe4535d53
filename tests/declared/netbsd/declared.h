/* SPDX-License-Identifier: MIT */
/*
 * NetBSD. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_NETBSD_H
#define DECLARED_NETBSD_H

#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define __NetBSD__ 1
#define PRI_NONE (-1)

#define closefrom declared_closefrom
int declared_closefrom(int first);
int _sched_setparam(pid_t pid, int thread, int policy, const struct sched_param *param);
size_t strlcpy(char *to, const char *from, size_t size);

#endif
