/* SPDX-License-Identifier: MIT */
/* ward run: nothing that the command has started is left, by whichever means. */
#include "tool_left.h"
#include "tool_terminal.h"

/* ----------------------------------------------------------------------- at its end */

/* [whole-tree] */
TEST(daemons_end_with_the_command)
{
	char means[32];

	for (int i = 0; i < EVERY_MEANS; i++) {
		struct result r;

		if (!can_hold_by(every_means[i]))
			continue;
		r = leaves_nothing(WORDS("run", means_option(means, every_means[i]),
		                         "--report=json", "--report-file=/dev/stderr",
		                         check_child(), "tree", "daemons", "3",
		                         "abandon"));
		exits(&r, 0);
		CHECK_STR(r.out, "ready\n");
		says(r.err, "\"left\": 3");
		says(r.err, "\"killed\": 0");
		says(r.err, "\"survivors\": 0");
		if (every_means[i])
			says(r.err, every_means[i]);
	}
}

TEST(what_ignores_the_signal_is_killed_after_the_grace_and_named)
{
	char means[32];

	for (int i = 0; i < EVERY_MEANS; i++) {
		struct result r;

		if (!can_hold_by(every_means[i]))
			continue;
		r = leaves_nothing(WORDS("run", means_option(means, every_means[i]), "-k",
		                         "50ms", "--report-file=/dev/stderr",
		                         check_child(), "tree", "deaf", "2", "abandon"));
		exits(&r, 0);
		says(r.err, "2 left at the end, 2 needed KILL");
		says(r.err, "killed    ");
		says(r.err, " child\n");
	}
}

static void be_nobody(void)
{
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(95);
}

/* [whole-tree] */
TEST(daemons_end_with_the_command_of_nobody_special)
{
	struct running t;
	struct result r;
	bool is_left;

	if (geteuid() != 0)
		SKIP("needs root to become nobody");
	if (!can_hold_by("keeper"))
		SKIP("nothing here holds a tree");
	t = tool_start_prepared(WORDS("run", "--report=json", check_child(), "tree",
	                              "daemons", "3", "abandon"), be_nobody);
	r = end_and_look(&t, &is_left);
	if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 99)
		SKIP("nobody may not run the command under test");
	exits(&r, 0);
	says(r.err, "\"left\": 3");
	CHECK(!is_left);
}

TEST(no_grace_kills_what_is_left_at_once)
{
	struct result r;

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	r = leaves_nothing(WORDS("run", "-k", "0", "--report=json", check_child(), "tree",
	                         "daemons", "2", "abandon"));
	exits(&r, 0);
	says(r.err, "\"killed\": 2");
}

TEST(what_is_left_of_a_group_ends_where_nothing_better_is_asked_for)
{
	struct result r;

	if (!able_pidfs())
		SKIP("a group cannot be reached here after its leader's end");
	r = leaves_nothing(WORDS("run", "--means=group", "--report=json", check_child(),
	                         "tree", "fan", "3", "abandon"));
	exits(&r, 0);
	says(r.err, "\"strength\": \"group\"");
}

TEST(descendants_live_when_they_are_to_be_left)
{
	const char *const more[] = { "--leave", "--means=keeper", "--means=cgroup" };

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		struct running t;
		struct result r;
		bool is_left;

		if (i > 0 && !can_hold_by(more[i] + strlen("--means=")))
			continue;
		t = tool_start(WORDS("run", "--leave", more[i], check_child(), "tree",
		                     "daemons", "2", "abandon"));
		r = end_and_look(&t, &is_left);
		exits(&r, 0);
		CHECK(is_left);
	}
}

TEST(statuses_are_the_same_by_each_means)
{
	static const char *const all[] = { "cgroup", "keeper", "pidns", "group" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct result r;

		if (!can_hold_by(all[i]))
			continue;
		r = tool(WORDS("run", "--means", all[i], check_child(), "exit", "7"));
		exits(&r, 7);
		CHECK_STR(r.err, "");
		r = tool(WORDS("run", "--means", all[i], check_child(), "raise", "KILL"));
		exits(&r, 128 + SIGKILL);
		r = tool(WORDS("run", "--means", all[i], "/no/such/command"));
		exits(&r, 127);
		r = tool(WORDS("run", "--means", all[i], "/etc/passwd"));
		exits(&r, 126);
	}
}

TEST(output_through_ward_is_contained_too)
{
	struct result r;

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	r = leaves_nothing(WORDS("run", "--input=/dev/null", check_child(), "tree",
	                         "daemons", "2", "abandon"));
	exits(&r, 0);
	r = leaves_nothing(WORDS("run", "--drain=10ms", "--prefix=x", "--report=json",
	                         check_child(), "tree", "daemons", "2", "abandon"));
	exits(&r, 0);
	says(r.err, "\"left\": 2");
}

TEST(one_job_holds_all_commands_of_a_pipeline)
{
	struct result r;

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	r = leaves_nothing(WORDS("pipe", "--report=json", "sh", "-c",
	                         "\"$0\" tree daemons 2 abandon >&2 <&2", check_child(),
	                         ":::", check_child(), "tree", "daemons", "3",
	                         "abandon"));
	exits(&r, 0);
	says(r.err, "\"left\": ");
}

/* --------------------------------------------------------------- time-outs, signals */

/* [whole-tree] */
TEST(the_whole_tree_ends_at_a_time_out)
{
	char means[32], time[32];

	for (int i = 0; i < EVERY_MEANS; i++) {
		struct result r;

		if (!can_hold_by(every_means[i]))
			continue;
		r = leaves_nothing(WORDS("run", means_option(means, every_means[i]), "-t",
		                         duration(time, 300), check_child(), "tree",
		                         "daemons", "3"));
		exits(&r, 124);
		r = leaves_nothing(WORDS("run", means_option(means, every_means[i]), "-t",
		                         duration(time, 300), "-k", "50ms", check_child(),
		                         "tree", "deaf", "3"));
		exits(&r, 124);
	}
}

/* A daemon is asked like the command; it has the grace to answer. */
static const char asked_daemon[] =
	"setsid sh -c 'trap \"echo asked; exit\" TERM; echo ready; "
	"while :; do sleep 0.01; done' & trap '' TERM; read x";

TEST(daemons_are_asked_first_at_a_time_out)
{
	static const char *const through[] = { "--report-file=/dev/null", "--prefix=" };

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	for (int i = 0; i < 2; i++) {
		char time[32];
		struct result r = leaves_nothing(
			WORDS("run", through[i], "-t", duration(time, 500), "-k",
		              duration((char[32]){ 0 }, 500), "sh", "-c", asked_daemon));

		exits(&r, 124);
		says(r.out, "asked");
	}
}

TEST(a_signal_to_us_ends_what_the_command_leaves)
{
	struct running t;
	struct result r;
	bool is_left;

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	t = tool_start(WORDS("run", check_child(), "tree", "daemons", "3"));
	tool_expect_line(&t, "ready\n");
	kill(t.pid, SIGTERM);
	r = end_and_look(&t, &is_left);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
	CHECK(!is_left);
}

TEST(signals_are_passed_on_while_what_is_left_has_its_grace)
{
	static const char script[] =
		"setsid sh -c 'trap \"echo asked\" TERM; trap \"echo user; exit\" USR1; "
		"echo ready; while :; do sleep 0.01; done' & read x; exit 6";
	struct running t;
	struct result r;
	bool is_left;

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	t = tool_start(WORDS("run", "-k", "forever", "sh", "-c", script));
	tool_expect_line(&t, "ready\n");
	tool_close_stdin(&t);
	tool_expect_line(&t, "asked\n");
	kill(t.pid, SIGUSR1);
	r = end_and_look(&t, &is_left);
	exits(&r, 6);
	CHECK_STR(r.out, "user\n");
	CHECK(!is_left);
}

/* [whole-tree] */
TEST(the_tree_ends_when_we_are_killed)
{
	static const char *const through[] = { "--report-file=/dev/null", "--input=-" };
	char means[32];

	for (int i = 0; i < 2 * EVERY_MEANS; i++) {
		const char *of = every_means[i / 2];
		struct running t;
		struct result r;

		if (!can_hold_by(of))
			continue;
		t = tool_start(WORDS("run", means_option(means, of), through[i % 2],
		                     check_child(), "tree", "daemons", "3"));
		tool_expect_line(&t, "ready\n");
		kill(t.pid, SIGKILL);
		CHECK(all_end(&t));
		r = tool_end(&t);
		CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGKILL);
	}
}

TEST(runs_can_be_nested)
{
	static const char *const all[] = { "cgroup", "keeper", "pidns" };

	for (size_t i = 0; i < 9; i++) {
		struct result r;

		if (!can_hold_by(all[i / 3]) || !can_hold_by(all[i % 3]))
			continue;
		/* In there /proc is another namespace's. */
		if (i / 3 == 2 && i % 3 > 0)
			continue;
		r = leaves_nothing(WORDS("run", "--means", all[i / 3], tool_path(), "run",
		                         "--means", all[i % 3], check_child(), "tree",
		                         "daemons", "2", "abandon"));
		exits(&r, 0);
	}
}

TEST(the_inner_run_ends_with_the_outer_one)
{
	struct running t;

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	t = tool_start(WORDS("run", tool_path(), "run", check_child(), "tree", "daemons",
	                     "2"));
	tool_expect_line(&t, "ready\n");
	kill(t.pid, SIGKILL);
	CHECK(all_end(&t));
	tool_end(&t);
}

/* ------------------------------------------------------------------------- mistakes */

TEST(means_that_are_not_to_be_had_are_told_in_words)
{
	is_mistake(WORDS("run", "--means=frob", "true"), "'frob' is none of");
	is_mistake(WORDS("run", "--at-least=much", "true"), "'much' is none of");
	is_mistake(WORDS("run", "--means=group", "--at-least=tree", "true"),
	           "not strong enough");
	is_mistake(WORDS("run", "--means=group", "--pids-max=5", "true"),
	           "cannot limit");
	is_mistake(WORDS("run", "--pids-max=0", "true"), "--pids-max: '0'");
	is_mistake(WORDS("run", "--memory-max=much", "true"), "--memory-max: 'much'");
	is_mistake(WORDS("run", "--cpu-max=0", "true"), "--cpu-max: '0'");
	is_mistake(WORDS("run", "--cpu-max=1.2345", "true"), "--cpu-max: '1.2345'");
	is_mistake(WORDS("run", "--cpu-max=.", "true"), "--cpu-max: '.'");
}

TEST(limits_hold_or_are_refused_in_words)
{
	struct result r = tool(WORDS("run", "--pids-max=3", "--memory-max=1G",
	                             "--cpu-max=1.5", check_child(), "tree", "fan", "8"));

	CHECK(WIFEXITED(r.status) && WEXITSTATUS(r.status) != 0);
	if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 125)
		CHECK(strstr(r.err, "cgroup") || strstr(r.err, "cannot limit"));
}

/* ------------------------------------------------------------------------- terminal */

TEST(a_terminal_job_is_stopped_and_goes_on)
{
	/* Within a shell with job control, as people have it. */
	static const char script[] =
		"set -m; \"$0\" run sh -c 'echo ready; read x; echo \"<$x>\"; exit 4'; "
		"echo stopped; fg; echo \"status $?\"";
	struct running t;
	char all[4096] = "";
	struct result r;

	t = start_on_terminal(WORDS("run", "sh", "-c", script, tool_path()));
	await(&t, all, sizeof(all), "ready\r\n");
	type(&t, "\032");
	await(&t, all, sizeof(all), "stopped\r\n");
	type(&t, "again\n");
	await(&t, all, sizeof(all), "<again>");
	await(&t, all, sizeof(all), "status 4");
	r = tool_end(&t);
	exits(&r, 0);
}

TEST(daemons_of_a_terminal_job_end_with_it)
{
	struct running t;
	char all[4096] = "";
	struct result r;

	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	/* (One that reads would take what is typed.) */
	t = start_on_terminal(
	        WORDS("run", "sh", "-c", "setsid sleep 600 & echo ready; read x"));
	await(&t, all, sizeof(all), "ready");
	type(&t, "end\n");
	/* It waits for all orphans, too. */
	r = tool_end(&t);
	exits(&r, 0);
}
