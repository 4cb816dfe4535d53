/* SPDX-License-Identifier: MIT */
/*
 * What the library set out to reach with jobs, beside what was measured. A goal that is
 * missed fails nothing: a busy machine misses them all.
 */
#include <math.h>
#include <string.h>

#include "job.h"

enum { KEEPER_KIB = 200 };
static const struct ratio unknown = { 0, NAN, NAN, NAN };

/* A bound on a ratio of two lanes of the starts. */
struct start_goal {
	const char *text, *scenario;
	int parent, contestant;
	double bound;
	struct ratio found;
};

static struct start_goal start_goals[] = {
	{ "start in one cgroup, of a plain start", "starts", 0, IN_CGROUP, 1.10, { 0 } },
	{ "  (the same with 1 GiB in the parent)", "starts", 1, IN_CGROUP, 1.10, { 0 } },
	{ "  (the same of a dynamic program)", "starts-dynamic", 0, IN_CGROUP, 1.10,
	  { 0 } },
	{ "start with a keeper, of a plain start", "starts", 0, IN_KEEPER, 2.00, { 0 } },
	{ "  (the same with 1 GiB in the parent)", "starts", 1, IN_KEEPER, 2.00, { 0 } },
	{ "  (the same of a dynamic program)", "starts-dynamic", 0, IN_KEEPER, 2.00,
	  { 0 } },
};
enum { START_GOALS = sizeof(start_goals) / sizeof(start_goals[0]) };

/* On the end of the largest tree: of two enders, in the order of enders[]. */
struct end_goal {
	const char *text;
	int by, of;
	uint32_t n;
	double bound;
	struct ratio found;
};

static struct end_goal end_goals[] = {
	{ "10,000 ended by ward's cgroup, of cgroup.kill", BY_CGROUP, BY_HAND, 10000,
	  1.20, { 0 } },
	{ "  (the same, both in our process group)", BY_CGROUP_OUR_GROUP,
	  BY_HAND_OUR_GROUP, 10000, 1.20, { 0 } },
	{ "  (the same by its pidns)", BY_PIDNS, BY_HAND, 10000, 1.20, { 0 } },
	{ "  (the same by its keeper)", BY_KEEPER, BY_HAND, 10000, 1.20, { 0 } },
};
enum { END_GOALS = sizeof(end_goals) / sizeof(end_goals[0]) };

static const struct {
	const char *text;
	uint32_t n;
} memory_goals[] = {
	{ "private KiB of a keeper, just started", 1 },
	{ "private KiB of a keeper, 1,000 below", 1001 },
};
enum { MEMORY_GOALS = sizeof(memory_goals) / sizeof(memory_goals[0]) };
static double memory_found[MEMORY_GOALS] = { -1, -1 };

void job_goals_starts(const struct scenario *s)
{
	int i;

	for (i = 0; i < START_GOALS; i++) {
		struct start_goal *goal = &start_goals[i];

		if (strcmp(goal->scenario, s->spec->name) == 0)
			goal->found = lanes_ratio(
				scenario_lane(s, goal->parent, goal->contestant),
				scenario_lane(s, goal->parent, PLAIN));
	}
}

void job_goals_size(const struct size *size)
{
	const struct ender_lane *by, *of;
	int i;

	for (i = 0; i < END_GOALS; i++) {
		if (end_goals[i].n != size->n)
			continue;
		by = size_lane(size, enders[end_goals[i].by]);
		of = size_lane(size, enders[end_goals[i].of]);
		end_goals[i].found = by && of ?
			series_ratio(&by->empty, &of->empty) : unknown;
	}
}

void job_goals_memories(const struct memories *m)
{
	int i, k;

	for (i = 0; i < m->n_lanes; i++)
		for (k = 0; k < MEMORY_GOALS; k++)
			if (m->lanes[i].by->means == WARD_MEANS_KEEPER &&
			    m->lanes[i].n == memory_goals[k].n &&
			    !m->lanes[i].found.error)
				memory_found[k] = m->lanes[i].found.keeper.private_kib;
}

static void print_ratio(const char *text, double bound, struct ratio found)
{
	printf("| %-46s | <= %6.2f | ", text, bound);
	if (found.n)
		printf("%6.2f (%.2f..%.2f) | %-12s |\n", found.median, found.low,
		       found.high,
		       round(found.median * 100) / 100 <= bound ? "met" : "not met");
	else
		printf("%19s | %-12s |\n", "-", "not measured");
}

static void print_memory(const char *text, double kib)
{
	printf("| %-46s | <= %6d | ", text, KEEPER_KIB);
	if (kib >= 0)
		printf("%19.0f | %-12s |\n", kib, kib <= KEEPER_KIB ? "met" : "not met");
	else
		printf("%19s | %-12s |\n", "-", "not measured");
}

void job_goals_print(void)
{
	int i;

	printf("\n#### Goals\n\n| %-46s | %-9s | %-19s | %-12s |\n", "goal", "wanted",
	       "found (95 %)", "");
	printf("|------------------------------------------------|-----------"
	       "|---------------------|--------------|\n");
	for (i = 0; i < START_GOALS; i++)
		print_ratio(start_goals[i].text, start_goals[i].bound,
		            start_goals[i].found);
	for (i = 0; i < MEMORY_GOALS; i++)
		print_memory(memory_goals[i].text, memory_found[i]);
	for (i = 0; i < END_GOALS; i++)
		print_ratio(end_goals[i].text, end_goals[i].bound, end_goals[i].found);
}
