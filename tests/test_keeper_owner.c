/* SPDX-License-Identifier: MIT */
/*
 * The end of an owner: whoever was started with WARD_KILL for it ends too, however the
 * owner goes. The owner is a process of its own here, and the child holds a pipe.
 */
#include "able.h"
#include "help.h"

#if defined(__linux__) && !WARD_TEST_POSIX
#include "keeper.h"

#include <sys/mount.h>

/* ---------------------------------------------------------------------- one and all */

/* In the owner: a child with the pipes, which is ready; then the end. */
static void own_and_die(const int to[2], const int from[2], void (*die)(void))
{
	struct ward *w = spawn_or_fail(CHILD("ready"),
	                               KEPT(.in = GIVEN(to[0]), .out = GIVEN(from[1])));

	close(to[0]);
	close(to[1]);
	close(from[1]);
	talk_ready(&(struct talk){ w, -1, from[0] });
	die();
}

static void child_ends_with_owner(void (*die)(void))
{
	struct talk t = { NULL, -1, -1 };
	int to[2], from[2];
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
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	close(to[1]);
	close(from[0]);
	/* The keeper was left to us. */
	while (waitpid(-1, NULL, 0) > 0)
		;
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

TEST_BOTH(a_child_ends_with_its_owner_that_is_killed)
{
	child_ends_with_owner(die_of_kill);
}

TEST_BOTH(a_child_ends_with_its_owner_that_aborts)
{
	child_ends_with_owner(die_of_abort);
}

TEST_BOTH(a_child_ends_with_its_owner_that_exits)
{
	child_ends_with_owner(exit_at_once);
}

TEST_BOTH(a_child_ends_with_its_owner_that_becomes_another_program)
{
	child_ends_with_owner(exec_another);
}

static void *start_in_thread(void *arg)
{
	*(struct talk *)arg = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	return NULL;
}

/* What the kernel offers (PR_SET_PDEATHSIG) minds the thread, and would kill it here. */
TEST_BOTH(a_child_does_not_end_with_the_thread_that_started_it)
{
	pthread_t thread;
	struct talk t;

	REQUIRE_EQ(pthread_create(&thread, NULL, start_in_thread, &t), 0);
	REQUIRE_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	CHECK(tree_lives(&t));
	talk_end(&t);
}

/* A copy of the owner may live on, with a copy of everything that it had open. */
TEST_BOTH(a_copy_of_the_owner_keeps_nobody_alive)
{
	int hold[2];

	if (on_emulator())
		SKIP("the orphans are not ours in an emulator");
	make_pipe(hold);
	if (fork() == 0) {
		struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));

		if (fork() == 0) {
			close(t.from);
			close(hold[1]);
			(void)!read(hold[0], &hold, 1);
			_exit(0);
		}
		_exit(0);
	}
	/* Our own orphans: the child ends, the copy of its owner does not yet. */
	for (int ended = 0; ended < 2;)
		ended += waitpid(-1, NULL, 0) > 0;
	close(hold[0]);
	close(hold[1]);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* A signal that was asked for comes first, where the child is not to be killed. */
TEST_BOTH(a_job_that_leaves_its_tree_lives_on_after_its_owner)
{
	struct talk t = { NULL, -1, -1 };
	int to[2], from[2];
	pid_t pid;

	make_pipe(to);
	make_pipe(from);
	pid = fork();
	if (pid == 0) {
		struct ward_job *job = job_of(WARD_MEANS_KEEPER, NULL);

		if (job)
			spawn_or_fail(TREE("daemons", "3"),
			              WARD_SPAWN_OPTS(.job = job, .in = GIVEN(to[0]),
			                              .out = GIVEN(from[1])));
		_exit(job ? 0 : 77);
	}
	close(to[0]);
	close(from[1]);
	t.to = to[1];
	t.from = from[0];
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	if (!host_is_silent(t.from)) {
		talk_ready(&t);
		CHECK(tree_lives(&t));
	}
	close(t.to);
	CHECK(tree_is_gone(&t, 40, 0));
	close(t.from);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* In the owner: the keeper hears of the leave, and of our end, when we are gone. */
static int leave_and_die(const int to[2], const int from[2], int tell)
{
	struct ward_job *job = job_of(WARD_MEANS_KEEPER,
	                              WARD_JOB_OPTS(.on_owner_death = WARD_KILL));
	struct ward *w;
	pid_t keeper;

	if (!job)
		return 77;
	w = spawn_or_fail(TREE("daemons", "3"),
	                  WARD_SPAWN_OPTS(.job = job, .in = GIVEN(to[0]),
	                                  .out = GIVEN(from[1])));
	talk_ready(&(struct talk){ w, -1, from[0] });
	keeper = keeper_of(w);
	/* What it tells of its child is never taken out, so it is unread when we end. */
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	CHECK_EQ(ward_wait(w, SECONDS(40), NULL), 1);
	CHECK_EQ(kill(keeper, SIGSTOP), 0);
	CHECK_EQ(waitpid(keeper, NULL, WUNTRACED), keeper);
	ward_job_close(job);
	return write(tell, &keeper, sizeof(keeper)) == sizeof(keeper) ? 0 : 1;
}

TEST_BOTH(leave_counts_when_the_owner_ends_right_after_it)
{
	struct talk t = { NULL, -1, -1 };
	struct pollfd one = { 0 };
	int to[2], from[2], told[2];
	pid_t pid, keeper = 0;

	make_pipe(to);
	make_pipe(from);
	make_pipe(told);
	pid = fork();
	if (pid == 0)
		_exit(leave_and_die(to, from, told[1]));
	close(to[0]);
	close(from[1]);
	close(told[1]);
	t.to = to[1];
	t.from = one.fd = from[0];
	if (read(told[0], &keeper, sizeof(keeper)) == sizeof(keeper)) {
		REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
		REQUIRE_EQ(kill(keeper, SIGCONT), 0);
		CHECK_EQ(poll(&one, 1, 100), 0);
	}
	close(t.to);
	CHECK(tree_is_gone(&t, 40, 0));
	close(t.from);
	close(told[0]);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* ------------------------------------------------------------------------- no /proc */

/* In a process with mounts of its own. */
static int without_proc(void)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job *job = NULL;

	/* Not the case itself: at its end a sanitizer looks into /proc. */
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) < 0)
		return 77;
	CHECK_EQ(ward_job_new(&job, WARD_JOB_OPTS(.means = WARD_MEANS_KEEPER,
	                                          .error = &error)),
	         -ENOTSUP);
	CHECK(strstr(error.path, "/proc") != NULL);
	expect_exit(spawn_or_fail(CHILD("exit", "5"), KEPT(.cwd = "/")), 5);
	return 0;
}

TEST(without_proc_a_tree_cannot_be_kept_and_one_child_can)
{
	int status;
	pid_t pid;

	if (on_slow_tool())
		SKIP("the tool that we run under needs /proc");
	pid = fork();
	if (pid == 0)
		_exit(without_proc());
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP("we may have no mounts of our own");
	CHECK_EQ(WEXITSTATUS(status), 0);
}
#else
TEST(there_are_no_keepers_to_outlive_an_owner)
{
	SKIP("a keeper is Linux' only");
}
#endif
