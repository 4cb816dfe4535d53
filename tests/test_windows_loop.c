/* SPDX-License-Identifier: MIT */
/*
 * Events, completion ports, and waits for more processes than Windows waits for at once.
 */
#include "handle.h"
#include "help_windows.h"

TEST(an_event_is_set_when_the_process_has_ended)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	void *event = NULL, *again = NULL;

	CHECK_EQ(ward_windows_event(NULL, &event), -EINVAL);
	CHECK_EQ(ward_windows_event(t.w, NULL), -EINVAL);
	REQUIRE_EQ(ward_windows_event(t.w, &event), 0);
	CHECK_EQ(ward_windows_event(t.w, &again), 0);
	CHECK(again == event);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	CHECK_EQ(ward_signal(t.w, SIGKILL), 0);
	CHECK_EQ(WaitForSingleObject(event, 40000), WAIT_OBJECT_0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 1);
	talk_end(&t);
}

TEST(an_event_that_is_asked_for_late_is_set)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	void *event = NULL;

	wait_or_fail(w);
	REQUIRE_EQ(ward_windows_event(w, &event), 0);
	CHECK_EQ(WaitForSingleObject(event, 40000), WAIT_OBJECT_0);
	ward_close(w);
}

TEST(a_close_with_an_event_of_a_process_that_lives_on_does_not_wait)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *again = NULL;
	void *event = NULL;

	REQUIRE_EQ(ward_open(&again, ward_pid(t.w), 0), 0);
	REQUIRE_EQ(ward_windows_event(again, &event), 0);
	ward_close(again);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_end(&t);
}

/* ---------------------------------------------------------------------------- ports */

static HANDLE new_port(void)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

	REQUIRE(port != NULL);
	return port;
}

static bool next_packet(HANDLE port, DWORD ms, uintptr_t key, void *overlapped)
{
	OVERLAPPED *o = NULL;
	ULONG_PTR k = 0;
	DWORD bytes = 1;

	return GetQueuedCompletionStatus(port, &bytes, &k, &o, ms) && bytes == 0 &&
	       k == key && o == overlapped;
}

TEST(one_packet_comes_when_the_process_has_ended)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	HANDLE port = new_port();
	OVERLAPPED overlapped;

	CHECK_EQ(ward_windows_post(t.w, NULL, 1, NULL), -EINVAL);
	CHECK_EQ(ward_windows_post(NULL, port, 1, NULL), -EINVAL);
	CHECK_EQ(ward_windows_post(t.w, port, 77, &overlapped), 0);
	CHECK_EQ(ward_windows_post(t.w, port, 78, NULL), -EBUSY);
	CHECK(!next_packet(port, 0, 77, &overlapped));
	CHECK_EQ(ward_signal(t.w, SIGKILL), 0);
	CHECK(next_packet(port, 40000, 77, &overlapped));
	CHECK_EQ(ward_wait(t.w, 0, NULL), 1);
	CHECK(!next_packet(port, 0, 77, &overlapped));
	talk_end(&t);
	CloseHandle(port);
}

TEST(a_packet_comes_of_a_process_that_has_ended_before)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	HANDLE port = new_port();

	wait_or_fail(w);
	CHECK_EQ(ward_windows_post(w, port, 1, NULL), 0);
	CHECK(next_packet(port, 40000, 1, NULL));
	ward_close(w);
	CloseHandle(port);
}

/* The killed one is collected later, by another call; its port may be gone by then. */
TEST(no_packet_comes_after_a_close_that_kills)
{
	for (int i = 0; i < check_scaled(30); i++) {
		struct talk t = talk_start_ready(CHILD("ready"),
		                                 WARD_SPAWN_OPTS(.on_close = WARD_KILL));
		HANDLE port = new_port(), held;
		DWORD pid = (DWORD)ward_pid(t.w);

		held = OpenProcess(SYNCHRONIZE, FALSE, pid);
		REQUIRE_EQ(ward_windows_post(t.w, port, 5, NULL), 0);
		ward_close(t.w);
		CHECK_EQ(WaitForSingleObject(held, 40000), WAIT_OBJECT_0);
		expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
		CHECK(!next_packet(port, 0, 5, NULL));
		CloseHandle(held);
		CloseHandle(port);
		close(t.to);
		close(t.from);
	}
}

/* ----------------------------------------------------------------------------- many */

enum { MANY = 100, MOST = 1000 };

static struct ward *wards[MOST];
static int holds[2];

/* They live until the pipe is closed, but for one. */
static void start_many(size_t n, size_t one)
{
	make_pipe(holds);
	for (size_t i = 0; i < n; i++)
		wards[i] = i == one ?
		                   spawn_or_fail(CHILD("exit", "5"), NULL) :
		                   spawn_or_fail(CHILD("hold"),
		                                 WARD_SPAWN_OPTS(.in = GIVEN(holds[0])));
	close(holds[0]);
}

static void end_many(size_t n)
{
	close(holds[1]);
	CHECK_EQ(ward_wait_all(wards, n, SECONDS(60)), 1);
	for (size_t i = 0; i < n; i++)
		ward_close(wards[i]);
}

TEST(any_of_a_hundred_is_waited_for)
{
	start_many(MANY, 90);
	CHECK_EQ(ward_wait_any(wards, MANY, SECONDS(40)), 90);
	CHECK_EQ(ward_wait_any(wards, 65, MILLISECONDS(50)), -ETIMEDOUT);
	CHECK_EQ(ward_wait_any(wards, 64, MILLISECONDS(50)), -ETIMEDOUT);
	CHECK_EQ(ward_wait_all(wards, MANY, MILLISECONDS(50)), 0);
	end_many(MANY);
}

struct waiter {
	struct host_thread thread;
	size_t n;
	int result;
};

static void *wait_any_thread(void *arg)
{
	struct waiter *w = arg;

	w->result = ward_wait_any(wards, w->n, SECONDS(60));
	return NULL;
}

/* [threads] Ten threads, each for more than Windows waits for at once. */
TEST(many_threads_wait_for_a_hundred_at_once)
{
	struct waiter waiters[10];

	start_many(MANY, MANY);
	for (int i = 0; i < 10; i++) {
		waiters[i] = (struct waiter){ .n = 64 + (size_t)i * 4 };
		host_thread_start(&waiters[i].thread, wait_any_thread, &waiters[i]);
	}
	CHECK_EQ(ward_signal(wards[60], SIGKILL), 0);
	for (int i = 0; i < 10; i++) {
		host_thread_join(&waiters[i].thread);
		CHECK_EQ(waiters[i].result, 60);
	}
	end_many(MANY);
}

/* One process, held a thousand times: as many handles as there could be processes. */
TEST(a_thousand_handles_are_waited_for_at_once)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct talk u = talk_start_ready(CHILD("ready"), NULL);

	for (int i = 0; i < MOST; i++)
		REQUIRE_EQ(ward_open(&wards[i], ward_pid(i == 900 ? u.w : t.w), 0), 0);
	CHECK_EQ(ward_wait_any(wards, MOST, MILLISECONDS(20)), -ETIMEDOUT);
	CHECK_EQ(ward_signal(u.w, SIGKILL), 0);
	CHECK_EQ(ward_wait_any(wards, MOST, SECONDS(40)), 900);
	for (int i = 0; i < MOST; i++)
		ward_close(wards[i]);
	talk_end(&t);
	talk_end(&u);
}

static void *wait_thread(void *arg)
{
	struct waiter *w = arg;

	w->result = ward_wait(wards[0], SECONDS(60), NULL);
	return NULL;
}

/* [threads] */
TEST(a_close_during_a_wait_leaves_the_wait_alone)
{
	struct waiter waiter = { .n = 1 };
	struct ward *held = NULL;
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	void *event = NULL;

	REQUIRE_EQ(ward_open(&held, ward_pid(t.w), 0), 0);
	REQUIRE_EQ(ward_open(&wards[0], ward_pid(t.w), 0), 0);
	ward_ref(wards[0]);
	REQUIRE_EQ(ward_windows_event(wards[0], &event), 0);
	host_thread_start(&waiter.thread, wait_thread, &waiter);
	ward_close(wards[0]);
	CHECK_EQ(ward_signal(held, SIGKILL), 0);
	host_thread_join(&waiter.thread);
	CHECK_EQ(waiter.result, 1);
	ward_close(wards[0]);
	ward_close(held);
	talk_end(&t);
}

/* [threads] Nobody but the wait has it any more. */
TEST(the_last_close_during_a_wait_leaves_the_wait_alone)
{
	struct waiter waiter = { .n = 1 };
	struct ward *held = NULL;
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	void *event = NULL;

	REQUIRE(port != NULL);
	REQUIRE_EQ(ward_open(&held, ward_pid(t.w), 0), 0);
	REQUIRE_EQ(ward_open(&wards[0], ward_pid(t.w), 0), 0);
	REQUIRE_EQ(ward_windows_event(wards[0], &event), 0);
	REQUIRE_EQ(ward_windows_post(wards[0], port, 9, NULL), 0);
	host_thread_start(&waiter.thread, wait_thread, &waiter);
	while (atomic_load(&wards[0]->users) < 2)
		host_yield();
	ward_close(wards[0]);
	CHECK_EQ(ward_signal(held, SIGKILL), 0);
	host_thread_join(&waiter.thread);
	CHECK_EQ(waiter.result, 1);
	CloseHandle(port);
	ward_close(held);
	talk_end(&t);
}

/* Time-outs are ours and not the system's, which may be early. */
TEST(no_wait_returns_before_its_time)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	for (int i = 1; i <= 20; i++) {
		int64_t before = host_now_ns();

		CHECK_EQ(ward_wait(t.w, MILLISECONDS(i) + 300000, NULL), 0);
		CHECK(host_now_ns() - before >= MILLISECONDS(i) + 300000);
	}
	talk_end(&t);
}
