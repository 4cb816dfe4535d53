/* SPDX-License-Identifier: MIT */
/*
 * A start by bare system calls, for those who only watch. The child shares the descriptor
 * table and leaves it as its first step: who keeps a handle for each of ten thousand
 * children would otherwise give each new one a table of that size, which costs more than
 * all the rest and stays after exec.
 */
#include "many.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"

extern char **environ;

/* A child that shares our memory says here why its exec failed. */
struct raw_start {
	const char *const *argv;
	int in, error;
};

static int exec_in_child(void *arg)
{
	struct raw_start *start = arg;
	unsigned first = start->in > 2 ? (unsigned)start->in + 1 : 3;

	if (syscall(436, first, ~0u, 2u) == 0 &&      /* close_range, ..._UNSHARE */
	    (start->in <= 0 || dup2(start->in, 0) == 0))
		execve(start->argv[0], (char **)(uintptr_t)start->argv, environ);
	start->error = -errno;
	_exit(127);
}

pid_t start_raw(const char *const argv[], int in, char *stack, int *pidfd)
{
	struct raw_start start = { argv, in, 0 };
	struct arch_clone args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = STACK_BYTES,
	};
	long pid;

	if (pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)pidfd;
	}
	pid = arch_clone3(&args, exec_in_child, &start);
	return pid < 0 ? (pid_t)pid : start.error ? start.error : (pid_t)pid;
}
