/* SPDX-License-Identifier: MIT */
/*
 * A set in loops that wait for HANDLEs or take packets from a port: the event is set, the
 * packet comes, when ward_set_wait is worth a call, and not else.
 */
#include "gate.h"
#include "help_windows.h"

enum { SOON_MS = 40000, NOT_MS = 20 };

static bool is_set(HANDLE event, DWORD ms)
{
	return WaitForSingleObject(event, ms) == WAIT_OBJECT_0;
}

static struct ward_set *new_set(void)
{
	struct ward_set *set = NULL;

	REQUIRE_EQ(ward_set_new(&set, NULL), 0);
	CHECK_EQ(ward_set_fd(set), -ENOTSUP);
	return set;
}

static HANDLE event_of(struct ward_set *set)
{
	void *event = NULL;

	REQUIRE_EQ(ward_windows_set_event(set, &event), 0);
	return event;
}

/* The next event that is there, 0: none. */
static int next_event(struct ward_set *set)
{
	struct ward_event e = WARD_EVENT_INIT;
	int r = ward_set_wait(set, 0, &e);

	CHECK(r == 0 || r == 1);
	return r == 1 ? e.what : 0;
}

TEST(what_a_loop_cannot_use_is_refused)
{
	struct ward_set *set = new_set();
	void *event = NULL, *again = NULL;
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

	CHECK_EQ(ward_windows_set_event(NULL, &event), -EINVAL);
	CHECK_EQ(ward_windows_set_event(set, NULL), -EINVAL);
	CHECK_EQ(ward_windows_set_post(NULL, port, 1, NULL), -EINVAL);
	CHECK_EQ(ward_windows_set_post(set, NULL, 1, NULL), -EINVAL);
	CHECK_EQ(ward_windows_set_post(set, INVALID_HANDLE_VALUE, 1, NULL), -EINVAL);
	CHECK_EQ(ward_windows_set_event(set, &event), 0);
	CHECK_EQ(ward_windows_set_event(set, &again), 0);
	CHECK(event && event == again);
	ward_set_close(set);
	CloseHandle(port);
}

TEST(the_event_of_a_set_is_set_until_all_events_are_taken)
{
	struct ward_set *set = new_set();
	HANDLE event = event_of(set);
	struct talk t[3];

	for (int i = 0; i < 3; i++) {
		t[i] = talk_start_ready(CHILD("ready"), NULL);
		CHECK_EQ(ward_set_add(set, t[i].w, NULL, NULL), 0);
	}
	CHECK(!is_set(event, NOT_MS));
	for (int i = 0; i < 3; i++)
		talk_let_go(&t[i]);
	for (int i = 0; i < 3; i++) {
		CHECK(is_set(event, SOON_MS));
		CHECK_EQ(next_event(set), WARD_EVENT_ENDED);
	}
	CHECK_EQ(next_event(set), 0);
	CHECK(!is_set(event, NOT_MS));
	ward_set_close(set);
	for (int i = 0; i < 3; i++)
		talk_end(&t[i]);
}

/* What was fetched from the system with the first is in no poller any more. */
TEST(the_event_of_a_set_stays_set_for_what_was_fetched_with_another)
{
	struct ward_set *set = new_set();
	struct ward *w[3];
	HANDLE event;

	for (int i = 0; i < 3; i++) {
		w[i] = spawn_or_fail(CHILD("exit", "0"), NULL);
		wait_or_fail(w[i]);
		CHECK_EQ(ward_set_add(set, w[i], NULL, NULL), 0);
	}
	event = event_of(set);
	for (int i = 0; i < 3; i++) {
		CHECK(is_set(event, 0));
		CHECK_EQ(next_event(set), WARD_EVENT_ENDED);
	}
	CHECK(!is_set(event, 0));
	CHECK_EQ(ward_set_wake(set), 0);
	CHECK(is_set(event, 0));
	CHECK_EQ(next_event(set), 0);
	CHECK(!is_set(event, 0));
	ward_set_close(set);
	for (int i = 0; i < 3; i++)
		ward_close(w[i]);
}

TEST(the_event_of_a_set_tells_of_deadlines_and_the_steps_after_them)
{
	const struct ward_stop_step steps[] = { { 0, 0, MILLISECONDS(50) },
		                                { SIGKILL, 0, WARD_FOREVER } };
	struct ward_set *set = new_set();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	HANDLE event = event_of(set);
	int64_t begin = host_now_ns();

	REQUIRE_EQ(ward_set_add(set, t.w, NULL,
	                        WARD_WATCH_OPTS(.timeout_ns = MILLISECONDS(30),
	                                        .stop = steps, .n_stop = 2)),
	           0);
	CHECK(is_set(event, SOON_MS));
	CHECK(host_now_ns() - begin >= MILLISECONDS(30));
	CHECK_EQ(next_event(set), WARD_EVENT_DEADLINE);
	CHECK_EQ(next_event(set), 0);
	/* The loop has nothing to do but to call; the kill is the set's. */
	while (next_event(set) == 0)
		CHECK(is_set(event, SOON_MS));
	CHECK(host_now_ns() - begin >= MILLISECONDS(80));
	CHECK_EQ(ward_set_count(set), 0);
	CHECK(!is_set(event, 0));
	ward_set_close(set);
	expect_signal(t.w, SIGKILL);
	close(t.to);
	close(t.from);
}

/* ---------------------------------------------------------------------------- packets */

static HANDLE new_port(void)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

	REQUIRE(port != NULL);
	return port;
}

static bool next_packet(HANDLE port, DWORD ms, uintptr_t key)
{
	OVERLAPPED *o = NULL;
	ULONG_PTR k = 0;
	DWORD bytes = 1;

	return GetQueuedCompletionStatus(port, &bytes, &k, &o, ms) && bytes == 0 &&
	       k == key && !o;
}

TEST(packets_drive_a_set)
{
	struct ward_set *set = new_set();
	HANDLE port = new_port();
	int ended = 0, n;

	for (int i = 0; i < 10; i++)
		REQUIRE_EQ(ward_set_spawn(set, CHILD("exit", "0"), NULL, NULL, NULL), 0);
	while (ward_set_count(set) > 0) {
		struct ward_event e = WARD_EVENT_INIT;

		CHECK_EQ(ward_windows_set_post(set, port, 8, NULL), 0);
		REQUIRE(next_packet(port, SOON_MS, 8));
		while ((n = ward_set_wait(set, 0, &e)) == 1) {
			if (e.what != WARD_EVENT_ENDED)
				continue;
			check_exited(&e.exit, 0);
			ward_close(e.ward);
			ended++;
		}
		CHECK_EQ(n, 0);
	}
	CHECK_EQ(ended, 10);
	CHECK_EQ(ward_windows_set_post(set, port, 8, NULL), 0);
	CHECK_EQ(ward_windows_set_post(set, port, 9, NULL), -EBUSY);
	CHECK(!next_packet(port, NOT_MS, 8));
	ward_set_close(set);
	CloseHandle(port);
}

/* ------------------------------------------------------------------------------- many */

enum { MOST = 1000 };

static struct ward *wards[MOST];

/* They end in the same moment, when the pipe is closed; each is told of once. */
TEST(a_thousand_children_of_one_set_are_waited_for_by_one_event)
{
	struct ward_set *set = new_set();
	HANDLE event = event_of(set);
	bool told[MOST] = { false };
	int hold[2], n = check_scaled(MOST), ended = 0;

	make_pipe(hold);
	for (int i = 0; i < n; i++) {
		wards[i] = spawn_or_fail(CHILD("hold"),
		                         WARD_SPAWN_OPTS(.in = GIVEN(hold[0])));
		REQUIRE_EQ(ward_set_add(set, wards[i], &told[i], NULL), 0);
	}
	close(hold[0]);
	CHECK(!is_set(event, 0));
	close(hold[1]);
	while (ended < n) {
		struct ward_event e = WARD_EVENT_INIT;

		REQUIRE(is_set(event, SOON_MS));
		while (ward_set_wait(set, 0, &e) == 1) {
			check_exited(&e.exit, 0);
			CHECK(!*(bool *)e.cookie);
			*(bool *)e.cookie = true;
			ended++;
		}
	}
	CHECK_EQ(ward_set_count(set), 0);
	CHECK(!is_set(event, 0));
	ward_set_close(set);
	for (int i = 0; i < n; i++)
		ward_close(wards[i]);
}

/* ----------------------------------------------------------------------------- faults */

/* @n wards come to their ends; a call that fails is made again. */
static void take_ends(struct ward_set *set, int n)
{
	int tries = 0;

	while (n > 0 && tries < 20) {
		struct ward_event e = WARD_EVENT_INIT;
		int r = ward_set_wait(set, SECONDS(40), &e);

		CHECK(r == 1 || r == -ENOMEM);
		tries += r != 1;
		if (r != 1 || !(e.flags & WARD_EVENT_LAST))
			continue;
		CHECK(e.what == WARD_EVENT_FAILED || e.what == WARD_EVENT_ENDED);
		if (e.cookie)
			ward_close(e.ward);
		n--;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(ward_set_count(set), 0);
}

static bool try_set(int k)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_set *set = NULL;
	void *event;
	bool failed;
	int n = 0;

	ward__gate_fail(NULL, k, ENOMEM);
	if (ward_set_new(&set, NULL) == 0) {
		n += ward_set_add(set, t.w, NULL, NULL) == 0;
		n += ward_set_spawn(set, CHILD("exit", "0"), NULL, set, NULL) == 0;
		ward_windows_set_event(set, &event);
		talk_let_go(&t);
		take_ends(set, n);
		ward_set_close(set);
	}
	failed = ward__gate_failed() != NULL;
	ward__gate_fail(NULL, 0, 0);
	talk_end(&t);
	return failed;
}

/* [reserve-first] */
TEST(a_set_survives_the_failure_of_each_of_its_calls)
{
	int k = 1;

	while (try_set(k))
		k += check_scaled(100) < 100 ? 3 : 1;
	CHECK(k > 30);
}
