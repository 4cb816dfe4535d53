/* SPDX-License-Identifier: MIT */
/*
 * Those that end trees: ward by each of its means, and the shell.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

const char *scripts_folder;

/* ------------------------------------------------------------------------------ ward */

static int start_first(struct tree *tree, const char *const argv[], int in, int out)
{
	return ward_spawn(&tree->ward, argv, WARD_SPAWN_OPTS(
		.in = { .kind = WARD_FD_GIVEN, .fd = in },
		.out = { .kind = WARD_FD_GIVEN, .fd = out },
		.err = { .kind = WARD_FD_CLOSED },
		.flags = tree->by->shares_group ? 0 : WARD_SPAWN_PGROUP,
		.on_close = WARD_KILL_WAIT,
		.job = tree->job));
}

static int start_in_job(struct tree *tree, const char *const argv[], int in, int out)
{
	int r = ward_job_new(&tree->job, WARD_JOB_OPTS(
		.means = tree->by->means,
		.flags = tree->by->shares_group ? WARD_JOB_SHARE_GROUP : 0,
		.on_close = WARD_KILL_WAIT));

	return r < 0 ? r : start_first(tree, argv, in, out);
}

static int end_job(struct tree *tree)
{
	return ward_job_kill(tree->job);
}

static int wait_first(struct tree *tree)
{
	int r = ward_wait(tree->ward, WAIT_S * INT64_C(1000000000), NULL);

	return r == 0 ? -ETIMEDOUT : r < 0 ? r : 0;
}

/* The leader of a group is in it till it is waited for, so that is done for all. */
static int wait_job(struct tree *tree)
{
	int r = wait_first(tree);

	if (r < 0)
		return r;
	r = ward_job_wait_empty(tree->job, WAIT_S * INT64_C(1000000000));
	return r == 0 ? -ETIMEDOUT : r < 0 ? r : 0;
}

static void close_job(struct tree *tree)
{
	ward_close(tree->ward);
	ward_job_close(tree->job);
}

#define BY_WARD(name_, means_, shares_group_)                                     \
	{ .name = (name_), .means = (means_), .most = UINT32_MAX,                 \
	  .shares_group = (shares_group_), .start = start_in_job,                 \
	  .end = end_job, .wait = wait_job, .close = close_job }

static const struct ender ward_enders[] = {
	BY_WARD("ward, cgroup", WARD_MEANS_CGROUP, false),
	BY_WARD("ward, cgroup, our group", WARD_MEANS_CGROUP, true),
	BY_WARD("ward, pidns", WARD_MEANS_PIDNS, false),
	BY_WARD("ward, keeper", WARD_MEANS_KEEPER, false),
	BY_WARD("ward, group", WARD_MEANS_GROUP, false),
};

/* ----------------------------------------------------------------------------- shell */

/* A script is run with the number of the tree's first process, which is our child. */
static int run_script(struct tree *tree)
{
	struct ward_exit end = WARD_EXIT_INIT;
	char path[4096], number[24];
	const char *argv[] = { "sh", path, number, NULL };
	struct ward *shell;
	int r;

	snprintf(path, sizeof(path), "%s/%s", scripts_folder, tree->by->script);
	snprintf(number, sizeof(number), "%lld", (long long)ward_pid(tree->ward));
	r = ward_spawn(&shell, argv, WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));
	if (r < 0)
		return r;
	r = ward_wait(shell, WAIT_S * INT64_C(1000000000), &end);
	ward_close(shell);
	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	return end.how == WARD_EXITED && end.code == 0 ? 0 : -EPROTO;
}

static void close_first(struct tree *tree)
{
	ward_close(tree->ward);
}

#define BY_SHELL(name_, script_, most_)                                           \
	{ .name = (name_), .script = (script_), .most = (most_),                  \
	  .start = start_first, .end = run_script, .wait = wait_first,            \
	  .close = close_first }

static const struct ender shell_enders[] = {
	BY_SHELL("shell, lists of children", "kill-children.sh", UINT32_MAX),
	BY_SHELL("shell, pgrep -P", "kill-pgrep.sh", 10),
};

const struct ender *const enders[] = {
	[BY_HAND] = &hand_enders[0],
	[BY_HAND_OUR_GROUP] = &hand_enders[1],
	[BY_CGROUP] = &ward_enders[0],
	[BY_CGROUP_OUR_GROUP] = &ward_enders[1],
	[BY_PIDNS] = &ward_enders[2],
	[BY_KEEPER] = &ward_enders[3],
	[BY_GROUP] = &ward_enders[4],
	[BY_SHELL_LISTS] = &shell_enders[0],
	[BY_SHELL_PGREP] = &shell_enders[1],
	[ENDERS] = NULL
};
