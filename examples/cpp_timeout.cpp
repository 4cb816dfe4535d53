/* SPDX-License-Identifier: MIT */
/* Give a program 100 ms, then stop it: with values, and without an exception. */
#include <cstdio>
#include <ward.hpp>

using namespace std::chrono_literals;

int main()
{
	const auto sleep =
	    wards::command("sleep").arg("60").on_close(WARD_KILL_WAIT).try_spawn();

	if (!sleep) {
		std::printf("%s\n", sleep.error().text().c_str());
		return 1;
	}
	if (sleep->try_wait(100ms).value_or(std::nullopt))
		return 1;
	const auto stopped = sleep->try_stop();
	if (!stopped)
		return 1;
	std::printf("sleep was %s in step %d\n", stopped->exit.text().c_str(),
	            stopped->step);
	return stopped->exit.signaled() ? 0 : 1;
}
