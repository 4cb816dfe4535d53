/* SPDX-License-Identifier: MIT */
/*
 * Without exceptions and RTTI: everything can be done by what has a result.
 */
#include "help.hpp"

#if WARD_CPP_EXCEPTIONS
#error "this is to be compiled with -fno-exceptions"
#endif

TEST(a_program_is_run_without_exceptions)
{
	const auto r = child({ "write", "1", "text" }).try_run();

	REQUIRE(r.has_value());
	CHECK(r->ok());
	CHECK_TEXT(r->out(), "text");
}

TEST(a_failure_is_told_without_exceptions)
{
	const auto p = wards::try_spawn(wards::command("/no/such/program"));

	CHECK(!p);
	CHECK_EQ(p.error().code(), -ENOENT);
	CHECK(p.error().error_code() == std::errc::no_such_file_or_directory);
}

TEST(a_process_is_waited_for_without_exceptions)
{
	const auto p = held().try_spawn();

	REQUIRE(p.has_value());
	CHECK(!p->try_wait(0ms).value());
	CHECK(p->try_end_input());
	CHECK(p->try_wait()->success());
}

#if WARD_CPP_COROUTINES
static wards::task<int> code_of(wards::loop &in, const char *code)
{
	const auto p = child({ "exit", code }).try_spawn();

	if (!p)
		co_return -1;
	const auto end = co_await p->try_wait(in);
	co_return end && *end ? static_cast<int>((*end)->code()) : -1;
}

static wards::task<int> sum(wards::loop &in)
{
	const auto [a, b] = co_await wards::when_all(code_of(in, "1"), code_of(in, "2"));

	co_return a + b;
}

TEST(tasks_wait_without_exceptions)
{
	auto over = wards::set::try_make();

	REQUIRE(over.has_value());
	wards::loop in(std::move(*over));
	CHECK_EQ(in.try_run(sum(in)).value(), 3);
}
#endif
