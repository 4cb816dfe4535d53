/* SPDX-License-Identifier: MIT */
/*
 * How a process ends on Windows: codes of 32 bits, crashes, TerminateProcess; and its
 * HANDLE, lent, taken, waited for by others.
 */
#include "able.h"
#include "help.h"

/* [true-status] The wait state decides, not the code. */
TEST(all_32_bits_of_an_exit_code_are_told)
{
	static const struct {
		const char *text;
		int64_t code;
	} codes[] = {
		{ "0", 0 },
		{ "259", 259 },               /* STILL_ACTIVE */
		{ "256", 256 },
		{ "65536", 65536 },
		{ "0x7fffffff", 0x7fffffff },
		{ "0x80000003", 0x80000003 },
		{ "-1", 0xffffffff },
		{ "-2", 0xfffffffe },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct ward *w = spawn_or_fail(CHILD("exit", codes[i].text), NULL);
		struct ward_exit e = wait_or_fail(w);

		CHECK_EQ(e.how, WARD_EXITED);
		CHECK_EQ(e.code, codes[i].code);
		CHECK_EQ(e.signal, -1);
		ward_close(w);
	}
}

TEST(a_process_that_will_exit_with_259_still_runs_until_then)
{
	struct talk t = talk_start_ready(CHILD("ready", "259"), NULL);
	struct ward_exit e;

	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_let_go(&t);
	e = wait_or_fail(t.w);
	CHECK_EQ(e.code, 259);
	CHECK_EQ(e.how, WARD_EXITED);
	talk_end(&t);
}

static void crashes(const char *how, int sig, int64_t code)
{
	struct ward *w = spawn_or_fail(CHILD("raise", how), NULL);
	struct ward_exit e = wait_or_fail(w);

	CHECK_EQ(e.how, WARD_SIGNALED);
	CHECK_EQ(e.signal, sig);
	CHECK_EQ(e.code, code);
	CHECK_EQ(e.core_dumped, 0);
	ward_close(w);
}

/* [true-status] */
TEST(crashes_are_told_with_the_nearest_signal_and_the_raw_code)
{
	crashes("SEGV", SIGSEGV, 0xC0000005);
	crashes("ILL", SIGILL, 0xC000001D);
	crashes("FPE", SIGFPE, 0xC0000094);
	crashes("ABRT", SIGABRT, 0xC0000409);
}

/* [true-status] It is no signal: its runtime has called exit(3). */
TEST(an_abort_of_the_c_runtime_is_a_code)
{
	struct ward *w = spawn_or_fail(CHILD("abort"), NULL);
	struct ward_exit e = wait_or_fail(w);

	if (e.how == WARD_EXITED)
		CHECK_EQ(e.code, 3);
	else
		CHECK_EQ(e.signal, SIGABRT);
	ward_close(w);
}

/* [true-status] Only a kill of ours is one: others may use that code as well. */
TEST(the_code_of_a_kill_alone_is_no_kill)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e;

	expect_exit(spawn_or_fail(CHILD("exit", "137"), NULL), 137);
	expect_exit(spawn_or_fail(CHILD("terminate", "137"), NULL), 137);
	expect_exit(spawn_or_fail(CHILD("terminate", "1"), NULL), 1);
	CHECK_EQ(ward_signal(t.w, SIGKILL), 0);
	e = wait_or_fail(t.w);
	CHECK_EQ(e.how, WARD_SIGNALED);
	CHECK_EQ(e.signal, SIGKILL);
	CHECK_EQ(e.code, 137);
	talk_end(&t);
}

/* [same-process] [true-status] */
TEST(a_kill_of_one_that_has_ended_changes_nothing)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "7"), NULL);
	struct host_process p = host_hold(ward_pid(w));

	host_until_ended(&p);
	host_let_go(&p);
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	expect_exit(ward_ref(w), 7);
	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	ward_close(w);
}

TEST(the_first_thread_may_end_before_the_process)
{
	struct talk t = talk_start_ready(CHILD("leader-exits-first", "9"), NULL);

	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 9);
	talk_end(&t);
}

/* --------------------------------------------------------------------------- HANDLEs */

TEST(the_handle_is_lent)
{
	struct talk t = talk_start_ready(CHILD("ready", "3"), NULL);
	HANDLE h = ward_windows_handle(t.w);
	DWORD code = 0, flags = 0;

	REQUIRE(h != NULL);
	CHECK(ward_windows_handle(NULL) == NULL);
	CHECK_EQ(GetProcessId(h), ward_pid(t.w));
	REQUIRE(GetHandleInformation(h, &flags));
	CHECK_EQ(flags & HANDLE_FLAG_INHERIT, 0);
	CHECK_EQ(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	talk_let_go(&t);
	CHECK_EQ(WaitForSingleObject(h, INFINITE), WAIT_OBJECT_0);
	CHECK(GetExitCodeProcess(h, &code));
	CHECK_EQ(code, 3);
	talk_end(&t);
}

TEST(a_handle_is_taken)
{
	int hold[2];
	struct host_process p;
	struct ward *w = NULL;

	make_pipe(hold);
	p = host_start(CHILD("hold", "0", "11"), hold[0]);
	REQUIRE_EQ(ward_windows_take(&w, p.handle), 0);
	CHECK(ward_windows_handle(w) == p.handle);
	CHECK_EQ(ward_pid(w), p.pid);
	CHECK_EQ(ward_hold(w), WARD_HOLD_KERNEL);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	close(hold[0]);
	close(hold[1]);
	expect_exit(w, 11);                   /* and closes it */
}

TEST(what_is_no_process_is_not_taken)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	struct ward *none = (struct ward *)&event, *w = none;

	CHECK_EQ(ward_windows_take(&w, event), -EBADF);
	CHECK_EQ(ward_windows_take(&w, NULL), -EBADF);
	CHECK_EQ(ward_windows_take(&w, GetCurrentProcess()), -EBADF);
	CHECK(w == none);
	CHECK(CloseHandle(event));            /* it is still ours */
}

/* ------------------------------------------------------------------ events and ports */

TEST(an_event_is_set_when_the_process_has_ended)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	void *event = NULL, *again = NULL;

	REQUIRE_EQ(ward_windows_event(t.w, &event), 0);
	REQUIRE_EQ(ward_windows_event(t.w, &again), 0);
	CHECK(event == again);
	CHECK_EQ(WaitForSingleObject(event, 20), WAIT_TIMEOUT);
	talk_let_go(&t);
	CHECK_EQ(WaitForSingleObject(event, 30000), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 1);
	talk_end(&t);
}

TEST(an_event_of_one_that_has_ended_is_set)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	void *event = NULL;

	wait_or_fail(w);
	REQUIRE_EQ(ward_windows_event(w, &event), 0);
	CHECK_EQ(WaitForSingleObject(event, 30000), WAIT_OBJECT_0);
	ward_close(w);
}

/* More than WaitForMultipleObjects can take. */
TEST(a_hundred_events_are_set)
{
	enum { MANY = 100 };
	struct talk t[MANY];
	void *events[MANY];

	for (int i = 0; i < MANY; i++) {
		t[i] = talk_start_ready(CHILD("ready"), NULL);
		REQUIRE_EQ(ward_windows_event(t[i].w, &events[i]), 0);
	}
	for (int i = MANY - 1; i >= 0; i--) {
		talk_let_go(&t[i]);
		CHECK_EQ(WaitForSingleObject(events[i], 30000), WAIT_OBJECT_0);
	}
	for (int i = 0; i < MANY; i++)
		talk_end(&t[i]);
}

TEST(a_packet_is_posted_to_a_port)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	OVERLAPPED mine, *got = NULL;
	ULONG_PTR key = 0;
	DWORD bytes = 1;

	REQUIRE(port != NULL);
	REQUIRE_EQ(ward_windows_post(t.w, port, 4711, &mine), 0);
	CHECK_EQ(ward_windows_post(t.w, port, 4711, &mine), -EBUSY);
	CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &got, 20));
	talk_let_go(&t);
	REQUIRE(GetQueuedCompletionStatus(port, &bytes, &key, &got, 30000));
	CHECK_EQ(bytes, 0);
	CHECK_EQ(key, 4711);
	CHECK(got == &mine);
	CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &got, 0));
	talk_end(&t);
	CHECK_EQ(ward_windows_post(NULL, port, 1, NULL), -EINVAL);
	CloseHandle(port);
}

TEST(after_the_close_no_packet_comes)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct host_process p = host_hold(ward_pid(t.w));
	OVERLAPPED *got = NULL;
	ULONG_PTR key = 0;
	DWORD bytes = 0;

	REQUIRE_EQ(ward_windows_post(t.w, port, 1, NULL), 0);
	ward_close(t.w);
	talk_let_go(&t);
	close(t.from);
	CHECK_EQ(host_collect(&p), 0);
	CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &got, 50));
	CloseHandle(port);
}

TEST(what_windows_has_not_is_said)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *w = NULL;

	CHECK_EQ(ward_poll_fd(t.w), -ENOTSUP);
	CHECK_EQ(ward_send(t.w, 1, 0), -ENOTSUP);
	CHECK_EQ(ward_recv(&w, 1, 0), -ENOTSUP);
	CHECK_EQ(ward_peer(&w, 1), -ENOTSUP);
	CHECK_EQ(ward_signal(t.w, SIGABRT), -EINVAL);
	CHECK_EQ(ward_signal(t.w, SIGINT), -ENOTSUP);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_end(&t);
}
