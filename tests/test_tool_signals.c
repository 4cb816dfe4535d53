/* SPDX-License-Identifier: MIT */
/*
 * ward run between its caller and its command: signals that are passed on, the terminal.
 */
#include "tool_terminal.h"

#include <sched.h>

static const int passed[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
enum { PASSED = sizeof(passed) / sizeof(passed[0]) };

TEST(signals_are_passed_on)
{
	for (int i = 0; i < PASSED; i++) {
		char number[16];
		struct running t;
		struct result r;

		snprintf(number, sizeof(number), "%d", passed[i]);
		t = tool_start(WORDS("run", check_child(), "catch", number));
		tool_expect_line(&t, "ready\n");
		kill(t.pid, passed[i]);
		r = tool_end(&t);
		exits(&r, 64 + passed[i]);
	}
}

TEST(signals_that_come_before_the_command_are_passed_on)
{
	for (int i = 0; i < check_scaled(20); i++) {
		struct running t = tool_start(WORDS("run", check_child(), "hold"));
		struct result r;

		/* It comes before the exec of ward, or that of the command, or later. */
		for (int yields = 0; yields < i * 10; yields++)
			sched_yield();
		kill(t.pid, SIGTERM);
		r = tool_end(&t);
		CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
	}
}

TEST(caller_sees_the_signal_that_it_sent)
{
	struct running t =
		tool_start(WORDS("run", "--report=json", check_child(), "ready"));
	struct result r;

	tool_expect_line(&t, "ready\n");
	kill(t.pid, SIGINT);
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status));
	CHECK_EQ(WTERMSIG(r.status), SIGINT);
	says(r.err, "\"signal_name\": \"INT\"");
	says(r.err, "\"stopped_by\": null");
}

TEST(signals_reach_the_whole_group)
{
	struct running t = tool_start(WORDS("run", check_child(), "fork-and-stay"));
	struct result r;

	tool_expect_line(&t, "ready\n");
	kill(t.pid, SIGTERM);
	/* Our end of its stdin is open: only the signal ends the member. */
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
}

TEST(signals_are_passed_on_during_the_grace)
{
	static const char script[] = "trap 'echo asked' TERM; trap 'exit 9' USR1; "
	                             "echo ready; while :; do sleep 0.01; done";
	struct running t = tool_start(WORDS("run", "-t", "1s", "-k", "forever",
	                                    "--report=json", "sh", "-c", script));
	struct result r;

	tool_expect_line(&t, "ready\n");
	tool_expect_line(&t, "asked\n");
	kill(t.pid, SIGUSR1);
	r = tool_end(&t);
	exits(&r, 124);
	says(r.err, "\"code\": 9");
	says(r.err, "\"stopped_by\": \"TERM\"");
}

static void ignore_hup(void)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
}

static void block_all(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

TEST(ignored_hup_stays_ignored)
{
	struct running t =
		tool_start_prepared(WORDS("run", check_child(), "ready"), ignore_hup);
	struct result r;

	tool_expect_line(&t, "ready\n");
	kill(t.pid, SIGHUP);
	kill(t.pid, SIGTERM);
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
}

/* [clean-child] */
TEST(other_signals_begin_at_their_default_and_none_is_blocked)
{
	struct result r =
		tool_prepared(WORDS("run", check_child(), "print-signals"), ignore_hup);

	exits(&r, 0);
	CHECK_STR(r.out, "blocked\nignored 1\nhandled\n");
	r = tool_prepared(WORDS("run", check_child(), "print-signals"), block_all);
	exits(&r, 0);
	CHECK_STR(r.out, "blocked\nignored\nhandled\n");
}

TEST(blocked_signals_are_passed_on_all_the_same)
{
	struct running t =
		tool_start_prepared(WORDS("run", check_child(), "ready"), block_all);
	struct result r;

	tool_expect_line(&t, "ready\n");
	kill(t.pid, SIGTERM);
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
}

/* ------------------------------------------------------------------------- terminal */

TEST(command_reads_the_terminal)
{
	struct running t = start_on_terminal(WORDS("run", "-t", "1h", "sh", "-c",
	                                           "echo ready; read x; echo \"<$x>\""));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "ready");
	type(&t, "hello\n");
	await(&t, all, sizeof(all), "<hello>");
	r = tool_end(&t);
	exits(&r, 0);
}

TEST(command_stays_in_our_group_in_front_of_a_terminal)
{
	struct running t =
		start_on_terminal(WORDS("run", check_child(), "print-session", "0"));
	char all[4096] = "";
	int ids[4] = { 0 };
	struct result r;

	await(&t, all, sizeof(all), "controlling foreground");
	CHECK_EQ(sscanf(all, "%d %d %d %d", &ids[0], &ids[1], &ids[2], &ids[3]), 4);
	CHECK_EQ(ids[2], t.pid);
	CHECK_EQ(ids[3], t.pid);
	r = tool_end(&t);
	exits(&r, 0);
}

/*
 * Ctrl-C reaches the command from the terminal, and must not come from us a second time.
 * USR1 that we send afterwards is passed on after what came before it, so when the
 * command has seen it, it has seen a second INT, too.
 */
TEST(interrupt_key_reaches_the_command_once)
{
	static const char script[] = "trap 'echo interrupt' INT; trap 'echo user' USR1; "
	                             "trap 'exit 5' USR2; "
	                             "echo ready; while :; do sleep 0.01; done";
	struct running t = start_on_terminal(WORDS("run", "sh", "-c", script));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "ready");
	type(&t, "\003");
	await(&t, all, sizeof(all), "interrupt");
	kill(t.pid, SIGUSR1);
	await(&t, all, sizeof(all), "user");
	CHECK_EQ(count(all, "interrupt"), 1);
	kill(t.pid, SIGUSR2);
	r = tool_end(&t);
	exits(&r, 5);
}

TEST(interrupt_from_a_process_is_passed_on_in_front_of_a_terminal)
{
	struct running t = start_on_terminal(WORDS("run", check_child(), "catch", "INT"));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "ready");
	kill(t.pid, SIGINT);
	r = tool_end(&t);
	exits(&r, 64 + SIGINT);
}

TEST(interrupt_key_ends_us_as_it_ends_the_command)
{
	struct running t = start_on_terminal(WORDS("run", check_child(), "ready"));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "ready");
	type(&t, "\003");
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGINT);
}

/* As when an ssh -t went away: we lead the session, and the command hears of it by us. */
TEST(hang_up_of_the_terminal_reaches_the_command)
{
	struct running t = start_on_terminal(
		WORDS("run", "sh", "-c",
	              "trap 'exit 9' HUP; echo ready; while :; do sleep 0.01; done"));
	char all[4096] = "";
	int status;

	await(&t, all, sizeof(all), "ready");
	close(t.to);
	close(t.from);
	REQUIRE_EQ(waitpid(t.pid, &status, 0), t.pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	while (waitpid(-1, NULL, 0) > 0)
		;
	close(t.err);
}

TEST(time_out_stops_the_command_in_front_of_a_terminal)
{
	struct running t =
		start_on_terminal(WORDS("run", "-t", "100ms", check_child(), "hold"));
	struct result r = tool_end(&t);

	exits(&r, 124);
}

TEST(new_session_leaves_the_terminal)
{
	struct running t = start_on_terminal(WORDS("run", "--new-session", check_child(),
	                                           "print-session", "0"));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "none");
	r = tool_end(&t);
	exits(&r, 0);
}
