/* SPDX-License-Identifier: MIT */
/*
 * The ways to start a program and wait for it. All start the same path with the caller's
 * environment and check that it ended with 0; none passes or closes descriptors, so that
 * all do the same except for what the name says. The floor is what the kernel alone
 * costs: as few calls as give a held child, no signal work, no error report but a word
 * of shared memory.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch.h"
#include "ward.h"

extern char **environ;

/* A child that shares our memory says here why its exec failed. */
struct raw_start {
	char *const *argv;
	int error;
};

static int exec_in_child(void *arg)
{
	struct raw_start *start = arg;

	execve(start->argv[0], start->argv, environ);
	start->error = -errno;
	_exit(127);
}

/* With the descriptor table still the parent's: leave it with 0..2 only, then exec. */
static int unshare_in_child(void *arg)
{
	struct raw_start *start = arg;

	if (syscall(436, 3u, ~0u, 2u) == 0)   /* close_range, CLOSE_RANGE_UNSHARE */
		return exec_in_child(arg);
	start->error = -errno;
	_exit(127);
}

static int status_error(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPROTO;
}

static int wait_for_pidfd(int pidfd)
{
	siginfo_t info;
	int r;

	r = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED);
	if (r < 0)
		r = -errno;
	else if (info.si_code != CLD_EXITED || info.si_status != 0)
		r = -EPROTO;
	close(pidfd);
	return r;
}

static int run_raw(char *const argv[], char *stack, uint64_t flags, int (*child)(void *))
{
	struct raw_start start = { argv, 0 };
	int pidfd = -1, r;
	struct arch_clone args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | flags,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = STACK_BYTES,
	};
	long pid;

	pid = arch_clone3(&args, child, &start);
	if (pid < 0)
		return (int)pid;
	r = wait_for_pidfd(pidfd);
	return start.error ? start.error : r;
}

static int run_floor(char *const argv[], char *stack)
{
	return run_raw(argv, stack, 0, exec_in_child);
}

static int run_floor_unshare(char *const argv[], char *stack)
{
	return run_raw(argv, stack, CLONE_FILES, unshare_in_child);
}

static int run_ward(char *const argv[], char *stack)
{
	(void)stack;
	return run_by_ward(argv, NULL);
}

static int run_ward_inherit(char *const argv[], char *stack)
{
	(void)stack;
	return run_by_ward(argv, WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_SIGNALS));
}

static int wait_for_pid(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return status_error(status);
}

static int run_posix_spawn_with(char *const argv[], const posix_spawnattr_t *attr)
{
	pid_t pid;
	int r;

	r = posix_spawn(&pid, argv[0], NULL, attr, argv, environ);
	return r ? -r : wait_for_pid(pid);
}

static int run_posix_spawn(char *const argv[], char *stack)
{
	(void)stack;
	return run_posix_spawn_with(argv, NULL);
}

/* The signals as ward's child has them by default. */
static int run_posix_spawn_clean(char *const argv[], char *stack)
{
	posix_spawnattr_t attr;
	sigset_t all, none;
	int r;

	(void)stack;
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	r = run_posix_spawn_with(argv, &attr);
	posix_spawnattr_destroy(&attr);
	return r;
}

static int run_vfork(char *const argv[], char *stack)
{
	pid_t pid;

	(void)stack;
	pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): it competes */
	if (pid == 0) {
		execve(argv[0], argv, environ);
		_exit(127);
	}
	return pid < 0 ? -errno : wait_for_pid(pid);
}

static int run_fork(char *const argv[], char *stack)
{
	pid_t pid;

	(void)stack;
	pid = fork();
	if (pid == 0) {
		execve(argv[0], argv, environ);
		_exit(127);
	}
	return pid < 0 ? -errno : wait_for_pid(pid);
}

const struct contestant contestants[] = {
	[FLOOR] = { "floor", run_floor },
	[FLOOR_UNSHARE] = { "floor, descriptors unshared", run_floor_unshare },
	[WARD] = { "ward", run_ward },
	[WARD_INHERIT] = { "ward, signals inherited", run_ward_inherit },
	[POSIX_SPAWN] = { "posix_spawn + waitpid", run_posix_spawn },
	[POSIX_SPAWN_CLEAN] = { "posix_spawn, clean signals", run_posix_spawn_clean },
	[VFORK] = { "vfork + exec + waitpid", run_vfork },
	[FORK] = { "fork + exec + waitpid", run_fork },
};
const int n_contestants = sizeof(contestants) / sizeof(contestants[0]);

void contestants_end(void)
{
}
