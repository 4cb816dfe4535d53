/* SPDX-License-Identifier: MIT */
/* A stack that is pushed to one by one and only ever taken as a whole: no ABA. */
#include "left.h"

#include <stddef.h>

void ward__left_add(ward__left_list *list, struct ward__left *one)
{
	struct ward__left *head = atomic_load_explicit(list, memory_order_relaxed);

	do {
		one->next = head;
	} while (!atomic_compare_exchange_weak_explicit(
	        list, &head, one, memory_order_release, memory_order_relaxed));
}

/* All are taken at once: between two of them nobody else can be in the middle of one. */
void ward__left_try(ward__left_list *list, bool (*try)(struct ward__left *one))
{
	struct ward__left *one, *next;

	if (!atomic_load_explicit(list, memory_order_relaxed))
		return;
	one = atomic_exchange_explicit(list, NULL, memory_order_acquire);
	for (; one; one = next) {
		next = one->next;
		if (!try(one))
			ward__left_add(list, one);
	}
}
