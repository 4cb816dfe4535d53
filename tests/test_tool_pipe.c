/* SPDX-License-Identifier: MIT */
/* ward pipe: commands as one thing, and how each of them went. */
#include "tool.h"

TEST(output_of_each_is_the_input_of_the_next)
{
	struct result r = tool(WORDS("pipe", "printf", "b\\nc\\na\\n", ":::", "sort",
	                             ":::", "head", "-n", "2"));

	exits(&r, 0);
	CHECK_STR(r.out, "a\nb\n");
	CHECK_STR(r.err, "");
}

TEST(one_command_is_a_pipeline)
{
	struct result r = tool(WORDS("pipe", "--", check_child(), "exit", "3"));

	exits(&r, 3);
}

TEST(many_commands_are_a_pipeline)
{
	const char *words[2 + 3 * 60] = { "ward", "pipe", "echo", "through" };
	size_t n = 4;
	struct result r;

	for (int i = 0; i < 50; i++) {
		words[n++] = ":::";
		words[n++] = check_child();
		words[n++] = "cat";
	}
	r = tool(words);
	exits(&r, 0);
	CHECK_STR(r.out, "through\n");
}

TEST(words_are_not_read_twice)
{
	struct result r = tool(WORDS("pipe", "--", check_child(), "print-argv", "a  b",
	                             "*", "$HOME", "|", "", "--report", ":::",
	                             check_child(), "cat"));

	CHECK_STR(r.out, "[a  b]\n[*]\n[$HOME]\n[|]\n[]\n[--report]\n");
}

/* ------------------------------------------------------------------------ exit status */

TEST(status_is_that_of_the_first_that_failed)
{
	struct result r =
		tool(WORDS("pipe", "true", ":::", check_child(), "exit", "3", ":::",
	                   check_child(), "exit", "4", ":::", "true"));

	exits(&r, 3);
	r = tool(WORDS("pipe", "true", ":::", check_child(), "raise", "KILL"));
	exits(&r, 128 + SIGKILL);
	r = tool(WORDS("pipe", "yes", ":::", "head", "-n", "1"));
	exits(&r, 128 + SIGPIPE);
	CHECK_STR(r.out, "y\n");
}

TEST(command_that_is_not_found_leaves_none_behind)
{
	struct running t = tool_start(WORDS("pipe", check_child(), "hold", ":::",
	                                    "no-such-command-anywhere", ":::", "cat"));
	struct result r = tool_end(&t);

	exits(&r, 127);
	says(r.err, "ward pipe: ");
	says(r.err, "no-such-command-anywhere");
}

TEST(time_out_ends_all)
{
	struct running t = tool_start(WORDS("pipe", "-t", "100ms", "--report=json",
	                                    check_child(), "hold", ":::", "cat", ":::",
	                                    "cat"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	says(r.err, "\"timed_out\": true");
}

TEST(signals_reach_all)
{
	static const char script[] = "trap 'exit 5' TERM; echo ready >&2; "
	                             "while :; do sleep 0.01; done";
	static const char other[] = "trap 'exit 6' TERM; echo ready; "
	                            "while :; do sleep 0.01; done";
	struct running t = tool_start(WORDS("pipe", "--prefix", "--report-file",
	                                    "/dev/null", "sh", "-c", script, ":::", "sh",
	                                    "-c", other));
	struct result r;
	char err[256] = "";

	tool_expect_line(&t, "sh[2]: ready\n");
	/* The first one says so where nobody waits for it; it is asked until it has. */
	while (!strstr(err, "ready")) {
		lseek(t.err, 0, SEEK_SET);
		read_rest(t.err, err, sizeof(err));
	}
	kill(t.pid, SIGTERM);
	r = tool_end(&t);
	exits(&r, 5);
}

/* ------------------------------------------------------------------- input and output */

TEST(first_reads_our_input_and_all_write_our_errors)
{
	struct running t = tool_start(WORDS("pipe", check_child(), "cat", ":::", "sh",
	                                    "-c", "cat; echo err >&2"));
	struct result r;

	REQUIRE_EQ(write(t.to, "text\n", 5), 5);
	tool_close_stdin(&t);
	r = tool_end(&t);
	exits(&r, 0);
	CHECK_STR(r.out, "text\n");
	CHECK_STR(r.err, "err\n");
}

TEST(each_line_tells_its_command)
{
	struct result r = tool(WORDS("pipe", "--prefix", "sh", "-c", "echo e >&2; echo o",
	                             ":::", check_child(), "cat"));

	exits(&r, 0);
	CHECK_STR(r.out, "child: o\n");
	CHECK_STR(r.err, "sh: e\n");
}

TEST(commands_of_one_name_are_numbered)
{
	struct result r = tool(WORDS("pipe", "--prefix", "sh", "-c", "echo e >&2; echo o",
	                             ":::", "/bin/sh", "-c", "cat"));

	exits(&r, 0);
	CHECK_STR(r.out, "sh[2]: o\n");
	CHECK_STR(r.err, "sh[1]: e\n");
}

/* The first one goes on with its line when the second one has ended. */
TEST(lines_of_one_are_not_broken_by_another)
{
	static const char script[] = "trap '' PIPE; printf a >&2; "
	                             "while echo go 2>/dev/null; do :; done; echo b >&2";
	struct result r = tool(WORDS("pipe", "--prefix", "sh", "-c", script, ":::", "sh",
	                             "-c", "read go; echo whole >&2"));

	exits(&r, 0);
	says(r.err, "sh[2]: whole\n");
	says(r.err, "sh[1]: ab\n");
}

TEST(limit_is_of_each_stream)
{
	struct result r = tool(WORDS("pipe", "--capture-limit", "2", "sh", "-c",
	                             "printf 123 >&2", ":::", "sh", "-c",
	                             "cat; printf 456 >&2; printf 789"));

	exits(&r, 0);
	CHECK_STR(r.out, "78");
	CHECK_EQ(strlen(r.err), 4);
	says(r.err, "12");
	says(r.err, "45");
}

TEST(files_are_those_of_the_ends_and_errors_share_theirs)
{
	char in[64], out[64], err[64], text[64];
	struct result r;

	r = tool(WORDS("run", "--stdout", temporary(in), "echo", "text"));
	r = tool(WORDS("pipe", "--stdin", in, "--stdout", temporary(out), "--stderr",
	               temporary(err), "sh", "-c", "echo one >&2; cat", ":::", "sh", "-c",
	               "cat; echo two >&2"));
	exits(&r, 0);
	file_text(out, text, sizeof(text));
	CHECK_STR(text, "text\n");
	file_text(err, text, sizeof(text));
	CHECK_STR(text, "one\ntwo\n");
	unlink(in);
	unlink(out);
	unlink(err);
}

TEST(input_is_fed_to_the_first)
{
	struct running t =
		tool_start(WORDS("pipe", "--input", "-", "cat", ":::", "wc", "-c"));
	struct result r;

	REQUIRE_EQ(write(t.to, "12345", 5), 5);
	tool_close_stdin(&t);
	r = tool_end(&t);
	exits(&r, 0);
	CHECK_EQ(strtol(r.out, NULL, 10), 5);
}

/* ----------------------------------------------------------------------------- report */

TEST(report_tells_each_command)
{
	struct result r = tool(WORDS("pipe", "--report=json", "--prefix", "sh", "-c",
	                             "echo e >&2", ":::", check_child(), "exit",
	                             "3", ":::", "true"));

	exits(&r, 3);
	says(r.err, "\"failed\": 1, \"stages\": [{\"argv\": [\"sh\", \"-c\", ");
	says(r.err, "\"code\": 3");
	says(r.err, "\"err_bytes\": 2, ");
	says(r.err, "\":::\", ");
	r = tool(WORDS("pipe", "--report", "true", ":::", check_child(), "exit", "3"));
	says(r.err, "\nstage 1   true, process ");
	says(r.err, ": exited with code 3\n");
	r = tool(WORDS("pipe", "--report=json", "true", ":::", "true"));
	says(r.err, "\"failed\": null");
}

/* --------------------------------------------------------------------------- mistakes */

TEST(empty_command_is_refused)
{
	is_mistake(WORDS("pipe"), "ward pipe: no command given");
	is_mistake(WORDS("pipe", ":::", "true"), "command 1 of the pipeline is empty");
	is_mistake(WORDS("pipe", "true", ":::"), "command 2 of the pipeline is empty");
	is_mistake(WORDS("pipe", "true", ":::", ":::", "true"), "command 2");
	is_mistake(WORDS("pipe", "--pty", "true", ":::", "true"), "--pty");
}
