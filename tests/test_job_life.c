/* SPDX-License-Identifier: MIT */
/*
 * The life of a job: what may be asked of it, what becomes of its processes when it is
 * closed, or when its owner is no more.
 */
#include "job.h"

static void refuses(const struct ward_job_opts *opts)
{
	struct ward_job *job = NULL;

	CHECK_EQ(ward_job_new(&job, opts), -EINVAL);
	CHECK(job == NULL);
}

TEST(bad_options_are_refused)
{
	struct ward_job *job = NULL;

	refuses(WARD_JOB_OPTS(.flags = 2));
	refuses(WARD_JOB_OPTS(.means = WARD_MEANS_COUNT_));
	refuses(WARD_JOB_OPTS(.at_least = WARD_STRENGTH_KERNEL + 1));
	refuses(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT + 1));
	refuses(WARD_JOB_OPTS(.on_owner_death = WARD_KILL_WAIT));
	refuses(WARD_JOB_OPTS(.reserved = { 1 }));
	refuses(WARD_JOB_OPTS(.means = WARD_MEANS_GROUP, .flags = WARD_JOB_SHARE_GROUP));
	refuses(&(struct ward_job_opts){ .size = 0 });
	CHECK_EQ(ward_job_new(NULL, NULL), -EINVAL);
	CHECK_EQ(ward_job_kill(NULL), -EINVAL);
	CHECK_EQ(ward_job_signal(NULL, SIGTERM), -EINVAL);
	CHECK_EQ(ward_job_wait_empty(NULL, 0), -EINVAL);
	CHECK_EQ(ward_job_stop(NULL, NULL, 0, NULL), -EINVAL);
	CHECK_EQ(ward_job_means(NULL), -EINVAL);
	CHECK_EQ(ward_job_strength(NULL), -EINVAL);
	CHECK_EQ(ward_job_freeze(NULL), -EINVAL);
	CHECK_EQ(ward_job_add(NULL, NULL), -EINVAL);
	ward_job_close(NULL);
	job = job_of(WARD_MEANS_GROUP, NULL);
	CHECK_EQ(ward_job_signal(job, -1), -EINVAL);
	CHECK_EQ(ward_job_stop(job,
	                       &(struct ward_stop_step){ SIGTERM, WARD_STOP_GROUP, 0 }, 1,
	                       NULL),
	         -EINVAL);
	ward_job_close(job);
}

TEST(options_of_both_a_job_and_a_ward_are_refused)
{
	struct ward_job *job = job_of(WARD_MEANS_GROUP, NULL);

	spawn_fails(CHILD("exit"),
	            WARD_SPAWN_OPTS(.job = job, .on_owner_death = WARD_KILL), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit"),
	            WARD_SPAWN_OPTS(.job = job, .flags = WARD_SPAWN_PGROUP,
	                            .pgroup = getpgrp()),
	            -EINVAL, WARD_STEP_JOB);
	ward_job_close(job);
}

/* [told-why] */
TEST(why_there_is_no_such_job_is_said_in_words)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job *job = NULL;
	char text[768];

	CHECK_EQ(ward_job_new(&job,
	                      WARD_JOB_OPTS(.means = WARD_MEANS_OBJECT, .error = &error)),
	         -ENOTSUP);
	CHECK_EQ(error.step, WARD_STEP_JOB);
	CHECK(strstr(error.path, "object: this system has no such means") != NULL);
	CHECK_EQ(ward_job_new(&job, WARD_JOB_OPTS(.means = WARD_MEANS_GROUP,
	                                          .at_least = WARD_STRENGTH_TREE,
	                                          .error = &error)),
	         -ENOTSUP);
	CHECK(strstr(error.path, "group: not strong enough") != NULL);
	CHECK_EQ(ward_job_new(&job, WARD_JOB_OPTS(.means = WARD_MEANS_GROUP,
	                                          .pids_max = 7, .error = &error)),
	         -ENOTSUP);
	CHECK(strstr(error.path, "group: cannot limit") != NULL);
	CHECK(ward_error_text(&error, text, sizeof(text)) > 0);
	check_note("%s", text);
	CHECK(job == NULL);
}

/* Its keeper, if it has one, ends a moment after all have let the pipe go. */
static void await_keeper(void)
{
	siginfo_t info;

	waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
}

TEST(closing_a_job_leaves_the_tree_by_default)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("daemons", "3"));

		ward_job_close(job);
		CHECK(tree_lives(&t));
		CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
		talk_let_go(&t);
		CHECK(tree_ends(&t, 40));
		await_keeper();
		talk_end(&t);
	}
}

/* [whole-tree] */
TEST(closing_a_job_kills_the_tree_if_asked)
{
	FOR_EACH_MEANS(WARD_JOB_OPTS(.on_close = WARD_KILL))
	{
		struct talk t = tree_start(job, TREE("fan", "3"));

		ward_job_close(job);
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
	}
}

/* [whole-tree] */
TEST(closing_a_job_kills_and_waits_if_asked)
{
	FOR_EACH_MEANS(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT))
	{
		bool is_group = ward_job_means(job) == WARD_MEANS_GROUP;
		struct talk t = tree_start(job, TREE("fan", "3"));

		/* The zombie of its leader would be waited for. */
		if (is_group) {
			CHECK_EQ(ward_job_kill(job), 0);
			CHECK(tree_ends(&t, 40));
			ward_wait(t.w, WARD_FOREVER, NULL);
		}
		ward_job_close(job);
		CHECK(is_group || host_is_silent(t.from));
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
	}
}

TEST(a_ward_outlives_its_job)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = talk_start_ready(CHILD("ready", "7"),
		                                 WARD_SPAWN_OPTS(.job = job));

		ward_job_close(job);
		talk_let_go(&t);
		expect_exit(ward_ref(t.w), 7);
		talk_end(&t);
	}
}

TEST(a_job_outlives_its_wards)
{
	FOR_EACH_MEANS(NULL)
	{
		/* Not every system reaches a group whose leader was collected. */
		bool is_group = ward_job_means(job) == WARD_MEANS_GROUP;
		struct talk t =
			tree_start(job, TREE("fan", "2", is_group ? NULL : "abandon"));
		pid_t pid = (pid_t)ward_pid(t.w);

		if (!is_group)
			ward_wait(t.w, SECONDS(40), NULL);
		ward_close(t.w);
		CHECK(tree_lives(&t));
		CHECK_EQ(ward_job_kill(job), 0);
		CHECK(tree_is_gone(&t, 40, pid));
		if (is_group)
			waitpid(pid, NULL, 0);
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
		talk_let_go(&t);
		close(t.from);
		ward_job_close(job);
	}
}

/* [threads] */
TEST(a_forked_copy_can_only_close_it)
{
	FOR_EACH_MEANS(WARD_JOB_OPTS(.on_close = WARD_KILL))
	{
		struct talk t = tree_start(job, TREE("fan", "1"));
		bool by_groups = ward_job_means(job) == WARD_MEANS_GROUP;
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			int r = by_groups ? -ECHILD : ward_job_kill(job);

			if (!by_groups)
				ward_job_close(job);
			_exit(r == -ECHILD ? 0 : 1);
		}
		REQUIRE_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
		CHECK(tree_lives(&t));
		ward_job_close(job);
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
	}
}

/* --------------------------------------------------------------------- owner's death */

/* In a process of its own: make a job and a tree in it, say so, and end in some way. */
static void own_and_die(int means, const int to_tree[2], const int from_tree[2],
                        void (*die)(void))
{
	struct ward_job *job = job_of(means, WARD_JOB_OPTS(.on_owner_death = WARD_KILL));
	struct ward *w;

	if (!job)
		_exit(77);
	/* From a group daemons get away. */
	w = spawn_or_fail(TREE(means == WARD_MEANS_GROUP ? "fan" : "daemons", "5"),
	                  WARD_SPAWN_OPTS(.job = job, .in = GIVEN(to_tree[0]),
	                                  .out = GIVEN(from_tree[1])));
	CHECK_EQ(ward_owner_death(w), WARD_DEATH_JOB);
	close(to_tree[0]);
	close(to_tree[1]);
	close(from_tree[1]);
	talk_ready(&(struct talk){ w, -1, from_tree[0] });
	die();
}

static void die_of_kill(void)
{
	raise(SIGKILL);
}

static void die_of_abort(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void exit_at_once(void)
{
	_exit(0);
}

static void exec_another(void)
{
	execl(check_child(), "child", "exit", "0", (char *)NULL);
}

static void ends_with_owner(int means, const char *how, void (*die)(void))
{
	struct talk t = { NULL, -1, -1 };
	int to[2], from[2], status;
	bool ended;
	pid_t pid;

	make_pipe(to);
	make_pipe(from);
	pid = fork();
	if (pid == 0) {
		own_and_die(means, to, from, die);
		_exit(1);
	}
	close(to[0]);
	close(from[1]);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	t.to = to[1];
	t.from = from[0];
	if (!(WIFEXITED(status) && WEXITSTATUS(status) == 77)) {
		ended = tree_ends(&t, 40);
		CHECK(ended);
		check_note("| %s | %s | %s |", ward_means_name(means), how,
		           ended ? "ended" : "got away");
	} else {
		check_note("| %s | %s | not offered |", ward_means_name(means), how);
	}
	talk_let_go(&t);
	CHECK(tree_ends(&t, 40));
	close(t.from);
	/* What the owner left is ours, and who watched over it ends last. */
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void ends_with_owner_by_all(const char *how, void (*die)(void))
{
	for (int i = 0; i < JOB_MEANS; i++)
		ends_with_owner(job_all_means[i], how, die);
}

/* [whole-tree] */
TEST(a_tree_ends_with_its_owner_that_is_killed)
{
	ends_with_owner_by_all("the owner is killed", die_of_kill);
}

/* [whole-tree] */
TEST(a_tree_ends_with_its_owner_that_aborts)
{
	ends_with_owner_by_all("the owner aborts", die_of_abort);
}

/* [whole-tree] */
TEST(a_tree_ends_with_its_owner_that_exits_without_a_word)
{
	ends_with_owner_by_all("the owner exits without a word", exit_at_once);
}

/* [whole-tree] */
TEST(a_tree_ends_with_its_owner_that_runs_another_program)
{
	ends_with_owner_by_all("the owner runs another program", exec_another);
}
