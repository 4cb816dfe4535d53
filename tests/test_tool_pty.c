/* SPDX-License-Identifier: MIT */
/* ward run --pty: the command's terminal, and what becomes of ours meanwhile. */
#include "tool_terminal.h"

#include <sched.h>

static bool is_raw(const struct running *t)
{
	struct termios mode;

	REQUIRE_EQ(tcgetattr(t->from, &mode), 0);
	return !(mode.c_lflag & (ICANON | ECHO | ISIG)) && !(mode.c_oflag & OPOST);
}

static bool is_cooked(const struct running *t)
{
	struct termios mode;

	REQUIRE_EQ(tcgetattr(t->from, &mode), 0);
	return (mode.c_lflag & ICANON) && (mode.c_lflag & ECHO) && (mode.c_oflag & OPOST);
}

/* --------------------------------------------------------------------- its terminal */

TEST(command_has_a_terminal_of_its_own)
{
	struct result r = tool(WORDS("run", "--pty", "sh", "-c",
	                             "test -t 0 && test -t 1 && test -t 2 && echo yes"));

	exits(&r, 0);
	CHECK_STR(r.out, "yes\r\n");
	r = tool(WORDS("run", "--pty", check_child(), "print-session", "0"));
	says(r.out, "controlling foreground");
}

TEST(errors_and_output_are_one)
{
	struct result r = tool(
		WORDS("run", "--pty", "--report=json", "sh", "-c", "echo a; echo b >&2"));

	exits(&r, 0);
	CHECK_STR(r.out, "a\r\nb\r\n");
	says(r.err, "\"out_bytes\": 6, ");
	says(r.err, "\"err_bytes\": null");
}

TEST(size_is_24_by_80_without_a_terminal_of_ours)
{
	struct result r = tool(WORDS("run", "--pty", "stty", "size"));

	exits(&r, 0);
	CHECK_STR(r.out, "24 80\r\n");
}

TEST(end_is_told_as_without)
{
	struct result r = tool(WORDS("run", "--pty", check_child(), "exit", "7"));

	exits(&r, 7);
	r = tool(WORDS("run", "--pty", check_child(), "raise", "KILL"));
	exits(&r, 128 + SIGKILL);
	r = tool(WORDS("run", "--pty", "no-such-command-anywhere"));
	exits(&r, 127);
}

TEST(time_out_ends_it)
{
	struct running t =
		tool_start(WORDS("run", "--pty", "-t", "100ms", check_child(), "hold"));
	struct result r = tool_end(&t);

	exits(&r, 124);
}

TEST(signals_are_passed_on)
{
	struct running t =
		tool_start(WORDS("run", "--pty", check_child(), "catch", "USR1"));
	struct result r;

	tool_expect_line(&t, "ready\r\n");
	kill(t.pid, SIGUSR1);
	r = tool_end(&t);
	exits(&r, 64 + SIGUSR1);
}

TEST(lines_can_have_a_name)
{
	struct result r = tool(WORDS("run", "--pty", "--prefix", "echo", "a"));

	CHECK_STR(r.out, "echo: a\r\n");
}

/* ----------------------------------------------------------------------------- keys */

TEST(nothing_is_typed_where_our_input_is_no_terminal)
{
	struct running t =
		tool_start(WORDS("run", "--pty", "--idle-timeout", "200ms", "cat"));
	struct result r;

	REQUIRE_EQ(write(t.to, "text\n", 5), 5);
	r = tool_end(&t);
	exits(&r, 124);
	CHECK_STR(r.out, "");
}

TEST(input_is_typed_and_ends)
{
	struct running t =
		tool_start(WORDS("run", "--pty", "--input", "-", check_child(), "cat"));
	struct result r;

	REQUIRE_EQ(write(t.to, "text\n", 5), 5);
	tool_close_stdin(&t);
	r = tool_end(&t);
	exits(&r, 0);
	says(r.out, "text\r\ntext\r\n");
}

TEST(keys_are_the_commands)
{
	struct running t = start_on_terminal(WORDS("run", "--pty", "sh", "-c",
	                                           "echo ready; read x; echo \"<$x>\""));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "ready\r\n");
	type(&t, "hello\r");
	await(&t, all, sizeof(all), "<hello>\r\n");
	/* It is the command's terminal that echoes, once. */
	CHECK_EQ(count(all, "hello"), 2);
	r = tool_end(&t);
	exits(&r, 0);
}

TEST(interrupt_key_is_the_commands_affair)
{
	struct running t = start_on_terminal(
		WORDS("run", "--pty", "sh", "-c",
	              "trap 'echo caught; exit 5' INT; echo ready; read x"));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "ready\r\n");
	type(&t, "\003");
	await(&t, all, sizeof(all), "caught");
	r = tool_end(&t);
	exits(&r, 5);
}

/* --------------------------------------------------------------------- our terminal */

TEST(our_terminal_is_raw_meanwhile_and_as_before_at_the_end)
{
	struct running t =
		start_on_terminal(WORDS("run", "--pty", "sh", "-c", "read x; echo $x"));
	char all[4096] = "";
	struct result r;

	while (!is_raw(&t))
		sched_yield();
	type(&t, "end\r");
	await(&t, all, sizeof(all), "end\r\nend\r\n");
	waitid(P_PID, (id_t)t.pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	CHECK(is_cooked(&t));
	r = tool_end(&t);
	exits(&r, 0);
}

TEST(our_terminal_is_as_before_after_a_signal)
{
	struct running t =
		start_on_terminal(WORDS("run", "--pty", check_child(), "hold"));
	struct result r;

	while (!is_raw(&t))
		sched_yield();
	kill(t.pid, SIGTERM);
	waitid(P_PID, (id_t)t.pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	CHECK(is_cooked(&t));
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
}

TEST(our_terminal_is_as_before_after_a_time_out)
{
	struct running t = start_on_terminal(
		WORDS("run", "--pty", "-t", "100ms", check_child(), "hold"));
	struct result r;

	waitid(P_PID, (id_t)t.pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	CHECK(is_cooked(&t));
	r = tool_end(&t);
	exits(&r, 124);
}

/* One that would stay when its input ends, which it does as well. */
TEST(command_ends_when_our_terminal_hangs_up)
{
	struct running t =
		start_on_terminal(WORDS("run", "--pty", check_child(), "spin", "60000"));
	struct result r;

	while (!is_raw(&t))
		sched_yield();
	tool_close_stdin(&t);
	close(t.from);
	t.from = unnamed_file();
	r = tool_end(&t);
	if (!CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGHUP))
		check_note("... the status is %x, and it said: %s", (unsigned)r.status,
		           r.err);
}

TEST(our_terminal_is_not_touched_when_nothing_was_started)
{
	struct running t =
		start_on_terminal(WORDS("run", "--pty", "no-such-command-anywhere"));
	struct result r;

	waitid(P_PID, (id_t)t.pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	CHECK(is_cooked(&t));
	r = tool_end(&t);
	exits(&r, 127);
}

/*
 * A shell between us and the command sees it stop by TSTP, with the terminal as it was,
 * and lets it go on.
 */
TEST(our_terminal_is_as_before_while_we_are_stopped)
{
	static const char script[] =
		"set -m; \"$0\" run --means=group --pty sh -c 'echo ready; "
		"kill -TSTP $PPID; read x; echo \"<$x>\"'; "
		"stty -a | grep -q ' icanon' && echo cooked; echo stopped; read y; fg";
	const char *path = tool_path();
	struct running t;
	char all[4096] = "";
	struct result r;

	t = start_on_terminal(WORDS("run", "sh", "-c", script, path));
	await(&t, all, sizeof(all), "stopped\r\n");
	says(all, "cooked\r\n");
	CHECK(is_cooked(&t));
	type(&t, "\r");
	while (!is_raw(&t))
		sched_yield();
	type(&t, "again\r");
	await(&t, all, sizeof(all), "<again>");
	r = tool_end(&t);
	exits(&r, 0);
}

/* A shell sets the terminal itself when a program was stopped by STOP. */
TEST(our_terminal_is_raw_again_when_we_go_on)
{
	struct running t =
		start_on_terminal(WORDS("run", "--pty", "sh", "-c", "read x; echo $x"));
	struct termios mode;
	char all[4096] = "";
	int status;
	struct result r;

	REQUIRE_EQ(tcgetattr(t.from, &mode), 0);
	while (!is_raw(&t))
		sched_yield();
	kill(t.pid, SIGSTOP);
	REQUIRE_EQ(waitpid(t.pid, &status, WUNTRACED), t.pid);
	REQUIRE(WIFSTOPPED(status));
	mode.c_lflag |= ICANON | ECHO | ISIG;
	mode.c_oflag |= OPOST;
	REQUIRE_EQ(tcsetattr(t.from, TCSANOW, &mode), 0);
	kill(t.pid, SIGCONT);
	while (!is_raw(&t))
		sched_yield();
	type(&t, "end\r");
	await(&t, all, sizeof(all), "end\r\nend\r\n");
	r = tool_end(&t);
	exits(&r, 0);
}

/* --------------------------------------------------------------------------- window */

static void set_size(const struct running *t, unsigned short rows, unsigned short columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };

	REQUIRE_EQ(ioctl(t->from, TIOCSWINSZ, &size), 0);
}

TEST(window_is_ours_and_changes_with_it)
{
	struct running t = start_on_terminal(WORDS(
		"run", "--pty", "sh", "-c",
		"trap 'stty size' WINCH; echo ready; while :; do sleep 0.01; done"));
	char all[4096] = "";
	struct result r;

	await(&t, all, sizeof(all), "ready\r\n");
	set_size(&t, 40, 120);
	await(&t, all, sizeof(all), "40 120\r\n");
	set_size(&t, 50, 100);
	await(&t, all, sizeof(all), "50 100\r\n");
	kill(t.pid, SIGTERM);
	r = tool_end(&t);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM);
}

/* ------------------------------------------------------------------------- mistakes */

TEST(what_does_not_go_with_a_terminal_is_refused)
{
	is_mistake(WORDS("run", "--pty", "--stdin", "/dev/null", "true"), "--stdin");
	is_mistake(WORDS("run", "--pty", "--stderr", "/dev/null", "true"), "--stderr");
	is_mistake(WORDS("run", "--pty", "--new-session", "true"), "--new-session");
}
