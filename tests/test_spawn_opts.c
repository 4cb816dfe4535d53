/* SPDX-License-Identifier: MIT */
/*
 * Options of a start that make no sense, or that the system refuses: the step is named.
 */
#include "able.h"
#include "help.h"
#if HOST_POSIX
#include <sys/resource.h>
#endif

/* An option that makes no sense. */
static void refused(const struct ward_spawn_opts *opts)
{
	spawn_fails(CHILD("exit", "0"), opts, -EINVAL, WARD_STEP_OPTIONS);
}

static struct ward_error fails_at(int step, int code, const struct ward_spawn_opts *opts)
{
	return spawn_fails(CHILD("exit", "0"), opts, code, step);
}

TEST(unknown_flags_are_refused)
{
	refused(WARD_SPAWN_OPTS(.flags = 1u << 15));
	refused(WARD_SPAWN_OPTS(.flags = UINT64_C(1) << 63));
	refused(WARD_SPAWN_OPTS(.on_close = 3));
}

TEST(reserved_words_must_be_zero)
{
	for (int i = 0; i < 5; i++) {
		struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

		opts.reserved[i] = 1;
		refused(&opts);
	}
}

/* It was meant, and would be ignored. */
TEST(a_value_without_its_flag_is_refused)
{
	refused(WARD_SPAWN_OPTS(.exe_fd = 3));
	refused(WARD_SPAWN_OPTS(.umask = 022));
	refused(WARD_SPAWN_OPTS(.uid = 1));
	refused(WARD_SPAWN_OPTS(.gid = 1));
	refused(WARD_SPAWN_OPTS(.groups = (uint32_t[]){ 1 }, .n_groups = 1));
	refused(WARD_SPAWN_OPTS(.nice = 1));
	refused(WARD_SPAWN_OPTS(.sched_policy = WARD_SCHED_BATCH));
	refused(WARD_SPAWN_OPTS(.sched_priority = 1));
	refused(WARD_SPAWN_OPTS(.pgroup = 5));
	refused(WARD_SPAWN_OPTS(.tty_fd = 1));
}

TEST(values_have_their_range)
{
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UMASK, .umask = 01000));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE, .nice = 20));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE, .nice = -21));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP, .pgroup = -1));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP, .pgroup = 1));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP, .pgroup = INT64_C(1) << 32));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_EXE_FD, .exe_fd = -1));
	refused(WARD_SPAWN_OPTS(.death_signal = -1));
	refused(WARD_SPAWN_OPTS(
	        .rlimits = (struct ward_rlimit[]){ { WARD_RLIMIT_COUNT_, 0, 1, 1 } },
	        .n_rlimits = 1));
	refused(WARD_SPAWN_OPTS(.rlimits = (struct ward_rlimit[]){ { -1, 0, 1, 1 } },
	                        .n_rlimits = 1));
	refused(WARD_SPAWN_OPTS(.rlimits = (struct ward_rlimit[]){ { 0, 1, 1, 1 } },
	                        .n_rlimits = 1));
}

TEST(lists_that_are_not_there_are_refused)
{
	refused(WARD_SPAWN_OPTS(.n_rlimits = 1));
	refused(WARD_SPAWN_OPTS(.n_cpus = 1));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_GROUPS, .n_groups = 1));
	refused(WARD_SPAWN_OPTS(.n_fds = 1));
}

TEST(flags_that_exclude_each_other_are_refused)
{
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_TTY));
	refused(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION | WARD_SPAWN_PGROUP,
	                        .pgroup = host_pid()));
}

TEST(environment_entries_must_make_sense)
{
	refused(WARD_SPAWN_OPTS(.env_set = ARGV("NO_EQUALS")));
	refused(WARD_SPAWN_OPTS(.env_set = ARGV("=value")));
	refused(WARD_SPAWN_OPTS(.env_unset = ARGV("A=B")));
	refused(WARD_SPAWN_OPTS(.env_unset = ARGV("")));
}

/* ------------------------------------------------- what the system refuses [told-why] */

#if HOST_POSIX
TEST(a_limit_that_cannot_be_set_is_named)
{
	struct ward_rlimit limits[2] = { { WARD_RLIMIT_CORE, 0, 0, WARD_RLIMIT_KEEP },
		                         { WARD_RLIMIT_NOFILE, 0, 20, 10 } };
	struct ward_error error =
	        fails_at(WARD_STEP_RLIMIT, -EINVAL,
	                 WARD_SPAWN_OPTS(.rlimits = limits, .n_rlimits = 2));

	CHECK_EQ(error.number, WARD_RLIMIT_NOFILE);
}

TEST(a_group_that_cannot_be_joined_is_told)
{
	struct ward_spawn_opts opts =
	        *WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP, .pgroup = getppid());
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;
	int r;

	/* The group of another session, or none at all: both are refused. */
	opts.pgroup = INT32_MAX;
	opts.error = &error;
	r = ward_spawn(&w, CHILD("exit", "0"), &opts);
	CHECK(r == -EPERM || r == -ESRCH);
	CHECK_EQ(error.step, WARD_STEP_PGROUP);
	CHECK_EQ(error.number, INT32_MAX);
}

TEST(what_is_no_terminal_cannot_be_one)
{
	/* A plain file: devices have answers of their own on some systems. */
	fails_at(WARD_STEP_TTY, -ENOTTY,
	         WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION | WARD_SPAWN_TTY,
	                         .in = { .kind = WARD_FD_PATH, .path = check_child() }));
	fails_at(WARD_STEP_TTY, -ENOTTY,
	         WARD_SPAWN_OPTS(.flags = WARD_SPAWN_FOREGROUND | WARD_SPAWN_PGROUP,
	                         .in = { .kind = WARD_FD_PATH, .path = check_child() }));
	fails_at(WARD_STEP_TTY, -EBADF,
	         WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION | WARD_SPAWN_TTY,
	                         .tty_fd = 77));
}

TEST(a_scheduler_policy_that_cannot_be_set_is_told)
{
	fails_at(WARD_STEP_SCHED, -EINVAL,
	         WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SCHED, .sched_policy = 77));
	fails_at(WARD_STEP_SCHED, able_sched() ? -EINVAL : -ENOTSUP,
	         WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SCHED,
	                         .sched_policy = WARD_SCHED_OTHER, .sched_priority = 5));
}
#endif

TEST(cpus_that_are_not_there_are_told)
{
	if (!able_affinity())
		SKIP("this system has no affinity");
	fails_at(WARD_STEP_AFFINITY, -EINVAL,
	         WARD_SPAWN_OPTS(.cpus = (uint32_t[]){ 8000 }, .n_cpus = 1));
	fails_at(WARD_STEP_AFFINITY, -EINVAL,
	         WARD_SPAWN_OPTS(.cpus = (uint32_t[]){ UINT32_MAX }, .n_cpus = 1));
}

#if HOST_POSIX
TEST(a_death_signal_that_is_none_is_told)
{
	fails_at(WARD_STEP_DEATH_SIGNAL, able_death_signal() ? -EINVAL : -ENOTSUP,
	         WARD_SPAWN_OPTS(.death_signal = 999));
}

TEST(a_program_descriptor_that_is_none_is_told)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.flags = WARD_SPAWN_EXE_FD);
	int folder, text;

	if (!able_exec_fd())
		SKIP("the kernel cannot start from a descriptor");
	folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	text = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	opts.exe_fd = 999;
	spawn_fails(CHILD("exit", "0"), &opts, -EBADF, WARD_STEP_FD);
	opts.exe_fd = folder;
	spawn_fails(CHILD("exit", "0"), &opts, -EACCES, WARD_STEP_EXEC);
	opts.exe_fd = text;
	spawn_fails(CHILD("exit", "0"), &opts, -EACCES, WARD_STEP_EXEC);
	close(folder);
	close(text);
}

/* No more processes for this user: nothing is left, and it is said so. */
TEST(a_limit_on_processes_is_told)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct rlimit none = { 0, 0 };
	struct ward *w = NULL;
	int status = 1, r;
	pid_t pid;

	if (geteuid() != 0)
		SKIP("needs root, to become somebody else");
	pid = fork();
	if (pid == 0) {
		REQUIRE_EQ(setrlimit(RLIMIT_NPROC, &none), 0);
		REQUIRE_EQ(setgid(54321), 0);
		REQUIRE_EQ(setuid(54321), 0);
		r = ward_spawn(&w, ARGV("/bin/sh"), WARD_SPAWN_OPTS(.error = &error));
		CHECK_EQ(r, -EAGAIN);
		/* A thread that is to hold it counts as well. */
		CHECK(error.step == WARD_STEP_PROCESS || error.step == WARD_STEP_HOLD);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}
#endif

/* A failed start says nothing of the start before. */
TEST(the_error_is_written_whole)
{
	struct ward_error error;
	struct ward *w = NULL;

	memset(&error, 0x55, sizeof(error));
	error.size = sizeof(error);
	CHECK_EQ(ward_spawn(&w, ARGV("/no/such"), WARD_SPAWN_OPTS(.error = &error)),
	         -ENOENT);
	CHECK_STR(error.path, "/no/such");
	CHECK_EQ(error.code, -ENOENT);
	CHECK(HOST_POSIX ? error.os_error == ENOENT : error.os_error > 0);
	CHECK_EQ(error.number, -1);
	CHECK_EQ(ward_spawn(&w, ARGV(check_child(), "exit", "0"),
	                    WARD_SPAWN_OPTS(.error = &error, .on_close = 99)),
	         -EINVAL);
	CHECK_STR(error.path, "");
	CHECK_EQ(error.step, WARD_STEP_OPTIONS);
}

/* [reserve-first] What the harness looks at after each case, a thousand times over. */
TEST(a_thousand_failed_starts_leave_nothing)
{
	int n = check_scaled(1000);

	for (int i = 0; i < n; i++) {
		struct ward *w = NULL;

		if (!CHECK_EQ(ward_spawn(&w, ARGV("/no/such"), NULL), -ENOENT) ||
		    !CHECK_EQ(ward_spawn(&w, CHILD("exit", "0"),
		                         WARD_SPAWN_OPTS(.cwd = "/no")),
		              -ENOENT))
			break;
	}
}

TEST(a_failed_start_leaves_errno_alone)
{
	struct ward *w = NULL;

	errno = 77;
	ward_spawn(&w, ARGV("/no/such"), NULL);
	ward_spawn(&w, NULL, NULL);
	CHECK_EQ(errno, 77);
}
