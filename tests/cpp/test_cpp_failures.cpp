/* SPDX-License-Identifier: MIT */
/*
 * What fails says so in C++: as an exception, as a value, with the step and the path.
 */
#include "help.hpp"

#include <memory>

static wards::command no_such()
{
	return wards::command("/no/such/program");
}

/* [told-why] */
TEST(a_failed_start_tells_the_step_and_the_path)
{
	try {
		child({ "exit", "0" }).cwd("/no/such/folder").spawn();
		NEVER("it has started");
	} catch (const wards::error &e) {
		CHECK_EQ(e.why().step(), WARD_STEP_CHDIR);
		CHECK_STR(e.why().path(), "/no/such/folder");
		CHECK_EQ(e.why().code(), -ENOENT);
		CHECK(e.code() == std::errc::no_such_file_or_directory);
		CHECK_STR(e.what(), "cannot change to the directory '/no/such/folder': "
		                    "no such file or directory");
	}
}

TEST(it_is_a_system_error_to_who_knows_no_other)
{
	try {
		wards::spawn(no_such());
		NEVER("it has started");
	} catch (const std::system_error &e) {
		CHECK_EQ(e.code().value(), ENOENT);
		CHECK(e.code().category() == std::generic_category());
	}
}

TEST(an_error_outlives_what_threw_it)
{
	std::unique_ptr<wards::error> kept;

	try {
		wards::spawn(no_such());
	} catch (const wards::error &e) {
		kept = std::make_unique<wards::error>(e);
	}
	REQUIRE(kept != nullptr);
	CHECK_STR(kept->why().path(), "/no/such/program");
	CHECK(std::string(kept->what()).find("/no/such/program") != std::string::npos);
}

TEST(a_start_that_is_tried_throws_nothing)
{
	const auto p = no_such().try_spawn();
	const auto r = no_such().try_run();

	CHECK(!p);
	CHECK_EQ(p.error().step(), WARD_STEP_EXEC);
	CHECK(!r);
	CHECK_EQ(r.error().step(), WARD_STEP_EXEC);
	CHECK_STR(r.error().path(), "/no/such/program");
}

TEST(other_failures_have_no_step)
{
	const auto p = wards::process::try_open(-1);

	CHECK_EQ(p.error().code(), -EINVAL);
	CHECK_EQ(p.error().step(), WARD_STEP_NONE);
	CHECK_TEXT(p.error().text(), ward_strerror(-EINVAL));
	CHECK_EQ(thrown_by([] { wards::open(-1); }), -EINVAL);
}

TEST(a_value_that_is_not_there_is_not_read)
{
	const auto p = wards::process::try_open(-1);
	wards::result<std::string> s = wards::failure(-ENOENT);

	CHECK_EQ(thrown_by([&] { p.value(); }), -EINVAL);
	CHECK_EQ(thrown_by([&] { (void)p->pid(); }), -EINVAL);
	CHECK_EQ(thrown_by([&] { (void)*p; }), -EINVAL);
	CHECK_EQ(thrown_by([] { wards::result<void>(wards::failure(-EIO)).value(); }),
	         -EIO);
	CHECK_TEXT(std::move(s).value_or("else"), "else");
}

TEST(a_result_has_its_value)
{
	wards::result<std::string> s = std::string("text");

	CHECK(s.has_value());
	CHECK_EQ(s->size(), 4);
	CHECK_EQ(s.error().code(), 0);
	CHECK_TEXT(std::move(s).value(), "text");
	CHECK(wards::result<void>().has_value());
}

/* To C the string would end there, and another program be meant. */
TEST(a_string_with_a_nul_in_it_is_refused)
{
	const std::string bad("a\0b", 3);
	const wards::command good = child({ "exit", "0" });
	const wards::command all[] = {
		wards::command(good).arg(bad),
		wards::command(good).cwd(bad),
		wards::command(good).file(bad),
		wards::command(good).user(bad),
		wards::command(good).env("A", bad),
		wards::command(good).env_unset(bad),
		wards::command(good).out(wards::path(bad)),
		wards::command(good).fd(5, wards::path(bad)),
	};

	for (const wards::command &c : all) {
		CHECK_EQ(c.try_spawn().error().code(), -EINVAL);
		CHECK_EQ(c.try_run().error().step(), WARD_STEP_OPTIONS);
		CHECK_EQ((good | c).try_run().error().code(), -EINVAL);
		CHECK_EQ((good | c).try_start().error().code(), -EINVAL);
	}
}

TEST(an_empty_name_is_not_an_option_left_out)
{
	CHECK_EQ(child({ "exit", "0" }).cwd("").try_spawn().error().step(),
	         WARD_STEP_CHDIR);
	CHECK(!child({ "exit", "0" }).file("").try_spawn());
}

TEST(options_of_c_are_checked_as_in_c)
{
	wards::command c = child({ "exit", "0" });

	c.c().reserved[0] = 1;
	CHECK_EQ(c.try_spawn().error().step(), WARD_STEP_OPTIONS);
}
