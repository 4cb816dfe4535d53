/* SPDX-License-Identifier: MIT */
/*
 * What Windows adds to the poller: an event that is set and a packet that comes when a
 * wait would not sleep, and not else; and its calls that fail.
 */
#include "gate.h"
#include "handle.h"
#include "help_windows.h"
#include "windows/poller.h"

enum { SOON_MS = 40000, NOT_MS = 20 };

static struct ward__poller *new_poller(void)
{
	struct ward__poller *poller = NULL;

	REQUIRE_EQ(ward__poller_new(&poller), 0);
	CHECK_EQ(ward__poller_fd(poller), -ENOTSUP);
	return poller;
}

static void add(struct ward__poller *poller, struct ward *w, uint64_t token)
{
	struct ward__event e = { .process = w->process, .descriptor = -1 };
	int64_t until = -1;

	ward__poller_lock(poller);
	CHECK_EQ(ward__poller_add(poller, &e, token, &until), 0);
	ward__poller_unlock(poller);
	CHECK_EQ(until, -1);
}

static void drop(struct ward__poller *poller, struct ward *w, uint64_t token)
{
	struct ward__event e = { .process = w->process, .descriptor = -1 };

	ward__poller_lock(poller);
	ward__poller_remove(poller, &e, token, true);
	ward__poller_unlock(poller);
}

static void set_alarm(struct ward__poller *poller, int64_t when)
{
	ward__poller_lock(poller);
	ward__poller_alarm(poller, when);
	ward__poller_unlock(poller);
}

static int take(struct ward__poller *poller)
{
	uint64_t token;

	return ward__poller_wait(poller, &token, 1, 0);
}

static bool is_set(HANDLE event, DWORD ms)
{
	return WaitForSingleObject(event, ms) == WAIT_OBJECT_0;
}

/* ------------------------------------------------------------------------------ event */

TEST(the_event_of_a_poller_is_set_for_as_long_as_there_is_something_to_take)
{
	struct ward__poller *poller = new_poller();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct talk u = talk_start_ready(CHILD("ready"), NULL);
	HANDLE event = NULL, again = NULL;

	REQUIRE_EQ(ward__poller_event(poller, &event), 0);
	CHECK_EQ(ward__poller_event(poller, &again), 0);
	CHECK(event == again);
	add(poller, t.w, 1);
	add(poller, u.w, 2);
	CHECK(!is_set(event, NOT_MS));
	talk_let_go(&t);
	CHECK(is_set(event, SOON_MS));
	talk_let_go(&u);
	wait_or_fail(u.w);
	CHECK_EQ(take(poller), 1);
	while (take(poller) == 0)
		host_yield();
	CHECK(!is_set(event, 0));
	drop(poller, t.w, 1);
	drop(poller, u.w, 2);
	ward__poller_free(poller);
	talk_end(&t);
	talk_end(&u);
}

TEST(an_event_asked_for_late_is_set_and_a_removal_resets_it)
{
	struct ward__poller *poller = new_poller();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	HANDLE event = NULL, first = NULL;
	uint64_t token = 0;

	add(poller, t.w, 1);
	talk_let_go(&t);
	/* Told of once, so that it is known to be there the second time. */
	CHECK_EQ(ward__poller_wait(poller, &token, 1, ward__now() + SECONDS(40)), 1);
	drop(poller, t.w, 1);
	REQUIRE_EQ(ward__poller_event(poller, &first), 0);
	add(poller, t.w, 2);
	CHECK(is_set(first, SOON_MS));
	REQUIRE_EQ(ward__poller_event(poller, &event), 0);
	CHECK(is_set(event, 0));
	drop(poller, t.w, 2);
	CHECK(!is_set(event, 0));
	ward__poller_free(poller);
	talk_end(&t);
}

TEST(an_alarm_sets_the_event_and_another_resets_it)
{
	struct ward__poller *poller = new_poller();
	HANDLE event = NULL;
	int64_t when = ward__now() + MILLISECONDS(50);

	set_alarm(poller, when);
	REQUIRE_EQ(ward__poller_event(poller, &event), 0);
	CHECK(is_set(event, SOON_MS));
	CHECK(ward__now() >= when);
	CHECK(is_set(event, 0));
	set_alarm(poller, ward__now() + SECONDS(1000));
	CHECK(!is_set(event, 0));
	set_alarm(poller, 0);
	CHECK(is_set(event, 0));
	set_alarm(poller, -1);
	CHECK(!is_set(event, NOT_MS));
	ward__poller_free(poller);
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

TEST(one_packet_comes_for_all_that_has_come)
{
	struct ward__poller *poller = new_poller();
	struct ward__packet packet = { .port = new_port(), .key = 5 };
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct talk u = talk_start_ready(CHILD("ready"), NULL);

	add(poller, t.w, 1);
	add(poller, u.w, 2);
	CHECK_EQ(ward__poller_post(poller, &packet), 0);
	CHECK_EQ(ward__poller_post(poller, &packet), -EBUSY);
	CHECK(!next_packet(packet.port, NOT_MS, 5));
	talk_let_go(&t);
	CHECK(next_packet(packet.port, SOON_MS, 5));
	talk_let_go(&u);
	wait_or_fail(u.w);
	CHECK(!next_packet(packet.port, NOT_MS, 5));
	/* Asked for again while there is something, it comes at once. */
	packet.key = 6;
	CHECK_EQ(ward__poller_post(poller, &packet), 0);
	CHECK(next_packet(packet.port, 0, 6));
	drop(poller, t.w, 1);
	drop(poller, u.w, 2);
	ward__poller_free(poller);
	CloseHandle(packet.port);
	talk_end(&t);
	talk_end(&u);
}

TEST(a_packet_comes_with_an_alarm)
{
	struct ward__poller *poller = new_poller();
	struct ward__packet packet = { .port = new_port(), .key = 5 };
	int64_t when = ward__now() + MILLISECONDS(50);

	CHECK_EQ(ward__poller_post(poller, &packet), 0);
	set_alarm(poller, when);
	CHECK(next_packet(packet.port, SOON_MS, 5));
	CHECK(ward__now() >= when);
	ward__poller_free(poller);
	CloseHandle(packet.port);
}

TEST(no_packet_comes_after_the_poller_was_freed)
{
	for (int i = 0; i < check_scaled(50); i++) {
		struct ward__poller *poller = new_poller();
		struct ward__packet packet = { .port = new_port(), .key = 5 };
		struct talk t = talk_start_ready(CHILD("ready"), NULL);

		add(poller, t.w, 1);
		CHECK_EQ(ward__poller_post(poller, &packet), 0);
		set_alarm(poller, ward__now() + MILLISECONDS(i % 4));
		talk_let_go(&t);
		ward__poller_free(poller);
		next_packet(packet.port, 0, 5);
		wait_or_fail(t.w);
		CHECK(!next_packet(packet.port, 0, 5));
		CloseHandle(packet.port);
		talk_end(&t);
	}
}

/* [reserve-first] A port that takes no packet loses none. */
TEST(a_packet_that_the_port_did_not_take_comes_later)
{
	struct ward__poller *poller = new_poller();
	struct ward__packet packet = { .port = new_port(), .key = 5 };

	CHECK_EQ(ward__poller_post(poller, &packet), 0);
	ward__gate_fail("PostQueuedCompletionStatus", 1, ENOMEM);
	set_alarm(poller, 0);
	CHECK(ward__gate_failed() != NULL);
	ward__gate_fail(NULL, 0, 0);
	CHECK(next_packet(packet.port, SOON_MS, 5));
	ward__gate_fail("PostQueuedCompletionStatus", 1, ENOMEM);
	CHECK_EQ(ward__poller_post(poller, &packet), -ENOMEM);
	ward__gate_fail(NULL, 0, 0);
	CHECK_EQ(ward__poller_post(poller, &packet), 0);
	ward__poller_free(poller);
	CloseHandle(packet.port);
}

/* ----------------------------------------------------------------------------- faults */

static const char *const calls[] = {
	"malloc", "CreateThreadpoolWait", "CreateEventW", "CreateThreadpoolTimer",
	"SleepConditionVariableSRW",
};

/* Use all of it while the @nth @call fails: it fails or it does not, and all is well. */
static bool try_it(struct ward *w, const char *call, int nth)
{
	struct ward__poller *poller = NULL;
	struct ward__event e = { .process = w->process, .descriptor = -1 };
	HANDLE event = NULL;
	int64_t until = -1;
	bool failed;

	ward__gate_fail(call, nth, ENOMEM);
	if (ward__poller_new(&poller) == 0) {
		int r = ward__poller_event(poller, &event);

		CHECK(r == 0 || r == -ENOMEM);
		for (uint64_t i = 1; i < 40; i++) {
			r = ward__poller_add(poller, &e, i, &until);
			CHECK(r == 0 || r == -ENOMEM);
		}
		for (uint64_t i = 1; i < 40; i++)
			ward__poller_remove(poller, &e, i, true);
		r = ward__poller_wait(poller, &(uint64_t){ 0 }, 1,
		                      ward__now() + MILLISECONDS(1));
		CHECK(r == 0 || r == -ENOMEM);
		ward__poller_free(poller);
	}
	failed = ward__gate_failed() != NULL;
	ward__gate_fail(NULL, 0, 0);
	return failed;
}

/* [reserve-first] */
TEST(a_poller_survives_the_failure_of_every_call)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int nth = 1;

		while (try_it(t.w, calls[i], nth))
			nth++;
		CHECK(nth > 1);
	}
	talk_end(&t);
}
