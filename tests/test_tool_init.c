/* SPDX-License-Identifier: MIT */
/*
 * ward run --init: the first process of a container. Each claim is tried with the whole
 * command and with ward-init, which has nothing else.
 */
#include "tool_left.h"

#include <sched.h>
#ifdef __linux__
#include <poll.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

/* Which of the two; false: there is no such one. */
static bool choose(int i)
{
	const char *path = getenv("WARD_INIT");

	if (i == 0)
		return true;
	if (i > 1 || !path || !*path)
		return false;
	setenv("WARD_TOOL", path, 1);
	return true;
}

#define FOR_EACH_INIT for (int init_ = 0; choose(init_); init_++)
#define INIT(...) WORDS("run", "--init", __VA_ARGS__)

/* -------------------------------------------------------------- namespaces to be in */

static bool can_be_first(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(unshare(CLONE_NEWPID) < 0);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* Go on as the first process of a new namespace; the caller's child ends as we do. */
static void be_first(void)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		_exit(98);
	pid = fork();
	if (pid == 0)
		return;
	close(0);
	close(1);
	waitpid(pid, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
}

static void be_first_without_proc(void)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) < 0)
		_exit(96);
	be_first();
}

static void be_nobody_first(void)
{
	be_first();
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(95);
}

/* The one child of the process that waits for it. */
static pid_t pid_of_first(const struct running *t)
{
	char path[64], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)t->pid,
	         (int)t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		read_rest(fd, text, sizeof(text));
		close(fd);
	}
	return (pid_t)strtol(text, NULL, 10);
}

#define NEEDS_NAMESPACES                                       \
	do {                                                   \
		if (!can_be_first())                           \
			SKIP("no pid namespace can be made");  \
	} while (0)

/* -------------------------------------------------------------------------- orphans */

/* Who is not collected answers to signal 0. */
static const char orphan[] = "p=$(sh -c 'true & echo $!'); "
			     "while kill -0 $p 2>/dev/null; do sleep 0.01; done; "
			     "echo collected; exit 4";

TEST(orphans_are_collected_by_the_first_process)
{
	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		struct result r = tool_prepared(INIT("sh", "-c", orphan), be_first);

		exits(&r, 4);
		CHECK_STR(r.out, "collected\n");
		CHECK_STR(r.err, "");
	}
}

TEST(orphans_are_collected_where_we_are_not_the_first)
{
	FOR_EACH_INIT {
		struct result r = tool(INIT("sh", "-c", orphan));

		exits(&r, 4);
		CHECK_STR(r.out, "collected\n");
	}
}

static void be_traced(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(94);
}

static bool is_shell(unsigned long pid)
{
	char path[64], name[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%lu/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	read_rest(fd, name, sizeof(name));
	close(fd);
	return strcmp(name, "sh\n") == 0;
}

/* Let it run until it has just started the command; false: it has ended. */
static bool stop_after_start(pid_t pid)
{
	unsigned long child;
	int status, sig;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return false;
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEVFORKDONE);
	for (sig = 0;; sig = status >> 8 == SIGTRAP ? 0 : WSTOPSIG(status)) {
		ptrace(PTRACE_CONT, pid, NULL, sig);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return false;
		if (status >> 8 != (SIGTRAP | PTRACE_EVENT_VFORK_DONE << 8))
			continue;
		status = SIGTRAP << 8;
		if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0 && is_shell(child))
			return true;
	}
}

/*
 * The end of an orphan may come before the handler that would tell of it. (It waits till
 * its parent, which could collect it, is gone.)
 */
TEST(an_orphan_that_ended_before_we_listened_is_collected)
{
	static const char early[] =
	        "p=$(sh -c '(while kill -0 $$; do sleep 0.01; done) >/dev/null 2>&1 & "
	        "echo $!'); echo $p; i=0; "
	        "while kill -0 $p 2>/dev/null; do sleep 0.01; i=$((i + 1)); "
	        "[ $i -lt 1000 ] || exit 1; done; exit 4";
	struct running t = tool_start_prepared(INIT("--means=group", "sh", "-c", early),
	                                       be_traced);
	struct pollfd end = { .events = POLLIN };
	char line[32] = "";
	struct result r;

	if (!stop_after_start(t.pid)) {
		tool_end(&t);
		SKIP("the start cannot be traced, or is no vfork");
	}
	REQUIRE(read(t.from, line, sizeof(line) - 1) > 0);
	end.fd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(line, NULL, 10), 0);
	REQUIRE(end.fd >= 0);
	CHECK_EQ(poll(&end, 1, -1), 1);
	close(end.fd);
	ptrace(PTRACE_DETACH, t.pid, NULL, NULL);
	r = tool_end(&t);
	exits(&r, 4);
}

/* The command's own status is never taken for an orphan's. */
TEST(orphans_fly_by_while_the_command_ends)
{
	static const char many[] = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do "
				   "sh -c 'sleep 0.0$0 & true &' $i; done; exit 9";

	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		for (int i = 0; i < 3; i++) {
			struct result r = tool_prepared(INIT("sh", "-c", many), be_first);

			exits(&r, 9);
		}
	}
}

/* -------------------------------------------------------------------------- signals */

TEST(every_signal_that_can_be_is_passed_on)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP,   SIGQUIT, SIGUSR1,
		                   SIGUSR2, SIGWINCH, SIGALRM, SIGURG, 40 };

	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			char number[16];
			struct running t;
			struct result r;

			snprintf(number, sizeof(number), "%d", all[i]);
			t = tool_start_prepared(INIT(check_child(), "catch", number),
			                        be_first);
			tool_expect_line(&t, "ready\n");
			kill(pid_of_first(&t), all[i]);
			r = tool_end(&t);
			exits(&r, 64 + all[i]);
		}
	}
}

static const char member[] =
	"trap 'exit 3' USR1; "
	"sh -c 'trap \"echo member\" USR1; trap \"exit\" TERM; echo ready; "
	"while :; do sleep 0.01; done' & while :; do sleep 0.01; done";

TEST(signals_are_for_the_command_or_for_its_group)
{
	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		for (int i = 0; i < 2; i++) {
			struct running t = tool_start_prepared(
				INIT(i ? "-g" : "--kill-after=5s", "sh", "-c", member),
				be_first);
			struct result r;

			tool_expect_line(&t, "ready\n");
			kill(pid_of_first(&t), SIGUSR1);
			r = tool_end(&t);
			exits(&r, 3);
			CHECK_STR(r.out, i ? "member\n" : "");
		}
	}
}

/* ----------------------------------------------------------------------------- ends */

static const char polite[] = "setsid sh -c 'trap \"echo asked; exit\" TERM; echo ready; "
			     "while :; do sleep 0.01; done' & read x; exit 5";

TEST(what_is_left_is_ended_gracefully)
{
	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		struct running t =
			tool_start_prepared(INIT("sh", "-c", polite), be_first);
		struct result r;
		bool is_left;

		tool_expect_line(&t, "ready\n");
		tool_close_stdin(&t);
		r = end_and_look(&t, &is_left);
		exits(&r, 5);
		CHECK_STR(r.out, "asked\n");
		CHECK(!is_left);
	}
}

TEST(what_is_left_is_ended_where_we_are_not_the_first)
{
	bool holds = can_hold_by(NULL);

	FOR_EACH_INIT {
		struct running t;
		struct result r;
		bool is_left;

		if (init_ == 0 && !holds)
			continue;
		t = tool_start(INIT("sh", "-c", polite));
		tool_expect_line(&t, "ready\n");
		tool_close_stdin(&t);
		r = end_and_look(&t, &is_left);
		exits(&r, 5);
		CHECK_STR(r.out, "asked\n");
		CHECK(!is_left);
	}
}

TEST(what_ignores_the_signal_is_killed_after_the_grace)
{
	bool holds = can_hold_by(NULL);

	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		struct result r = tool_prepared(INIT("-k", "50ms", check_child(), "tree",
		                                     "deaf", "3", "abandon"),
		                                be_first);

		exits(&r, 0);
		if (init_ == 0 && !holds)
			continue;
		r = leaves_nothing(INIT("-k", "50ms", check_child(), "tree", "deaf", "3",
		                        "abandon"));
		exits(&r, 0);
	}
}

TEST(exit_codes_are_the_commands)
{
	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		struct result r =
			tool_prepared(INIT(check_child(), "exit", "7"), be_first);

		exits(&r, 7);
		r = tool_prepared(INIT(check_child(), "raise", "TERM"), be_first);
		exits(&r, 128 + SIGTERM);
		r = tool_prepared(INIT("/no/such/command"), be_first);
		exits(&r, 127);
		r = tool_prepared(INIT("/etc/passwd"), be_first);
		exits(&r, 126);
		r = tool_prepared(INIT("-t", "50ms", "sleep", "1000"), be_first);
		exits(&r, 124);
	}
}

static const char left_in_a_session[] =
	"p=$(sh -c 'setsid sleep 1000 >&2 & echo $!'); kill -0 $p && exit 6";

TEST(no_proc_is_needed)
{
	NEEDS_NAMESPACES;
	FOR_EACH_INIT {
		struct result r = tool_prepared(
			INIT("sh", "-c", left_in_a_session),
			be_first_without_proc);

		if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 96)
			SKIP("no mount namespace can be made");
		if (strstr(r.err, "LeakSanitizer"))
			SKIP("a sanitizer needs /proc");
		exits(&r, 6);
	}
}

TEST(no_privileges_are_needed)
{
	NEEDS_NAMESPACES;
	if (geteuid() != 0)
		SKIP("needs root to become nobody");
	FOR_EACH_INIT {
		struct result r =
			tool_prepared(INIT("sh", "-c", orphan), be_nobody_first);

		if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 99)
			SKIP("nobody may not run the command under test");
		exits(&r, 4);
		CHECK_STR(r.out, "collected\n");
	}
}

TEST(mistakes_of_init_are_told)
{
	is_mistake(WORDS("run", "-g", "true"), "--signal-group needs --init");
	is_mistake(WORDS("pipe", "--init", "true"), "--init is of one command");
	FOR_EACH_INIT {
		is_mistake(INIT("--frob", "true"), "'--frob'");
		is_mistake(INIT("-t", "soon", "true"), "'soon'");
		is_mistake(WORDS("run", "--init"), "no command given");
	}
}
#else
TEST(there_is_no_first_process_to_be)
{
	SKIP("only Linux has pid namespaces");
}
#endif
