/* SPDX-License-Identifier: MIT */
/*
 * A single ward that is to end with its owner, on every system: by the kernel, or by a
 * keeper. What is Linux' own of keepers is in test_keeper.c and test_keeper_owner.c.
 */
#include "job.h"

#define KEPT(...) WARD_SPAWN_OPTS(.on_owner_death = WARD_KILL, __VA_ARGS__)

TEST(by_which_means_it_ends_with_its_owner_is_told)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	struct ward *plain = spawn_or_fail(CHILD("exit"), NULL);
	int how = ward_owner_death(t.w);

	CHECK(how == WARD_DEATH_KERNEL || how == WARD_DEATH_KEEPER);
	CHECK_EQ(ward_owner_death(plain), WARD_DEATH_LEAVES);
	check_note("by %s", how == WARD_DEATH_KERNEL ? "the kernel" : "a keeper");
	talk_end(&t);
	expect_exit(plain, 0);
}

/* [true-status] */
TEST(it_ends_as_any_other)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), KEPT(.cwd = "/"));
	struct ward_exit e = wait_or_fail(w);

	check_exited(&e, 3);
	CHECK_EQ(e.has_usage, 1);
	CHECK_EQ(ward_signal(w, SIGTERM), -ESRCH);
	ward_close(w);
	expect_signal(spawn_or_fail(CHILD("raise", "SEGV"), KEPT(.cwd = "/")), SIGSEGV);
}

TEST(it_takes_signals)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));

	CHECK_EQ(ward_signal(t.w, 0), 0);
	CHECK_EQ(ward_signal(t.w, 12345), -EINVAL);
	CHECK_EQ(ward_signal(t.w, SIGTERM), 0);
	expect_signal(ward_ref(t.w), SIGTERM);
	CHECK_EQ(ward_signal(t.w, SIGTERM), -ESRCH);
	talk_end(&t);
}

/* [same-process] */
TEST(its_group_takes_signals)
{
	struct talk t = talk_start_ready(CHILD("ready"),
	                                 KEPT(.flags = WARD_SPAWN_PGROUP));

	CHECK_EQ(ward_signal_group(t.w, 0), 0);
	CHECK_EQ(ward_signal_group(t.w, SIGKILL), 0);
	expect_signal(ward_ref(t.w), SIGKILL);
	talk_end(&t);
}

TEST(it_is_in_the_group_of_its_owner)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));

	CHECK_EQ(getpgid((pid_t)ward_pid(t.w)), getpgrp());
	CHECK_EQ(getsid((pid_t)ward_pid(t.w)), getsid(0));
	talk_end(&t);
}

/* [reserve-first] */
TEST(a_start_that_fails_leaves_nobody)
{
	for (int i = 0; i < 5; i++) {
		spawn_fails(ARGV("/nonexistent/program"), KEPT(.cwd = "/"), -ENOENT,
		            WARD_STEP_EXEC);
		spawn_fails(CHILD("exit"), KEPT(.cwd = "/nonexistent"), -ENOENT,
		            WARD_STEP_CHDIR);
	}
}

/* Whoever ignores SIGCHLD has its children collected by the kernel. */
TEST(its_end_is_told_to_who_ignores_that_of_children)
{
	struct ward_exit e;
	struct ward *w;

	signal(SIGCHLD, SIG_IGN);
	w = spawn_or_fail(CHILD("exit", "4"), KEPT(.cwd = "/"));
	e = wait_or_fail(w);
	signal(SIGCHLD, SIG_DFL);
	if (ward_owner_death(w) == WARD_DEATH_KEEPER || e.how != WARD_LOST)
		check_exited(&e, 4);
	ward_close(w);
}

/* ---------------------------------------------------------------------------- its end */

static void own_and_die(const int to[2], const int from[2], void (*die)(struct ward *w))
{
	struct ward *w = spawn_or_fail(CHILD("ready"),
	                               KEPT(.in = GIVEN(to[0]), .out = GIVEN(from[1])));

	close(to[0]);
	close(to[1]);
	close(from[1]);
	talk_ready(&(struct talk){ w, -1, from[0] });
	die(w);
}

static void child_ends_with_owner(void (*die)(struct ward *w))
{
	struct talk t = { NULL, -1, -1 };
	int to[2], from[2], status;
	pid_t pid;

	make_pipe(to);
	make_pipe(from);
	pid = fork();
	if (pid == 0) {
		own_and_die(to, from, die);
		_exit(1);
	}
	close(to[0]);
	close(from[1]);
	t.to = to[1];
	t.from = from[0];
	CHECK(tree_is_gone(&t, 40, pid));
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	talk_let_go(&t);
	CHECK(tree_ends(&t, 40));
	close(t.from);
	/* The keeper was left to us. */
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void die_of_kill(struct ward *w)
{
	(void)w;
	raise(SIGKILL);
}

static void exit_at_once(struct ward *w)
{
	(void)w;
	_exit(0);
}

static void close_and_exit(struct ward *w)
{
	ward_close(w);
	/* Until it has been seen that nothing became of it. */
	expect_exit(spawn_or_fail(CHILD("exit"), NULL), 0);
	_exit(0);
}

TEST(it_ends_with_its_owner_that_is_killed)
{
	child_ends_with_owner(die_of_kill);
}

TEST(it_ends_with_its_owner_that_exits)
{
	child_ends_with_owner(exit_at_once);
}

TEST(it_ends_with_its_owner_though_its_ward_was_closed)
{
	child_ends_with_owner(close_and_exit);
}

#ifdef WARD_TEST_MODEL_FREEBSD
TEST(it_ends_with_its_owner_that_becomes_another_program)
{
	SKIP("the model of a last close does not see exec");
}
#else
static void exec_another(struct ward *w)
{
	(void)w;
	execl(check_child(), "child", "exit", "0", (char *)NULL);
}

TEST(it_ends_with_its_owner_that_becomes_another_program)
{
	child_ends_with_owner(exec_another);
}
#endif

TEST(closing_it_does_not_end_it)
{
	siginfo_t info;
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));

	ward_close(t.w);
	t.w = NULL;
	CHECK(tree_lives(&t));
	talk_let_go(&t);
	CHECK(tree_ends(&t, 40));
	close(t.from);
	/* Whoever was its parent ends a moment later. */
	waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
	/* Who is left behind is looked after by the next one. */
	expect_exit(spawn_or_fail(CHILD("exit"), KEPT(.cwd = "/")), 0);
}

static void *start_in_thread(void *arg)
{
	*(struct talk *)arg = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	return NULL;
}

#ifdef WARD_TEST_MODEL_FREEBSD
TEST(it_does_not_end_with_the_thread_that_started_it)
{
	SKIP("the model of a last close is the end of a thread");
}
#else
TEST(it_does_not_end_with_the_thread_that_started_it)
{
	pthread_t thread;
	struct talk t;

	REQUIRE_EQ(pthread_create(&thread, NULL, start_in_thread, &t), 0);
	REQUIRE_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	CHECK(tree_lives(&t));
	talk_end(&t);
}
#endif

/* ----------------------------------------------------------------- without its keeper */

/* Its parent, where the system tells, else 0; not collected, so the number is its own. */
static pid_t keeper_of(struct ward *w)
{
	struct ward_info info = WARD_INFO_INIT;

	REQUIRE_EQ(ward_info(w, &info), 0);
	CHECK(info.ppid != getpid());
	return info.ppid > 0 ? (pid_t)info.ppid : 0;
}

#if defined(__linux__) && !WARD_TEST_POSIX
TEST(nobody_waits_for_a_keeper_that_was_killed)
{
	SKIP("Linux' own keepers are tested apart");
}
#else
/* What the kernel says of it then, or nothing. */
TEST(nobody_waits_for_a_keeper_that_was_killed)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	struct ward_exit e;
	pid_t keeper;

	if (ward_owner_death(t.w) != WARD_DEATH_KEEPER) {
		talk_end(&t);
		SKIP("there is none");
	}
	keeper = keeper_of(t.w);
	if (keeper == 0) {
		talk_end(&t);
		SKIP("it is not told who the keeper is");
	}
	REQUIRE_EQ(kill(keeper, SIGKILL), 0);
	e = wait_or_fail(t.w);
	CHECK(e.how == WARD_LOST || (e.how == WARD_SIGNALED && e.signal == SIGKILL));
	talk_let_go(&t);
	CHECK(tree_is_gone(&t, 40, 0));
	talk_end(&t);
}
#endif

static void stop(pid_t pid)
{
	int status = 0;

	REQUIRE(pid > 0);
	REQUIRE_EQ(kill(pid, SIGSTOP), 0);
	REQUIRE_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
}

/* [whole-tree] */
TEST(a_job_whose_keeper_somebody_has_stopped_is_ended)
{
	static const int means[] = { WARD_MEANS_KEEPER, WARD_MEANS_REAPER,
		                     WARD_MEANS_PIDNS };

	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		struct ward_job *job = job_of(means[i], NULL);
		struct talk t;

		if (!job)
			continue;
		t = tree_start(job, TREE("fan", "3"));
		stop(keeper_of(t.w));
		CHECK_EQ(ward_job_kill(job), 0);
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		ward_job_close(job);
	}
}

/* [whole-tree] */
TEST(a_job_goes_on_by_groups_when_its_reaper_was_killed)
{
	struct ward_job *job = job_of(WARD_MEANS_REAPER, NULL);
	struct talk t;
	pid_t keeper;

	if (!job)
		SKIP("there are no reapers");
	t = tree_start(job, TREE("fan", "3"));
	keeper = keeper_of(t.w);
	REQUIRE(keeper > 0);
	REQUIRE_EQ(kill(keeper, SIGKILL), 0);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK_EQ(ward_job_means(job), WARD_MEANS_GROUP);
	expect_signal(ward_ref(t.w), SIGKILL);
	CHECK(tree_is_gone(&t, 40, 0));
	talk_end(&t);
	ward_job_close(job);
}
