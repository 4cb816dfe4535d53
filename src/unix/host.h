/* SPDX-License-Identifier: MIT */
/* Small facts in which POSIX systems differ; each system has them in its folder. */
#ifndef WARD_UNIX_HOST_H
#define WARD_UNIX_HOST_H

#include <errno.h>
#include <stdint.h>

/* "It is not known": FreeBSD and OpenBSD have no ENODATA. */
#ifndef ENODATA
#define ENODATA ENOMSG
#endif

/* Bytes in one unit of ru_maxrss. */
int64_t ward__maxrss_unit(void);

/* RLIMIT_* of a WARD_RLIMIT_*, or -1 where the system has none. */
int ward__host_rlimit(int resource);

/* SCHED_* of a WARD_SCHED_*, or -1. */
int ward__host_sched(int policy);

#endif
