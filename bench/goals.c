/* SPDX-License-Identifier: MIT */
/*
 * What the library set out to reach, beside what was measured. This is information: a
 * busy machine misses every goal, so nothing here ever fails.
 */
#include "bench.h"

#include <math.h>
#include <string.h>

/* A goal is a bound on a ratio of two lanes of one scenario. */
struct goal {
	const char *text;
	const char *scenario;
	int parent, other_parent;
	int other;                            /* contestant; negative: the same one */
	bool other_over_us;                   /* the ratio is other / ours, more is better */
	double bound;
	struct ratio found[2];                /* ward; ward, signals inherited */
};

static const int ours[2] = { WARD, WARD_INHERIT };

static struct goal goals[] = {
	{ "static program: time, of the floor's", "static", 0, 0, FLOOR, false, 1.03,
	  { { 0 } } },
	{ "static program: times faster than posix_spawn", "static", 0, 0, POSIX_SPAWN, true,
	  1.35, { { 0 } } },
	{ "10,000 descriptors: time, of posix_spawn's", "descriptors", 1, 1, POSIX_SPAWN,
	  false, 0.15, { { 0 } } },
	{ "4 GiB parent: time, of a small parent's", "memory", 2, 0, -1, false, 1.05,
	  { { 0 } } },
	{ "two threads: starts a second, of one thread's", "threads", 1, 0, -1, true, 1.90,
	  { { 0 } } },
};
enum { GOALS = sizeof(goals) / sizeof(goals[0]) };

static struct ratio look(const struct goal *goal, const struct scenario *s, int us)
{
	const struct lane *mine = scenario_lane(s, goal->parent, us);
	const struct lane *other = scenario_lane(s, goal->other_parent,
	                                         goal->other < 0 ? us : goal->other);

	return goal->other_over_us ? lanes_ratio(other, mine) : lanes_ratio(mine, other);
}

void goals_note(const struct scenario *scenario)
{
	int i, k;

	for (i = 0; i < GOALS; i++) {
		if (strcmp(goals[i].scenario, scenario->spec->name) != 0)
			continue;
		for (k = 0; k < 2; k++)
			goals[i].found[k] = look(&goals[i], scenario, ours[k]);
	}
}

/* The bound has two digits, and so has what is compared with it. */
static bool met(const struct goal *goal, const struct ratio *found)
{
	double value = round(found->median * 100) / 100;

	return goal->other_over_us ? value >= goal->bound : value <= goal->bound;
}

static void print_goal(const struct goal *goal, int k)
{
	const struct ratio *found = &goal->found[k];

	printf("| %-47s | %-23s | %s %.2f | ", goal->text, contestants[ours[k]].name,
	       goal->other_over_us ? ">=" : "<=", goal->bound);
	if (found->n)
		printf("%5.2f (%.2f..%.2f) | %-12s |\n", found->median, found->low,
		       found->high, met(goal, found) ? "met" : "not met");
	else
		printf("%18s | %-12s |\n", "-", "not measured");
}

void goals_print(void)
{
	int i, k;

	printf("\n#### Goals\n\n| %-47s | %-23s | %-7s | %-18s | %-12s |\n", "goal", "start",
	       "wanted", "found (95 %)", "");
	printf("|-------------------------------------------------|-------------------------"
	       "|---------|--------------------|--------------|\n");
	for (i = 0; i < GOALS; i++)
		for (k = 0; k < 2; k++)
			print_goal(&goals[i], k);
}
