/* SPDX-License-Identifier: MIT */
/* Coroutines: some programs at once, the first of two, and one that takes too long. */
#include <cstdio>
#include <ward.hpp>

using namespace std::chrono_literals;

static wards::task<bool> sleep_for(wards::loop &loop, const char *seconds)
{
	const wards::process p =
	    wards::command("sleep").arg(seconds).on_close(WARD_KILL).spawn();
	const wards::exit_status end = co_await p.wait(loop);

	co_return end.success();
}

static wards::task<bool> all_of_it(wards::loop &loop)
{
	const auto [a, b] =
		co_await wards::when_all(sleep_for(loop, "0.1"), sleep_for(loop, "0.2"));
	std::printf("both have ended: %s\n", a && b ? "well" : "badly");

	const auto first =
		co_await wards::when_any(sleep_for(loop, "0.1"), sleep_for(loop, "60"));
	std::printf("number %zu was the first\n", first.index());

	const auto late = co_await wards::within(loop, 100ms, sleep_for(loop, "60"));
	std::printf("the last one %s\n", late ? "has ended" : "takes too long");
	co_return a && b && first.index() == 0 && !late;
}

int main()
{
	wards::loop loop;

	return loop.run(all_of_it(loop)) ? 0 : 1;
}
