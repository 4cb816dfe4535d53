/* SPDX-License-Identifier: MIT */
/*
 * Signals reach the process held, or its group, and nobody else.
 */
#include <sched.h>

#include "able.h"
#include "help.h"

/* Wait until it has ended but do not collect it: to the kernel it is a zombie. */
static void until_zombie(struct ward *w)
{
	struct host_process p = host_hold(ward_pid(w));

	host_until_ended(&p);
	host_let_go(&p);
}

#if HOST_POSIX
TEST(a_signal_reaches_the_process)
{
	struct talk t = talk_start_ready(CHILD("catch", "TERM", "USR1"), NULL);

	CHECK_EQ(ward_signal(t.w, SIGUSR1), 0);
	struct ward_exit e = wait_or_fail(t.w);
	check_exited(&e, 64 + SIGUSR1);
	talk_end(&t);
}

TEST(a_real_time_signal_reaches_the_process)
{
#ifdef SIGRTMIN
	char number[16];
	struct ward_exit e;
	struct talk t;

	snprintf(number, sizeof(number), "%d", SIGRTMIN + 8);
	t = talk_start_ready(CHILD("catch", number), NULL);
	CHECK_EQ(ward_signal(t.w, SIGRTMIN + 8), 0);
	e = wait_or_fail(t.w);
	check_exited(&e, 64 + SIGRTMIN + 8);
	talk_end(&t);
#else
	SKIP("this system has no real-time signals");
#endif
}
#endif

/* [true-status] */
TEST(kill_ends_a_process_that_ignores_everything_else)
{
	struct talk t = talk_start_ready(CHILD("ignore", "TERM", "INT", "HUP"), NULL);
	struct ward_exit e;

	/* Windows has nothing to ask it by, and says so. */
	CHECK_EQ(ward_signal(t.w, SIGTERM), HOST_POSIX ? 0 : -ENOTSUP);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	CHECK_EQ(ward_signal(t.w, SIGKILL), 0);
	e = wait_or_fail(t.w);
	check_signaled(&e, SIGKILL);
	talk_end(&t);
}

TEST(signal_0_sends_nothing)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	CHECK_EQ(ward_signal(t.w, 0), 0);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 0);
	CHECK_EQ(ward_signal(t.w, 0), -ESRCH);
	talk_end(&t);
}

/* The first number after the last signal. */
#ifdef __linux__
enum { NO_SIGNAL = 65 };
#else
enum { NO_SIGNAL = 129 };
#endif

TEST(numbers_that_are_no_signals_are_refused)
{
	struct talk t = talk_start_ready(CHILD("ready"),
	                                 WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));

	CHECK_EQ(ward_signal(t.w, -1), -EINVAL);
	CHECK_EQ(ward_signal(t.w, NO_SIGNAL), -EINVAL);
	CHECK_EQ(ward_signal(t.w, 1 << 20), -EINVAL);
	CHECK_EQ(ward_signal(t.w, INT32_MIN), -EINVAL);
	CHECK_EQ(ward_signal_group(t.w, -1), -EINVAL);
	CHECK_EQ(ward_signal_group(t.w, NO_SIGNAL), -EINVAL);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_end(&t);
}

/* [same-process] */
TEST(after_the_end_a_signal_is_swallowed_and_after_the_wait_refused)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "5"), NULL);

	until_zombie(w);
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	CHECK_EQ(ward_signal(w, 0), 0);
	expect_exit(ward_ref(w), 5);
	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	CHECK_EQ(ward_signal(w, 0), -ESRCH);
	ward_close(w);
}

#if HOST_POSIX
TEST(a_process_of_somebody_else_may_not_be_signalled)
{
	struct ward *w = NULL;
	pid_t pid;
	int status;

	if (geteuid() != 0)
		SKIP("needs root, to become somebody else");
	if (!able_pidfd_open() || is_forced("pidfd_send_signal"))
		SKIP("strangers cannot be held and signalled here");
	pid = fork();
	if (pid == 0) {
		REQUIRE_EQ(setgid(65534), 0);
		REQUIRE_EQ(setuid(65534), 0);
		REQUIRE_EQ(ward_open(&w, getppid(), 0), 0);
		CHECK_EQ(ward_signal(w, 0), -EPERM);
		CHECK_EQ(ward_signal(w, SIGKILL), -EPERM);
		ward_close(w);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(a_signal_waits_until_a_stopped_process_goes_on)
{
	struct talk t = talk_start_ready(CHILD("catch", "TERM"), NULL);
	struct ward_exit e;
	siginfo_t info;

	CHECK_EQ(ward_signal(t.w, SIGSTOP), 0);
	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(t.w), &info, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(ward_signal(t.w, SIGTERM), 0);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(10), NULL), 0);
	CHECK_EQ(ward_signal(t.w, SIGCONT), 0);
	e = wait_or_fail(t.w);
	check_exited(&e, 64 + SIGTERM);
	talk_end(&t);
}

/* ---------------------------------------------------------------------- the group */

/* End of file on its output: leader and member are gone. */
static void until_silent(struct talk *t)
{
	char rest[64];

	read_all(t->from, rest, sizeof(rest));
}

static void collect_orphans(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

TEST(a_group_signal_reaches_every_member)
{
	struct talk t = talk_start_ready(CHILD("fork-and-stay"),
	                                 WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));
	struct ward_exit e;

	CHECK_EQ(ward_signal_group(t.w, 0), 0);
	CHECK_EQ(ward_signal_group(t.w, SIGKILL), 0);
	until_silent(&t);
	e = wait_or_fail(t.w);
	check_signaled(&e, SIGKILL);
	talk_end(&t);
	collect_orphans();
}

TEST(a_session_leader_leads_a_group_too)
{
	struct talk t = talk_start_ready(CHILD("fork-and-stay"),
	                                 WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION));

	CHECK_EQ(ward_signal_group(t.w, SIGKILL), 0);
	until_silent(&t);
	talk_end(&t);
	collect_orphans();
}
#endif

/* [same-process] Its group is ours: a signal to that would hit ourselves. */
TEST(a_process_that_leads_no_group_has_none_to_signal)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	CHECK_EQ(ward_signal_group(t.w, SIGTERM), -ESRCH);
	CHECK_EQ(ward_signal_group(t.w, 0), -ESRCH);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_end(&t);
}

#if HOST_POSIX
TEST(the_group_of_a_leader_that_ended_is_reached)
{
	struct talk t = talk_start(CHILD("leave-group-member"),
	                           WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));

	until_zombie(t.w);
	talk_ready(&t);
	CHECK_EQ(ward_signal_group(t.w, SIGKILL), 0);
	until_silent(&t);
	talk_end(&t);
	collect_orphans();
}

/* [same-process] With nobody in it, its number may become another group's. */
TEST(the_group_of_a_leader_that_was_waited_for_is_reached_by_handle_or_not_at_all)
{
	struct talk t = talk_start(CHILD("leave-group-member"),
	                           WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));
	struct ward_exit e;
	int r;

	talk_ready(&t);
	e = wait_or_fail(t.w);
	check_exited(&e, 0);
	r = ward_signal_group(t.w, SIGKILL);
	if (able_pidfs() && !is_forced("pidfd_group") && !is_forced("pidfd_send_signal"))
		CHECK_EQ(r, 0);
	else
		CHECK(r == 0 || r == -ESRCH || r == -ENOTSUP);
	if (r < 0)
		talk_let_go(&t);
	until_silent(&t);
	collect_orphans();
	/* Where orphans are not ours it may be a moment until it is collected. */
	while (ward_signal_group(t.w, SIGKILL) == 0)
		sched_yield();
	talk_end(&t);
}
#endif

TEST(signalling_leaves_errno_alone)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);

	errno = 77;
	ward_signal(w, 0);
	ward_signal_group(w, 0);
	ward_wait(w, WARD_FOREVER, NULL);
	CHECK_EQ(ward_signal(w, 0), -ESRCH);
	CHECK(ward_signal(w, 999) < 0);
	CHECK_EQ(errno, 77);
	ward_close(w);
}
