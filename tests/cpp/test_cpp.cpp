/* SPDX-License-Identifier: MIT */
/*
 * One process in C++: owned, waited for, signalled, stopped, asked; and its commands.
 */
#include "help.hpp"

TEST(a_program_ends_with_its_code)
{
	const wards::process p = wards::spawn(child({ "exit", "7" }));
	const wards::exit_status end = p.wait();

	CHECK(end.how() == wards::how::exited);
	CHECK_EQ(end.code(), 7);
	CHECK(!end.success());
	CHECK_EQ(end.signal(), -1);
	CHECK_TEXT(end.text(), "exited with code 7");
	CHECK(end.wall().has_value());
}

TEST(success_is_code_0_and_nothing_else)
{
	CHECK(wards::spawn(child({ "exit", "0" })).wait().success());
	CHECK(!wards::spawn(child({ "exit", "1" })).wait().success());
}

/* [wait-again] */
TEST(the_answer_is_remembered)
{
	const wards::process p = wards::spawn(child({ "exit", "7" }));

	CHECK_EQ(p.wait().code(), 7);
	CHECK_EQ(p.wait(0ms)->code(), 7);
	CHECK_EQ(p.ref().wait().code(), 7);
}

TEST(a_moved_process_is_empty_and_says_so)
{
	wards::process p = wards::spawn(child({ "exit", "0" }));
	wards::process q = std::move(p);

	CHECK(!p);
	CHECK(q);
	CHECK_EQ(p.try_wait().error().code(), -EINVAL);
	CHECK_EQ(p.try_signal(0).error().code(), -EINVAL);
	CHECK_EQ(p.try_info().error().code(), -EINVAL);
	CHECK_EQ(p.try_read(1, &q, 1).error().code(), -EINVAL);
	CHECK(!p.ref());
	p = std::move(q);
	CHECK(p.wait().success());
}

/* The one that stood there is closed, as it was told to be. */
TEST(a_process_that_is_assigned_to_is_closed_first)
{
	wards::process p = wards::spawn(held());
	const wards::process seen = wards::open(p.pid());

	p = wards::spawn(child({ "exit", "0" }));
	CHECK(seen.wait(0ms).has_value());
	wards::process &same = p;
	p = std::move(same);
	CHECK(p.wait().success());
}

TEST(the_last_owner_ends_it_as_it_was_told)
{
	wards::process p = wards::spawn(held());
	const wards::process seen = wards::open(p.pid());
	wards::process other = p.ref();

	p.close();
	CHECK(!seen.wait(0ms));
	other.close();
	CHECK(seen.wait(0ms).has_value());
}

TEST(what_is_released_is_closed_by_nobody)
{
	struct ward *w = nullptr;

	{
		wards::process p = wards::spawn(held());

		w = p.release();
		CHECK(!p);
	}
	CHECK_EQ(ward_wait(w, 0, nullptr), 0);
	const wards::process again(w);
	CHECK(again.get() == w);
}

/* [bounded] */
TEST(a_time_out_is_an_answer_and_no_failure)
{
	const wards::process p = wards::spawn(held());

	CHECK(!p.wait(0ms));
	CHECK(!p.wait(10ms));
	CHECK(!p.wait(-1h));
	CHECK(!p.wait(wards::timeout::until(std::chrono::steady_clock::now() - 1s)));
	p.end_input();
	CHECK(p.wait(40s)->success());
}

TEST(durations_become_nanoseconds)
{
	using namespace std::chrono;
	using wards::timeout;
	using longest = duration<std::int64_t, std::ratio<86400 * 365>>;

	CHECK_EQ(timeout(1500ms).ns(), INT64_C(1500000000));
	CHECK_EQ(timeout(duration<double>(0.25)).ns(), 250000000);
	CHECK_EQ(timeout(duration<int, std::pico>(1)).ns(), 1);
	CHECK_EQ(timeout(duration<int, std::pico>(2001)).ns(), 3);
	CHECK_EQ(timeout(nanoseconds(INT64_MAX - 1)).ns(), INT64_MAX - 1);
	CHECK_EQ(timeout(wards::forever).ns(), WARD_FOREVER);
	CHECK(timeout(wards::forever).is_forever());
	CHECK_EQ(timeout(-1ns).ns(), 0);
	CHECK_EQ(timeout(nanoseconds::min()).ns(), 0);
	CHECK_EQ(timeout(longest(1)).ns(), INT64_C(86400) * 365 * 1000000000);
	CHECK_EQ(timeout(longest(293)).ns(), INT64_MAX);
	CHECK_EQ(timeout(hours::max()).ns(), INT64_MAX);
	CHECK_EQ(timeout(duration<double>(1e300)).ns(), INT64_MAX);
	CHECK_EQ(timeout(duration<double>(std::numeric_limits<double>::quiet_NaN())).ns(),
	         0);
	CHECK(timeout(hours::max()).from_now() > steady_clock::now());
	CHECK(timeout(wards::forever).from_now() == steady_clock::time_point::max());
}

TEST(the_longest_time_waits)
{
	CHECK_EQ(wards::spawn(child({ "exit", "7" }))
	                 .wait(std::chrono::hours::max())
	                 ->code(),
	         7);
}

TEST(a_killed_process_was_killed)
{
	const wards::process p = wards::spawn(held());

	p.signal(kill_signal);
	const wards::exit_status end = p.wait();
	CHECK(end.signaled());
	CHECK(!end.exited());
	CHECK(!end.success());
	CHECK_EQ(end.signal(), kill_signal);
	CHECK_EQ(end.code(), -1);
	CHECK(!end.core_dumped());
}

/* [true-status] */
TEST(what_is_lost_is_no_success)
{
	::ward_exit c = WARD_EXIT_INIT;

	c.how = WARD_LOST;
	c.wall_ns = c.user_ns = c.system_ns = -1;
	for (c.code = -1; c.code <= 0; c.code++) {
		const wards::exit_status end(c);

		CHECK(end.lost());
		CHECK(!end.success());
		CHECK(!end.exited());
		CHECK(!end.signaled());
		CHECK_EQ(end.code(), -1);
		CHECK(!end.wall());
		CHECK(!end.user());
	}
}

TEST(a_stop_says_which_step_it_took)
{
	const wards::process p = wards::spawn(held());

	CHECK_EQ(p.try_stop({ { 0, 1ms } }).error().code(), -ETIMEDOUT);
	const wards::stopped s =
	    p.stop({ { 0, 1ms }, { kill_signal, wards::forever } });
	CHECK_EQ(s.step, 2);
	CHECK_EQ(s.exit.signal(), kill_signal);
	CHECK_EQ(p.stop().step, 0);
}

TEST(arguments_arrive_as_they_are)
{
	const auto r = child({ "print-argv", "", "a b", "\"quoted\"" })
	                   .arg("$HOME")
	                   .args(std::vector<std::string>{ "x", "y" })
	                   .run();

	CHECK_TEXT(lines(r.out()), "[]\n[a b]\n[\"quoted\"]\n[$HOME]\n[x]\n[y]\n");
}

TEST(the_environment_is_changed_or_replaced)
{
	const auto bare = child({ "print-env" }).env_clear().env("A", "b c").run();
	const auto r = child({ "print-env" })
	                   .env("WARD_CPP_A", "1")
	                   .env("WARD_CPP_B", "2")
	                   .env_unset("WARD_CPP_B")
	                   .run();
	const auto less = child({ "print-env" }).env_unset("WARD_CHILD").run();

#ifndef _WIN32                                /* there it needs some of its own */
	CHECK_TEXT(lines(bare.out()), "A=b c\n");
#endif
	CHECK(bare.out().find("WARD_CHILD=") == std::string_view::npos);
	CHECK(r.out().find("WARD_CPP_A=1") != std::string_view::npos);
	CHECK(r.out().find("WARD_CPP_B=2") != std::string_view::npos);
	CHECK(r.out().find("WARD_CHILD=") != std::string_view::npos);
	CHECK(less.out().find("WARD_CHILD=") == std::string_view::npos);
}

TEST(a_command_may_be_copied_and_started_again)
{
	wards::command first = child({ "print-argv", "one" });
	first.env("A", "b").out(wards::pipe());
	wards::command second = first;
	char buf[64];

	second.arg("two");
	first = child({ "exit", "3" });
	for (int i = 0; i < 2; i++) {
		const auto p = second.spawn();
		const std::size_t n = p.read(1, buf, sizeof(buf)).value();

		CHECK_TEXT(lines({ buf, n }).substr(0, 5), "[one]");
		CHECK(p.wait().success());
	}
	CHECK_EQ(first.spawn().wait().code(), 3);
}

TEST(a_pipe_is_written_to_and_read_from)
{
	const auto p = child({ "cat" }).in(wards::pipe()).out(wards::pipe()).spawn();
	char buf[64];

	CHECK(!p.read(1, buf, sizeof(buf), 0ms));
	CHECK_EQ(p.write(0, "abc"), 3);
	CHECK_EQ(p.write(0, ""), 0);
	std::string got;
	while (got.size() < 3)
		got.append(buf, p.read(1, buf, sizeof(buf)).value());
	CHECK_TEXT(got, "abc");
	p.end_input();
	CHECK_EQ(p.read(1, buf, sizeof(buf)).value(), 0);
	CHECK(p.wait().success());
	p.close_fd(1);
	CHECK_EQ(thrown_by([&] { p.read(1, buf, 1); }), -EBADF);
}

TEST(memory_is_what_it_reads)
{
	const std::string bytes("a\0b\n", 4);
	const auto p =
		child({ "cat" }).in(wards::memory(bytes)).out(wards::pipe()).spawn();
	char buf[64];
	std::string got;

	CHECK(p.feed());
	while (got.size() < bytes.size())
		got.append(buf, p.read(1, buf, sizeof(buf)).value());
	CHECK(got == bytes);
	CHECK(p.wait().success());
}

/* [sealed-fds] */
TEST(descriptors_are_as_they_were_named)
{
	const auto r = child({ "write", "5", "five" })
	                   .fd(5, wards::same_as(1))
	                   .in(wards::null())
	                   .err(wards::closed())
	                   .run(wards::run_options().err_to(WARD_TO_SPAWN));

	CHECK(r.ok());
	CHECK_TEXT(r.out(), "five");
}

TEST(an_identity_leads_back_to_it)
{
	const wards::process p = wards::spawn(held());
	const auto id = p.try_identity();

	if (!id && id.error().code() == -ENOTSUP)
		SKIP("this system has no identity");
	const wards::identity same = wards::identity::parse(id->text().c_str());
	CHECK(same == *id);
	CHECK(wards::identity::parse(id->text(true).c_str()) == same);
	CHECK_EQ(same.pid(), p.pid());
	CHECK(wards::identity::parse("1") != wards::identity::parse("1"));
	CHECK_EQ(wards::identity::try_parse("x").error().code(), -EINVAL);
	CHECK_EQ(wards::open_id(same).pid(), p.pid());
}

TEST(it_can_be_asked)
{
	const wards::process p = wards::spawn(held());

	CHECK_EQ(p.info().pid, p.pid());
	CHECK(p.hold() >= WARD_HOLD_CHILD);
	CHECK_EQ(p.hold(), ward_hold(p.get()));
}
