/* SPDX-License-Identifier: MIT */
/*
 * The ways to start a program contained and to wait for it, against a start that is not:
 * in one job that is kept for all, and in a job that is made for it and closed after it.
 * All end their job with nobody in it, so that nothing is killed.
 */
#include <stddef.h>

#include "job.h"

static struct ward_job *kept[WARD_MEANS_COUNT_];

static int run_plain(char *const argv[], char *stack)
{
	(void)stack;
	return run_by_ward(argv, NULL);
}

static int run_kept(char *const argv[], uint32_t means)
{
	int r = 0;

	if (!kept[means])
		r = ward_job_new(&kept[means], WARD_JOB_OPTS(.means = means));
	return r < 0 ? r : run_by_ward(argv, WARD_SPAWN_OPTS(.job = kept[means]));
}

static int run_new(char *const argv[], const struct ward_job_opts *opts)
{
	struct ward_job *job;
	int r = ward_job_new(&job, opts);

	if (r < 0)
		return r;
	r = run_by_ward(argv, WARD_SPAWN_OPTS(.job = job));
	ward_job_close(job);
	return r;
}

#define CONTESTANT(name, by)                                                      \
	static int run_in_##name(char *const argv[], char *stack)                 \
	{                                                                         \
		(void)stack;                                                      \
		return run_kept(argv, by);                                        \
	}                                                                         \
	static int run_new_##name(char *const argv[], char *stack)                \
	{                                                                         \
		(void)stack;                                                      \
		return run_new(argv, WARD_JOB_OPTS(.means = (by)));               \
	}

CONTESTANT(group, WARD_MEANS_GROUP)
CONTESTANT(keeper, WARD_MEANS_KEEPER)
CONTESTANT(pidns, WARD_MEANS_PIDNS)
CONTESTANT(cgroup, WARD_MEANS_CGROUP)

/* With somebody who watches for our end. */
static int run_new_cgroup_dies(char *const argv[], char *stack)
{
	(void)stack;
	return run_new(argv, WARD_JOB_OPTS(.means = WARD_MEANS_CGROUP,
	                                   .on_owner_death = WARD_KILL));
}

const struct contestant contestants[] = {
	[PLAIN] = { "plain, no job", run_plain },
	[IN_GROUP] = { "group", run_in_group },
	[IN_KEEPER] = { "keeper", run_in_keeper },
	[IN_PIDNS] = { "pidns", run_in_pidns },
	[IN_CGROUP] = { "cgroup", run_in_cgroup },
	[NEW_GROUP] = { "group, new job", run_new_group },
	[NEW_KEEPER] = { "keeper, new job", run_new_keeper },
	[NEW_PIDNS] = { "pidns, new job", run_new_pidns },
	[NEW_CGROUP] = { "cgroup, new job", run_new_cgroup },
	[NEW_CGROUP_DIES] = { "cgroup, new job, owner death", run_new_cgroup_dies },
};
const int n_contestants = sizeof(contestants) / sizeof(contestants[0]);

void contestants_end(void)
{
	for (int i = 0; i < WARD_MEANS_COUNT_; i++)
		ward_job_close(kept[i]);
}

/* ------------------------------------------------------------------------- scenarios */

static const struct parent_spec memories[] = {
	{ .name = "small" },
	{ .name = "1 GiB touched", .memory = (size_t)1 << 30 },
	{ 0 },
};

static const struct parent_spec roaming_small[] = {
	{ .name = "small", .roams = true },
	{ 0 },
};

enum { ALL = (1 << CONTESTANTS_MAX) - 1 };

const struct scenario_spec job_scenarios[] = {
	{
		.name = "starts",
		.title = "Contained starts of a static program",
		.parents = memories,
		.contestants = ALL,
	}, {
		.name = "starts-unpinned",
		.title = "Contained starts of a static program, on any CPU",
		.parents = roaming_small,
		.contestants = ALL,
		.unpinned_twin = true,
	}, {
		.name = "starts-dynamic",
		.title = "Contained starts of a dynamic program, on any CPU",
		.parents = roaming_small,
		.contestants = ALL,
		.dynamic = true,
	},
	{ 0 },
};
