/* SPDX-License-Identifier: MIT */
/*
 * What the tests want of a system beside the library: pipes, files, threads, clocks, the
 * environment, and processes by the system's own means, so that what the library says can
 * be compared with it. host_unix.h and host_windows.h have the same functions.
 *
 * HOST_POSIX is 1 where there are fork, signals and descriptors as POSIX has them. A case
 * that is about those stands in an `#if HOST_POSIX`; a file that is about nothing else is
 * not built elsewhere (tests/meson.build).
 */
#ifndef HOST_H
#define HOST_H

#ifdef _WIN32
#include "host_windows.h"
#else
#include "host_unix.h"
#endif

/* A meeting of threads, once. */
struct host_barrier {
	atomic_int missing;
};

static inline void host_barrier_wait(struct host_barrier *b)
{
	atomic_fetch_sub(&b->missing, 1);
	while (atomic_load(&b->missing) > 0)
		host_yield();
}

#endif
