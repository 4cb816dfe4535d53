/* SPDX-License-Identifier: MIT */
/*
 * Tasks that wait for processes and for time in a loop.
 */
#include "help.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#ifndef _WIN32
#include <poll.h>
#endif

using wards::loop;
using wards::process;
using wards::task;

static task<std::int64_t> code_of(loop &in, wards::command c)
{
	const process p = c.spawn();
	const wards::exit_status end = co_await p.wait(in);

	co_return end.code();
}

static task<std::int64_t> code_of(loop &in, const process &p)
{
	const wards::exit_status end = co_await p.wait(in);

	co_return end.code();
}

TEST(a_task_waits_for_a_process)
{
	loop in;

	CHECK_EQ(in.run(code_of(in, child({ "exit", "7" }))), 7);
	CHECK_EQ(in.waiting(), 0);
}

TEST(what_has_ended_is_not_waited_for)
{
	const process p = wards::spawn(child({ "exit", "7" }));
	loop in;

	p.wait();
	task<std::int64_t> t = code_of(in, p);
	t.get().resume();
	CHECK(t.get().done());
}

static task<> ends_after(loop &in, const process &p)
{
	co_await in.sleep(5ms);
	p.end_input();
}

TEST(two_tasks_wait_for_one_process)
{
	const process p = wards::spawn(held());
	loop in;

	const auto [a, b, c] = in.run(
	    wards::when_all(code_of(in, p), code_of(in, p), ends_after(in, p)));
	CHECK_EQ(a, 0);
	CHECK_EQ(b, 0);
	CHECK_EQ(in.waiting(), 0);
}

TEST(many_processes_are_waited_for_at_once)
{
	std::vector<task<std::int64_t>> tasks;
	const int n = check_scaled(200);
	std::int64_t sum = 0;
	loop in;

	tasks.reserve(static_cast<std::size_t>(n));
	for (int i = 0; i < n; i++)
		tasks.push_back(code_of(in, child({ "exit", std::to_string(i % 3) })));
	for (const std::int64_t code : in.run(wards::when_all(std::move(tasks))))
		sum += code;
	CHECK_EQ(sum, n / 3 * 3 + (n % 3 == 2 ? 1 : 0));
	CHECK_EQ(in.waiting(), 0);
}

static task<> waits_twice(loop &in)
{
	const process p = wards::spawn(held());

	CHECK(!co_await p.wait(in, 0ms));
	CHECK(!co_await p.wait(in, 5ms));
	CHECK(!co_await p.wait(in, -5ms));
	CHECK_EQ(in.waiting(), 0);
	p.end_input();
	const auto end = co_await p.wait(in, 40s);
	CHECK(end && end->success());
}

/* [bounded] */
TEST(a_wait_in_a_task_has_a_time_out)
{
	loop in;

	in.run(waits_twice(in));
}

static task<> says(loop &in, std::chrono::milliseconds after, std::string &to, char what)
{
	co_await in.sleep(after);
	to += what;
}

TEST(tasks_sleep_as_long_as_they_say)
{
	const auto begin = std::chrono::steady_clock::now();
	std::string said;
	loop in;

	in.run(wards::when_all(says(in, 30ms, said, 'c'), says(in, 0ms, said, 'a'),
	                       says(in, 10ms, said, 'b')));
	CHECK_TEXT(said, "abc");
	CHECK(std::chrono::steady_clock::now() - begin >= 30ms);
}

/* The loser's task is gone; nobody has touched its process. */
TEST(the_process_of_who_was_not_the_first_is_left_alone)
{
	const process slow = wards::spawn(held()), quick = wards::spawn(held());
	loop in;

	quick.end_input();
	CHECK_EQ(in.run(wards::when_any(code_of(in, slow), code_of(in, quick))).index(),
	         1);
	CHECK_EQ(in.waiting(), 0);
	CHECK(!slow.wait(0ms));
	slow.end_input();
	CHECK_EQ(in.run(code_of(in, slow)), 0);
}

/* Both have their event; the first to have a turn destroys the other before his. */
TEST(who_is_destroyed_before_his_turn_has_none)
{
	const process p = wards::spawn(held());
	loop in;

	in.start(ends_after(in, p));
	CHECK_EQ(in.run(wards::when_any(code_of(in, p), code_of(in, p))).index(), 0);
	CHECK_EQ(in.waiting(), 0);
	in.run();
}

TEST(a_task_is_bounded_in_time)
{
	const process p = wards::spawn(held());
	loop in;

	CHECK(!in.run(wards::within(in, 5ms, code_of(in, p))));
	CHECK_EQ(in.waiting(), 0);
	p.end_input();
	CHECK_EQ(in.run(wards::within(in, 40s, code_of(in, p))).value(), 0);
}

static task<> gives_up(loop &in, int &left)
{
	{
		process p = wards::spawn(held());
		const auto ending = code_of(in, p);

		ending.get().resume();
		CHECK_EQ(in.waiting(), 1);
	}
	left = static_cast<int>(in.waiting());
	co_return;
}

/* The next ward may well lie where that one lay. */
TEST(a_task_that_is_destroyed_waits_no_more)
{
	loop in;
	int left = -1;

	for (int i = 0; i < 10; i++) {
		in.run(gives_up(in, left));
		CHECK_EQ(left, 0);
		CHECK_EQ(in.run(code_of(in, child({ "exit", "7" }))), 7);
	}
}

static task<std::int64_t> waits_for_what_goes(loop &in, process &p)
{
	const auto end = co_await p.wait(in);

	co_return end.code();
}

static task<> closes(loop &in, process &p)
{
	co_await in.sleep(5ms);
	const process keep = p.ref();
	p.close();
	co_await in.sleep(5ms);
	keep.end_input();
}

TEST(a_process_may_be_closed_while_it_is_waited_for)
{
	process p = wards::spawn(held());
	loop in;

	const auto r = in.run(wards::when_all(waits_for_what_goes(in, p), closes(in, p)));
	CHECK_EQ(std::get<0>(r), 0);
}

static task<> throws_late(loop &in)
{
	co_await in.sleep(1ms);
	throw std::runtime_error("late");
}

TEST(what_a_task_throws_comes_out_of_the_run)
{
	const process p = wards::spawn(held());
	loop in;

	for (int i = 0; i < 2; i++)
		try {
			if (i == 0)
				in.run(throws_late(in));
			else
				in.run(wards::when_any(code_of(in, p), throws_late(in)));
			NEVER("nothing came");
		} catch (const std::runtime_error &e) {
			CHECK_STR(e.what(), "late");
		}
	CHECK_EQ(in.waiting(), 0);
}

TEST(what_was_started_runs_to_its_end)
{
	std::string said;
	loop in;

	in.start(says(in, 300ms, said, 'b'));
	in.start(says(in, 0ms, said, 'a'));
	in.run();
	CHECK_TEXT(said, "ab");
	in.run();
}

TEST(what_a_started_task_throws_comes_once)
{
	std::string said;
	loop in;

	in.start(throws_late(in));
	in.start(says(in, 10ms, said, 'a'));
	try {
		in.run();
		NEVER("nothing came");
	} catch (const std::runtime_error &e) {
		CHECK_STR(e.what(), "late");
	}
	CHECK_TEXT(said, "");
	in.run();
	CHECK_TEXT(said, "a");
}

TEST(what_was_started_goes_with_the_loop)
{
	const process p = wards::spawn(held());
	const auto kept = std::make_shared<int>(1);
	const auto waits = [](loop &in, const process &of,
	                      std::shared_ptr<int>) -> task<> { co_await of.wait(in); };
	{
		loop in;

		in.start(waits(in, p, kept));
		CHECK_EQ(in.waiting(), 1);
		CHECK_EQ(kept.use_count(), 2);
	}
	CHECK_EQ(kept.use_count(), 1);
	CHECK(!p.wait(0ms));
}

TEST(a_wait_for_nothing_is_told)
{
	const auto stuck = []() -> task<> { co_await std::suspend_always(); };
	loop in;

	CHECK_EQ(thrown_by([&] { in.run(stuck()); }), -EDEADLK);
	CHECK_EQ(in.run(code_of(in, child({ "exit", "7" }))), 7);
}

/* It is nothing to wait for. */
TEST(a_sleep_that_was_given_up_is_forgotten)
{
	const auto stuck = []() -> task<> { co_await std::suspend_always(); };
	const process p = wards::spawn(held());
	loop in;

	in.start(ends_after(in, p));
	CHECK(in.run(wards::within(in, 1h, code_of(in, p))));
	in.run();
	CHECK_EQ(thrown_by([&] { in.run(stuck()); }), -EDEADLK);
}

TEST(a_loop_does_not_run_within_itself)
{
	loop in;
	const auto again = [](loop &same) -> task<int> {
		co_return thrown_by([&] { same.run(code_of(same, process())); });
	};

	CHECK_EQ(in.run(again(in)), -EBUSY);
}

TEST(nothing_is_waited_for_in_vain)
{
	loop in;

	CHECK_EQ(thrown_by([&] { in.run(code_of(in, process())); }), -EINVAL);
	const auto tried = [](loop &of) -> task<int> {
		const auto r = co_await process().try_wait(of, 1s);

		co_return r.error().code();
	};
	CHECK_EQ(in.run(tried(in)), -EINVAL);
}

#ifndef _WIN32
/* The smallest framework of somebody else: it can tell when one descriptor is readable.
 *  */
struct reactor {
	int fd = -1;
	std::coroutine_handle<> who;

	struct readable {
		reactor &r;
		int fd;

		bool await_ready() const noexcept
		{
			return false;
		}

		void await_suspend(std::coroutine_handle<> h) const noexcept
		{
			r.fd = fd;
			r.who = h;
		}

		void await_resume() const noexcept
		{
		}
	};

	void run()
	{
		while (who) {
			struct pollfd p = { fd, POLLIN, 0 };

			CHECK_EQ(poll(&p, 1, 40000), 1);
			std::exchange(who, nullptr).resume();
		}
	}
};

TEST(a_process_is_awaited_in_the_loop_of_somebody_else)
{
	reactor r;
	auto t = wards::wait_by(wards::spawn(child({ "exit", "7" })),
	                        [&](int fd) { return reactor::readable{ r, fd }; });

	t.get().resume();
	r.run();
	REQUIRE(t.get().done());
	CHECK_EQ(t.get().promise().take().code(), 7);
}
#endif
