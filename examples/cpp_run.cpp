/* SPDX-License-Identifier: MIT */
/* Run a program with bounds and take its output; run two in a row. */
#include <cstdio>
#include <ward.hpp>

using namespace std::chrono_literals;

int main()
{
	try {
		const auto list = wards::command("ls").arg("/").run(
		    wards::run_options().time_limit(10s).out_limit(1 << 20));
		const auto sorted =
			(wards::command("echo").arg("b\na") | wards::command("sort"))
				.run();

		if (!list.ok())
			std::printf("%s\n", list.why().c_str());
		std::printf("%zu bytes of output, then %zu\n", list.out().size(),
		            sorted.out().size());
		wards::spawn({ "no-such-program" });
	} catch (const wards::error &e) {
		std::printf("%s\n", e.what());
		return e.code() == std::errc::no_such_file_or_directory ? 0 : 1;
	}
	return 1;
}
