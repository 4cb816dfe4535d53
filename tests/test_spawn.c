/* SPDX-License-Identifier: MIT */
/*
 * Starting: the program, its arguments, its environment, its place, and a clean start.
 */
#include "able.h"
#include "help.h"
#if HOST_POSIX
#include <sys/mman.h>
#endif

static char out[1 << 16];

/* What the helper says with these options; in `out`. */
static void say(const char *const argv[], const struct ward_spawn_opts *opts)
{
	output_of(argv, opts, out, sizeof(out));
}

TEST(a_program_is_started_and_held)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	bool strongest = able_pidfd() && !is_any_forced();

	CHECK(ward_pid(t.w) > 1);
	CHECK(!strongest || ward_hold(t.w) == WARD_HOLD_KERNEL);
	CHECK(ward_hold(t.w) == WARD_HOLD_KERNEL || ward_hold(t.w) == WARD_HOLD_CHILD);
	talk_end(&t);
}

TEST(arguments_arrive_as_they_are)
{
	say(CHILD("print-argv", "", " two words ", "\"quoted\"", "\n*\t", "-x", "a\\"),
	    NULL);
	CHECK_STR(out, "[]\n[ two words ]\n[\"quoted\"]\n[\n*\t]\n[-x]\n[a\\]\n");
#if HOST_POSIX
	say(CHILD("print-argv", "\xff"), NULL);
	CHECK_STR(out, "[\xff]\n");
#endif
}

TEST(the_program_may_have_another_name_than_its_file)
{
	say(ARGV("another-name", "print-argv", "x"),
	    WARD_SPAWN_OPTS(.file = check_child()));
	CHECK_STR(out, "[x]\n");
	say(ARGV("", "print-argv", "x"), WARD_SPAWN_OPTS(.file = check_child()));
	CHECK_STR(out, "[x]\n");
	say(ARGV("another-name", "print-name"), WARD_SPAWN_OPTS(.file = check_child()));
	CHECK_STR(out, "another-name\n");
}

/* ---------------------------------------------------------------------- PATH search */

/* Two folders, each with a program `tool` that says which one it is. */
struct tools {
	struct folder a, b;
	char path[600], tool_a[300], tool_b[300];
};

static struct tools make_tools(void)
{
	struct tools t;
	char base[300];

	t.a = folder_make();
	t.b = folder_make();
	host_make_tool(folder_file(&t.a, "tool", base, sizeof(base)), "a", t.tool_a,
	               sizeof(t.tool_a));
	host_make_tool(folder_file(&t.b, "tool", base, sizeof(base)), "b", t.tool_b,
	               sizeof(t.tool_b));
	return t;
}

static void remove_tools(const struct tools *t)
{
	folder_remove(&t->a);
	folder_remove(&t->b);
}

TEST(a_name_is_looked_for_in_the_path_of_the_caller)
{
	struct tools t = make_tools();

	snprintf(t.path, sizeof(t.path), "%s" HOST_LIST "%s", t.b.path, t.a.path);
	host_setenv("PATH", t.path);
	say(ARGV("tool"), NULL);
	CHECK_STR(out, "b\n");
	remove_tools(&t);
}

TEST(the_path_of_the_childs_own_environment_goes_before)
{
	struct tools t = make_tools();

	host_setenv("PATH", t.b.path);
	snprintf(t.path, sizeof(t.path), "PATH=%s", t.a.path);
	say(ARGV("tool"), WARD_SPAWN_OPTS(.env = ARGV(t.path)));
	CHECK_STR(out, "a\n");
	say(ARGV("tool"), WARD_SPAWN_OPTS(.env_set = ARGV(t.path)));
	CHECK_STR(out, "a\n");
	/* An environment without PATH: the caller's. */
	say(ARGV("tool"), WARD_SPAWN_OPTS(.env = ARGV("A=B")));
	CHECK_STR(out, "b\n");
	say(ARGV("tool"), WARD_SPAWN_OPTS(.env_unset = ARGV("PATH")));
	CHECK_STR(out, "b\n");
	remove_tools(&t);
}

#if HOST_POSIX
TEST(without_any_path_the_usual_places_are_searched)
{
	unsetenv("PATH");
	say(ARGV("sh", "-c", "echo x"), NULL);
	CHECK_STR(out, "x\n");
}

TEST(what_cannot_be_run_is_passed_over_in_the_search)
{
	struct tools t = make_tools();

	REQUIRE_EQ(chmod(t.tool_a, 0644), 0);
	snprintf(t.path, sizeof(t.path), "/no/such:%s:/dev/null:%s", t.a.path, t.b.path);
	host_setenv("PATH", t.path);
	say(ARGV("tool"), NULL);
	CHECK_STR(out, "b\n");
	/* Found, but nowhere to be run: that is said, and not "not found". */
	setenv("PATH", t.a.path, 1);
	spawn_fails(ARGV("tool"), NULL, -EACCES, WARD_STEP_EXEC);
	remove_tools(&t);
}
#endif

TEST(the_working_directory_is_not_searched)
{
	struct tools t = make_tools();

	snprintf(t.path, sizeof(t.path), HOST_LIST "/no/such" HOST_LIST HOST_LIST);
	host_setenv("PATH", t.path);
	spawn_fails(ARGV("tool"), WARD_SPAWN_OPTS(.cwd = t.a.path), -ENOENT,
	            WARD_STEP_EXEC);
	host_setenv("PATH", "");
	spawn_fails(ARGV("tool"), WARD_SPAWN_OPTS(.cwd = t.a.path), -ENOENT,
	            WARD_STEP_EXEC);
	/* Unless PATH names it. */
	host_setenv("PATH", ".");
	say(ARGV("tool"), WARD_SPAWN_OPTS(.cwd = t.a.path));
	CHECK_STR(out, "a\n");
	remove_tools(&t);
}

TEST(a_path_is_seen_from_the_childs_working_directory)
{
	struct tools t = make_tools();

	say(ARGV("./tool"), WARD_SPAWN_OPTS(.cwd = t.b.path));
	CHECK_STR(out, "b\n");
	remove_tools(&t);
}

/* -------------------------------------------------------- start from a descriptor */

#if HOST_POSIX
TEST(a_program_is_started_from_a_descriptor)
{
	int fd = open(check_child(), O_RDONLY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	if (!able_exec_fd()) {
		close(fd);
		SKIP("the kernel cannot start from a descriptor");
	}
	say(ARGV("any-name", "print-argv", "x"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_EXE_FD, .exe_fd = fd));
	CHECK_STR(out, "[x]\n");
	/* [sealed-fds] It is not among the descriptors of the child. */
	say(ARGV("any-name", "print-fd-numbers"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_EXE_FD, .exe_fd = fd));
	CHECK_STR(out, "0 1 2 \n");
	close(fd);
}
#endif

/* -------------------------------------------------------------------- environment */

/* The lines of @text, in whatever order. */
static bool has_lines(const char *text, const char *expected)
{
	size_t len = strlen(expected);

	for (; *expected; expected += strcspn(expected, "\n") + 1) {
		int n = (int)strcspn(expected, "\n") + 1;
		const char *at = text;

		while (strncmp(at, expected, (size_t)n) != 0)
			if ((at = strchr(at, '\n')) == NULL || !*++at)
				return false;
	}
	return strlen(text) == len;
}

/* In their order, where nobody is between us and the kernel. */
static void check_environment(const char *expected, bool ordered)
{
	if (ordered)
		CHECK_STR(out, expected);
	else if (!CHECK(has_lines(out, expected)))
		check_note("\"%s\", not \"%s\"", out, expected);
}

#if HOST_POSIX
static void clear_environment(void)
{
	extern char **environ;
	static char *none;

	environ = &none;
}

TEST(the_environment_is_the_callers)
{
	const char *const *argv = CHILD("print-env");
	bool ordered = !on_emulator();

	clear_environment();
	setenv("ONE", "1", 1);
	setenv("TWO", "", 1);
	say(argv, NULL);
	check_environment("ONE=1\nTWO=\n", ordered);
	/* No environment at all is one without entries. */
	clear_environment();
	say(argv, NULL);
	CHECK_STR(out, "");
}
#endif

/* The environment of a child as it says it. Wine adds some of its own at the end. */
static void say_environment(const struct ward_spawn_opts *opts)
{
	char *more;

	say(CHILD("print-env"), opts);
	more = on_wine() ? strstr(out, "WINEDATADIR=") : NULL;
	if (more)
		*more = '\0';
}

TEST(the_environment_is_replaced)
{
	say_environment(WARD_SPAWN_OPTS(.env = ARGV("B=2", "A=1", "=odd", "odd")));
	/* An emulator drops what has no "=". Windows wants it sorted, and has use of its
	 * own for names that begin with "=". */
	if (!HOST_POSIX)
		check_environment("A=1\nB=2\nodd\n", true);
	else if (on_emulator())
		check_environment("B=2\nA=1\n=odd\n", false);
	else
		check_environment("B=2\nA=1\n=odd\nodd\n", true);
	say_environment(WARD_SPAWN_OPTS(.env = (const char *const[]){ NULL }));
	CHECK_STR(out, "");
}

TEST(names_are_taken_away_and_values_added)
{
	const char *const base[] = { "A=1", "AB=2", "B=3", "C=4", NULL };

	say_environment(WARD_SPAWN_OPTS(.env = base, .env_unset = ARGV("A", "NONE"),
	                                .env_set = ARGV("C=5", "D=", "E=x=y")));
	check_environment("AB=2\nB=3\nC=5\nD=\nE=x=y\n", !on_emulator());
	/* Set comes after unset, and the last value of a name counts. */
	say_environment(WARD_SPAWN_OPTS(.env = base, .env_unset = ARGV("A", "AB", "B",
	                                                  "C"),
	                                .env_set = ARGV("A=6", "A=7")));
	CHECK_STR(out, "A=7\n");
}

/* [no-globals] */
TEST(the_callers_environment_stays_as_it_is)
{
	host_setenv("KEEP", "me");
	say(CHILD("print-env"),
	    WARD_SPAWN_OPTS(.env_unset = ARGV("KEEP"), .env_set = ARGV("NEW=1")));
	CHECK(strstr(out, "NEW=1\n") != NULL);
	CHECK(strstr(out, "KEEP=") == NULL);
	CHECK_STR(getenv("KEEP"), "me");
	CHECK(getenv("NEW") == NULL);
}

/* -------------------------------------------------------------------------- place */

TEST(the_working_directory_is_entered)
{
	struct folder folder = folder_make();
	char expected[300];

	say(CHILD("print-cwd"), WARD_SPAWN_OPTS(.cwd = folder.path));
	snprintf(expected, sizeof(expected), "%s\n", folder.path);
	CHECK_STR(out, expected);
	folder_remove(&folder);
}

#if HOST_POSIX
TEST(the_umask_is_set_or_left)
{
	umask(027);
	check_baseline();
	say(CHILD("print-umask"), NULL);
	CHECK_STR(out, "027\n");
	say(CHILD("print-umask"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UMASK, .umask = 0));
	CHECK_STR(out, "000\n");
	say(CHILD("print-umask"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UMASK, .umask = 0777));
	CHECK_STR(out, "777\n");
}

/* ------------------------------------------------------------------------ signals */

/* Two that nobody uses: of the real-time ones, where there are any. */
#ifdef SIGRTMIN
#define SPARE_2 (SIGRTMIN + 2)
#define SPARE_3 (SIGRTMIN + 3)
#else
#define SPARE_2 SIGWINCH
#define SPARE_3 SIGURG
#endif

static void ignore_and_block(void)
{
	sigset_t mask;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SPARE_2, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SPARE_3);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	check_baseline();
}

/* [clean-child] */
TEST(a_child_starts_with_no_signal_blocked_or_ignored)
{
	ignore_and_block();
	say(CHILD("print-signals"), NULL);
	CHECK_STR(out, "blocked\nignored\nhandled\n");
#if defined(__linux__) && !WARD_TEST_POSIX
	/* Those too that libc keeps for itself, and does not let src/posix reach. */
	if (on_emulator())
		return;
	say(CHILD("print-status", "SigBlk", "SigIgn", "SigCgt"), NULL);
	CHECK_STR(out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
	               "SigCgt:\t0000000000000000\n");
#endif
}

static void handler(int sig)
{
	(void)sig;
}

/* [clean-child] */
TEST(handlers_of_the_caller_do_not_reach_the_child)
{
	signal(SIGUSR1, handler);
	signal(SIGTERM, handler);
	check_baseline();
	say(CHILD("print-signals"), NULL);
	CHECK_STR(out, "blocked\nignored\nhandled\n");
	say(CHILD("print-signals"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_SIGNALS));
	CHECK_STR(out, "blocked\nignored\nhandled\n");
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The numbers as print-signals has them, which differ from system to system. */
static const char *three(int a, int b, int c)
{
	static char text[64];
	int numbers[3] = { a, b, c };

	qsort(numbers, 3, sizeof(numbers[0]), by_number);
	snprintf(text, sizeof(text), "%d %d %d", numbers[0], numbers[1], numbers[2]);
	return text;
}

TEST(ignored_signals_are_passed_on_when_asked)
{
	char expected[128];

	ignore_and_block();
	say(CHILD("print-signals"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_SIGNALS));
	snprintf(expected, sizeof(expected), "blocked\nignored %s\nhandled\n",
	         three(SIGHUP, SIGPIPE, SPARE_2));
	CHECK_STR(out, expected);
}

TEST(the_signal_mask_is_passed_on_when_asked)
{
	char expected[128];

	ignore_and_block();
	say(CHILD("print-signals"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_MASK));
	snprintf(expected, sizeof(expected), "blocked %s\nignored\nhandled\n",
	         three(SIGUSR1, SIGCHLD, SPARE_3));
	CHECK_STR(out, expected);
}

static volatile sig_atomic_t handled;

static void count_signal(int sig)
{
	(void)sig;
	handled++;
}

/* It is delivered once, to us, and not to the child. */
TEST(a_signal_that_waits_reaches_the_caller_only)
{
	signal(SIGUSR1, count_signal);
	ignore_and_block();
	raise(SIGUSR1);
	expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
	CHECK_EQ(handled, 0);
	sigprocmask(SIG_SETMASK, &(sigset_t){ 0 }, NULL);
	CHECK_EQ(handled, 1);
	check_baseline();
}
#endif

/* ----------------------------------------------------------------------- parallel */

#if HOST_POSIX
/* Each thread is a subfolder, which is a link more. 0: not known. */
static int count_threads(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) == 0 ? (int)st.st_nlink - 2 : 0;
}

/* [no-globals] */
TEST(no_thread_is_started)
{
	int before = count_threads();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	bool kernel = ward_hold(t.w) == WARD_HOLD_KERNEL || on_kqueue_system();

	ward_wait(t.w, MILLISECONDS(1), NULL);
	CHECK(count_threads() == before || !kernel);
	talk_end(&t);
	if (!kernel)
		SKIP("without a kernel handle or a kqueue a thread waits");
	if (before <= 0)
		SKIP("threads cannot be counted here");
}

/* A parent with much memory starts no slower and needs no more of it. */
TEST(a_large_parent_can_start)
{
	size_t size = (size_t)256 << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(memory != MAP_FAILED);
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
	expect_exit(spawn_or_fail(CHILD("exit", "4"), NULL), 4);
	munmap(memory, size);
}
#endif

TEST(two_hundred_starts_in_a_row)
{
	for (int i = 0; i < check_scaled(200); i++)
		expect_exit(spawn_or_fail(CHILD("exit", "4"), NULL), 4);
}
