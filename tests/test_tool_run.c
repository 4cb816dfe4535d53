/* SPDX-License-Identifier: MIT */
/* ward run: what it ends with, and each attribute that it gives to the command. */
#include "tool.h"

#include <sys/stat.h>

/* ------------------------------------------------------------------------ exit status */

TEST(status_is_the_commands_own)
{
	struct result r = tool(WORDS("run", check_child(), "exit", "0"));

	exits(&r, 0);
	CHECK_STR(r.err, "");
	r = tool(WORDS("run", check_child(), "exit", "3"));
	exits(&r, 3);
	CHECK_STR(r.err, "");
	r = tool(WORDS("run", check_child(), "exit", "255"));
	exits(&r, 255);
}

TEST(status_is_128_and_the_signal)
{
	struct result r = tool(WORDS("run", check_child(), "raise", "KILL"));

	exits(&r, 128 + SIGKILL);
	r = tool(WORDS("run", check_child(), "raise", "TERM"));
	exits(&r, 128 + SIGTERM);
}

TEST(status_is_127_when_the_command_is_not_found)
{
	struct result r = tool(WORDS("run", "no-such-command-anywhere"));

	exits(&r, 127);
	says(r.err, "ward run: ");
	says(r.err, "no-such-command-anywhere");
	r = tool(WORDS("run", "/no/such/path"));
	exits(&r, 127);
	says(r.err, "/no/such/path");
}

TEST(status_is_126_when_the_command_cannot_be_run)
{
	struct result r = tool(WORDS("run", "/"));

	exits(&r, 126);
	says(r.err, "'/'");
	r = tool(WORDS("run", "/etc/passwd"));
	exits(&r, 126);
	says(r.err, "/etc/passwd");
}

TEST(status_is_126_when_the_interpreter_is_missing)
{
	char path[64];
	struct result r;
	FILE *f = fopen(temporary(path), "we");

	REQUIRE(f != NULL);
	fputs("#!/no/such/interpreter\n", f);
	fclose(f);
	chmod(path, 0755);
	r = tool(WORDS("run", path));
	exits(&r, 126);
	says(r.err, path);
	unlink(path);
}

TEST(status_is_125_when_the_directory_is_missing)
{
	struct result r = tool(WORDS("run", "--dir", "/no/such/dir", "true"));

	exits(&r, 125);
	says(r.err, "/no/such/dir");
}

TEST(status_is_125_when_a_file_is_missing)
{
	struct result r = tool(WORDS("run", "--stdin", "/no/such/file", "true"));

	exits(&r, 125);
	says(r.err, "/no/such/file");
}

/* --------------------------------------------------------------------------- its time */

TEST(status_is_124_when_time_is_up)
{
	struct running t = tool_start(WORDS("run", "-t", "100ms", check_child(), "hold"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	CHECK_STR(r.err, "");
}

static void ignore_term(void)
{
	signal(SIGTERM, SIG_IGN);
}

TEST(kill_follows_when_the_signal_does_not_help)
{
	struct running t =
		tool_start_prepared(WORDS("run", "-t", "50ms", "-k", "50ms",
	                                  "--report=json", check_child(), "hold"),
	                            ignore_term);
	struct result r = tool_end(&t);

	exits(&r, 124);
	says(r.err, "\"stopped_by\": \"KILL\"");
	says(r.err, "\"signal_name\": \"KILL\"");
}

TEST(first_signal_can_be_chosen)
{
	struct running t = tool_start(WORDS("run", "-t", "50ms", "-s", "USR1",
	                                    "--report=json", check_child(), "hold"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	says(r.err, "\"stopped_by\": \"USR1\"");
	says(r.err, "\"signal_name\": \"USR1\"");
}

TEST(first_signal_may_be_kill)
{
	struct running t = tool_start(WORDS("run", "-t", "50ms", "-s", "KILL",
	                                    "--report=json", check_child(), "hold"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	says(r.err, "\"stopped_by\": \"KILL\"");
}

TEST(no_grace_kills_at_once)
{
	struct running t = tool_start_prepared(WORDS("run", "-t", "50ms", "-k", "0",
	                                             check_child(), "hold"), ignore_term);
	struct result r = tool_end(&t);

	exits(&r, 124);
}

TEST(stopped_command_gets_to_see_the_signal)
{
	struct running t = tool_start(WORDS("run", "-t", "50ms", "-k", "forever",
	                                    "--report=json", "sh", "-c",
	                                    "kill -STOP $$"));
	struct result r = tool_end(&t);

	exits(&r, 124);
	says(r.err, "\"signal_name\": \"TERM\"");
}

TEST(command_that_ends_in_time_is_not_timed_out)
{
	struct result r = tool(
		WORDS("run", "-t", "1h", "--report=json", check_child(), "exit", "124"));

	exits(&r, 124);
	says(r.err, "\"timed_out\": false");
	says(r.err, "\"stopped_by\": null");
}

TEST(group_ends_with_the_command)
{
	struct running t =
		tool_start(WORDS("run", "-t", "1s", check_child(), "fork-and-stay"));
	struct result r = tool_end(&t);

	/* tool_end has waited for the member too, whose stdin we held open meanwhile. */
	exits(&r, 124);
	CHECK_STR(r.out, "ready\n");
}

TEST(rest_of_the_group_is_killed_after_the_grace)
{
	/* The command dies of TERM, what it has started ignores it. */
	static const char script[] = "exec 7<&0; trap '' TERM; \"$0\" hold 7 & "
	                             "trap - TERM; \"$0\" hold";
	char time[32], grace[32];
	struct running t;
	struct result r;

	if (!able_pidfs())
		SKIP("a group cannot be reached here after its leader's end");
	t = tool_start(WORDS("run", "-t", duration(time, 500), "-k", duration(grace, 200),
	                     "--report=json", "sh", "-c", script, check_child()));
	r = tool_end(&t);
	exits(&r, 124);
	says(r.err, "\"stopped_by\": \"TERM\"");
	says(r.err, "\"group_killed\": true");
}

/* ------------------------------------------------------------------------ environment */

TEST(variables_are_added_and_replaced)
{
	struct result r;

	setenv("WARD_TEST_A", "old", 1);
	r = tool(WORDS("run", "--env", "WARD_TEST_A=new", "--env", "WARD_TEST_B=a=b",
	               "sh", "-c", "echo $WARD_TEST_A $WARD_TEST_B"));
	exits(&r, 0);
	CHECK_STR(r.out, "new a=b\n");
}

TEST(variables_are_taken_away)
{
	struct result r;

	setenv("WARD_TEST_A", "a", 1);
	setenv("WARD_TEST_B", "b", 1);
	r = tool(WORDS("run", "--unset", "WARD_TEST_A", "--unset", "NO_SUCH", "sh", "-c",
	               "echo ${WARD_TEST_A-none} $WARD_TEST_B"));
	exits(&r, 0);
	CHECK_STR(r.out, "none b\n");
}

TEST(environment_begins_empty)
{
	struct result r = tool(WORDS("run", "--clear-env", "--env", "ONE=1",
	                             check_child(), "print-env"));

	exits(&r, 0);
	CHECK_STR(r.out, "ONE=1\n");
	r = tool(WORDS("run", "--clear-env", check_child(), "print-env"));
	exits(&r, 0);
	CHECK_STR(r.out, "");
}

TEST(command_is_found_in_its_own_path)
{
	struct result r = tool(WORDS("run", "--env", "PATH=/no/such/dir", "true"));

	exits(&r, 127);
}

/* ----------------------------------------------------------------- place and identity */

TEST(directory_is_entered)
{
	struct result r = tool(WORDS("run", "--dir", "/usr", check_child(), "print-cwd"));

	exits(&r, 0);
	CHECK_STR(r.out, "/usr\n");
}

TEST(user_by_name_and_by_number)
{
	struct result named, numbered;

	if (geteuid() != 0)
		SKIP("only root may become somebody else");
	named = tool(WORDS("run", "--user", "nobody", "id"));
	exits(&named, 0);
	says(named.out, "(nobody)");
	does_not_say(named.out, "(root)");
	numbered = tool(WORDS("run", "--user", "65534", "id"));
	exits(&numbered, 0);
	CHECK_STR(numbered.out, named.out);
}

TEST(number_of_no_user_keeps_none_of_our_groups)
{
	struct result r;

	if (geteuid() != 0)
		SKIP("only root may become somebody else");
	r = tool(WORDS("run", "--user", "3999999999", "--group", "1234", check_child(),
	               "print-ids"));
	exits(&r, 0);
	CHECK_STR(r.out, "3999999999 3999999999 1234 1234\n\n");
}

TEST(group_by_name_and_by_number)
{
	struct result r;

	if (geteuid() != 0)
		SKIP("only root may become somebody else");
	r = tool(WORDS("run", "--group", "daemon", "id", "-gn"));
	exits(&r, 0);
	CHECK_STR(r.out, "daemon\n");
	r = tool(WORDS("run", "--user", "nobody", "--group", "1234", "id", "-g"));
	exits(&r, 0);
	CHECK_STR(r.out, "1234\n");
}

TEST(unknown_user_is_named)
{
	struct result r = tool(WORDS("run", "--user", "no-such-user", "true"));

	exits(&r, 125);
	says(r.err, "no-such-user");
}

TEST(umask_is_set)
{
	struct result r =
		tool(WORDS("run", "--umask", "0", check_child(), "print-umask"));

	exits(&r, 0);
	CHECK_STR(r.out, "000\n");
}

TEST(niceness_is_set)
{
	struct result r = tool(WORDS("run", "--nice", "7", "nice"));

	exits(&r, 0);
	CHECK_STR(r.out, "7\n");
}

TEST(limits_are_set)
{
	struct result r = tool(WORDS("run", "--rlimit", "nofile=64:128", "--rlimit",
	                             "core=1K:2M", "sh", "-c",
	                             "ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc"));

	exits(&r, 0);
	/* ulimit counts core files in blocks of 512 bytes. */
	CHECK_STR(r.out, "64\n128\n2\n4096\n");
}

TEST(hard_limit_stays_when_it_is_not_given)
{
	struct result before = tool(WORDS("run", "sh", "-c", "ulimit -Hn"));
	struct result r = tool(WORDS("run", "--rlimit", "nofile=64", "sh", "-c",
	                             "ulimit -Sn >&2; ulimit -Hn"));

	exits(&r, 0);
	CHECK_STR(r.err, "64\n");
	CHECK_STR(r.out, before.out);
}

TEST(limit_may_be_lifted)
{
	struct result r;

	if (geteuid() != 0)
		SKIP("only root may raise a hard limit");
	r = tool(WORDS("run", "--rlimit", "cpu=unlimited:unlimited", "sh", "-c",
	               "ulimit -t"));
	exits(&r, 0);
	CHECK_STR(r.out, "unlimited\n");
}

static void read_session(const struct result *r, int ids[4])
{
	CHECK_EQ(sscanf(r->out, "%d %d %d %d", &ids[0], &ids[1], &ids[2], &ids[3]), 4);
}

TEST(session_is_new_on_request)
{
	struct result r =
		tool(WORDS("run", "--new-session", check_child(), "print-session"));
	int ids[4] = { 0 };

	exits(&r, 0);
	read_session(&r, ids);
	CHECK_EQ(ids[2], ids[0]);
	CHECK_EQ(ids[3], ids[0]);
}

TEST(group_is_the_commands_own_without_a_terminal)
{
	struct result r = tool(WORDS("run", check_child(), "print-session"));
	int ids[4] = { 0 };

	exits(&r, 0);
	read_session(&r, ids);
	CHECK_EQ(ids[2], ids[0]);
	CHECK(ids[3] != ids[0]);
}

/* ------------------------------------------------------------------------------ files */

TEST(files_are_used_and_emptied)
{
	char in[64], out[64], text[64];
	struct result r;

	temporary(in);
	temporary(out);
	r = tool(WORDS("run", "--stdout", in, check_child(), "write", "1",
	               "a longer text"));
	exits(&r, 0);
	r = tool(WORDS("run", "--stdout", in, check_child(), "write", "1", "text"));
	exits(&r, 0);
	r = tool(WORDS("run", "--stdin", in, "--stdout", out, check_child(), "cat"));
	exits(&r, 0);
	CHECK_STR(r.out, "");
	file_text(out, text, sizeof(text));
	CHECK_STR(text, "text");
	r = tool(WORDS("run", "--stderr", out, check_child(), "write", "2", "error"));
	exits(&r, 0);
	file_text(out, text, sizeof(text));
	CHECK_STR(text, "error");
	unlink(in);
	unlink(out);
}

TEST(files_are_added_to)
{
	char out[64], text[64];
	struct result r;

	temporary(out);
	for (int i = 0; i < 2; i++) {
		r = tool(WORDS("run", "--append", "--stdout", out, check_child(), "write",
		               "1", "again"));
		exits(&r, 0);
	}
	file_text(out, text, sizeof(text));
	CHECK_STR(text, "againagain");
	unlink(out);
}

TEST(one_file_for_both_is_not_overwritten)
{
	char out[64], text[64];
	struct result r;

	temporary(out);
	r = tool(WORDS("run", "--stdout", out, "--stderr", out, "sh", "-c",
	               "echo one; echo two >&2; echo three"));
	exits(&r, 0);
	file_text(out, text, sizeof(text));
	CHECK_STR(text, "one\ntwo\nthree\n");
	unlink(out);
}

static void open_seven(void)
{
	dup2(1, 7);
}

TEST(given_descriptors_are_kept_and_ours_are_not)
{
	struct result r =
		tool_prepared(WORDS("run", "-t", "1m", "--report-file", "/dev/null",
	                            check_child(), "print-fd-numbers"),
	                      open_seven);

	exits(&r, 0);
	CHECK_STR(r.out, "0 1 2 7 \n");
}

static void close_standard(void)
{
	close(0);
	close(2);
}

TEST(closed_descriptors_stay_closed)
{
	char report[64], text[1024];
	struct result r = tool_prepared(WORDS("run", "--report=json", "--report-file",
	                                      temporary(report), check_child(),
	                                      "print-fd-numbers"), close_standard);

	exits(&r, 0);
	CHECK_STR(r.out, "1 \n");
	file_text(report, text, sizeof(text));
	says(text, "\"code\": 0");
	unlink(report);
}
