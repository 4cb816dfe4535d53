/* SPDX-License-Identifier: MIT */
/*
 * ward run with output that goes through it: nobody at either end can hold it up, and
 * what does is ended.
 */
#include "tool.h"

#include <sys/stat.h>

/* ----------------------------------------------------------------------------- clocks */

TEST(silence_ends_the_command)
{
	struct running t =
		tool_start(WORDS("run", "--idle-timeout", "100ms", "--report=json",
	                         check_child(), "ready"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	CHECK_STR(r.out, "ready\n");
	says(r.err, "\"idle_timed_out\": true");
	says(r.err, "\"timed_out\": false");
}

TEST(output_keeps_a_command_alive_until_its_time_is_up)
{
	char all[32], idle[32];
	struct result r =
		script(OPTIONS("-t", duration(all, 1500), "--idle-timeout",
	                       duration(idle, 700), "--report=json"),
	               "while :; do echo x; sleep 0.05; done");

	exits(&r, 124);
	says(r.err, "\"idle_timed_out\": false");
	says(r.err, "\"timed_out\": true");
}

TEST(group_ends_with_the_command_by_an_idle_time_out)
{
	struct running t = tool_start(WORDS("run", "--idle-timeout", "500ms",
	                                    check_child(), "fork-and-stay"));
	struct result r = tool_end(&t);

	exits(&r, 124);
}

/* [two-ends] [bounded] */
TEST(who_holds_the_output_does_not_hold_us)
{
	struct running t = tool_start(WORDS("run", "--drain", "50ms", "--prefix",
	                                    "--report=json", check_child(),
	                                    "fork-and-hold", "5"));
	struct result r = tool_end(&t);

	exits(&r, 5);
	says(r.err, "\"out_cut\": true");
}

TEST(kill_follows_when_the_signal_does_not_help)
{
	struct running t = tool_start(
		WORDS("run", "-t", "100ms", "-k", "50ms", "--prefix", "--report=json",
	              "sh", "-c", "trap '' TERM; while :; do sleep 0.01; done"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	says(r.err, "\"stopped_by\": \"KILL\"");
}

TEST(signals_are_passed_on)
{
	struct running t =
		tool_start(WORDS("run", "--prefix", check_child(), "catch", "USR1"));
	struct result r;

	tool_expect_line(&t, "child: ready\n");
	kill(t.pid, SIGUSR1);
	r = tool_end(&t);
	exits(&r, 64 + SIGUSR1);
}

/* -------------------------------------------------------------------------- slow ends */

/* Until it waits for something. */
static void await_sleep(pid_t pid)
{
	char path[64], text[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (!strstr(text, "(ward) S"))
		file_text(path, text, sizeof(text));
}

TEST(file_that_nobody_opens_does_not_make_us_deaf)
{
	char path[64];
	struct running t;
	struct result r;

	temporary(path);
	unlink(path);
	REQUIRE_EQ(mkfifo(path, 0600), 0);
	t = tool_start(WORDS("run", "--input", path, "true"));
	await_sleep(t.pid);
	kill(t.pid, SIGTERM);
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
	unlink(path);
}

static void clock_goes_on(const char *option, const char *output)
{
	struct running t = tool_start(
		WORDS("run", "-t", "200ms", "--drain", "50ms", option, "yes"));
	siginfo_t end = { 0 };
	struct result r;

	REQUIRE_EQ(waitid(P_PID, (id_t)t.pid, &end, WEXITED | WNOWAIT), 0);
	r = tool_end(&t);
	exits(&r, 124);
	says(r.out, output);
}

/* [bounded] */
TEST(reader_that_does_not_read_does_not_stop_the_clock)
{
	clock_goes_on("--prefix", "yes: y\nyes: y\n");
	clock_goes_on("--idle-timeout=1h", "y\ny\n");
}

TEST(reader_that_does_not_read_does_not_make_us_deaf)
{
	struct running t = tool_start(WORDS("run", "--drain", "50ms", "--prefix", "sh",
	                                    "-c", "echo x; exec yes"));
	struct result r;

	tool_expect_line(&t, "sh: x\n");
	kill(t.pid, SIGTERM);
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
}

TEST(reader_that_goes_away_is_told_once_and_ends_the_command)
{
	struct running t = tool_start(WORDS("run", "--prefix", "--report=json", "yes"));
	struct result r;
	char *first;

	tool_expect_line(&t, "yes: y\n");
	close(t.from);
	t.from = unnamed_file();
	r = tool_end(&t);
	exits(&r, 128 + SIGPIPE);
	says(r.err, "ward run: nobody reads standard output any more\n");
	first = strstr(r.err, "nobody reads");
	CHECK(first && !strstr(first + 1, "nobody reads"));
	says(r.err, "\"out_cut\": true");
}

TEST(output_that_cannot_be_written_is_a_failure)
{
	struct result r = script(OPTIONS("--prefix", "--stdout", "/dev/full"), "echo a");

	exits(&r, 125);
	says(r.err, "/dev/full");
}
