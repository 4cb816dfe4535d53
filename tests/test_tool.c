/* SPDX-License-Identifier: MIT */
/* The command as a whole: help, version, and what it says to a mistake. */
#include "tool.h"

TEST(help_names_every_verb)
{
	struct result r = tool(WORDS("--help"));

	exits(&r, 0);
	says(r.out, "ward run");
	says(r.out, "ward pipe");
	says(r.out, "ward wait");
	says(r.out, "ward kill");
	says(r.out, "ward id");
	says(r.out, "ward info");
	CHECK_STR(r.err, "");
}

TEST(every_verb_has_a_help)
{
	const char *const verbs[] = { "run", "wait", "kill", "id", "info", "pipe" };
	char usage[64];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct result r = tool(WORDS(verbs[i], "--help"));

		exits(&r, 0);
		snprintf(usage, sizeof(usage), "Usage: ward %s ", verbs[i]);
		says(r.out, usage);
		says(r.out, "Exit status");
		r = tool(WORDS(verbs[i], "-h"));
		exits(&r, 0);
		says(r.out, usage);
	}
}

TEST(version_is_told)
{
	struct result r = tool(WORDS("--version"));
	int major, minor, patch;

	exits(&r, 0);
	CHECK_EQ(sscanf(r.out, "ward %d.%d.%d\n", &major, &minor, &patch), 3);
}

TEST(no_verb_is_a_mistake)
{
	static const char *const alone[] = { "ward", NULL };

	is_mistake(alone, "no command given");
}

TEST(unknown_verb_is_named)
{
	is_mistake(WORDS("frobnicate"), "ward: unknown command 'frobnicate'");
	is_mistake(WORDS("--frobnicate"), "'--frobnicate'");
}

TEST(unknown_option_is_named)
{
	is_mistake(WORDS("run", "--frob", "true"), "ward run: unknown option '--frob'");
	is_mistake(WORDS("run", "--frob=1", "true"), "'--frob'");
	is_mistake(WORDS("wait", "-x", "2"), "ward wait: unknown option '-x'");
	is_mistake(WORDS("kill", "-9", "2"), "ward kill: unknown option '-9'");
	is_mistake(WORDS("id", "--json", "2"), "'--json'");
	is_mistake(WORDS("info", "--boot", "2"), "'--boot'");
}

TEST(long_options_cannot_be_abbreviated)
{
	is_mistake(WORDS("run", "--time", "1s", "true"), "'--time'");
}

TEST(missing_value_is_named)
{
	is_mistake(WORDS("run", "--dir"), "option '--dir' needs a value");
	is_mistake(WORDS("run", "-t"), "option '-t' needs a value");
	is_mistake(WORDS("kill", "-s"), "option '-s' needs a value");
}

TEST(value_for_a_flag_is_refused)
{
	is_mistake(WORDS("run", "--clear-env=yes", "true"),
	           "'--clear-env' takes no value");
}

TEST(values_may_be_attached)
{
	struct result r = tool(WORDS("run", "-t9s", "--umask=027", "-sINT", check_child(),
	                             "print-umask"));

	exits(&r, 0);
	CHECK_STR(r.out, "027\n");
}

TEST(flags_may_share_a_dash)
{
	is_mistake(WORDS("run", "-hx"), "unknown option '-x'");
}

TEST(options_end_at_the_command)
{
	struct result r =
		tool(WORDS("run", check_child(), "print-argv", "-t", "--report"));

	exits(&r, 0);
	CHECK_STR(r.out, "[-t]\n[--report]\n");
}

TEST(two_dashes_end_the_options)
{
	struct result r =
		tool(WORDS("run", "--", check_child(), "print-argv", "--", "-x"));

	exits(&r, 0);
	CHECK_STR(r.out, "[--]\n[-x]\n");
	is_mistake(WORDS("run", "--"), "no command given");
}

TEST(what_is_no_duration_is_refused)
{
	static const char *const bad[] = {
		"",    "s",     ".",    ".s",  "-1",  "+1",  " 1",  "1 s",  "1x",
		"1ss", "1.2.3", "0x10", "1e3", "inf", "nan", "1,5", "1sec", "FOREVER"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char quoted[32];

		snprintf(quoted, sizeof(quoted), "'%s' is not a duration", bad[i]);
		is_mistake(WORDS("run", "-t", bad[i], "true"), quoted);
	}
	is_mistake(WORDS("run", "-k", "soon", "true"), "--kill-after: 'soon'");
	is_mistake(WORDS("wait", "-t", "soon", "2"), "--timeout: 'soon'");
	is_mistake(WORDS("kill", "-k", "soon", "2"), "--kill-after: 'soon'");
}

TEST(too_long_a_duration_is_refused)
{
	static const char *const bad[] = {
		"106752d", "9223372037", "99999999999999999999", "9223372036854775808ms",
		"153722867281m",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_mistake(WORDS("run", "-t", bad[i], "true"), "is too long");
}

TEST(every_kind_of_duration_is_taken)
{
	static const char *const good[] = {
		"20000ms", "20s", "1.5m", "2h", "1d", "20", "20.5", "20.",
		"20.000000000000001s", "106751d", "9223372036.854775807", "forever",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct result r = tool(WORDS("run", "-t", good[i], "-k", good[i],
		                             check_child(), "exit", "3"));

		exits(&r, 3);
	}
}

TEST(no_time_at_all_is_refused)
{
	is_mistake(WORDS("run", "-t", "0", "true"), "'0' leaves the command no time");
}

TEST(what_is_no_signal_is_refused)
{
	is_mistake(WORDS("run", "-s", "FROB", "true"),
	           "--signal: 'FROB' is not a signal");
	is_mistake(WORDS("run", "-s", "0", "true"), "'0'");
	is_mistake(WORDS("run", "-s", "-9", "true"), "'-9'");
	is_mistake(WORDS("run", "-s", "999", "true"), "'999'");
	is_mistake(WORDS("kill", "-s", "FROB", "2"), "'FROB'");
}

TEST(bad_attributes_are_named)
{
	static const char *const bad[][2] = {
		{ "--umask", "8" },
		{ "--umask", "1000" },
		{ "--umask", "-1" },
		{ "--umask", "" },
		{ "--nice", "20" },
		{ "--nice", "-21" },
		{ "--nice", "low" },
		{ "--nice", "" },
		{ "--env", "NAME" },
		{ "--env", "=x" },
		{ "--unset", "A=B" },
		{ "--rlimit", "nofile" },
		{ "--rlimit", "frob=1" },
		{ "--rlimit", "cpu=x" },
		{ "--rlimit", "cpu=" },
		{ "--rlimit", "cpu=-1" },
		{ "--rlimit", "cpu=1:" },
		{ "--rlimit", "cpu=2:1" },
		{ "--rlimit", "cpu=K" },
		{ "--rlimit", "cpu=1k" },
		{ "--rlimit", "as=99999999T" },
		{ "--report-file", "" },
		{ "--stdout", "" },
		{ "--dir", "" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_mistake(WORDS("run", bad[i][0], bad[i][1], "true"), bad[i][0]);
	is_mistake(WORDS("run", "--report=xml", "true"), "'xml' is not a format");
	is_mistake(WORDS("run", "--append", "true"), "--append needs");
}

TEST(unknown_group_is_named)
{
	is_mistake(WORDS("run", "--group", "no-such-group", "true"),
	           "no group 'no-such-group'");
	is_mistake(WORDS("run", "--group", "4294967295", "true"), "'4294967295'");
}

TEST(number_of_no_user_needs_a_group)
{
	is_mistake(WORDS("run", "--user", "3999999999", "true"), "give --group too");
}

TEST(output_that_cannot_be_written_is_told)
{
	struct result r;
	struct running t = tool_start_prepared(WORDS("--help"), NULL);

	tool_close_stdin(&t);
	r = tool_end(&t);
	exits(&r, 0);
	if (access("/dev/full", W_OK) < 0)
		SKIP("no /dev/full");
	r = tool(WORDS("run", "sh", "-c", "exec \"$0\" --help > /dev/full", tool_path()));
	exits(&r, 125);
	says(r.err, "cannot write to standard output");
}
