/* SPDX-License-Identifier: MIT */
/*
 * ward run with output and input that go through it: what arrives, and what is cut and
 * told.
 */
#include "tool.h"

#include <regex.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void matches(const char *text, const char *pattern)
{
	regex_t regex;

	REQUIRE_EQ(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (!CHECK_EQ(regexec(&regex, text, 0, NULL, 0), 0))
		check_note("no %s in: %s", pattern, text);
	regfree(&regex);
}

/* ---------------------------------------------------------------------------- passing */

static void tells_its_output(const struct running *t, const char *line, bool same)
{
	struct stat status;
	char name[64], *end;

	REQUIRE_EQ(fstat(t->from, &status), 0);
	snprintf(name, sizeof(name), "pipe:[%lu]\n", (unsigned long)status.st_ino);
	end = strstr(line, name);
	CHECK_EQ(end != NULL, same);
}

TEST(command_has_our_own_output_unless_an_option_wants_it)
{
	struct running t = tool_start(WORDS("run", "readlink", "/proc/self/fd/1"));
	char line[256] = "";
	ssize_t n = read(t.from, line, sizeof(line) - 1);
	struct result r;

	CHECK(n > 0);
	tells_its_output(&t, line, true);
	r = tool_end(&t);
	exits(&r, 0);
	t = tool_start(WORDS("run", "--idle-timeout", "1h", "readlink",
	                     "/proc/self/fd/1"));
	memset(line, 0, sizeof(line));
	n = read(t.from, line, sizeof(line) - 1);
	CHECK(n > 0);
	tells_its_output(&t, line, false);
	r = tool_end(&t);
	exits(&r, 0);
}

TEST(output_and_errors_come_through_apart_and_unchanged)
{
	struct result r = script(OPTIONS("--idle-timeout", "1h"),
	                         "printf 'a\\000b\\377\\n'; printf 'no end' >&2; exit 7");

	exits(&r, 7);
	CHECK_EQ(memcmp(r.out, "a\0b\377\n", 6), 0);
	CHECK_STR(r.err, "no end");
}

TEST(output_comes_as_it_is_written)
{
	struct running t = tool_start(
		WORDS("run", "--prefix", "sh", "-c", "echo one; read x; echo two"));
	struct result r;

	tool_expect_line(&t, "sh: one\n");
	REQUIRE_EQ(write(t.to, "\n", 1), 1);
	tool_expect_line(&t, "sh: two\n");
	r = tool_end(&t);
	exits(&r, 0);
}

TEST(much_output_comes_through_whole)
{
	char out[64];
	struct result r, plain;

	r = tool(WORDS("run", "--idle-timeout", "1h", "--stdout", temporary(out), "seq",
	               "1000000"));
	exits(&r, 0);
	r = tool(WORDS("run", "cksum", out));
	plain = tool(WORDS("run", "sh", "-c", "seq 1000000 | cksum"));
	CHECK_EQ(strtoul(r.out, NULL, 10), strtoul(plain.out, NULL, 10));
	unlink(out);
}

TEST(death_by_a_signal_is_told_as_without)
{
	struct result r = script(OPTIONS("--prefix"), "kill -KILL $$");

	exits(&r, 128 + SIGKILL);
	r = tool(WORDS("run", "--prefix", "no-such-command-anywhere"));
	exits(&r, 127);
	says(r.err, "no-such-command-anywhere");
}

/* ------------------------------------------------------------------------------ lines */

TEST(each_line_begins_with_the_name_of_the_command)
{
	struct result r = script(OPTIONS("--prefix"), "echo a; echo; echo e >&2");

	exits(&r, 0);
	CHECK_STR(r.out, "sh: a\nsh: \n");
	CHECK_STR(r.err, "sh: e\n");
}

TEST(each_line_begins_with_the_text_that_was_given)
{
	struct result r = script(OPTIONS("--prefix=| "), "echo a; echo e >&2");

	exits(&r, 0);
	CHECK_STR(r.out, "| a\n");
	CHECK_STR(r.err, "| e\n");
	r = script(OPTIONS("--prefix="), "echo a");
	CHECK_STR(r.out, "a\n");
}

TEST(last_line_is_ended)
{
	struct result r = script(OPTIONS("--prefix"), "printf 'a\\nb'");

	CHECK_STR(r.out, "sh: a\nsh: b\n");
}

TEST(each_line_begins_with_the_time)
{
	static const char time[] =
		"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z ";
	struct result r = script(OPTIONS("--timestamps"), "echo a");
	char pattern[128];

	snprintf(pattern, sizeof(pattern), "%sa\n$", time);
	matches(r.out, pattern);
	r = script(OPTIONS("--timestamps", "--prefix"), "echo a");
	snprintf(pattern, sizeof(pattern), "%ssh: a\n$", time);
	matches(r.out, pattern);
}

TEST(line_without_end_comes_in_pieces_with_one_name)
{
	char out[64];
	struct result r;

	r = tool(WORDS("run", "--prefix", "--stdout", temporary(out), "sh", "-c",
	               "head -c 300000 /dev/zero"));
	exits(&r, 0);
	r = tool(
		WORDS("run", "sh", "-c", "tr -dc h <\"$0\" | wc -c; wc -c <\"$0\"", out));
	CHECK_STR(r.out, "1\n300005\n");
	unlink(out);
}

static struct sockaddr_un meeting = { .sun_family = AF_UNIX };

static void packets_for_output(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (connect(fd, (struct sockaddr *)&meeting, sizeof(meeting)) < 0)
		_exit(98);
	dup2(fd, 1);
	close(fd);
}

static void expect_packet(int fd, const char *expected)
{
	char packet[256];
	ssize_t n = read(fd, packet, sizeof(packet) - 1);

	packet[n > 0 ? n : 0] = '\0';
	CHECK_STR(packet, expected);
}

/* On such a socket each write is a packet. */
TEST(whole_lines_are_written_by_one_write)
{
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), fd;
	struct running t;
	struct result r;

	temporary(meeting.sun_path);
	unlink(meeting.sun_path);
	REQUIRE_EQ(bind(listener, (struct sockaddr *)&meeting, sizeof(meeting)), 0);
	REQUIRE_EQ(listen(listener, 1), 0);
	t = tool_start_prepared(WORDS("run", "--prefix", "sh", "-c",
	                              "printf a; printf b; read x; printf 'c\\nd'"),
	                        packets_for_output);
	fd = accept(listener, NULL, NULL);
	REQUIRE(fd >= 0);
	REQUIRE_EQ(write(t.to, "\n", 1), 1);
	expect_packet(fd, "sh: abc\n");
	expect_packet(fd, "sh: d\n");
	close(fd);
	close(listener);
	unlink(meeting.sun_path);
	r = tool_end(&t);
	exits(&r, 0);
}

/* ------------------------------------------------------------------------------ limit */

TEST(head_is_passed_on_and_the_rest_is_told)
{
	struct result r = script(OPTIONS("--capture-limit", "4", "--report=json"),
	                         "printf 12345; printf 123 >&2");

	exits(&r, 0);
	CHECK_STR(r.out, "1234");
	says(r.err, "123{");
	says(r.err, "\"out_bytes\": 5, \"out_lost\": 1, \"out_cut\": false");
	says(r.err, "\"err_bytes\": 3, \"err_lost\": 0, \"err_cut\": false");
}

TEST(limit_that_is_met_exactly_loses_nothing)
{
	static const char *const ways[] = { "head", "tail", "ends", "close", "kill" };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct result r = script(OPTIONS("--capture-limit", "5", "--keep",
		                                 ways[i], "--report=json"),
		                         "printf 12345");

		exits(&r, 0);
		CHECK_STR(r.out, "12345");
		says(r.err, "\"out_bytes\": 5, \"out_lost\": 0, \"out_cut\": false");
	}
}

TEST(limit_counts_the_commands_own_bytes)
{
	struct result r = script(OPTIONS("--capture-limit", "4", "--prefix"),
	                         "echo a; echo b; echo c");

	CHECK_STR(r.out, "sh: a\nsh: b\n");
}

TEST(tail_is_shown_at_the_end)
{
	struct result r =
		script(OPTIONS("--capture-limit", "4", "--keep=tail", "--report=json"),
	               "printf 12345; printf 67 >&2");

	CHECK_STR(r.out, "2345");
	says(r.err, "67{");
	says(r.err, "\"out_bytes\": 5, \"out_lost\": 1, \"out_cut\": false");
}

TEST(both_ends_are_shown_and_what_is_not_between_them)
{
	struct result r =
		script(OPTIONS("--capture-limit", "4", "--keep", "ends"), "seq 5");

	exits(&r, 0);
	CHECK_STR(r.out, "1\n[... 6 bytes left out ...]\n5\n");
}

TEST(closing_ends_a_command_that_writes_on)
{
	struct result r = script(OPTIONS("--capture-limit", "2", "--keep=close",
	                                 "--report=json"),
	                         "exec yes");

	exits(&r, 128 + SIGPIPE);
	CHECK_STR(r.out, "y\n");
	says(r.err, "\"out_cut\": true");
	says(r.err, "\"limit_reached\": false");
}

TEST(killing_ends_a_command_that_writes_too_much)
{
	struct result r = script(OPTIONS("--capture-limit", "2", "--keep=kill",
	                                 "--report=json"),
	                         "exec yes");

	exits(&r, 124);
	CHECK_STR(r.out, "y\n");
	says(r.err, "\"limit_reached\": true");
	says(r.err, "\"timed_out\": false");
	says(r.err, "\"stopped_by\": \"TERM\"");
}

/* ------------------------------------------------------------------------------ files */

TEST(copy_has_all_of_both)
{
	char path[64], text[64];
	struct result r = script(OPTIONS("--tee", temporary(path), "--capture-limit", "1",
	                                 "--prefix"),
	                         "echo out; echo err >&2; exit 3");

	exits(&r, 3);
	CHECK_STR(r.out, "sh: o\n");
	file_text(path, text, sizeof(text));
	says(text, "out\n");
	says(text, "err\n");
	CHECK_EQ(strlen(text), 8);
	unlink(path);
}

TEST(copy_that_cannot_be_made_keeps_us_from_the_start)
{
	struct result r = script(OPTIONS("--tee", "/no/such/dir/x"), "echo started");

	exits(&r, 125);
	CHECK_STR(r.out, "");
	says(r.err, "/no/such/dir/x");
}

TEST(files_get_what_goes_through_us)
{
	char path[64], text[64];
	struct result r;

	r = script(OPTIONS("--prefix", "--stdout", temporary(path)), "echo one");
	exits(&r, 0);
	r = script(OPTIONS("--prefix", "--append", "--stdout", path, "--stderr", path),
	           "echo two; echo three >&2");
	exits(&r, 0);
	file_text(path, text, sizeof(text));
	says(text, "sh: one\n");
	says(text, "sh: two\n");
	says(text, "sh: three\n");
	CHECK_EQ(strlen(text), 26);
	unlink(path);
}

/* ------------------------------------------------------------------------------ input */

TEST(input_is_fed_from_a_file)
{
	char path[64];
	struct result r;

	r = tool(WORDS("run", "--stdout", temporary(path), "seq", "100000"));
	r = tool(WORDS("run", "--input", path, "--report=json", "wc", "-l"));
	exits(&r, 0);
	CHECK_STR(r.out, "100000\n");
	says(r.err, "\"out_bytes\": null");
	says(r.err, "\"input_bytes\": 588895");
	unlink(path);
}

TEST(input_is_fed_from_our_own)
{
	struct running t = tool_start(
		WORDS("run", "--prefix", "--input", "-", check_child(), "cat"));
	struct result r;

	REQUIRE_EQ(write(t.to, "one\n", 4), 4);
	tool_expect_line(&t, "child: one\n");
	REQUIRE_EQ(write(t.to, "two\n", 4), 4);
	tool_expect_line(&t, "child: two\n");
	tool_close_stdin(&t);
	r = tool_end(&t);
	exits(&r, 0);
}

/* [bounded] */
TEST(input_that_nobody_reads_is_no_failure)
{
	struct result r = tool(WORDS("run", "--input", "/dev/zero", check_child(), "exit",
	                             "3"));

	exits(&r, 3);
	CHECK_STR(r.err, "");
}

TEST(input_that_is_not_there_is_named)
{
	struct result r = tool(WORDS("run", "--input", "/no/such/file", "cat"));

	exits(&r, 125);
	says(r.err, "/no/such/file");
}

/* ----------------------------------------------------------------------------- report */

TEST(report_tells_the_streams)
{
	struct result r = script(OPTIONS("--prefix", "--report"), "echo a; echo e >&2");

	says(r.err, "\noutput    2 bytes\n");
	says(r.err, "\nerrors    2 bytes\n");
	r = script(OPTIONS("--idle-timeout", "50ms", "--report"), "exec sleep 60");
	says(r.err, "\nstopped   idle time-out, TERM was sent\n");
	r = script(OPTIONS("--report"), "echo a");
	does_not_say(r.err, "\noutput ");
}

/* --------------------------------------------------------------------------- mistakes */

TEST(what_is_no_size_is_refused)
{
	is_mistake(WORDS("run", "--capture-limit", "0", "true"), "--capture-limit: '0'");
	is_mistake(WORDS("run", "--capture-limit", "10k", "true"), "'10k'");
	is_mistake(WORDS("run", "--capture-limit", "-1", "true"), "'-1'");
	is_mistake(WORDS("run", "--capture-limit", "99999999T", "true"), "'99999999T'");
	is_mistake(WORDS("run", "--keep", "some", "--capture-limit", "1", "true"),
	           "'some'");
}

TEST(what_does_not_go_together_is_refused)
{
	is_mistake(WORDS("run", "--keep", "tail", "true"), "needs --capture-limit");
	is_mistake(WORDS("run", "--drain", "1s", "true"), "--drain needs");
	is_mistake(WORDS("run", "--idle-timeout", "0", "true"), "no time");
	is_mistake(WORDS("run", "--input", "-", "--stdin", "/dev/null", "true"),
	           "--input and --stdin");
	is_mistake(WORDS("run", "--timestamps", "--capture-limit", "1", "--keep=tail",
	                 "true"), "--keep=tail");
	is_mistake(WORDS("run", "--tee", "", "true"), "no name");
}
