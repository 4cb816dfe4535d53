/* SPDX-License-Identifier: MIT */
/*
 * Starting on Windows: which file is run, batch files, the console, the job, and what
 * Windows has in place of attributes.
 */
#include "able.h"
#include "check_state.h"
#include "help.h"

static char out[1 << 14];

static void say(const char *const argv[], const struct ward_spawn_opts *opts)
{
	output_of(argv, opts, out, sizeof(out));
}

/* A program in a folder of its own, and a PATH that has nothing else. */
struct tool {
	struct folder folder;
	char path[300], set[320];
};

static struct tool tool_make(const char *name, const char *words)
{
	struct tool t;
	char base[300];

	t.folder = folder_make();
	host_make_tool(folder_file(&t.folder, name, base, sizeof(base)), words, t.path,
	               sizeof(t.path));
	snprintf(t.set, sizeof(t.set), "PATH=%s", t.folder.path);
	return t;
}

/* ---------------------------------------------------------------------- the program */

TEST(the_ending_of_a_program_may_be_left_out)
{
	struct tool t = tool_make("tool", "a");
	char base[300];

	folder_file(&t.folder, "tool", base, sizeof(base));
	say(ARGV(base), NULL);
	CHECK_STR(out, "a\n");
	say(ARGV("tool"), WARD_SPAWN_OPTS(.env_set = ARGV(t.set)));
	CHECK_STR(out, "a\n");
	say(ARGV("TOOL.EXE"), WARD_SPAWN_OPTS(.env_set = ARGV(t.set)));
	CHECK_STR(out, "a\n");
	folder_remove(&t.folder);
}

TEST(the_working_directory_is_searched_only_when_asked)
{
	struct tool t = tool_make("tool-of-mine", "a");

	spawn_fails(ARGV("tool-of-mine"), WARD_SPAWN_OPTS(.cwd = t.folder.path), -ENOENT,
	            WARD_STEP_EXEC);
	say(ARGV("tool-of-mine"),
	    WARD_SPAWN_OPTS(.cwd = t.folder.path,
	                    .windows = WARD_WINDOWS_OPTS(
	                            .flags = WARD_WINDOWS_SEARCH_CWD)));
	CHECK_STR(out, "a\n");
	folder_remove(&t.folder);
}

/* CreateProcessW by itself would look beside our own program first. */
TEST(the_folder_of_our_own_program_is_not_searched)
{
	spawn_fails(ARGV("child", "exit", "0"),
	            WARD_SPAWN_OPTS(.env_set = ARGV("PATH=C:\\nothing")), -ENOENT,
	            WARD_STEP_EXEC);
}

TEST(a_path_with_blanks_and_other_letters_is_run)
{
	struct tool t = tool_make("a tool \xe6\x97\xa5 of mine", "a");
	char path[300];

	say(ARGV(t.path), NULL);
	CHECK_STR(out, "a\n");
	/* Not "a.exe" with arguments. */
	folder_file(&t.folder, "a", path, sizeof(path));
	spawn_fails(ARGV(path), NULL, -ENOENT, WARD_STEP_EXEC);
	folder_remove(&t.folder);
}

TEST(the_name_of_a_device_is_no_program)
{
	static const char *const names[] = { "NUL", "CON", "COM1", "nul.exe", "AUX",
		                             ".\\NUL", "\\\\.\\NUL", "C:\\NUL" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ward *w = NULL;
		int r = ward_spawn(&w, ARGV(names[i]), NULL);

		if (!CHECK(r == -ENOENT || r == -EACCES || r == -ENOEXEC))
			check_note("%s: %d", names[i], r);
		ward_close(w);
	}
}

/* ------------------------------------------------------------------------ batch files */

/* [told-why] */
TEST(batch_files_are_refused)
{
	static const char *const names[] = { "x.bat", "x.cmd", "x.BAT", "x.Cmd" };
	static const char *const tails[] = { "", ".", " ", ". .", "...  " };
	struct folder folder = folder_make();
	char path[300];

	for (size_t i = 0; i < 4; i++) {
		folder_write(&folder, names[i], "@exit 3\r\n", 0, path, sizeof(path));
		for (size_t k = 0; k < 5; k++) {
			char again[320];

			snprintf(again, sizeof(again), "%s%s", path, tails[k]);
			spawn_fails(ARGV(again), NULL, -EACCES, WARD_STEP_BATCH);
		}
	}
	folder_remove(&folder);
}

TEST(a_batch_file_is_run_when_that_is_allowed)
{
	struct folder folder = folder_make();
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(
	        .windows = WARD_WINDOWS_OPTS(.flags = WARD_WINDOWS_BATCH));
	char path[300];

	folder_write(&folder, "code.bat", "@exit 3\r\n", 0, path, sizeof(path));
	expect_exit(spawn_or_fail(ARGV(path), &opts), 3);
	folder_write(&folder, "echo.cmd", "@echo [%~1][%~2]\r\n", 0, path, sizeof(path));
	say(ARGV(path, "a b", "c&d"), &opts);
	CHECK_STR(out, "[a b][c&d]\r\n");
	spawn_fails(ARGV(path, "a\nb"), &opts, -EINVAL, WARD_STEP_BATCH);
	folder_remove(&folder);
}

/* ------------------------------------------------------------------------ attributes */

TEST(niceness_is_a_priority_class)
{
	static const struct {
		int nice;
		const char *text;
	} classes[] = { { -20, "0x80\n" }, { 0, "0x20\n" }, { 10, "0x4000\n" },
		        { 19, "0x40\n" } };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		say(CHILD("print-priority"),
		    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE, .nice = classes[i].nice));
		CHECK_STR(out, classes[i].text);
	}
}

TEST(it_runs_on_the_cpus_that_are_named)
{
	const uint32_t first = 0, none = 64;

	say(CHILD("print-affinity"), WARD_SPAWN_OPTS(.cpus = &first, .n_cpus = 1));
	CHECK_STR(out, "0x1\n");
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cpus = &none, .n_cpus = 1),
	            -EINVAL, WARD_STEP_AFFINITY);
}

/* [told-why] */
TEST(what_windows_cannot_do_is_refused)
{
	static const struct ward_rlimit limit = { WARD_RLIMIT_CPU, 0, 1, 1 };
	const struct ward_spawn_opts opts[] = {
		*WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UMASK, .umask = 022),
		*WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UID, .uid = 1),
		*WARD_SPAWN_OPTS(.flags = WARD_SPAWN_GID, .gid = 1),
		*WARD_SPAWN_OPTS(.flags = WARD_SPAWN_GROUPS),
		*WARD_SPAWN_OPTS(.user = "root"),
		*WARD_SPAWN_OPTS(.rlimits = &limit, .n_rlimits = 1),
		*WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION),
		*WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SCHED,
		                 .sched_policy = WARD_SCHED_BATCH),
		*WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NO_NEW_PRIVS),
		*WARD_SPAWN_OPTS(.death_signal = SIGTERM),
	};

	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++) {
		struct ward *w = NULL;

		if (!CHECK_EQ(ward_spawn(&w, CHILD("exit", "0"), &opts[i]), -ENOTSUP))
			check_note("... of option %d", (int)i);
		ward_close(w);
	}
}

/* ------------------------------------------------------------------ console and job */

TEST(each_kind_of_console_can_be_asked_for)
{
	for (uint32_t console = 0; console <= WARD_CONSOLE_DETACHED; console++) {
		int ends[2];
		struct ward *w;

		make_pipe(ends);
		w = spawn_or_fail(CHILD("print-console"),
		                  WARD_SPAWN_OPTS(.out = GIVEN(ends[1]),
		                                  .windows = WARD_WINDOWS_OPTS(
		                                          .console = console)));
		close(ends[1]);
		read_all(ends[0], out, sizeof(out));
		close(ends[0]);
		expect_exit(w, 0);
		if (console == WARD_CONSOLE_DETACHED)
			CHECK_STR(out, "none\n");
	}
	host_collect_orphans();               /* the host of a console may stay a moment */
}

TEST(options_of_windows_that_make_no_sense_are_refused)
{
	struct ward_windows_opts own = *WARD_WINDOWS_OPTS(.console = 4);
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.windows = &own);

	spawn_fails(CHILD("exit", "0"), &opts, -EINVAL, WARD_STEP_OPTIONS);
	own = *WARD_WINDOWS_OPTS(.flags = 1u << 9);
	spawn_fails(CHILD("exit", "0"), &opts, -EINVAL, WARD_STEP_OPTIONS);
	own = *WARD_WINDOWS_OPTS(.reserved = { 1 });
	spawn_fails(CHILD("exit", "0"), &opts, -EINVAL, WARD_STEP_OPTIONS);
	own = *WARD_WINDOWS_OPTS(0);
	own.size = 4;
	spawn_fails(CHILD("exit", "0"), &opts, -EINVAL, WARD_STEP_OPTIONS);
}

TEST(a_process_is_born_in_its_job_and_ends_with_it)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
	HANDLE job = CreateJobObjectW(NULL, NULL);
	struct talk t;
	struct ward_exit e;
	BOOL in_job = FALSE;
	char rest[16];

	memset(&limits, 0, sizeof(limits));
	limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	REQUIRE(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
	                                sizeof(limits)));
	t = talk_start_ready(CHILD("fork-and-stay"),
	                     WARD_SPAWN_OPTS(.windows = WARD_WINDOWS_OPTS(.job = job)));
	CHECK(IsProcessInJob(ward_windows_handle(t.w), job, &in_job) && in_job);
	CloseHandle(job);                     /* and the grandchild with it */
	e = wait_or_fail(t.w);
	CHECK(e.how == WARD_EXITED || e.how == WARD_SIGNALED);
	read_all(t.from, rest, sizeof(rest));
	CHECK_STR(rest, "");
	talk_end(&t);
	host_collect_orphans();
}

TEST(what_is_no_job_is_refused)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.windows = WARD_WINDOWS_OPTS(.job = event)), -EBADF,
	            WARD_STEP_JOB);
	CloseHandle(event);
}

/* A break cannot be sent without a console that both are on. */
TEST(without_a_console_a_group_cannot_be_asked_to_end)
{
	struct talk t = talk_start_ready(CHILD("catch", "BREAK"),
	                                 WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));
	int r = ward_signal(t.w, SIGTERM);
	struct ward_exit e;

	if (r == 0) {
		e = wait_or_fail(t.w);
		check_exited(&e, 64 + SIGBREAK);
	} else {
		CHECK_EQ(r, -ENOTSUP);
		CHECK_EQ(ward_stop(t.w, NULL, 0, &e), 2);
	}
	talk_end(&t);
	if (r < 0)
		SKIP("there is no console here, or Wine's, which sends no break");
}
