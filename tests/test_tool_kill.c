/* SPDX-License-Identifier: MIT */
/* ward kill: it reaches the processes that are named, and no others */
#include "target.h"

TEST(kill_sends_term_by_default)
{
	struct target t = holding();
	struct result r = tool_beside(WORDS("kill", t.name));
	int status;

	exits(&r, 0);
	CHECK_STR(r.out, "");
	CHECK_STR(r.err, "");
	status = target_end(&t);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(kill_sends_the_chosen_signal)
{
	struct target t = target_start("catch", "USR1", NULL);
	struct result r;

	target_ready(&t);
	r = tool_beside(WORDS("kill", "-s", "SIGUSR1", t.name));
	exits(&r, 0);
	CHECK_EQ(target_end(&t), (64 + SIGUSR1) << 8);
}

TEST(kill_0_only_asks)
{
	struct target t = holding();
	struct result r = tool_beside(WORDS("kill", "-s", "0", t.name));

	exits(&r, 0);
	CHECK_EQ(target_end(&t), 0);
}

TEST(kill_reaches_the_others_when_one_is_gone)
{
	struct target t = holding();
	struct result r = tool_beside(WORDS("kill", "4194303", t.name));
	int status;

	exits(&r, 1);
	says(r.err, "4194303");
	status = target_end(&t);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(kill_after_a_grace)
{
	struct target t;
	struct result r;
	int status;

	NEEDS_STRANGERS();
	t = target_start("ignore", "TERM", NULL);
	target_ready(&t);
	r = tool_beside(WORDS("kill", "-k", "50ms", t.name));
	exits(&r, 0);
	status = target_end(&t);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* We have not collected it when the command returns: a zombie is an end, here. */
TEST(kill_waits_no_longer_than_for_the_end)
{
	struct target t;
	struct result r;
	int status;

	NEEDS_STRANGERS();
	t = holding();
	r = tool_beside(WORDS("kill", "-k", "forever", t.name));
	exits(&r, 0);
	status = target_end(&t);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void ignore_term(void)
{
	signal(SIGTERM, SIG_IGN);
}

/* It looks like a zombie from outside, and ignores TERM. */
TEST(kill_is_not_deceived_when_the_first_thread_has_ended)
{
	struct target t;
	struct result r;
	int status;

	NEEDS_STRANGERS();
	t = target_start_prepared("leader-exits-first", "0", NULL, ignore_term);
	target_ready(&t);
	r = tool_beside(WORDS("kill", "-k", "50ms", t.name));
	exits(&r, 0);
	status = target_end(&t);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(kill_shares_the_grace_among_all)
{
	struct target a, b;
	struct result r;
	int status;

	NEEDS_STRANGERS();
	a = target_start_prepared("ready", NULL, NULL, ignore_term);
	b = target_start_prepared("ready", NULL, NULL, ignore_term);
	target_ready(&a);
	target_ready(&b);
	r = tool_beside(WORDS("kill", "-k", "50ms", a.name, b.name));
	exits(&r, 0);
	status = target_end(&a);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	status = target_end(&b);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(kill_reaches_a_group)
{
	struct target t;
	struct result r;
	char byte;

	NEEDS_STRANGERS();
	t = target_start("fork-and-stay", NULL, NULL);
	target_ready(&t);
	r = tool_beside(WORDS("kill", "--group", t.name));
	exits(&r, 0);
	/* All writers of its stdout are gone though we hold its stdin open. */
	CHECK_EQ(read(t.from, &byte, 1), 0);
	target_end(&t);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

TEST(kill_after_a_grace_reaches_what_is_left_of_a_group)
{
	struct target t;
	struct result r;
	char byte;

	NEEDS_STRANGERS();
	t = target_start_prepared("leave-group-member", NULL, NULL, ignore_term);
	target_ready(&t);
	r = tool_beside(WORDS("kill", "-k", "50ms", "--group", t.name));
	exits(&r, 0);
	CHECK_EQ(read(t.from, &byte, 1), 0);
	target_end(&t);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

TEST(kill_of_a_group_wants_its_leader)
{
	int hold[2];
	struct result r;
	char name[32];
	pid_t pid;

	NEEDS_STRANGERS();
	REQUIRE_EQ(pipe2(hold, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(hold[1]);
		_exit(read(hold[0], name, 1) != 0);
	}
	snprintf(name, sizeof(name), "%d", (int)pid);
	r = tool_beside(WORDS("kill", "--group", name));
	exits(&r, 1);
	says(r.err, "leads no group");
	close(hold[0]);
	close(hold[1]);
	waitpid(pid, NULL, 0);
}

TEST(kill_of_what_is_not_ours_is_refused)
{
	/* A copy of the command that everybody may run. */
	static const char script[] =
		"d=$(mktemp -d) && cat > $d/ward && chmod 755 $d/ward && "
		"$d/ward kill \"$0\"; s=$?; rm -r $d; exit $s";
	struct target t;
	struct result r;

	if (geteuid() != 0)
		SKIP("only root may become somebody else");
	t = holding();
	r = tool_beside(WORDS("run", "--user", "nobody", "--stdin", tool_path(), "sh",
	                      "-c", script, t.name));
	exits(&r, 1);
	says(r.err, "ward kill: cannot signal");
	CHECK_EQ(target_end(&t), 0);
}
