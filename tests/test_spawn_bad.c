/* SPDX-License-Identifier: MIT */
/*
 * Starts that cannot work: each is refused, says which step and why, and leaves nothing.
 */
#include "able.h"
#include "help.h"

/* An option that makes no sense. */
static void refused(const struct ward_spawn_opts *opts)
{
	spawn_fails(CHILD("exit", "0"), opts, -EINVAL, WARD_STEP_OPTIONS);
}

/* [told-why] */
TEST(no_arguments_are_refused)
{
	spawn_fails(NULL, NULL, -EINVAL, WARD_STEP_OPTIONS);
	spawn_fails((const char *const[]){ NULL }, NULL, -EINVAL, WARD_STEP_OPTIONS);
	CHECK_EQ(ward_spawn(NULL, CHILD("exit", "0"), NULL), -EINVAL);
}

/* [told-why] */
TEST(an_empty_program_name_is_not_found)
{
	struct ward_error error = spawn_fails(ARGV(""), NULL, -ENOENT, WARD_STEP_EXEC);

	CHECK_STR(error.path, "");
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.file = ""), -ENOENT,
	            WARD_STEP_EXEC);
}

/* [told-why] */
TEST(a_missing_program_is_named)
{
	struct ward_error error;

	error = spawn_fails(ARGV("/no/such/program"), NULL, -ENOENT, WARD_STEP_EXEC);
	CHECK_STR(error.path, "/no/such/program");
	CHECK(HOST_POSIX ? error.os_error == ENOENT : error.os_error > 0);
	CHECK_EQ(error.number, -1);
	/* Not the caller's, which may have folders that we may not enter. */
	host_setenv("PATH", "/bin" HOST_LIST "/usr/bin");
	error = spawn_fails(ARGV("no-such-program-in-path"), NULL, -ENOENT,
	                    WARD_STEP_EXEC);
	CHECK_STR(error.path, "no-such-program-in-path");
	error = spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.file = "/no/such/file"),
	                    -ENOENT, WARD_STEP_EXEC);
	CHECK_STR(error.path, "/no/such/file");
}

#if HOST_POSIX
/*
 * What is wrong with a folder of PATH is not the program's fault, even of the only one.
 */
TEST(a_path_of_one_folder_is_searched_like_one_of_many)
{
	static const char *const paths[] = { "/dev/null", "/dev/null:/no/such" };

	for (int i = 0; i < 2; i++) {
		struct ward_error error;

		setenv("PATH", paths[i], 1);
		error = spawn_fails(ARGV("tool"), NULL, -ENOENT, WARD_STEP_EXEC);
		CHECK_STR(error.path, "tool");
	}
}
#endif

/* [told-why] */
TEST(a_directory_cannot_be_run)
{
	struct ward_error error =
		spawn_fails(ARGV("/"), NULL, -EACCES, WARD_STEP_EXEC);

	CHECK_STR(error.path, "/");
#if HOST_POSIX
	spawn_fails(ARGV("/dev/null"), NULL, -EACCES, WARD_STEP_EXEC);
	spawn_fails(ARGV("/dev/null/x"), NULL, -ENOTDIR, WARD_STEP_EXEC);
#endif
}

/* [told-why] */
TEST(a_file_that_is_no_program_cannot_be_run)
{
	struct folder folder = folder_make();
	char path[300];
	struct ward_error error;

#if HOST_POSIX
	folder_write(&folder, "plain", "#!/bin/sh\nexit 0\n", 0644, path, sizeof(path));
	error = spawn_fails(ARGV(path), NULL, -EACCES, WARD_STEP_EXEC);
	CHECK_STR(error.path, path);
#endif
	folder_write(&folder, "noexec.exe", "neither ELF nor script\n", 0755, path,
	             sizeof(path));
	error = spawn_fails(ARGV(path), NULL, -ENOEXEC, WARD_STEP_EXEC);
	CHECK_STR(error.path, path);
	folder_remove(&folder);
}

#if HOST_POSIX
/* [told-why] */
TEST(a_missing_interpreter_is_told_from_a_missing_program)
{
	if (on_valgrind())
		SKIP("valgrind makes an exec of its own, too late to fail");
	struct folder folder = folder_make();
	char path[256];
	struct ward_error error;

	folder_write(&folder, "script", "#!/no/such/interpreter\n", 0755, path,
	             sizeof(path));
	error = spawn_fails(ARGV(path), NULL, -ENOENT, WARD_STEP_INTERPRETER);
	CHECK_STR(error.path, path);
	folder_remove(&folder);
}
#endif

/* [told-why] */
TEST(a_missing_working_directory_is_told_from_a_missing_program)
{
	struct ward_error error;

	error = spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = "/no/such/dir"),
	                    -ENOENT, WARD_STEP_CHDIR);
	CHECK_STR(error.path, "/no/such/dir");
	error = spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = check_child()),
	                    -ENOTDIR, WARD_STEP_CHDIR);
	CHECK(strncmp(error.path, check_child(), sizeof(error.path) - 1) == 0);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = ""), -ENOENT,
	            WARD_STEP_CHDIR);
}

/* Windows takes the name of a file that nobody could make for one that nobody made. */
enum { TOO_LONG = HOST_POSIX ? -ENAMETOOLONG : -ENOENT };

/* A path that does not fit is cut, and the start fails all the same. */
TEST(endless_paths_are_refused)
{
	static char path[8192];
	struct ward_error error;

	memset(path, 'p', sizeof(path) - 1);
	error = spawn_fails(ARGV(path), NULL, -ENOENT, WARD_STEP_EXEC);
	CHECK_EQ(strlen(error.path), sizeof(error.path) - 1);
	path[0] = '/';
	error = spawn_fails(ARGV(path), NULL, TOO_LONG, WARD_STEP_EXEC);
	CHECK_EQ(strlen(error.path), sizeof(error.path) - 1);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = path), TOO_LONG,
	            WARD_STEP_CHDIR);
}

TEST(arguments_that_are_too_long_are_refused)
{
	if (on_valgrind())
		SKIP("valgrind makes an exec of its own, too late to fail");
	size_t size = 8 << 20, n = 0;
	char *long_text = malloc(size);
	const char **many = malloc(200 * sizeof(*many));

	REQUIRE(long_text && many);
	memset(long_text, 'x', size - 1);
	long_text[size - 1] = '\0';
	spawn_fails(CHILD("exit", long_text), NULL, -E2BIG, WARD_STEP_EXEC);
#if HOST_POSIX /* elsewhere an environment may be of any size */
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.env = (const char *const[]){ long_text, NULL }),
	            -E2BIG, WARD_STEP_EXEC);
#endif

	/* None too long alone, but all of them together: 100 times 100,000 bytes. */
	long_text[100000] = '\0';
	many[n++] = check_child();
	while (n < 101)
		many[n++] = long_text;
	many[n] = NULL;
	spawn_fails(many, NULL, -E2BIG, WARD_STEP_EXEC);
	free(many);
	free(long_text);
}

#if HOST_POSIX
/* [told-why] */
TEST(an_unknown_user_is_told)
{
	struct ward_error error;

	if (!able_user_database())
		SKIP("this static program cannot ask for users here");
	error = spawn_fails(CHILD("exit", "0"),
	                    WARD_SPAWN_OPTS(.user = "no-such-user-here"), -ENOENT,
	                    WARD_STEP_USER);
	CHECK_STR(error.path, "no-such-user-here");
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.user = ""), -ENOENT,
	            WARD_STEP_USER);
}

TEST(ids_that_may_not_be_taken_are_told)
{
	int status = 1;
	pid_t pid;

	if (geteuid() != 0)
		SKIP("needs root, to become somebody else");
	pid = fork();
	if (pid == 0) {
		REQUIRE_EQ(setgid(65534), 0);
		REQUIRE_EQ(setuid(65534), 0);
		/* Our own program may be in a place that only root can enter. */
		spawn_fails(ARGV("/bin/sh"),
		            WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UID, .uid = 1), -EPERM,
		            WARD_STEP_UID);
		spawn_fails(ARGV("/bin/sh"),
		            WARD_SPAWN_OPTS(.flags = WARD_SPAWN_GID, .gid = 1), -EPERM,
		            WARD_STEP_GID);
		spawn_fails(ARGV("/bin/sh"),
		            WARD_SPAWN_OPTS(.flags = WARD_SPAWN_GROUPS), -EPERM,
		            WARD_STEP_GROUPS);
		spawn_fails(ARGV("/bin/sh"),
		            WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE, .nice = -10),
		            -EACCES, WARD_STEP_NICE);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}
#endif

/* ------------------------------------------------------------------- descriptors */

/* [told-why] */
TEST(descriptors_that_are_not_open_are_named)
{
	struct ward_fd one = { .fd = 7, .from = GIVEN(999) };
	struct ward_error error;

	error = spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = &one, .n_fds = 1),
	                    -EBADF, WARD_STEP_FD);
	CHECK_EQ(error.number, 7);
	one.from.fd = -1;
	error = spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = &one, .n_fds = 1),
	                    -EBADF, WARD_STEP_FD);
	CHECK_EQ(error.number, 7);
	error = spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.out = GIVEN(998)),
	                    -EBADF, WARD_STEP_FD);
	CHECK_EQ(error.number, 1);
}

TEST(a_number_may_be_given_once)
{
	struct ward_fd twice[2] = { { .fd = 5, .from = { .kind = WARD_FD_NULL } },
		                    { .fd = 5, .from = { .kind = WARD_FD_NULL } } };

	refused(WARD_SPAWN_OPTS(.fds = twice, .n_fds = 2));
	twice[0].fd = 1;
	refused(WARD_SPAWN_OPTS(.fds = twice, .n_fds = 1,
	                        .out = { .kind = WARD_FD_NULL }));
}

TEST(descriptor_numbers_have_a_range)
{
	static const int32_t bad[] = { -1, INT32_MIN, 1 << 20, INT32_MAX };
	struct ward_fd one = { .from = { .kind = WARD_FD_NULL } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ward_error error;

		one.fd = bad[i];
		error = spawn_fails(CHILD("exit", "0"),
		                    WARD_SPAWN_OPTS(.fds = &one, .n_fds = 1), -EBADF,
		                    WARD_STEP_OPTIONS);
		CHECK_EQ(error.number, bad[i]);
	}
	refused(WARD_SPAWN_OPTS(.fds = NULL, .n_fds = 1));
}

TEST(sources_that_make_no_sense_are_refused)
{
	struct ward_fd one = { .fd = 5, .reserved = 1, .from = { .kind = WARD_FD_NULL } };

	refused(WARD_SPAWN_OPTS(.fds = &one, .n_fds = 1));
	refused(WARD_SPAWN_OPTS(.in = { .kind = 77 }));
	refused(WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_PATH }));
	refused(WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL, .path = HOST_NULL }));
	refused(WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL, .fd = 4 }));
	refused(WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_GIVEN,
	                                .flags = WARD_FILE_READ }));
	refused(WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL, .reserved = { 1 } }));
	refused(WARD_SPAWN_OPTS(
	        .in = { .kind = WARD_FD_PATH, .path = HOST_NULL, .flags = 1u << 30 }));
}

/* [told-why] */
TEST(descriptors_that_refer_to_none_are_named)
{
	struct ward_fd circle[2] = {
		{ .fd = 5, .from = { .kind = WARD_FD_CHILD, .fd = 6 } },
		{ .fd = 6, .from = { .kind = WARD_FD_CHILD, .fd = 5 } },
	};
	struct ward_error error;

	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = circle, .n_fds = 2),
	            -EINVAL, WARD_STEP_FD);
	error = spawn_fails(CHILD("exit", "0"),
	                    WARD_SPAWN_OPTS(.fds = circle, .n_fds = 1), -EBADF,
	                    WARD_STEP_FD);
	CHECK_EQ(error.number, 5);
	circle[0].from.fd = 5;
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = circle, .n_fds = 1),
	            -EINVAL, WARD_STEP_FD);
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_CLOSED },
	                            .out = { .kind = WARD_FD_CHILD, .fd = 0 }),
	            -EBADF, WARD_STEP_FD);
}

#if HOST_POSIX
/* [told-why] */
TEST(what_only_windows_has_is_refused_elsewhere)
{
	struct ward_windows_opts *some = (struct ward_windows_opts *)(uintptr_t)64;

	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.windows = some), -ENOTSUP,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_HANDLE, .handle = 64 }),
	            -ENOTSUP, WARD_STEP_FD);
	refused(WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_HANDLE }));
	refused(WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL, .handle = 64 }));
}
#endif

/* [told-why] */
TEST(a_file_that_cannot_be_opened_is_named)
{
	struct ward_error error;

	error = spawn_fails(
		CHILD("exit", "0"),
		WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_PATH, .path = "/no/file" }),
		-ENOENT, WARD_STEP_OPEN);
	CHECK_STR(error.path, "/no/file");
	CHECK_EQ(error.number, 0);
	error = spawn_fails(
		CHILD("exit", "0"),
		WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PATH, .path = "/" }), -EISDIR,
		WARD_STEP_OPEN);
	CHECK_STR(error.path, "/");
	CHECK_EQ(error.number, 1);
}
