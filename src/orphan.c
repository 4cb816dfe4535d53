/* SPDX-License-Identifier: MIT */
/*
 * Children that were killed by ward_close without waiting. Somebody has to collect them,
 * or each would stay a zombie, and there is no thread and no SIGCHLD to do it; so they
 * wait in a list that the next start or close walks. The common case, an empty list,
 * costs one load.
 */
#include "handle.h"

static _Atomic(struct ward *) orphans;

static void push(struct ward *first, struct ward *last)
{
	struct ward *head = atomic_load_explicit(&orphans, memory_order_relaxed);

	do {
		last->next = head;
	} while (!atomic_compare_exchange_weak_explicit(
	        &orphans, &head, first, memory_order_release, memory_order_relaxed));
}

void ward__orphan_add(struct ward *w)
{
	push(w, w);
}

/* The whole list is taken at once, so two threads never hold the same ward. */
void ward__orphans_collect(void)
{
	struct ward *w, *next;

	if (!atomic_load_explicit(&orphans, memory_order_relaxed))
		return;
	w = atomic_exchange_explicit(&orphans, NULL, memory_order_acquire);
	for (; w; w = next) {
		struct ward_exit exit = WARD_EXIT_INIT;

		next = w->next;
		if (ward__end(w, &exit) == 0)
			ward__orphan_add(w);
		else
			ward__leave(w);
	}
}
