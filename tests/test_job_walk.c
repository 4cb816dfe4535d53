/* SPDX-License-Identifier: MIT */
/*
 * A tree that changes while its processes are looked for: its root ends between two
 * questions, and leaves its children to somebody whose list was read before.
 */
#include "job.h"

#if defined(__linux__) && !WARD_TEST_POSIX
#include "gate.h"

enum { QUESTIONS = 6, BELOW = 3 };

static struct ward *root;

static void end_root(void)
{
	int r = ward_signal(root, SIGKILL);

	CHECK(r == 0 || r == -ESRCH); /* it may have ended of the signal to all */
	CHECK_EQ(ward_wait(root, WARD_FOREVER, NULL), 1);
}

static struct talk tree_that_loses_its_root(struct ward_job *job, int nth)
{
	struct talk t = tree_start(job, TREE("chain", "3"));

	root = t.w;
	ward__gate_meet("children", nth, end_root);
	return t;
}

static void clean_up(struct ward_job *job, struct talk *t)
{
	ward__gate_fail(NULL, 0, 0);
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK(tree_ends(t, 40));
	talk_end(t);
}

static void signal_while_it_ends(int means, int nth)
{
	struct ward_job *job = job_of(means, NULL);
	struct talk t;

	if (!job)
		return;
	t = tree_that_loses_its_root(job, nth);
	if (job_takes_signals(job) && !job_signals_children_alone(job)) {
		CHECK_EQ(ward_job_signal(job, SIGTERM), 0);
		CHECK(tree_is_gone(&t, 40, (pid_t)ward_pid(t.w)));
	}
	clean_up(job, &t);
	ward_job_close(job);
}

/* [whole-tree] */
TEST(who_loses_its_parent_meanwhile_is_signalled)
{
	for (int i = 0; i < JOB_MEANS; i++)
		for (int nth = 1; nth <= QUESTIONS; nth++)
			signal_while_it_ends(job_all_means[i], nth);
}

/* The root is met or not; the others are, once each. */
static void expect_all(struct ward *const *list, size_t n)
{
	size_t others = 0;

	for (size_t i = 0; i < n; i++) {
		others += ward_pid(list[i]) != ward_pid(root);
		for (size_t k = 0; k < i; k++)
			CHECK(ward_pid(list[i]) != ward_pid(list[k]));
	}
	CHECK_EQ(others, BELOW);
}

static void ask_while_it_ends(int means, int nth)
{
	struct ward_job *job = job_of(means, NULL);
	struct ward **list = NULL;
	struct talk t;
	size_t n = 0;

	if (!job)
		return;
	t = tree_that_loses_its_root(job, nth);
	if (job_names_members(job)) {
		CHECK_EQ(ward_job_members(job, &list, &n), 0);
		expect_all(list, n);
		ward_job_members_free(list, n);
	}
	clean_up(job, &t);
	ward_job_close(job);
}

TEST(who_loses_its_parent_meanwhile_is_listed_once)
{
	for (int i = 0; i < JOB_MEANS; i++)
		for (int nth = 1; nth <= QUESTIONS; nth++)
			ask_while_it_ends(job_all_means[i], nth);
}

#else
TEST(who_loses_its_parent_meanwhile)
{
	SKIP("only Linux is asked for children step by step");
}
#endif
