/* SPDX-License-Identifier: MIT */
/*
 * Which program Windows is given, with which arguments and which environment: the search
 * of PATH, batch files, what cannot be run, text that is not ASCII, and the limits.
 */
#include "help_windows.h"

enum { LINE_UNITS = 32767, CMD_UNITS = 8191 };

static const char *env_with(char *entry, size_t size, const char *name, const char *value)
{
	snprintf(entry, size, "%s=%s", name, value);
	return entry;
}

/* ----------------------------------------------------------------------- the search */

static void expect_found(const char *file, const char *path, uint32_t flags,
                         const char *cwd)
{
	char entry[1024];
	const char *set[] = { env_with(entry, sizeof(entry), "PATH", path), NULL };
	struct ward *w = spawn_or_fail(
		ARGV("name", "exit", "7"),
		WARD_SPAWN_OPTS(.file = file, .env_set = set, .cwd = cwd,
		                .windows = WARD_WINDOWS_OPTS(.flags = flags)));

	expect_exit(w, 7);
}

static void expect_not_found(const char *file, const char *path, int code, int step)
{
	char entry[1024];
	const char *set[] = { env_with(entry, sizeof(entry), "PATH", path), NULL };
	struct ward_error error = spawn_fails(
		ARGV("name", "exit", "7"), WARD_SPAWN_OPTS(.file = file, .env_set = set),
		code, step);

	CHECK_STR(error.path, file);
}

TEST(a_name_is_found_with_an_ending_of_pathext)
{
	struct folder f = folder_make();
	char path[300], list[700];

	folder_helper(&f, "Tool.EXE", path, sizeof(path));
	expect_found("tool", f.path, 0, NULL);
	expect_found("tool.exe", f.path, 0, NULL);
	snprintf(list, sizeof(list), ";;C:\\no such place;\"%s\";", f.path);
	expect_found("TOOL", list, 0, NULL);
	expect_not_found("too", f.path, -ENOENT, WARD_STEP_EXEC);
	expect_not_found("tool.com", f.path, -ENOENT, WARD_STEP_EXEC);
	expect_not_found("tool", "", -ENOENT, WARD_STEP_EXEC);
	folder_remove(&f);
}

TEST(the_order_of_pathext_decides)
{
	struct folder f = folder_make();
	char path[300], entry[400], text[64];
	const char *set[] = { "PATHEXT=.txt;.EXE;.com",
		              env_with(entry, sizeof(entry), "PATH", f.path), NULL };

	folder_helper(&f, "tool.exe", path, sizeof(path));
	folder_write(&f, "tool.com", "not a program", 0, path, sizeof(path));
	output_of(ARGV("x", "print-argv", "found"),
	          WARD_SPAWN_OPTS(.file = "tool", .env_set = set), text, sizeof(text));
	CHECK_STR(without_returns(text), "[found]\n");
	set[0] = "PATHEXT=.COM;.EXE";
	spawn_fails(ARGV("x"), WARD_SPAWN_OPTS(.file = "tool", .env_set = set),
	            on_wine() ? -ENOENT : -ENOEXEC, WARD_STEP_EXEC); /* Wine: for DOS */
	folder_remove(&f);
}

TEST(a_name_with_another_ending_is_tried_as_it_is_and_with_more)
{
	struct folder f = folder_make();
	char path[300];

	folder_helper(&f, "tool3.11.exe", path, sizeof(path));
	folder_helper(&f, "odd.program", path, sizeof(path));
	expect_found("tool3.11", f.path, 0, NULL);
	expect_found("odd.program", f.path, 0, NULL);
	folder_remove(&f);
}

/* The directories that CreateProcess looks into by itself. */
TEST(neither_the_working_directory_nor_our_own_is_searched)
{
	struct folder f = folder_make();
	char path[300];

	folder_helper(&f, "only-here.exe", path, sizeof(path));
	REQUIRE(SetCurrentDirectoryA(f.path));
	expect_not_found("only-here", "C:\\windows", -ENOENT, WARD_STEP_EXEC);
	expect_not_found("child.exe", "C:\\windows", -ENOENT, WARD_STEP_EXEC);
	expect_not_found("cmd.exe", f.path, -ENOENT, WARD_STEP_EXEC);
	REQUIRE(SetCurrentDirectoryA("C:\\windows"));
	expect_found("only-here", "C:\\windows", WARD_WINDOWS_SEARCH_CWD, f.path);
	expect_found("only-here", ".", 0, f.path);
	check_baseline();
	folder_remove(&f);
}

TEST(paths_of_every_kind_are_seen_from_the_childs_directory)
{
	struct folder f = folder_make();
	char path[300], other[400];

	folder_helper(&f, "here.exe", path, sizeof(path));
	expect_found(".\\here.exe", "", 0, f.path);
	expect_found("./here", "", 0, f.path);
	snprintf(other, sizeof(other), "%.2shere.exe", f.path);
	expect_found(other, "", 0, f.path);
	snprintf(other, sizeof(other), "%s\\here", f.path + 2);
	expect_found(other, "", 0, "C:\\windows");
	snprintf(other, sizeof(other), "\\\\?\\%s\\here.exe", f.path);
	expect_found(other, "", 0, NULL);
	snprintf(other, sizeof(other), "%s\\x\\..\\here.exe. .", f.path);
	expect_found(other, "", 0, NULL);
	folder_remove(&f);
}

TEST(a_directory_is_passed_over_for_the_program_beside_it)
{
	struct folder f = folder_make();
	char path[300], dir[300];

	CreateDirectoryA(folder_file(&f, "tool", dir, sizeof(dir)), NULL);
	spawn_fails(ARGV(dir), NULL, -EACCES, WARD_STEP_EXEC);
	folder_helper(&f, "tool.exe", path, sizeof(path));
	expect_found("tool", f.path, 0, NULL);
	expect_found(dir, f.path, 0, NULL);
	CHECK(RemoveDirectoryA(dir));
	folder_remove(&f);
}

TEST(the_name_of_a_device_is_not_run)
{
	static const char *const names[] = { "nul",        "CON",     "com1.exe",
		                             "LPT9",       "aux.txt", "prn .x",
		                             ".\\nul",     "C:\\nul", "conin$",
		                             "COM\xc2\xb9" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		spawn_fails(ARGV(names[i]), NULL, -EACCES, WARD_STEP_EXEC);
}

TEST(what_is_no_program_is_told)
{
	struct folder f = folder_make();
	char path[300];

	folder_write(&f, "text.exe", "just text", 0, path, sizeof(path));
	CHECK_EQ(spawn_fails(ARGV(path), NULL, -ENOEXEC, WARD_STEP_EXEC).os_error,
	         ERROR_BAD_EXE_FORMAT);
	folder_write(&f, "empty.exe", "", 0, path, sizeof(path));
	spawn_fails(ARGV(path), NULL, -ENOEXEC, WARD_STEP_EXEC);
	folder_remove(&f);
}

TEST(a_working_directory_that_is_a_file_is_told)
{
	struct folder f = folder_make();
	char path[300];

	folder_write(&f, "file", "", 0, path, sizeof(path));
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = path), -ENOTDIR,
	            WARD_STEP_CHDIR);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = "C:\\no\\such"), -ENOENT,
	            WARD_STEP_CHDIR);
	folder_remove(&f);
}

/* ----------------------------------------------------------------------- batch files */

/* CVE-2024-24576, CVE-2024-43402: by whatever name CreateProcess would give it to cmd. */
TEST(batch_files_are_refused_by_every_name)
{
	static const char *const names[] = { "x.bat",    "x.BAT",        "x.bat. .",
		                             "x.bat...", "x.bat  ",      "x.cmd",
		                             "x.CmD .",  "x.bat::$DATA", "x",
		                             "x.bat:y" };
	struct folder f = folder_make();
	char path[300];

	folder_write(&f, "x.bat", "@echo run\r\n", 0, path, sizeof(path));
	folder_write(&f, "x.cmd", "@echo run\r\n", 0, path, sizeof(path));
	for (size_t i = 0; i < 9; i++) {
		bool stream = strchr(names[i], ':') != NULL;

		folder_file(&f, names[i], path, sizeof(path));
		if (stream && on_wine()) {
			check_note("%s: Wine has no streams", names[i]);
			continue;
		}
		spawn_fails(ARGV(path), NULL, -EACCES, WARD_STEP_BATCH);
	}
	expect_not_found("x", f.path, -EACCES, WARD_STEP_BATCH);
	expect_not_found("x.cmd", f.path, -EACCES, WARD_STEP_BATCH);
	folder_remove(&f);
}

TEST(a_program_goes_before_the_batch_file_beside_it)
{
	struct folder f = folder_make();
	char path[300];

	folder_write(&f, "tool.bat", "@exit 3\r\n", 0, path, sizeof(path));
	folder_helper(&f, "tool.exe", path, sizeof(path));
	expect_found("tool", f.path, 0, NULL);
	folder_remove(&f);
}

#define BATCH WARD_WINDOWS_OPTS(.flags = WARD_WINDOWS_BATCH)

TEST(an_allowed_batch_file_runs_and_its_code_is_told)
{
	struct folder f = folder_make();
	char path[300], entry[400];
	const char *set[] = { env_with(entry, sizeof(entry), "PATH", f.path), NULL };

	folder_write(&f, "a tool.bat", "@exit 259\r\n", 0, path, sizeof(path));
	expect_exit(spawn_or_fail(ARGV(path), WARD_SPAWN_OPTS(.windows = BATCH)), 259);
	expect_exit(spawn_or_fail(ARGV("a tool"),
	                          WARD_SPAWN_OPTS(.windows = BATCH, .env_set = set)),
	            259);
	folder_remove(&f);
}

/* The batch file hands what it got to the helper, which says it. */
TEST(arguments_of_a_batch_file_arrive_as_they_are)
{
	static const char *const hard[] = { "plain",   "a b",    "a&b",
		                            "a|b>c<d", "50%",    "%PATH%",
		                            "^caret^", "!bang!", "x,y;z=w",
		                            "(p)",     "tail\\", "\"&echo pwned" };
	struct folder f = folder_make();
	char path[300], script[600], text[4096], expected[64];

	snprintf(script, sizeof(script), "@\"%s\" print-argv %%*\r\n", check_child());
	folder_write(&f, "pass.bat", script, 0, path, sizeof(path));
	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		if (on_wine() && strpbrk(hard[i], "%^\"(")) {
			check_note("%s: Wine's cmd.exe reads lines by rules of its own",
			           hard[i]);
			continue;
		}
		windows_output_of(ARGV("x", hard[i]),
		                  WARD_SPAWN_OPTS(.file = path, .windows = BATCH), text,
		                  sizeof(text));
		snprintf(expected, sizeof(expected), "[%s]\n", hard[i]);
		CHECK_STR(text, expected);
	}
	folder_remove(&f);
}

TEST(what_cmd_cannot_be_told_is_refused_at_its_step)
{
	struct folder f = folder_make();
	char path[300], *endless = malloc(CMD_UNITS + 1);

	REQUIRE(endless != NULL);
	memset(endless, 'a', CMD_UNITS);
	endless[CMD_UNITS] = '\0';
	folder_write(&f, "x.bat", "@exit 0\r\n", 0, path, sizeof(path));
	spawn_fails(ARGV(path, "a\nb"), WARD_SPAWN_OPTS(.windows = BATCH), -EINVAL,
	            WARD_STEP_BATCH);
	spawn_fails(ARGV(path, endless), WARD_SPAWN_OPTS(.windows = BATCH), -E2BIG,
	            WARD_STEP_BATCH);
	/* What keeps percent signs from naming variables is this one. */
	spawn_fails(ARGV(path, "%PATH%"),
	            WARD_SPAWN_OPTS(.windows = BATCH,
	                            .env_set = (const char *const[]){ "cd=", NULL }),
	            -EINVAL, WARD_STEP_BATCH);
	free(endless);
	folder_remove(&f);
}

/* ------------------------------------------------------------------------- arguments */

TEST(hard_arguments_arrive_as_they_are)
{
	static const char *const hard[] = { "",
		                            " ",
		                            "\t",
		                            "\"",
		                            "a\"b",
		                            "\\",
		                            "\\\\\"",
		                            "a b\\",
		                            "%PATH%",
		                            "^&|",
		                            "a\nb",
		                            "*.exe",
		                            "\xc3\xa4",
		                            "\xf0\x9f\x98\x80",
		                            "\xed\xa0\x80",
		                            "'q'" };
	char text[256], expected[64];

	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		windows_output_of(CHILD("print-argv", "x", hard[i], "y"), NULL, text,
		                  sizeof(text));
		snprintf(expected, sizeof(expected), "[x]\n[%s]\n[y]\n", hard[i]);
		CHECK_STR(text, expected);
	}
}

TEST(what_is_not_utf_8_is_refused)
{
	static const char *const bad[] = { "\xff",
		                           "\xc3",
		                           "\xc0\x80",
		                           "\xe0\x80\x80",
		                           "\xf5\x80\x80\x80",
		                           "\xed\xa0\x80\xed\xb0\x80" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char entry[32];
		const char *set[] = { env_with(entry, sizeof(entry), "X", bad[i]), NULL };

		spawn_fails(CHILD("exit", bad[i]), NULL, -EILSEQ, WARD_STEP_OPTIONS);
		spawn_fails(ARGV(bad[i]), NULL, -EILSEQ, WARD_STEP_OPTIONS);
		spawn_fails(CHILD("exit"), WARD_SPAWN_OPTS(.cwd = bad[i]), -EILSEQ,
		            WARD_STEP_OPTIONS);
		spawn_fails(CHILD("exit"), WARD_SPAWN_OPTS(.env_set = set), -EILSEQ,
		            WARD_STEP_OPTIONS);
	}
}

TEST(a_name_with_a_quote_cannot_be_passed)
{
	spawn_fails(ARGV("a\"b", "exit"), WARD_SPAWN_OPTS(.file = check_child()), -EINVAL,
	            WARD_STEP_OPTIONS);
}

/* The helper says how many characters it got. */
TEST(a_line_of_32766_characters_and_its_end_is_passed_and_one_more_is_not)
{
	const size_t before = strlen("p count-argv "), most = LINE_UNITS - 1 - before;
	char *argument = malloc(most + 2), text[64], expected[64];

	REQUIRE(argument != NULL);
	memset(argument, 'a', most + 1);
	argument[most] = '\0';
	windows_output_of(ARGV("p", "count-argv", argument),
	                  WARD_SPAWN_OPTS(.file = check_child()), text, sizeof(text));
	snprintf(expected, sizeof(expected), "1 %lu\n", (unsigned long)most);
	CHECK_STR(text, expected);

	argument[most] = 'a';
	argument[most + 1] = '\0';
	spawn_fails(ARGV("p", "count-argv", argument),
	            WARD_SPAWN_OPTS(.file = check_child()), -E2BIG, WARD_STEP_EXEC);
	free(argument);
}

/* ----------------------------------------------------------------------- environment */

TEST(variables_whose_names_differ_in_case_are_one)
{
	static const char *const env[] = { "b=1", "Zz=2", "\xc3\xa4=3", "B=4",
		                           "\xc3\x84=5", "a=6", "=C:=C:\\windows", NULL };
	char text[512];

	windows_output_of(CHILD("print-env"), WARD_SPAWN_OPTS(.env = env), text,
	                  sizeof(text));
	CHECK(strstr(text, "B=4\n") && !strstr(text, "b=1"));
	CHECK(strstr(text, "\xc3\x84=5\n") && !strstr(text, "=3"));
	CHECK(strstr(text, "a=6\n") && strstr(text, "Zz=2\n"));
}

TEST(names_to_take_away_are_found_in_any_case)
{
	static const char *const env[] = { "Keep=1", "Gone=2", "\xc3\xa9x=3", NULL };
	static const char *const unset[] = { "GONE", "\xc3\x89X", NULL };
	static const char *const set[] = { "KEEP=4", NULL };
	char text[512];

	windows_output_of(CHILD("print-env"),
	                  WARD_SPAWN_OPTS(.env = env, .env_unset = unset, .env_set = set),
	                  text, sizeof(text));
	CHECK(strstr(text, "KEEP=4\n") != NULL);
	CHECK(!strstr(text, "Keep=1") && !strstr(text, "Gone") && !strstr(text, "=3"));
}

TEST(an_empty_environment_is_empty)
{
	static const char *const none[] = { NULL };
	char text[512];

	windows_output_of(CHILD("print-env"), WARD_SPAWN_OPTS(.env = none), text,
	                  sizeof(text));
	CHECK(!strstr(text, "PATH="));
}

/* The directories of drives, which the system keeps under names that begin with "=". */
TEST(hidden_variables_are_passed_on)
{
	char text[256];

	REQUIRE(SetEnvironmentVariableW(L"=X:", L"X:\\kept"));
	windows_output_of(ARGV("cmd.exe", "/d", "/c", "set", "="), NULL, text,
	                  sizeof(text));
	SetEnvironmentVariableW(L"=X:", NULL);
	if (on_wine() && !strstr(text, "=X:"))
		SKIP("Wine's cmd.exe does not show them");
	CHECK(strstr(text, "=X:=X:\\kept") != NULL);
}

TEST(an_environment_of_a_hundred_mebibytes_is_passed)
{
	enum { MANY = 100, LONG = 1 << 20 };
	const char **env = calloc(MANY + 1, sizeof(*env));
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;
	int r;

	REQUIRE(env != NULL);
	for (int i = 0; i < MANY; i++) {
		char *entry = malloc(LONG + 1);

		REQUIRE(entry != NULL);
		memset(entry, 'v', LONG);
		memcpy(entry, "NAME00=", 7);
		entry[4] = (char)('0' + i / 10);
		entry[5] = (char)('0' + i % 10);
		entry[LONG] = '\0';
		env[i] = entry;
	}
	r = ward_spawn(&w, CHILD("exit", "3"),
	               WARD_SPAWN_OPTS(.env = env, .error = &error));
	/* Passed, or refused by the system: never cut. */
	if (r == 0)
		expect_exit(w, 3);
	else
		check_note("the system says %s, error %lld", ward_error_name(r),
		           (long long)error.os_error);
	CHECK(r == 0 || error.step == WARD_STEP_PROCESS);
	for (int i = 0; i < MANY; i++)
		free((void *)(uintptr_t)env[i]);
	free(env);
}

TEST(signals_and_everything_else_of_posix_is_refused_at_its_step)
{
	const uint32_t group = 1;
	const struct ward_rlimit limit = { .resource = WARD_RLIMIT_CORE };
	const struct {
		struct ward_spawn_opts opts;
		int step;
	} cases[] = {
		{ { .flags = WARD_SPAWN_UMASK }, WARD_STEP_OPTIONS },
		{ { .user = "root" }, WARD_STEP_USER },
		{ { .flags = WARD_SPAWN_UID }, WARD_STEP_UID },
		{ { .flags = WARD_SPAWN_GID }, WARD_STEP_GID },
		{ { .flags = WARD_SPAWN_GROUPS, .groups = &group, .n_groups = 1 },
		  WARD_STEP_GROUPS },
		{ { .rlimits = &limit, .n_rlimits = 1 }, WARD_STEP_RLIMIT },
		{ { .flags = WARD_SPAWN_SESSION }, WARD_STEP_SESSION },
		{ { .flags = WARD_SPAWN_PGROUP, .pgroup = 5 }, WARD_STEP_PGROUP },
		{ { .flags = WARD_SPAWN_FOREGROUND }, WARD_STEP_TTY },
		{ { .flags = WARD_SPAWN_SCHED }, WARD_STEP_SCHED },
		{ { .flags = WARD_SPAWN_NO_NEW_PRIVS }, WARD_STEP_NO_NEW_PRIVS },
		{ { .flags = WARD_SPAWN_INHERIT_MASK }, WARD_STEP_SIGNALS },
		{ { .death_signal = 9 }, WARD_STEP_DEATH_SIGNAL },
		{ { .flags = WARD_SPAWN_EXE_FD, .exe_fd = 3 }, WARD_STEP_EXEC },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ward_spawn_opts opts = cases[i].opts;

		opts.size = sizeof(opts);
		spawn_fails(CHILD("exit", "0"), &opts, -ENOTSUP, cases[i].step);
	}
}

TEST(options_of_windows_are_checked)
{
	struct ward_windows_opts own = { .size = sizeof(own), .flags = 1u << 9 };

	spawn_fails(CHILD("exit"), WARD_SPAWN_OPTS(.windows = &own), -EINVAL,
	            WARD_STEP_OPTIONS);
	own = (struct ward_windows_opts){ .size = sizeof(own), .console = 4 };
	spawn_fails(CHILD("exit"), WARD_SPAWN_OPTS(.windows = &own), -EINVAL,
	            WARD_STEP_OPTIONS);
	own = (struct ward_windows_opts){ .size = 4 };
	spawn_fails(CHILD("exit"), WARD_SPAWN_OPTS(.windows = &own), -EINVAL,
	            WARD_STEP_OPTIONS);
	own = (struct ward_windows_opts){ .size = sizeof(own), .reserved = { 1 } };
	spawn_fails(CHILD("exit"), WARD_SPAWN_OPTS(.windows = &own), -EINVAL,
	            WARD_STEP_OPTIONS);
}
