/* SPDX-License-Identifier: MIT */
/*
 * The plain start: fork copies the memory, so a failure before exec travels through a
 * pipe that exec closes. End of file without a word means that the program runs (or that
 * the child was killed on its way, which the wait then tells).
 */
#define _GNU_SOURCE 1
#include "fork.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../gate.h"
#include "child.h"
#include "pipe.h"

static int make_process(struct ward__plan *plan, int pipe, struct ward_error *error)
{
	int r = ward__gate("fork");
	struct ward__mask before;
	pid_t pid;

	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	/* A handler must not run in the child: it would act for the parent. */
	ward__sys_block_signals(&before);
	ward__plan_mask(plan, &before);
	pid = fork();
	if (pid == 0)
		ward__child_run_apart(plan, pipe);
	r = -errno;
	ward__sys_set_mask(&before);
	return pid > 0 ? pid : ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
}

/* 0: the pipe was closed without a word, that is, by exec. */
static int read_report(int fd, struct ward__report *report)
{
	char *to = (char *)report;
	size_t got = 0;

	while (got < sizeof(*report)) {
		ssize_t n = read(fd, to + got, sizeof(*report) - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got == sizeof(*report);
}

int ward__fork_start(pid_t *ret, struct ward__plan *plan, struct ward_error *error)
{
	struct ward__report report;
	int pipe[2], pid, r;

	r = ward__pipe(pipe);
	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	pid = make_process(plan, pipe[1], error);
	close(pipe[1]);
	if (pid < 0) {
		close(pipe[0]);
		return pid;
	}
	r = read_report(pipe[0], &report);
	close(pipe[0]);
	if (r > 0) {
		ward__collect_failed(pid);
		return ward__fail_report(error, &report);
	}
	*ret = pid;
	return 0;
}
