/* SPDX-License-Identifier: MIT */
/*
 * What tries to get away from a job, and from which means it does. The table that these
 * cases print is that of docs/guarantees.md.
 *
 * [whole-tree] Nothing gets away from a keeper, or from what the kernel contains; what
 * gets away from a group is known, and is ended here by closing its standard input.
 */
#include "job.h"

/* Kill the job, and say whether everything has ended. */
static bool is_beaten(struct ward_job *job, const char *const argv[])
{
	struct talk t = tree_start(job, argv);
	bool beaten;

	CHECK_EQ(ward_job_kill(job), 0);
	if (ward_job_strength(job) > WARD_STRENGTH_GROUP)
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
	beaten = tree_ends(&t, 1);
	tree_let_go(&t);
	return beaten;
}

/* Of whom cgroup.kill passes over (6.18 as well): it takes a pidfd to reach them. */
static bool is_passed_over(struct ward_job *job, const char *const argv[])
{
	return ward_job_means(job) == WARD_MEANS_CGROUP && !job_takes_signals(job) &&
	       strcmp(argv[2], "leaderless") == 0;
}

/* @escapes: from a mere group. */
static void attack(const char *what, const char *const argv[], bool escapes)
{
	FOR_EACH_MEANS(NULL)
	{
		int strength = ward_job_strength(job);
		const char *means = ward_means_name(ward_job_means(job));
		bool beaten;

		if (is_passed_over(job, argv)) {
			check_note("not tried: %s without pidfds", means);
			ward_job_close(job);
			continue;
		}
		beaten = is_beaten(job, argv);
		check_note("| %s | %s | %s |", means, what,
		           beaten ? "ended" : "got away");
		if (strength > WARD_STRENGTH_GROUP || !escapes)
			CHECK(beaten);
		ward_job_close(job);
	}
}

TEST(children)
{
	attack("children", TREE("fan", "20"), false);
}

TEST(children_of_children)
{
	attack("a chain of children", TREE("chain", "20"), false);
}

TEST(daemons)
{
	attack("daemons (setsid, double fork)", TREE("daemons", "10"), true);
}

TEST(orphaned_daemons)
{
	attack("daemons of a program that has ended", TREE("daemons", "10", "abandon"),
	       true);
}

TEST(groups_of_their_own)
{
	attack("process groups of their own", TREE("groups", "10"), true);
}

TEST(who_ignores_every_signal)
{
	attack("who blocks and ignores every signal", TREE("deaf", "10"), false);
}

TEST(who_is_stopped)
{
	attack("who is stopped", TREE("stopped", "5"), false);
}

#if HOST_POSIX
TEST(who_waits_in_vfork)
{
	attack("who waits for a vforked child", TREE("vfork", "3"), false);
}
#endif

TEST(whose_first_thread_is_gone)
{
	attack("whose first thread is gone", TREE("leaderless", "3"), false);
}

TEST(who_is_gone_when_one_looks)
{
	attack("who forks and exits, again and again", TREE("hopper", "20"), false);
}

TEST(who_forks_faster_than_one_looks)
{
	attack("a fork bomb, with daemons", TREE("bomb", "400"), true);
}
