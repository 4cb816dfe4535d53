/* SPDX-License-Identifier: MIT */
/*
 * Giving a ward up, and what becomes of its process then. That no zombie stays is looked
 * at after every case.
 */
#include "able.h"
#include "check_state.h"
#include "gate.h"
#include "help.h"

static struct talk start_with(uint32_t on_close)
{
	return talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.on_close = on_close));
}

/* Whether the process has let go of its output, without waiting for it. */
static bool is_silent(const struct talk *t)
{
	return host_is_silent(t->from);
}

/* Give up the pipes, but no longer the ward. */
static void close_pipes(struct talk *t)
{
	talk_let_go(t);
	close(t->from);
}

/* Is it still our child? Asked by number: one with a process descriptor answers to that
 * alone. */
static bool is_child(int64_t pid)
{
	return host_is_child(pid);
}

TEST(null_may_be_closed)
{
	errno = 77;
	ward_close(NULL);
	CHECK_EQ(errno, 77);
}

TEST(by_default_the_process_lives_on_as_the_programs_own_child)
{
	struct talk t = start_with(WARD_LEAVE);
	struct host_process p = host_hold(ward_pid(t.w));

	ward_close(t.w);
	CHECK(!is_silent(&t));
	close_pipes(&t);
	/* FreeBSD gives it to init, or whoever has become a reaper, as we may have. */
	if (on_freebsd_system() && !is_child(p.pid))
		SKIP("here it is its reaper's child, and not ours");
	CHECK_EQ(host_collect(&p), 0);
}

TEST(a_process_that_was_left_but_has_ended_leaves_no_zombie)
{
	struct talk t = start_with(WARD_LEAVE);
	struct host_process p = host_hold(ward_pid(t.w));

	talk_let_go(&t);
	host_until_ended(&p);
	ward_close(t.w);
	CHECK(!is_child(p.pid));
	host_let_go(&p);
	close_pipes(&t);
}

TEST(kill_and_wait_leaves_nothing_on_return)
{
	struct talk t = start_with(WARD_KILL_WAIT);
	int64_t pid = ward_pid(t.w);

	ward_close(t.w);
	CHECK(is_silent(&t));
	CHECK(!is_child(pid));
	close_pipes(&t);
}

#if HOST_POSIX
TEST(kill_and_wait_ends_a_stopped_process_too)
{
	struct talk t = start_with(WARD_KILL_WAIT);
	int64_t pid = ward_pid(t.w);
	siginfo_t info;

	ward_signal(t.w, SIGSTOP);
	REQUIRE_EQ(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
	ward_close(t.w);
	CHECK(!is_child(pid));
	close_pipes(&t);
}

/* [bounded] Somebody else's by then, through a set-uid program. */
TEST(a_process_that_may_not_be_killed_does_not_hold_up_its_close)
{
	struct talk t = start_with(WARD_KILL_WAIT);
	int64_t pid = ward_pid(t.w);

	CHECK_EQ(ward_signal(t.w, 0), 0); /* the kernel was asked what it can do */
	ward__gate_fail(WARD_TEST_POSIX ? "kill" : "pidfd_send_signal", 1, EPERM);
	ward_close(t.w);
	if (ward__gate_failed())
		CHECK(is_child(pid));
	ward__gate_fail(NULL, 0, 0);
	close_pipes(&t);
	waitpid((pid_t)pid, NULL, 0);
}
#endif

/* [no-globals] By later calls: there is no handler and no thread. */
TEST(a_killed_process_is_collected_by_later_calls)
{
	struct talk t = start_with(WARD_KILL);
	int64_t pid = ward_pid(t.w);
	char rest[16];

	ward_close(t.w);
	read_all(t.from, rest, sizeof(rest));
	/* Its end of the pipe is gone a moment before it can be collected. */
	while (is_child(pid)) {
		expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
		host_yield();
	}
	close_pipes(&t);
}

TEST(many_killed_processes_are_collected_by_later_calls)
{
	struct talk t[20];
	int64_t pids[20];

	for (int i = 0; i < 20; i++) {
		t[i] = start_with(WARD_KILL);
		pids[i] = ward_pid(t[i].w);
	}
	for (int i = 0; i < 20; i++) {
		ward_close(t[i].w);
		close_pipes(&t[i]);
	}
	for (int i = 0; i < 20; i++)
		while (is_child(pids[i])) {
			expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
			host_yield();
		}
}

/* [same-process] */
TEST(a_process_that_was_waited_for_is_not_killed_again)
{
	struct ward *w =
	        spawn_or_fail(CHILD("exit", "0"), WARD_SPAWN_OPTS(.on_close = WARD_KILL));
	int64_t pid = ward_pid(w);

	wait_or_fail(w);
	ward_close(w);
	CHECK(!is_child(pid));
	w = spawn_or_fail(CHILD("exit", "0"),
	                  WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));
	pid = (pid_t)ward_pid(w);
	wait_or_fail(w);
	ward_close(w);
	CHECK(!is_child(pid));
}

TEST(only_the_last_owner_closes)
{
	struct talk t = start_with(WARD_KILL_WAIT);
	struct ward *second = ward_ref(t.w);

	CHECK(second == t.w);
	ward_close(t.w);
	CHECK(!is_silent(&t));
	CHECK_EQ(ward_wait(second, 0, NULL), 0);
	ward_close(second);
	CHECK(is_silent(&t));
	close_pipes(&t);
}

TEST(a_process_that_was_only_opened_is_left_alone)
{
	struct ward *w = NULL;
	struct host_process p;
	int hold[2];

	make_pipe(hold);
	p = host_start(CHILD("hold", "0", "9"), hold[0]);
	close(hold[0]);
	REQUIRE_EQ(ward_open(&w, p.pid, 0), 0);
	ward_close(w);
	CHECK(host_is_running(&p));
	close(hold[1]);
	CHECK_EQ(host_collect(&p), 9);
}

TEST(closing_leaves_errno_alone)
{
	struct talk t = start_with(WARD_KILL_WAIT);

	errno = 77;
	ward_close(ward_ref(t.w));
	ward_close(t.w);
	CHECK_EQ(errno, 77);
	close_pipes(&t);
}
