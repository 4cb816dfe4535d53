/* SPDX-License-Identifier: MIT */
/*
 * What looks like an end and is none: a zombie that a debugger holds back, stop and
 * continue, a first thread that ends before the others.
 */
#include <poll.h>

#include "able.h"
#include "gate.h"
#include "help.h"
#include "tracer.h"

/* --------------------------------------------------------------------- a debugger */

#ifdef __linux__
/* [bounded] [true-status] */
TEST(a_child_that_a_debugger_holds_back_does_not_make_the_wait_spin)
{
	struct talk t = talk_start_ready(CHILD("ready", "23"), NULL);
	struct tracer tracer = trace(&t);
	struct ward_exit e;
	int64_t before;

	if (tracer.pid < 0) {
		talk_end(&t);
		SKIP("tracing is not permitted here");
	}
	talk_let_go(&t);
	until_zombie(&tracer);
	ward__gate_fail("waitid_pidfd", 0, 0);
	before = cpu_ns();
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(400), NULL), 0);
	/* A dozen times, each later than the last. A spin asks 100,000 times. */
	CHECK(ward__gate_count() < 30);
	CHECK(on_slow_tool() || cpu_ns() - before < MILLISECONDS(100));
	end_tracing(&tracer);
	e = wait_or_fail(t.w);
	check_exited(&e, 23);
	CHECK_EQ(e.has_usage, 1);
	talk_end(&t);
}

/* [true-status] */
TEST(the_result_comes_when_the_debugger_lets_go)
{
	struct talk t = talk_start_ready(CHILD("ready", "24"), NULL);
	struct tracer tracer = trace(&t);
	struct ward *all[1] = { t.w };
	struct ward_exit e;

	if (tracer.pid < 0) {
		talk_end(&t);
		SKIP("tracing is not permitted here");
	}
	talk_let_go(&t);
	until_zombie(&tracer);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	CHECK_EQ(ward_wait_any(all, 1, MILLISECONDS(30)), -ETIMEDOUT);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(30), NULL), 0);
	close(tracer.go);
	e = wait_or_fail(t.w);
	check_exited(&e, 24);
	tracer.go = dup(tracer.ready);
	end_tracing(&tracer);
	talk_end(&t);
}

/* One held back must not keep the ends of others from being seen. */
TEST(a_child_that_a_debugger_holds_back_does_not_hide_others)
{
	struct talk held = talk_start_ready(CHILD("ready"), NULL);
	struct talk other = talk_start_ready(CHILD("ready", "6"), NULL);
	struct tracer tracer = trace(&held);
	struct ward *all[2] = { held.w, other.w };

	if (tracer.pid >= 0) {
		talk_let_go(&held);
		until_zombie(&tracer);
		CHECK_EQ(ward_wait_any(all, 2, MILLISECONDS(50)), -ETIMEDOUT);
		/* The tracer has a copy of this pipe too. */
		CHECK_EQ(ward_signal(other.w, SIGKILL), 0);
		CHECK_EQ(ward_wait_any(all, 2, SECONDS(40)), 1);
		end_tracing(&tracer);
	}
	talk_end(&held);
	talk_end(&other);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}

/* A tracer that is in our own process's way of life: signals stop a traced child. */
TEST(a_stop_by_the_debugger_is_no_end)
{
	struct talk t = talk_start_ready(CHILD("ready", "25"), NULL);
	pid_t pid = (pid_t)ward_pid(t.w);
	int status, told[2];
	char byte = 'r';
	pid_t tracer;

	make_pipe(told);
	tracer = fork();
	if (tracer == 0) {
		close(t.to);
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
		    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
		    waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) ||
		    write(told[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(told[1]);
	if (read(told[0], &byte, 1) == 1) {
		struct ward_info info = { .size = sizeof(info) };

		CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
		CHECK_EQ(ward_info(t.w, &info), 0);
		CHECK_EQ(info.state,
		         able_info() ? WARD_STATE_TRACED : WARD_STATE_UNKNOWN);
	}
	close(told[0]);
	kill(tracer, SIGKILL);                /* our child: it goes on */
	REQUIRE_EQ(waitpid(tracer, NULL, 0), tracer);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 25);
	talk_end(&t);
}

#else
TEST(a_child_that_a_debugger_holds_back_is_waited_for)
{
	SKIP("there are no debuggers of this kind here");
}
#endif

/* ------------------------------------------------------------------ stop, continue */

/* [true-status] */
TEST(stopping_and_continuing_is_no_end)
{
	struct talk t = talk_start_ready(CHILD("ready", "26"), NULL);
	struct pollfd p = { .fd = ward_poll_fd(t.w), .events = POLLIN };
	siginfo_t info;

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ward_signal(t.w, SIGSTOP), 0);
		REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(t.w), &info, WSTOPPED | WNOWAIT),
		           0);
		CHECK_EQ(ward_wait(t.w, MILLISECONDS(5), NULL), 0);
		CHECK_EQ(poll(&p, 1, 0), 0);
		CHECK_EQ(ward_signal(t.w, SIGCONT), 0);
		REQUIRE_EQ(
			waitid(P_PID, (id_t)ward_pid(t.w), &info, WCONTINUED | WNOWAIT),
			0);
		CHECK_EQ(ward_wait(t.w, MILLISECONDS(5), NULL), 0);
		CHECK_EQ(poll(&p, 1, 0), 0);
	}
	/* What belongs to others is left to them: the stop can still be waited for. */
	CHECK_EQ(waitid(P_PID, (id_t)ward_pid(t.w), &info, WCONTINUED | WNOHANG), 0);
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 26);
	CHECK_EQ(poll(&p, 1, 0), 1);
	talk_end(&t);
}

/* ------------------------------------------------------------------------- threads */

/* [true-status] The code of the last thread counts, not that of the first. */
TEST(a_first_thread_that_ends_early_is_no_end)
{
	struct talk t = talk_start_ready(CHILD("leader-exits-first", "27"), NULL);
	struct ward_exit e;

	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	CHECK_EQ(ward_signal(t.w, 0), 0);
	talk_let_go(&t);
	e = wait_or_fail(t.w);
	check_exited(&e, 27);
	talk_end(&t);
}

/* [true-status] */
TEST(a_process_without_its_first_thread_is_killed_like_any_other)
{
	struct talk t = talk_start_ready(CHILD("leader-exits-first", "27"), NULL);
	struct ward_exit e;

	CHECK_EQ(ward_signal(t.w, SIGKILL), 0);
	e = wait_or_fail(t.w);
	check_signaled(&e, SIGKILL);
	talk_end(&t);
}

/* [same-process] The thread takes the first one's number, and it is the same process. */
TEST(exec_by_another_thread_is_no_end)
{
	struct talk t = talk_start_ready(CHILD("exec-by-thread", "ready", "28"), NULL);
	struct ward_id before = WARD_ID_INIT, after = WARD_ID_INIT;
	struct ward *again = NULL;
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_identity(t.w, &before), able_identity() ? 0 : -ENOTSUP);
	/* Its stdin ends, so it execs, says "ready" again, and then ends. */
	talk_let_go(&t);
	talk_ready(&t);
	if (ward_open(&again, ward_pid(t.w), 0) == 0) {
		if (ward_identity(again, &after) == 0 && before.kind == after.kind)
			CHECK_EQ(before.number, after.number);
		ward_close(again);
	}
	REQUIRE_EQ(ward_wait(t.w, SECONDS(40), &e), 1);
	check_exited(&e, 28);
	talk_end(&t);
}

/* ----------------------------------------------------------------------- event loops */

/* What an event loop sees: not readable while it runs, readable from the end on. */
TEST(the_poll_descriptor_tells_of_the_end_and_stays_readable)
{
	struct talk t = talk_start_ready(CHILD("ready", "29"), NULL);
	struct pollfd p = { .fd = ward_poll_fd(t.w), .events = POLLIN };
	struct ward_exit e = WARD_EXIT_INIT;

	REQUIRE(p.fd >= 0);
	CHECK_EQ(ward_poll_fd(t.w), p.fd);
	CHECK_EQ(fcntl(p.fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(poll(&p, 1, 0), 0);
	talk_let_go(&t);
	CHECK_EQ(poll(&p, 1, 40000), 1);
	CHECK(p.revents != 0 && !(p.revents & POLLNVAL));
	REQUIRE_EQ(ward_wait(t.w, 0, &e), 1);
	check_exited(&e, 29);
	CHECK_EQ(poll(&p, 1, 0), 1);
	talk_end(&t);
}
