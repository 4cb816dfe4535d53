/* SPDX-License-Identifier: MIT */
/*
 * What the library set out to reach with many children, beside what was measured. A goal
 * that is missed fails nothing: a busy machine misses them all.
 */
#include "many.h"

#include <math.h>

enum { HEAP_BYTES = 256 };

/* How great the greatest number is at which both were measured. */
static uint32_t greatest(const struct levels *l)
{
	uint32_t r = 0;
	int i;

	for (i = 0; i < l->n_lanes; i++)
		if (l->lanes[i].n > r && levels_lane(l, &ward_watcher, l->lanes[i].n) &&
		    levels_lane(l, &epoll_watcher, l->lanes[i].n))
			r = l->lanes[i].n;
	return r;
}

static void print_goal(const char *text, uint32_t n, double bound, struct ratio found)
{
	char goal[80];

	snprintf(goal, sizeof(goal), text, (unsigned)n);
	printf("| %-48s | <= %6.2f | ", goal, bound);
	if (found.n)
		printf("%6.2f (%.2f..%.2f) | %-12s |\n", found.median, found.low,
		       found.high,
		       round(found.median * 100) / 100 <= bound ? "met" : "not met");
	else
		printf("%19s | %-12s |\n", "-", "not measured");
}

static void to_floor(const struct levels *l, const char *text, uint32_t n, double bound,
		     int quantity)
{
	print_goal(text, n, bound,
	           levels_ratio(l, levels_lane(l, &ward_watcher, n),
	                        levels_lane(l, &epoll_watcher, n), quantity));
}

static void flat(const struct levels *l, const char *text, const struct watcher *by,
		 double bound)
{
	uint32_t n = greatest(l);
	struct ratio r = { 0, NAN, NAN, NAN };

	if (n > 100)
		r = levels_ratio(l, levels_lane(l, by, n), levels_lane(l, by, 100), CPU);
	print_goal(text, n, bound, r);
}

static void memory(const struct levels *l)
{
	uint32_t n = greatest(l);
	const struct lane *ward = levels_lane(l, &ward_watcher, n);
	const char *says = "not measured";
	char heap[CELL_BYTES], goal[80];
	double bytes = NAN;

	if (ward) {
		bytes = ward->heap;
		says = bytes <= HEAP_BYTES ? "met" : "not met";
	}
	cell_number(heap, bytes, 0);
	snprintf(goal, sizeof(goal), "bytes of heap for each of %u wards", (unsigned)n);
	printf("| %-48s | <= %6d | %19s | %-12s |\n", goal, HEAP_BYTES, heap, says);
}

void goals_print(const struct levels *l)
{
	uint32_t n = greatest(l);

	printf("\n#### Goals\n\n| %-48s | %-9s | %-19s | %-12s |\n", "goal", "wanted",
	       "found (95 %)", "");
	printf("|--------------------------------------------------|-----------"
	       "|---------------------|--------------|\n");
	to_floor(l, "CPU for an end, %u alive, of epoll's", 100, 1.10, CPU);
	to_floor(l, "CPU for an end, %u alive, of epoll's", 1000, 1.10, CPU);
	to_floor(l, "CPU for an end, %u alive, of epoll's", 10000, 1.10, CPU);
	if (n > 10000)
		to_floor(l, "CPU for an end, %u alive, of epoll's", n, 1.10, CPU);
	flat(l, "CPU for an end, %u alive, of that with 100", &ward_watcher, 1.15);
	flat(l, "  (the same of epoll over pidfds itself)", &epoll_watcher, 1.15);
	to_floor(l, "from end to event, %u alive, of epoll's", 1, 1.03, LATE);
	to_floor(l, "from end to event, %u alive, of epoll's", 10000, 1.03, LATE);
	memory(l);
}
