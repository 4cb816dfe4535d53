/* SPDX-License-Identifier: MIT */
/* ward run --report: each field, in both forms, also when nothing was started. */
#include "tool.h"

#include <ctype.h>

/* ------------------------------------------------------------------ is it JSON at all */

static const char *value(const char *s);

static const char *blank(const char *s)
{
	return s + strspn(s, " ");
}

/* Each returns what follows, NULL if it is not there. */
static const char *string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if ((unsigned char)*s < 0x20)
			return NULL;
		if (*s == '\\' && !strchr("\"\\/bfnrtu", *++s))
			return NULL;
	}
	return s + 1;
}

static const char *members(const char *s, char end)
{
	s = blank(s + 1);
	if (*s == end)
		return s + 1;
	for (;;) {
		if (end == '}') {
			s = string(s);
			if (!s || *s++ != ':')
				return NULL;
		}
		s = value(blank(s));
		if (!s || (*s != ',' && *s != end))
			return NULL;
		if (*s++ == end)
			return s;
		s = blank(s);
	}
}

static const char *number(const char *s)
{
	char *end;

	if (!isdigit((unsigned char)*s) && *s != '-')
		return NULL;
	(void)strtod(s, &end);
	return end;
}

static const char *value(const char *s)
{
	static const char *const words[] = { "true", "false", "null" };

	if (*s == '{')
		return members(s, '}');
	if (*s == '[')
		return members(s, ']');
	if (*s == '"')
		return string(s);
	for (int i = 0; i < 3; i++)
		if (strncmp(s, words[i], strlen(words[i])) == 0)
			return s + strlen(words[i]);
	return number(s);
}

static void is_one_object(const char *text)
{
	const char *rest = *text == '{' ? value(text) : NULL;

	if (!CHECK(rest && strcmp(rest, "\n") == 0))
		check_note("not one JSON object on one line: %s", text);
}

/* All members are there, whatever happened. */
static void has_all_members(const char *text)
{
	static const char *const names[] = {
		"argv", "pid", "id", "how", "code", "signal", "signal_name",
		"core_dumped", "timed_out", "stopped_by", "group_killed", "wall_s",
		"has_usage", "user_s", "system_s", "max_rss_bytes", "minor_faults",
		"major_faults",
		"voluntary_switches", "involuntary_switches", "blocks_in", "blocks_out",
		"step", "errno", "errno_text", "path", "message",
		"idle_timed_out", "limit_reached", "out_bytes", "out_lost", "out_cut",
		"err_bytes", "err_lost", "err_cut", "input_bytes",
	};
	char quoted[64];

	is_one_object(text);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(quoted, sizeof(quoted), "\"%s\": ", names[i]);
		says(text, quoted);
	}
}

/* The number of a member, -1 when it is none. */
static double number_of(const char *text, const char *name)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", name);
	at = strstr(text, quoted);
	if (!at || !isdigit((unsigned char)at[strlen(quoted)]))
		return -1;
	return strtod(at + strlen(quoted), NULL);
}

/* ------------------------------------------------------------------------------- JSON */

TEST(json_tells_an_exit)
{
	struct result r = tool(WORDS("run", "--report=json", check_child(), "exit", "3"));

	exits(&r, 3);
	CHECK_STR(r.out, "");
	has_all_members(r.err);
	says(r.err, "\"exit\", \"3\"], \"pid\"");
	says(r.err, "\"how\": \"exited\"");
	says(r.err, "\"code\": 3,");
	says(r.err, "\"signal\": null");
	says(r.err, "\"signal_name\": null");
	says(r.err, "\"core_dumped\": false");
	says(r.err, "\"timed_out\": false");
	says(r.err, "\"stopped_by\": null");
	says(r.err, "\"step\": null");
	says(r.err, "\"errno\": null");
	says(r.err, "\"message\": null");
}

TEST(json_tells_a_signal)
{
	struct result r =
		tool(WORDS("run", "--report=json", check_child(), "raise", "KILL"));

	exits(&r, 128 + SIGKILL);
	has_all_members(r.err);
	says(r.err, "\"how\": \"signaled\"");
	says(r.err, "\"code\": null");
	says(r.err, "\"signal\": 9");
	says(r.err, "\"signal_name\": \"KILL\"");
	says(r.err, "\"core_dumped\": false");
}

TEST(json_tells_a_time_out)
{
	struct running t = tool_start(
		WORDS("run", "-t", "50ms", "--report=json", check_child(), "hold"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	has_all_members(r.err);
	says(r.err, "\"timed_out\": true");
	says(r.err, "\"stopped_by\": \"TERM\"");
	says(r.err, "\"signal_name\": \"TERM\"");
	CHECK(number_of(r.err, "wall_s") >= 0.05);
}

TEST(json_tells_the_process)
{
	struct result r = tool(WORDS("run", "--report=json", "sh", "-c", "echo $$"));
	long pid = strtol(r.out, NULL, 10);
	char expected[64];

	exits(&r, 0);
	CHECK_EQ((long)number_of(r.err, "pid"), pid);
	snprintf(expected, sizeof(expected), "\"id\": \"%ld%s", pid,
	         able_pidfs() ? ":" : "");
	says(r.err, expected);
}

TEST(json_tells_the_usage)
{
	struct result r =
		tool(WORDS("run", "--report=json", check_child(), "spin", "50"));

	exits(&r, 0);
	says(r.err, "\"has_usage\": true");
	CHECK(number_of(r.err, "user_s") + number_of(r.err, "system_s") >= 0.05);
	CHECK(number_of(r.err, "wall_s") >= 0);
	r = tool(WORDS("run", "--report=json", check_child(), "touch", "33"));
	exits(&r, 0);
	CHECK(number_of(r.err, "max_rss_bytes") >= 32 << 20);
	CHECK(number_of(r.err, "minor_faults") > 0);
	CHECK(number_of(r.err, "major_faults") >= 0);
	CHECK(number_of(r.err, "voluntary_switches") >= 0);
	CHECK(number_of(r.err, "involuntary_switches") >= 0);
	CHECK(number_of(r.err, "blocks_in") >= 0);
	CHECK(number_of(r.err, "blocks_out") >= 0);
}

static void ignore_chld(void)
{
	signal(SIGCHLD, SIG_IGN);
}

TEST(usage_is_told_though_our_caller_ignores_children)
{
	struct result r =
		tool_prepared(WORDS("run", "--report=json", check_child(), "exit", "4"),
	                      ignore_chld);

	exits(&r, 4);
	says(r.err, "\"code\": 4");
	says(r.err, "\"has_usage\": true");
}

TEST(json_tells_a_start_that_failed)
{
	struct result r = tool(WORDS("run", "--report=json", "/no/such/command", "x"));
	const char *json = strchr(r.err, '{');

	exits(&r, 127);
	REQUIRE(json != NULL);
	has_all_members(json);
	says(json, "\"argv\": [\"/no/such/command\", \"x\"]");
	says(json, "\"pid\": null");
	says(json, "\"id\": null");
	says(json, "\"how\": \"not started\"");
	says(json, "\"code\": null");
	says(json, "\"wall_s\": null");
	says(json, "\"has_usage\": false");
	says(json, "\"step\": \"exec\"");
	says(json, "\"errno\": \"ENOENT\"");
	says(json, "\"path\": \"/no/such/command\"");
	does_not_say(json, "\"errno_text\": null");
	does_not_say(json, "\"message\": null");
}

TEST(json_tells_which_step_failed)
{
	struct result r =
		tool(WORDS("run", "--report=json", "--dir", "/no/such/dir", "true"));

	exits(&r, 125);
	says(r.err, "\"step\": \"chdir\"");
	says(r.err, "\"errno\": \"ENOENT\"");
	says(r.err, "\"path\": \"/no/such/dir\"");
	r = tool(WORDS("run", "--report=json", "--stdout", "/no/such/dir/out", "true"));
	exits(&r, 125);
	says(r.err, "\"step\": \"open\"");
	says(r.err, "\"path\": \"/no/such/dir/out\"");
	r = tool(WORDS("run", "--report=json", "/"));
	exits(&r, 126);
	says(r.err, "\"step\": \"exec\"");
	says(r.err, "\"errno\": \"EACCES\"");
}

TEST(any_bytes_come_out_as_json)
{
	struct result r =
		tool(WORDS("run", "--report=json", check_child(), "exit", "0", "",
	                   "\"\\\n\t\x01\x7f", "\xff-\xc3\xa4-\xc3", "\xed\xa0\x80",
	                   "\xf0\x9f\x90\x9a\xf5\xc0\x80\xe0\x80\x80"));

	exits(&r, 0);
	has_all_members(r.err);
	says(r.err, "\"\", \"\\\"\\\\\\n\\t\\u0001");
	says(r.err, "\"\xef\xbf\xbd-\xc3\xa4-\xef\xbf\xbd\"");
	says(r.err, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	says(r.err, "\"\xf0\x9f\x90\x9a\xef\xbf\xbd");
}

/* ------------------------------------------------------------------------------- text */

TEST(text_tells_an_exit)
{
	struct result r = tool(WORDS("run", "--report", check_child(), "exit", "3",
	                             "two words", "it's"));

	exits(&r, 3);
	says(r.err, "command   ");
	says(r.err, " exit 3 'two words' 'it'\\''s'\n");
	says(r.err, "process   ");
	says(r.err, "result    exited with code 3\n");
	says(r.err, "time      ");
	says(r.err, "memory    ");
	does_not_say(r.err, "stopped ");
	CHECK_STR(r.out, "");
}

TEST(text_tells_a_time_out)
{
	struct running t = tool_start(
		WORDS("run", "-t", "50ms", "--report=text", check_child(), "hold"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	says(r.err, "result    killed by signal 15 (TERM)\n");
	says(r.err, "stopped   time-out, TERM was sent\n");
}

TEST(text_tells_a_start_that_failed)
{
	struct result r = tool(WORDS("run", "--report", "--dir", "/no/such/dir", "true"));

	exits(&r, 125);
	says(r.err, "command   true\n");
	says(r.err, "result    not started, step chdir failed\n");
	says(r.err, "error     ENOENT: ");
	says(r.err, "path      /no/such/dir\n");
}

TEST(text_cannot_steer_a_terminal)
{
	struct result r = tool(WORDS("run", "--report", check_child(), "exit", "0",
	                             "\033[31m'\\\xc2\x9b\xff\xc3\xa4"));

	exits(&r, 0);
	says(r.err, "$'\\033[31m\\'\\\\\\302\\233\\377\xc3\xa4'\n");
	does_not_say(r.err, "\033");
}

/* ------------------------------------------------------------------------------ files */

TEST(report_goes_to_a_file)
{
	char path[64], text[4096];
	struct result r = tool(WORDS("run", "--report=json", "--report-file",
	                             temporary(path), check_child(), "exit", "5"));

	exits(&r, 5);
	CHECK_STR(r.err, "");
	file_text(path, text, sizeof(text));
	has_all_members(text);
	says(text, "\"code\": 5");
	r = tool(WORDS("run", "--report-file", path, "/no/such/command"));
	exits(&r, 127);
	file_text(path, text, sizeof(text));
	says(text, "result    not started, step exec failed\n");
	does_not_say(text, "{");
	unlink(path);
}

TEST(nothing_is_started_when_the_report_has_no_place)
{
	char path[64];
	struct result r;

	temporary(path);
	unlink(path);
	r = tool(WORDS("run", "--report-file", "/no/such/dir/report", "touch", path));
	exits(&r, 125);
	says(r.err, "cannot open the report file '/no/such/dir/report'");
	CHECK(access(path, F_OK) < 0);
}

TEST(report_that_cannot_be_written_is_a_failure)
{
	struct result r;

	if (access("/dev/full", W_OK) < 0)
		SKIP("no /dev/full");
	r = tool(WORDS("run", "--report", "--report-file", "/dev/full", "true"));
	exits(&r, 125);
	says(r.err, "cannot write the report to /dev/full");
}
