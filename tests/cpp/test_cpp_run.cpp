/* SPDX-License-Identifier: MIT */
/*
 * Runs and pipelines in C++: what came out, what went wrong, and callbacks that throw.
 */
#include "help.hpp"

#include <stdexcept>
#include <vector>

using wards::run_options;

TEST(output_and_errors_are_taken)
{
	const auto r = child({ "play", "out", "one", "err", "two", "exit", "3" }).run();

	CHECK_TEXT(r.out(), "one");
	CHECK_TEXT(r.err(), "two");
	CHECK(!r.ok());
	CHECK(!r);
	CHECK_EQ(r.exit().code(), 3);
	CHECK(r.why().find("exited with code 3") != std::string::npos);
	CHECK(r.why().find("two") != std::string::npos);
}

TEST(output_of_a_result_that_goes_is_a_copy)
{
	const auto text = child({ "play", "out", "one" }).run().out();

	CHECK((std::is_same<decltype(text), const std::string>::value));
	CHECK_TEXT(text, "one");
}

TEST(a_result_is_moved_whole)
{
	auto r = child({ "play", "out", "one" }).run();
	auto other = child({ "play", "out", "two" }).run();
	const char *const data = r.out().data();

	other = std::move(r);
	CHECK_TEXT(other.out(), "one");
	CHECK(other.out().data() == data);
	CHECK(r.out().empty());
	const wards::run_result last = std::move(other);
	CHECK_TEXT(last.out(), "one");
}

TEST(input_is_fed)
{
	const std::string much(1 << 20, 'x');
	const auto r = child({ "cat" }).run(run_options().input(much));

	CHECK(r.ok());
	CHECK(r.out() == much);
	CHECK(child({ "cat" }).run(run_options().input("")).out().empty());
}

/* [bounded] */
TEST(a_run_is_bounded_in_time)
{
	const auto r = held().in(wards::stdio())
	                   .run(run_options().input(std::string(1 << 20, 'x')));
	const auto s = child({ "play", "deaf", "wait", "0" })
	                   .in(wards::pipe())
	                   .run(run_options().time_limit(1s).stop({ { 0, 1ms } }));

	CHECK(r.ok());
	CHECK(s.timed_out());
	CHECK(s.exit().signaled());
}

TEST(no_time_is_not_for_ever)
{
	const auto stop = std::vector<wards::stop_step>{ { 0, 1ms } };
	const auto c = child({ "play", "wait", "0" }).in(wards::pipe());

	CHECK(c.run(run_options().time_limit(-1s).stop(stop)).timed_out());
	CHECK(c.run(run_options().idle_limit(0s).stop(stop)).timed_out());
	CHECK(child({ "exit", "0" }).run(run_options().time_limit(wards::forever)).ok());
}

TEST(output_is_bounded_in_size)
{
	const auto r = child({ "play", "out", "abcdef" })
	                   .run(run_options().out_limit(2, WARD_KEEP_TAIL));

	CHECK_TEXT(r.out(), "ef");
	CHECK_EQ(r.c().out.lost, 4);
}

TEST(lines_and_pieces_are_shown_as_they_come)
{
	std::vector<std::string> seen;
	std::string bytes;
	const auto r = child({ "play", "out", "a\nb", "err", "c\n" })
	                       .run(run_options()
	                                    .on_line([&](const wards::chunk &l) {
						    seen.push_back(std::to_string(l.fd) +
		                                                   std::string(l.text));
					    })
	                                    .on_chunk([&](const wards::chunk &c) {
						    bytes += c.text;
					    }));

	CHECK(r.ok());
	CHECK_EQ(seen.size(), 3);
	CHECK_EQ(bytes.size(), 5);
	std::string all;
	for (const std::string &s : seen)
		all += s;
	CHECK(all.find("1a") != std::string::npos);
	CHECK(all.find("2c") != std::string::npos);
}

TEST(lines_of_errors_are_shown_where_output_goes_elsewhere)
{
	std::string seen;
	const auto r = child({ "play", "out", "a\n", "err", "c\n" })
	                   .out(wards::null())
	                   .run(run_options().out_to(WARD_TO_SPAWN).on_line(
	                       [&](const wards::chunk &l) { seen += l.text; }));

	CHECK(r.ok());
	CHECK_TEXT(seen, "c");
}

/* Through C it could not pass: it is kept, and no process is left. */
TEST(what_a_callback_throws_comes_out_of_the_run)
{
	int calls = 0;
	const auto options = run_options().on_line([&](const wards::chunk &) {
		calls++;
		throw std::runtime_error("enough");
	});
	const auto c =
		child({ "play", "out", "a\nb\nc\n", "wait", "0" }).in(wards::pipe());

	for (int i = 0; i < 2; i++)
		try {
			if (i == 0)
				c.run(options);
			else
				wards::pipeline{ c }.start(options).wait();
			NEVER("nothing came");
		} catch (const std::runtime_error &e) {
			CHECK_STR(e.what(), "enough");
		}
	CHECK_EQ(calls, 2);
}

TEST(a_pipeline_is_commands_in_a_row)
{
	const auto r =
		(child({ "write", "1", "text" }) | child({ "cat" }) | child({ "cat" }))
			.run();

	CHECK(r.ok());
	CHECK_TEXT(r.out(), "text");
	CHECK_EQ(r.c().n_stages, 3);
}

TEST(a_pipeline_says_which_command_failed)
{
	const auto r =
		(child({ "exit", "0" }) | child({ "exit", "4" }) | child({ "cat" }))
			.run();
	const auto none = (child({ "exit", "0" }) | wards::command("/no/such")).try_run();

	CHECK_EQ(r.c().failed, 1);
	CHECK_EQ(r.exit().code(), 4);
	CHECK_STR(none.error().path(), "/no/such");
}

TEST(a_pipeline_under_way_is_waited_for_in_pieces)
{
	wards::running p = wards::pipeline{ child({ "cat" }), child({ "cat" }) }.start(
	    run_options().input("text"));
	wards::running q = std::move(p);
	std::optional<wards::run_result> r;

	while (!r)
		r = q.wait(1ms);
	CHECK_TEXT(r->out(), "text");
	CHECK_EQ(thrown_by([&] { q.wait(); }), -EALREADY);
}

TEST(a_pipeline_under_way_is_stopped)
{
	const auto c = child({ "play", "wait", "0" }).in(wards::pipe());
	wards::running p = wards::pipeline{ c }.start(run_options().stop({ { 0, 1ms } }));
	const wards::process first = p.at(0);

	CHECK(first.pid() > 0);
	CHECK(!p.at(1));
	p.stop();
	CHECK(p.wait()->exit().signaled());
	CHECK(first.wait().signaled());
}

TEST(a_pipeline_that_is_given_up_is_killed)
{
	const auto c = child({ "play", "wait", "0" }).in(wards::pipe());
	std::optional<wards::running> p = wards::pipeline{ c }.start();
	const wards::process first = p->at(0);

	*p = wards::pipeline{ child({ "exit", "0" }) }.start();
	CHECK(first.wait(40s)->signaled());
	const wards::process second = p->at(0);
	p.reset();
	CHECK(second.wait(40s).has_value());
}
