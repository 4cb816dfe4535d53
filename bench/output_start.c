/* SPDX-License-Identifier: MIT */
/*
 * A child with pipes for those that have no library: posix_spawn, close-on-exec pipes,
 * and nothing more. Our ends block.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int child_between(pid_t *ret, const char *const argv[], int in, int out)
{
	posix_spawn_file_actions_t actions;
	int r;

	posix_spawn_file_actions_init(&actions);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	r = posix_spawn(ret, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
	                environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int child_wait(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPROTO;
}

static int open_pipe(int pair[2], bool wanted, bool wide)
{
	pair[0] = pair[1] = -1;
	if (!wanted)
		return 0;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	if (wide)
		(void)fcntl(pair[0], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

static void close_if(int fd)
{
	if (fd >= 0)
		close(fd);
}

int child_start(struct child *ret, const char *const argv[], unsigned what)
{
	int in[2], out[2], r;

	r = open_pipe(in, what & START_IN, false);
	if (r < 0)
		return r;
	r = open_pipe(out, what & START_OUT, what & START_WIDE);
	if (r == 0)
		r = child_between(&ret->pid, argv, in[0], out[1]);
	close_if(in[0]);
	close_if(out[1]);
	ret->in = in[1];
	ret->out = out[0];
	if (r < 0) {
		close_if(in[1]);
		close_if(out[0]);
	}
	return r;
}

int child_end(struct child *child)
{
	close_if(child->in);
	close_if(child->out);
	return child_wait(child->pid);
}
