/* SPDX-License-Identifier: MIT */
/*
 * Jobs: started in, killed, stopped, waited for, by every means that is here. What gets
 * away from which means is in test_job_attacks.c.
 */
#include "job.h"

TEST(by_default_a_job_has_the_best_means_and_tells_it)
{
	struct ward_job *job = NULL;
	int means;

	REQUIRE_EQ(ward_job_new(&job, NULL), 0);
	means = ward_job_means(job);
	CHECK(ward_means_name(means) != NULL);
	CHECK(ward_job_strength(job) >= WARD_STRENGTH_GROUP);
	CHECK(ward_strength_name(ward_job_strength(job)) != NULL);
	check_note("%s, %s", ward_means_name(means),
	           ward_strength_name(ward_job_strength(job)));
	ward_job_close(job);
}

TEST(means_and_strengths_have_names)
{
	CHECK_STR(ward_means_name(WARD_MEANS_CGROUP), "cgroup");
	CHECK_STR(ward_means_name(WARD_MEANS_GROUP), "group");
	CHECK(ward_means_name(0) == NULL);
	CHECK(ward_means_name(WARD_MEANS_COUNT_) == NULL);
	CHECK_STR(ward_strength_name(WARD_STRENGTH_TREE), "tree");
	CHECK(ward_strength_name(0) == NULL);
	CHECK(ward_strength_name(4) == NULL);
}

TEST(a_new_job_is_empty)
{
	FOR_EACH_MEANS(NULL)
	{
		CHECK_EQ(ward_job_wait_empty(job, WARD_FOREVER), 1);
		CHECK_EQ(ward_job_kill(job), 0);
		CHECK_EQ(ward_job_signal(job, SIGTERM), -ESRCH);
		CHECK_EQ(ward_job_stop(job, NULL, 0, NULL), 0);
		ward_job_close(job);
	}
}

/* [whole-tree] */
TEST(kill_ends_everything_that_was_started_in_it)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("fan", "5"));

		CHECK_EQ(ward_job_wait_empty(job, 0), 0);
		CHECK_EQ(ward_job_kill(job), 0);
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
		ward_job_close(job);
	}
}

/* [whole-tree] */
TEST(what_its_ward_left_behind_is_killed_too)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("chain", "5", "abandon"));

		/* Not every system reaches a group whose leader was waited for. */
		if (ward_job_means(job) != WARD_MEANS_GROUP)
			expect_exit(ward_ref(t.w), 0);
		CHECK(tree_lives(&t));
		CHECK_EQ(ward_job_kill(job), 0);
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		ward_job_close(job);
	}
}

/* [true-status] */
TEST(a_ward_in_a_job_ends_as_any_other)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward *w =
			spawn_or_fail(CHILD("exit", "3"), WARD_SPAWN_OPTS(.job = job));
		struct ward_exit e = wait_or_fail(w);

		check_exited(&e, 3);
		CHECK_EQ(e.has_usage, 1);
		ward_close(w);
		w = spawn_or_fail(CHILD("raise", "SEGV"), WARD_SPAWN_OPTS(.job = job));
		e = wait_or_fail(w);
		CHECK_EQ(e.how, WARD_SIGNALED);
		CHECK_EQ(e.signal, SIGSEGV);
		ward_close(w);
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
		ward_job_close(job);
	}
}

TEST(a_job_takes_many_wards)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t[8];

		for (int i = 0; i < 8; i++)
			t[i] = tree_start(job, TREE("fan", "2"));
		CHECK_EQ(ward_job_kill(job), 0);
		/* All of them first: the end of a tree takes every orphan but one. */
		for (int i = 0; i < 8; i++)
			expect_signal(ward_ref(t[i].w), SIGKILL);
		for (int i = 0; i < 8; i++) {
			CHECK(tree_ends(&t[i], 40));
			talk_end(&t[i]);
		}
		ward_job_close(job);
	}
}

TEST(a_job_that_was_killed_can_be_used_again)
{
	FOR_EACH_MEANS(NULL)
	{
		for (int i = 0; i < 3; i++) {
			struct talk t = tree_start(job, TREE("fan", "1"));

			CHECK_EQ(ward_job_kill(job), 0);
			CHECK(tree_ends(&t, 40));
			talk_end(&t);
			CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
		}
		ward_job_close(job);
	}
}

/* [reserve-first] */
TEST(a_start_that_fails_leaves_the_job_empty)
{
	FOR_EACH_MEANS(NULL)
	{
		spawn_fails(ARGV("/nonexistent/program"), WARD_SPAWN_OPTS(.job = job),
		            -ENOENT, WARD_STEP_EXEC);
		spawn_fails(CHILD("exit"),
		            WARD_SPAWN_OPTS(.job = job, .cwd = "/nonexistent"), -ENOENT,
		            WARD_STEP_CHDIR);
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
		ward_job_close(job);
	}
}

/* [bounded] */
TEST(waiting_for_empty_is_bounded)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("fan", "1"));

		CHECK_EQ(ward_job_wait_empty(job, 0), 0);
		CHECK_EQ(ward_job_wait_empty(job, MILLISECONDS(5)), 0);
		tree_let_go(&t);
		CHECK_EQ(ward_job_wait_empty(job, WARD_FOREVER), 1);
		ward_job_close(job);
	}
}

/* ------------------------------------------------------------------------------- stop */

#if HOST_POSIX
TEST(a_willing_tree_ends_at_the_first_step)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("fan", "3"));
		struct ward_job_result result = WARD_JOB_RESULT_INIT;
		struct ward *w = ward_ref(t.w);

		/* Zombies are in a group until they are waited for. */
		if (ward_job_means(job) == WARD_MEANS_GROUP) {
			CHECK_EQ(ward_job_signal(job, SIGTERM), 0);
			expect_signal(w, SIGTERM);
		} else if (job_signals_children_alone(job)) {
			check_note("a keeper without pidfd_open reaches its own "
			           "children alone");
			CHECK_EQ(ward_job_kill(job), 0);
			expect_signal(w, SIGKILL);
		} else if (!job_takes_signals(job)) {
			CHECK(job_is_lack(ward_job_signal(job, SIGTERM)));
			CHECK_EQ(ward_job_stop(job, NULL, 0, &result), 2);
			expect_signal(w, SIGKILL);
		} else {
			CHECK_EQ(ward_job_stop(job, NULL, 0, &result), 1);
			CHECK_EQ(result.step, 1);
			CHECK_EQ(result.n_first, 4);
			CHECK_EQ(result.n_killed, 0);
			CHECK_EQ(result.n_survivors, 0);
			expect_signal(w, SIGTERM);
		}
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		ward_job_close(job);
	}
}
#endif

TEST(who_needed_kill_is_told)
{
	static const struct ward_stop_step steps[] = {
		{ SIGTERM, WARD_STOP_CONTINUE, 30 * WARD_NS_PER_MS },
		{ SIGKILL, 0, 40 * WARD_NS_PER_S },
	};

	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("deaf", "2", "abandon"));
		struct ward_job_result result = WARD_JOB_RESULT_INIT;

		if (ward_job_means(job) == WARD_MEANS_GROUP) {
			CHECK_EQ(ward_job_kill(job), 0);
		} else {
			expect_exit(ward_ref(t.w), 0);
			CHECK_EQ(ward_job_stop(job, steps, 2, &result), 2);
			CHECK_EQ(result.step, 2);
			CHECK(result.n_killed == 2 ||
			      (result.n_killed == -1 && !job_names_members(job)));
			CHECK_EQ(result.n_survivors, 0);
			CHECK_EQ(result.n_names, job_names_members(job) ? 2 : 0);
			CHECK(result.n_names == 0 || is_child_name(result.names[0].name));
			CHECK_EQ(result.names[0].survived, 0);
		}
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		ward_job_close(job);
	}
}

#if HOST_POSIX
TEST(a_stopped_tree_is_continued_by_the_first_step)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("stopped", "2"));
		int r;

		if (job_takes_signals(job) && !job_signals_children_alone(job)) {
			CHECK_EQ(ward_job_signal(job, SIGTERM), 0);
			r = ward_job_signal(job, SIGCONT);
			/* Left to init of another session they are continued by that. */
			CHECK(r == 0 || (r == -ESRCH && on_emulator()));
		} else {
			CHECK_EQ(ward_job_kill(job), 0);
		}
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		ward_job_close(job);
	}
}
#endif
