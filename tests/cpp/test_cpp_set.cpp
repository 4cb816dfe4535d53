/* SPDX-License-Identifier: MIT */
/*
 * Many processes in a set, in C++.
 */
#include "help.hpp"

using wards::event;
using wards::process;
using wards::set;
using wards::watch;

TEST(a_set_tells_of_an_end)
{
	const process p = wards::spawn(child({ "exit", "7" }));
	event e;
	int mine = 0;
	set s;

	s.add(p, &mine);
	CHECK_EQ(s.count(), 1);
	CHECK_EQ(s.try_add(p).error().code(), -EEXIST);
	REQUIRE(s.wait(e));
	CHECK_EQ(e.what(), WARD_EVENT_ENDED);
	CHECK(e.cookie() == &mine);
	CHECK(e.get() == p.get());
	CHECK_EQ(e.exit()->code(), 7);
	CHECK(e.last());
	CHECK_EQ(s.count(), 0);
	CHECK(!s.wait(e, 0ms));
	CHECK(!e.exit());
}

TEST(a_process_that_is_removed_or_closed_is_told_of_no_more)
{
	process p = wards::spawn(child({ "exit", "7" })),
		q = wards::spawn(child({ "exit", "7" }));
	event e;
	set s;

	s.add(p);
	s.add(q);
	p.wait();
	q.wait();
	s.remove(p);
	q.close();
	CHECK(!s.wait(e, 0ms));
	CHECK_EQ(thrown_by([&] { s.remove(p); }), -ENOENT);
}

TEST(what_a_set_starts_is_taken_from_its_event)
{
	set s(wards::set_limits{ 1, 0 });
	event e;
	int started = 0, ended = 0;
	process now;

	for (int i = 0; i < 3; i++)
		s.spawn(child({ "exit", "7" }));
	while (s.count() > 0) {
		REQUIRE(s.wait(e, 40s));
		if (e.what() == WARD_EVENT_STARTED) {
			CHECK(!now);
			now = e.take();
			CHECK(now.get() == e.get());
			CHECK(!e.take());
			started++;
		} else if (e.what() == WARD_EVENT_ENDED) {
			CHECK_EQ(e.exit()->code(), 7);
			now.close();
			ended++;
		}
	}
	CHECK_EQ(started, 3);
	CHECK_EQ(ended, 3);
}

/* By the next event, and by the end of it. */
TEST(what_is_not_taken_is_given_up)
{
	set s;
	std::optional<event> e(std::in_place);

	for (int i = 0; i < 2; i++) {
		s.spawn(held());
		REQUIRE(s.wait(*e, 40s));
		REQUIRE(e->what() == WARD_EVENT_STARTED);
		const process seen = wards::open(ward_pid(e->get()));
		if (i == 0)
			CHECK(!s.wait(*e, 0ms));
		else
			e.reset();
		CHECK(seen.wait(0ms).has_value());
	}
}

TEST(a_set_tells_what_could_not_be_started)
{
	set s;
	event e;

	s.spawn(wards::command("/no/such/program"));
	REQUIRE(s.wait(e, 40s));
	CHECK_EQ(e.what(), WARD_EVENT_FAILED);
	CHECK_EQ(e.why().code(), -ENOENT);
	CHECK_EQ(e.why().step(), WARD_STEP_EXEC);
	CHECK(!e.take());
	CHECK_EQ(s.try_spawn(wards::command(std::string("a\0b", 3))).error().code(),
	         -EINVAL);
}

TEST(a_set_tells_lines)
{
	const process p =
		child({ "play", "out", "one\ntwo\n" }).out(wards::pipe()).spawn();
	event e(4096), other;
	std::string said;
	set s;

	s.add(p, nullptr, watch().lines());
	while (s.count() > 0) {
		REQUIRE(s.wait(e, 40s));
		if (e.what() == WARD_EVENT_LINE) {
			CHECK_EQ(e.fd(), 1);
			said += lines(e.text()) + ";";
		} else {
			CHECK(e.text().empty());
		}
	}
	CHECK_TEXT(said, "one;two;");
	CHECK(!s.wait(other, 0ms));
}

TEST(a_deadline_stops_a_process)
{
	const process p = wards::spawn(held()), q = wards::spawn(held());
	event e;
	int ended = 0;
	set s;

	s.add(p, nullptr, watch().deadline(1ms, { { kill_signal, wards::forever } }));
	s.add(q, nullptr, watch().deadline(0ms, { { kill_signal, wards::forever } }));
	while (s.count() > 0) {
		REQUIRE(s.wait(e, 40s));
		if (e.what() == WARD_EVENT_ENDED) {
			CHECK_EQ(e.exit()->signal(), kill_signal);
			ended++;
		}
	}
	CHECK_EQ(ended, 2);
}

TEST(a_set_stops_without_waiting)
{
	const process p = wards::spawn(held());
	event e;
	set first;

	first.add(p);
	set s = std::move(first);
	s.stop(p, { { kill_signal, wards::forever } });
	REQUIRE(s.wait(e, 40s));
	CHECK_EQ(e.exit()->signal(), kill_signal);
}

TEST(a_set_is_woken)
{
	event e;
	set s;

	s.wake();
	CHECK(!s.wait(e));
}

#ifndef _WIN32
TEST(a_set_has_a_descriptor)
{
	set s;

	CHECK(s.fd() >= 0);
	CHECK_EQ(s.fd(), ward_set_fd(s.get()));
}
#endif
