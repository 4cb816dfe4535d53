/* SPDX-License-Identifier: MIT */
/*
 * Sysctl(3). Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_SYSCTL_H
#define DECLARED_SYS_SYSCTL_H

#include <stddef.h>

#define CTL_KERN 1
#define KERN_PROC 14
#define KERN_PROC_PID 1
#define KERN_PROC2 47
#define KERN_BOOTTIME 21
#define KERN_MAXFILESPERPROC 29

int sysctl(const int *name, unsigned n, void *old, size_t *old_size, const void *to,
           size_t size);
int sysctlbyname(const char *name, void *old, size_t *old_size, const void *to,
                 size_t size);

#include "kinfo.h"

#endif
