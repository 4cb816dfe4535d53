/* SPDX-License-Identifier: MIT */
/*
 * A few stacks are kept for the next start: mapping one each time costs 8 us and, in
 * threads, the lock of the address space and interrupts to all other CPUs. A guard page
 * below turns an overflow into a crash of the child instead of damage to the parent.
 */
#define _GNU_SOURCE 1
#include "stack.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../gate.h"

enum { KEPT = 8 };

static _Atomic(void *) kept[KEPT];

static size_t guard_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void *map_stack(void)
{
	size_t guard = guard_size();
	char *map;

	if (ward__gate("mmap") < 0)
		return NULL;
	map = mmap(NULL, guard + WARD__STACK_SIZE, PROT_READ | PROT_WRITE,
	           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	mprotect(map, guard, PROT_NONE);
	return map + guard;
}

void *ward__stack_get(void)
{
	for (int i = 0; i < KEPT; i++) {
		void *stack = atomic_load_explicit(&kept[i], memory_order_relaxed);

		if (stack && (stack = atomic_exchange(&kept[i], NULL)) != NULL)
			return stack;
	}
	return map_stack();
}

void ward__stack_put(void *stack)
{
	for (int i = 0; i < KEPT; i++) {
		void *none = NULL;

		if (atomic_compare_exchange_strong(&kept[i], &none, stack))
			return;
	}
	munmap((char *)stack - guard_size(), guard_size() + WARD__STACK_SIZE);
}
