/* SPDX-License-Identifier: MIT */
/*
 * Libproc. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_LIBPROC_H
#define DECLARED_LIBPROC_H

#include <stdint.h>

#include <sys/proc_info.h>

int proc_pidinfo(int pid, int flavour, uint64_t argument, void *to, int size);

#endif
