/* SPDX-License-Identifier: MIT */
/*
 * Tasks by themselves, without a process and without a loop: what is resumed, what is
 * destroyed, and in which order.
 */
#include "help.hpp"

#include <memory>
#include <stdexcept>
#include <vector>

using wards::task;
using wards::when_all;
using wards::when_any;

/* Where tasks wait until the test lets them go on. */
struct gate {
	std::coroutine_handle<> who;

	bool await_ready() const noexcept
	{
		return false;
	}

	void await_suspend(std::coroutine_handle<> h) noexcept
	{
		who = h;
	}

	void await_resume() noexcept
	{
		who = nullptr;
	}

	void open()
	{
		who.resume();
	}
};

/* Counts the objects of it. */
struct counted {
	explicit counted(int &n) : n_(&n)
	{
		++*n_;
	}

	counted(const counted &) = delete;
	counted &operator=(const counted &) = delete;

	~counted()
	{
		--*n_;
	}

private:
	int *n_;
};

static task<int> value(int v)
{
	co_return v;
}

static task<int> after(gate &g, int v)
{
	co_await g;
	co_return v;
}

static task<int> counting(gate &g, int &alive, int v)
{
	const counted one(alive);

	co_await g;
	co_return v;
}

static task<int> throws_after(gate &g)
{
	co_await g;
	throw std::runtime_error("thrown");
}

/* Begin a task; it is over when this is true. */
template <class T> static bool begun(task<T> &t)
{
	t.get().resume();
	return t.get().done();
}

template <class T> static std::string message_of(task<T> &t)
{
	try {
		t.get().promise().take();
	} catch (const std::exception &e) {
		return e.what();
	}
	return "";
}

static task<> set_to(int &where, int v)
{
	where = v;
	co_return;
}

static task<> twice(int &where)
{
	task<> lazy = set_to(where, 2);

	where = 1;
	co_await std::move(lazy);
	where += 10;
}

TEST(a_task_begins_when_it_is_awaited)
{
	int n = 0;
	task<> t = twice(n);

	CHECK_EQ(n, 0);
	CHECK(begun(t));
	CHECK_EQ(n, 12);
}

static task<std::unique_ptr<int>> moved()
{
	co_return std::make_unique<int>(5);
}

static task<int> unwrapped()
{
	co_return *co_await moved();
}

TEST(a_value_is_moved_to_who_awaits_it)
{
	task<int> t = unwrapped();

	CHECK(begun(t));
	CHECK_EQ(t.get().promise().take(), 5);
}

static task<int> catches(gate &g)
{
	try {
		co_return co_await throws_after(g);
	} catch (const std::runtime_error &) {
		co_return 1;
	}
}

TEST(an_exception_goes_to_who_awaits_it)
{
	gate g;
	task<int> t = catches(g);

	CHECK(!begun(t));
	g.open();
	CHECK(t.get().done());
	CHECK_EQ(t.get().promise().take(), 1);
}

static task<int> outer(gate &g, int &alive)
{
	const counted one(alive);

	co_return co_await counting(g, alive, 1) + 1;
}

TEST(a_task_that_goes_takes_all_with_it)
{
	int alive = 0;
	gate g;
	{
		task<int> waits = outer(g, alive);
		task<int> never_began = outer(g, alive);

		CHECK(!begun(waits));
		CHECK_EQ(alive, 2);
	}
	CHECK_EQ(alive, 0);
}

/* Each has its place, whenever it comes. */
TEST(all_give_their_values_in_order)
{
	gate g[2];
	int n = 0;
	auto t = when_all(after(g[0], 1), value(2), after(g[1], 3), set_to(n, 4));

	CHECK(!begun(t));
	g[1].open();
	CHECK(!t.get().done());
	g[0].open();
	CHECK(t.get().done());
	CHECK(t.get().promise().take() == std::make_tuple(1, 2, 3, std::monostate()));
	CHECK_EQ(n, 4);
}

TEST(many_give_their_values_in_order)
{
	std::vector<task<int>> tasks, none;
	gate g[3];

	for (int i = 0; i < 3; i++)
		tasks.push_back(after(g[i], i));
	auto t = when_all(std::move(tasks)), empty = when_all(std::move(none));
	CHECK(!begun(t));
	for (int i = 3; i-- > 0;)
		g[i].open();
	CHECK(t.get().done());
	CHECK(t.get().promise().take() == (std::vector<int>{ 0, 1, 2 }));
	CHECK(begun(empty));
	CHECK(empty.get().promise().take().empty());
}

TEST(all_of_what_is_over_at_once_is_over_at_once)
{
	auto t = when_all(value(1), value(2));

	CHECK(begun(t));
	CHECK(t.get().promise().take() == std::make_tuple(1, 2));
}

TEST(all_are_awaited_when_one_throws)
{
	gate g[2];
	int alive = 0;
	auto t = when_all(throws_after(g[0]), counting(g[1], alive, 1));

	CHECK(!begun(t));
	g[0].open();
	CHECK(!t.get().done());
	CHECK_EQ(alive, 1);
	g[1].open();
	CHECK(t.get().done());
	CHECK_TEXT(message_of(t), "thrown");
}

TEST(all_go_with_who_awaits_them)
{
	gate g[2];
	int alive = 0;
	{
		auto t = when_all(counting(g[0], alive, 1), counting(g[1], alive, 2));

		CHECK(!begun(t));
		g[0].open();
		CHECK_EQ(alive, 1);
	}
	CHECK_EQ(alive, 0);
}

static task<> alive_after(gate *g, int &alive, int &seen)
{
	const auto first =
		co_await when_any(counting(g[0], alive, 1), counting(g[1], alive, 2));

	seen = alive * 10 + static_cast<int>(first.index());
}

/* Before who awaits the first goes on. */
TEST(those_that_were_not_the_first_are_destroyed)
{
	gate g[2];
	int alive = 0, seen = -1;
	task<> t = alive_after(g, alive, seen);

	CHECK(!begun(t));
	CHECK_EQ(alive, 2);
	g[1].open();
	CHECK(t.get().done());
	CHECK_EQ(seen, 1);
}

TEST(the_first_of_many_is_named)
{
	std::vector<task<int>> tasks;
	gate g[3];
	int alive = 0;

	for (int i = 0; i < 3; i++)
		tasks.push_back(counting(g[i], alive, i + 10));
	auto t = when_any(std::move(tasks));
	CHECK(!begun(t));
	g[2].open();
	CHECK(t.get().done());
	const auto first = t.get().promise().take();
	CHECK_EQ(first.index, 2);
	CHECK_EQ(first.value, 12);
	CHECK_EQ(alive, 0);
}

TEST(after_a_first_that_is_over_at_once_none_begins)
{
	int n = 0;
	gate g;
	auto t = when_any(after(g, 1), value(2), set_to(n, 3));

	CHECK(begun(t));
	CHECK_EQ(t.get().promise().take().index(), 1);
	CHECK_EQ(n, 0);
}

TEST(a_first_that_throws_is_the_first)
{
	gate g[2];
	auto t = when_any(after(g[0], 1), throws_after(g[1]));

	CHECK(!begun(t));
	g[1].open();
	CHECK(t.get().done());
	CHECK_TEXT(message_of(t), "thrown");
}

/* Lets another go on when it is destroyed. */
struct opener {
	gate &g;

	~opener()
	{
		g.open();
	}
};

static task<int> opening(gate &own, gate &other)
{
	const opener last{ other };

	co_await own;
	co_return 1;
}

TEST(who_ends_while_losers_are_destroyed_is_no_first)
{
	gate g[3];
	std::vector<task<int>> tasks;

	tasks.push_back(opening(g[0], g[1]));
	tasks.push_back(after(g[1], 2));
	tasks.push_back(after(g[2], 3));
	auto t = when_any(std::move(tasks));
	CHECK(!begun(t));
	g[2].open();
	CHECK(t.get().done());
	CHECK_EQ(t.get().promise().take().value, 3);
}

TEST(the_first_of_none_is_refused)
{
	auto t = when_any(std::vector<task<int>>());

	CHECK(begun(t));
	CHECK_EQ(thrown_by([&] { t.get().promise().take(); }), -EINVAL);
}
