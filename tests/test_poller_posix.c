/* SPDX-License-Identifier: MIT */
/*
 * The poller of each system, as src/platform.h wants it: sets are made of it, and what it
 * does wrong is hard to see through them. Not for the program that is installed: this
 * test calls what is below the public interface.
 */
#include <poll.h>

#include "able.h"
#include "poller.h"

/* ------------------------------------------------------------------------------ ends */

TEST(an_end_is_told_of_once)
{
	struct ward__poller *poller = poller_or_fail();
	struct talk t = stays();

	arm_or_fail(poller, end_of(t.w), UINT64_MAX - 1, false);
	expect_nothing(poller);
	talk_let_go(&t);
	expect_told(poller, UINT64_MAX - 1);
	expect_nothing(poller);
	remove_from(poller, end_of(t.w), UINT64_MAX - 1, false);
	ward__poller_free(poller);
	talk_end(&t);
}

TEST(what_has_ended_before_is_told_of_too)
{
	struct ward__poller *poller = poller_or_fail();
	struct ward__event event;
	struct talk t = stays();
	uint64_t token = 7;
	int64_t until = -1;
	int r;

	talk_let_go(&t);
	CHECK(!is_lit(poller, 0));
	wait_or_fail(t.w);
	event = end_of(t.w);
	ward__poller_lock(poller);
	r = ward__poller_add(poller, &event, token, &until);
	ward__poller_unlock(poller);
	CHECK(r == 0 || r == 1);
	if (r == 0)
		expect_told(poller, token);
	ward__poller_free(poller);
	talk_end(&t);
}

TEST(what_is_armed_again_is_told_of_again)
{
	struct ward__poller *poller = poller_or_fail();
	struct ward__channel *ours = NULL;
	struct ward_stdio theirs;

	REQUIRE_EQ(ward__channel_pipe(&ours, &theirs, WARD__READ), 0);
	REQUIRE(host_write(theirs.fd, "x", 1));
	arm_or_fail(poller, readiness(ours, WARD__READ), 3, false);
	for (int i = 0; i < 5; i++) {
		expect_told(poller, 3);
		expect_nothing(poller);
		arm_or_fail(poller, readiness(ours, WARD__READ), 3, true);
	}
	/* Armed twice it is still told of once. */
	arm_or_fail(poller, readiness(ours, WARD__READ), 3, true);
	expect_told(poller, 3);
	expect_nothing(poller);
	ward__side_close(&theirs);
	ward__channel_free(ours);
	ward__poller_free(poller);
}

TEST(many_ends_are_told_of_in_batches_each_once)
{
	enum { MANY = 150 };
	struct ward__poller *poller = poller_or_fail();
	struct ward *wards[MANY];
	int told[MANY] = { 0 }, n = 0;
	uint64_t tokens[10];

	for (int i = 0; i < MANY; i++) {
		wards[i] = spawn_or_fail(CHILD("exit", "0"), NULL);
		arm_or_fail(poller, end_of(wards[i]), (uint64_t)i << 40, false);
	}
	while (n < MANY) {
		int r = ward__poller_wait(poller, tokens, 10, in_ms(40000));

		REQUIRE(r > 0 && r <= 10);
		for (int i = 0; i < r; i++)
			told[tokens[i] >> 40]++;
		n += r;
	}
	expect_nothing(poller);
	for (int i = 0; i < MANY; i++) {
		CHECK_EQ(told[i], 1);
		expect_exit(wards[i], 0);
	}
	ward__poller_free(poller);
}

TEST(what_was_removed_is_not_told_of)
{
	struct ward__poller *poller = poller_or_fail();
	struct talk t = stays(), u = stays();

	arm_or_fail(poller, end_of(t.w), 1, false);
	arm_or_fail(poller, end_of(u.w), 2, false);
	remove_from(poller, end_of(t.w), 1, true);
	talk_let_go(&t);
	wait_or_fail(t.w);
	expect_nothing(poller);
	talk_let_go(&u);
	expect_told(poller, 2);
	/* Told of, and its remover does not know it yet. */
	remove_from(poller, end_of(u.w), 2, true);
	expect_nothing(poller);
	ward__poller_free(poller);
	talk_end(&t);
	talk_end(&u);
}

TEST(one_end_is_told_of_by_two_pollers)
{
	struct ward__poller *a = poller_or_fail(), *b = poller_or_fail();
	struct talk t = stays();

	arm_or_fail(a, end_of(t.w), 1, false);
	arm_or_fail(b, end_of(t.w), 2, false);
	talk_let_go(&t);
	expect_told(a, 1);
	wait_or_fail(t.w);
	expect_told(b, 2);
	expect_nothing(a);
	ward__poller_free(a);
	ward__poller_free(b);
	talk_end(&t);
}

/* -------------------------------------------------------------------------- channels */

TEST(channels_are_told_of_when_they_are_ready)
{
	struct ward__poller *poller = poller_or_fail();
	struct ward__channel *in = NULL, *out = NULL;
	struct ward_stdio reader, writer;

	REQUIRE_EQ(ward__channel_pipe(&in, &writer, WARD__READ), 0);
	REQUIRE_EQ(ward__channel_pipe(&out, &reader, WARD__WRITE), 0);
	arm_or_fail(poller, readiness(in, WARD__READ), 1, false);
	arm_or_fail(poller, readiness(out, WARD__WRITE), 2, false);
	expect_told(poller, 2);
	REQUIRE(host_write(writer.fd, "x", 1));
	expect_told(poller, 1);
	ward__side_close(&writer);
	arm_or_fail(poller, readiness(in, WARD__READ), 1, true);
	expect_told(poller, 1);
	ward__side_close(&reader);
	ward__channel_free(in);
	ward__channel_free(out);
	ward__poller_free(poller);
}

TEST(both_directions_of_a_socket_are_told_of_apart)
{
	struct ward__poller *poller = poller_or_fail();
	struct ward__channel *ours = NULL;
	struct ward_stdio theirs;

	REQUIRE_EQ(ward__channel_socket(&ours, &theirs), 0);
	arm_or_fail(poller, readiness(ours, WARD__READ), 1, false);
	expect_nothing(poller);
	/* One number in one poller has one place on Linux: what is read is out of it. */
	if (on_linux_system())
		remove_from(poller, readiness(ours, WARD__READ), 1, true);
	arm_or_fail(poller, readiness(ours, WARD__WRITE), 2, false);
	expect_told(poller, 2);
	if (on_linux_system())
		arm_or_fail(poller, readiness(ours, WARD__READ), 1, true);
	expect_nothing(poller);
	REQUIRE(host_write(theirs.fd, "x", 1));
	expect_told(poller, 1);
	ward__side_close(&theirs);
	ward__channel_free(ours);
	ward__poller_free(poller);
}

/* Some kernels refuse to watch such a pipe at all. */
TEST(a_pipe_that_nobody_reads_is_worth_a_write)
{
	struct ward__poller *poller = poller_or_fail();
	struct ward__channel *ours = NULL;
	struct ward__event event;
	struct ward_stdio theirs;
	int64_t until = -1;
	int r;

	REQUIRE_EQ(ward__channel_pipe(&ours, &theirs, WARD__WRITE), 0);
	ward__side_close(&theirs);
	event = readiness(ours, WARD__WRITE);
	ward__poller_lock(poller);
	r = ward__poller_add(poller, &event, 1, &until);
	ward__poller_unlock(poller);
	CHECK(r == 0 || r == 1);
	if (r == 0)
		expect_told(poller, 1);
	ward__channel_free(ours);
	ward__poller_free(poller);
}

/* ----------------------------------------------------------------------------- alarm */

TEST(nobody_sleeps_while_the_alarm_is_due)
{
	struct ward__poller *poller = poller_or_fail();
	uint64_t tokens[ROOM];
	int64_t begin = ward__now();

	set_alarm(poller, 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(ward__poller_wait(poller, tokens, ROOM, -1), 0);
	CHECK(ward__now() - begin < SECONDS(20));
	set_alarm(poller, -1);
	begin = ward__now();
	CHECK_EQ(ward__poller_wait(poller, tokens, ROOM, in_ms(30)), 0);
	CHECK(ward__now() - begin >= MILLISECONDS(30));
	ward__poller_free(poller);
}

TEST(the_alarm_comes_in_time_and_not_before)
{
	struct ward__poller *poller = poller_or_fail();
	uint64_t tokens[ROOM];
	int64_t when;

	for (int i = 0; i < 5; i++) {
		when = ward__now() + MILLISECONDS(5) + i * 300000;
		set_alarm(poller, when);
		CHECK_EQ(ward__poller_wait(poller, tokens, ROOM, in_ms(40000)), 0);
		CHECK(ward__now() >= when);
		CHECK(ward__now() < when + SECONDS(20));
	}
	/* Put off again and again, it is the last one that counts. */
	for (int i = 0; i < 100; i++)
		set_alarm(poller, when = in_ms(20));
	CHECK_EQ(ward__poller_wait(poller, tokens, ROOM, -1), 0);
	CHECK(ward__now() >= when);
	ward__poller_free(poller);
}

TEST(what_is_to_be_told_is_told_while_the_alarm_is_due)
{
	struct ward__poller *poller = poller_or_fail();
	struct talk t = stays();

	arm_or_fail(poller, end_of(t.w), 1, false);
	set_alarm(poller, 0);
	expect_nothing(poller);
	talk_let_go(&t);
	CHECK(poll(&(struct pollfd){ .fd = ward_poll_fd(t.w), .events = POLLIN }, 1,
	           20000) == 1);
	expect_told(poller, 1);
	ward__poller_free(poller);
	talk_end(&t);
}

TEST(alarms_in_a_distant_future_are_none)
{
	struct ward__poller *poller = poller_or_fail();

	set_alarm(poller, INT64_MAX);
	expect_nothing(poller);
	CHECK(!is_lit(poller, 20));
	ward__poller_free(poller);
}

/* ------------------------------------------------------------------------ descriptor */

TEST(the_descriptor_is_readable_for_an_end_until_it_is_told)
{
	struct ward__poller *poller = poller_or_fail();
	struct talk t = stays();

	arm_or_fail(poller, end_of(t.w), 1, false);
	CHECK(!is_lit(poller, 0));
	talk_let_go(&t);
	CHECK(is_lit(poller, 20000));
	CHECK(is_lit(poller, 0));
	expect_told(poller, 1);
	CHECK(!is_lit(poller, 0));
	CHECK(!is_lit(poller, 20));
	ward__poller_free(poller);
	talk_end(&t);
}

TEST(the_descriptor_is_readable_while_the_alarm_is_due)
{
	struct ward__poller *poller = poller_or_fail();

	CHECK(!is_lit(poller, 0));
	set_alarm(poller, 0);
	CHECK(is_lit(poller, 20000)); /* at once, by an interrupt */
	expect_nothing(poller);
	CHECK(is_lit(poller, 0));
	set_alarm(poller, -1);
	CHECK(!is_lit(poller, 0));
	set_alarm(poller, in_ms(15));
	CHECK(is_lit(poller, 20000));
	expect_nothing(poller);
	CHECK(is_lit(poller, 0));
	set_alarm(poller, in_ms(100000));
	CHECK(!is_lit(poller, 0));
	ward__poller_free(poller);
}

TEST(the_descriptor_stays_readable_for_what_had_no_room)
{
	enum { MANY = 5 };
	struct ward__poller *poller = poller_or_fail();
	struct ward__channel *ours[MANY];
	struct ward_stdio theirs[MANY];
	uint64_t token;

	for (int i = 0; i < MANY; i++) {
		REQUIRE_EQ(ward__channel_pipe(&ours[i], &theirs[i], WARD__READ), 0);
		ward__side_close(&theirs[i]);
		arm_or_fail(poller, readiness(ours[i], WARD__READ), (uint64_t)i, false);
	}
	for (int i = 0; i < MANY; i++) {
		CHECK(is_lit(poller, 20000));
		CHECK_EQ(ward__poller_wait(poller, &token, 1, 0), 1);
	}
	CHECK(!is_lit(poller, 0));
	for (int i = 0; i < MANY; i++)
		ward__channel_free(ours[i]);
	ward__poller_free(poller);
}

TEST(the_descriptor_hears_of_what_comes_later)
{
	struct ward__poller *poller = poller_or_fail();
	struct ward__channel *ours = NULL;
	struct ward_stdio theirs;

	CHECK(!is_lit(poller, 10));
	REQUIRE_EQ(ward__channel_pipe(&ours, &theirs, WARD__READ), 0);
	REQUIRE(host_write(theirs.fd, "x", 1));
	arm_or_fail(poller, readiness(ours, WARD__READ), 4, false);
	CHECK(is_lit(poller, 20000));
	expect_told(poller, 4);
	CHECK(!is_lit(poller, 10));
	arm_or_fail(poller, readiness(ours, WARD__READ), 4, true);
	CHECK(is_lit(poller, 20000));
	remove_from(poller, readiness(ours, WARD__READ), 4, true);
	while (is_lit(poller, 0))
		expect_nothing(poller);
	ward__side_close(&theirs);
	ward__channel_free(ours);
	ward__poller_free(poller);
}

/* Whatever makes it readable is gone with it, whatever that does just then. */
TEST(pollers_whose_descriptor_was_asked_for_come_and_go)
{
	for (int i = 0; i < check_scaled(300); i++) {
		struct ward__poller *poller = poller_or_fail();
		int fd = ward__poller_fd(poller);

		REQUIRE(fd >= 0);
		CHECK_EQ(ward__poller_fd(poller), fd);
		if (i % 3 == 1)
			set_alarm(poller, 0);
		if (i % 3 == 2)
			CHECK(!is_lit(poller, 0));
		ward__poller_free(poller);
	}
}
