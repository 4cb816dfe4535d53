/* SPDX-License-Identifier: MIT */
/* ward run --lifeline: the tree ends with what is at the other side of a descriptor. */
#include "tool_left.h"
#include "tool_terminal.h"

#include <sys/socket.h>

/* Descriptor 3 of the command: our end of it. */
static int theirs = -1;

static void give_theirs(void)
{
	dup2(theirs, 3);
}

static int make_pipe(bool reads)
{
	int ends[2];

	REQUIRE_EQ(pipe2(ends, O_CLOEXEC), 0);
	theirs = ends[!reads];
	/* close_others of the child comes first. */
	theirs = fcntl(ends[!reads], F_DUPFD_CLOEXEC, 1100);
	REQUIRE(theirs >= 0);
	close(ends[!reads]);
	return ends[reads];
}

static int make_socket(void)
{
	int ends[2];

	REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	theirs = fcntl(ends[0], F_DUPFD_CLOEXEC, 1100);
	REQUIRE(theirs >= 0);
	close(ends[0]);
	return ends[1];
}

/* @ours goes away while a tree of daemons runs. */
static void tree_ends_with(int ours, const char *option)
{
	struct running t = tool_start_prepared(
		WORDS("run", "--lifeline=3", "--report=json", option, check_child(),
	              "tree", "daemons", "2"), give_theirs);
	struct result r;
	bool is_left;

	close(theirs);
	tool_expect_line(&t, "ready\n");
	close(ours);
	r = end_and_look(&t, &is_left);
	exits(&r, 124);
	says(r.err, "\"lifeline_cut\": true");
	says(r.err, "\"timed_out\": false");
	says(r.err, "\"stopped_by\": \"TERM\"");
	CHECK(!is_left);
}

TEST(the_tree_ends_when_nobody_writes_to_the_pipe_any_more)
{
	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	tree_ends_with(make_pipe(true), "--signal=TERM");
	tree_ends_with(make_pipe(true), "--input=-");
	tree_ends_with(make_pipe(true), "--prefix=");
}

TEST(the_tree_ends_when_nobody_reads_from_the_pipe_any_more)
{
	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	tree_ends_with(make_pipe(false), "--signal=TERM");
}

TEST(the_tree_ends_when_the_socket_is_closed)
{
	if (!can_hold_by(NULL))
		SKIP("nothing here holds a tree");
	tree_ends_with(make_socket(), "--signal=TERM");
}

TEST(the_tree_ends_with_a_half_of_the_socket)
{
	int ours = make_socket();
	struct running t;
	struct result r;

	t = tool_start_prepared(WORDS("run", "--lifeline=3", check_child(), "hold"),
	                        give_theirs);
	close(theirs);
	shutdown(ours, SHUT_WR);
	r = tool_end(&t);
	exits(&r, 124);
	close(ours);
}

/* The other side has no more to say, but listens. */
TEST(output_is_a_lifeline_as_long_as_somebody_reads_it)
{
	struct running t = tool_start(WORDS("run", "--lifeline=1", check_child(), "tree",
	                                    "fan", "2"));
	struct result r;

	tool_close_stdin(&t);
	r = tool_end(&t);
	exits(&r, 0);
	t = tool_start(WORDS("run", "--lifeline=1", check_child(), "tree", "fan", "2"));
	tool_expect_line(&t, "ready\n");
	close(t.from);
	t.from = fcntl(t.err, F_DUPFD_CLOEXEC, 3);
	r = tool_end(&t);
	exits(&r, 124);
}

TEST(data_on_the_lifeline_is_the_commands)
{
	struct running t = tool_start(
		WORDS("run", "--lifeline=0", "sh", "-c",
	              "read x; echo \"<$x>\"; exit 3"));
	struct result r;

	REQUIRE_EQ(write(t.to, "hello\n", 6), 6);
	tool_expect_line(&t, "<hello>\n");
	r = tool_end(&t);
	exits(&r, 3);
}

TEST(the_tree_ends_when_the_terminal_goes_away)
{
	struct running t = start_on_terminal(
		WORDS("run", "--new-session", "--lifeline=0", "-k", "50ms", "sh", "-c",
	              "trap '' HUP; echo ready; while :; do sleep 0.01; done"));
	char all[4096] = "";
	int status;

	await(&t, all, sizeof(all), "ready");
	close(t.to);
	close(t.from);
	/* The hang-up signals us, too, as the leader of its session. */
	REQUIRE_EQ(waitpid(t.pid, &status, 0), t.pid);
	CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 124) ||
	      (WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP));
	while (waitpid(-1, NULL, 0) > 0)
		;
	close(t.err);
}

TEST(what_cannot_go_away_is_refused)
{
	is_mistake(WORDS("run", "--lifeline=77", "true"), "descriptor 77");
	is_mistake(WORDS("run", "--lifeline=x", "true"), "'x'");
	is_mistake(WORDS("run", "--lifeline=2", "true"),
	           "no pipe, socket or terminal");
}
