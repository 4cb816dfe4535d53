/* SPDX-License-Identifier: MIT */
/*
 * Are we a copy that fork made? Whoever owns something that a copy must not touch has to
 * ask in each call, and getpid is a system call. So the number is kept in a page that the
 * kernel empties in every copy (MADV_WIPEONFORK, 4.14), whichever call made it: handlers
 * of pthread_atfork would not be run by all of them, and belong to the whole program.
 */
#define _GNU_SOURCE 1
#include "../unix/self.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../gate.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

typedef _Atomic(pid_t) mark_t;

static _Atomic(mark_t *) kept; /* NULL: not tried yet */
static mark_t none;            /* there can be no such page */

/* An emulator may take advice that it does not know for granted. */
static bool is_wiped(void *page, size_t size)
{
	return madvise(page, size, -1) < 0 && madvise(page, size, MADV_WIPEONFORK) == 0;
}

static mark_t *map_mark(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	mark_t *mark, *before = NULL;

	if (ward__gate("wipe_on_fork") < 0)
		return &none;
	mark = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	            0);
	if (mark == MAP_FAILED)
		return &none;
	if (!is_wiped(mark, size)) {
		munmap(mark, size);
		mark = &none;
	}
	if (atomic_compare_exchange_strong(&kept, &before, mark))
		return mark;
	if (mark != &none)
		munmap(mark, size);
	return before;
}

pid_t ward__self(void)
{
	mark_t *mark = atomic_load_explicit(&kept, memory_order_acquire);
	pid_t pid;

	if (!mark)
		mark = map_mark();
	if (mark == &none)
		return getpid();
	pid = atomic_load_explicit(mark, memory_order_relaxed);
	if (pid == 0) {
		pid = getpid();
		atomic_store_explicit(mark, pid, memory_order_relaxed);
	}
	return pid;
}
