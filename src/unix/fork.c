/* SPDX-License-Identifier: MIT */
/*
 * The plain start: fork copies the memory, so a failure before exec travels through a
 * pipe that exec closes. End of file without a word means that the program runs (or that
 * the child was killed on its way, which the wait then tells).
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "fork.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../gate.h"
#include "child.h"
#include "pipe.h"

enum { GO = 'g', STOP = 's', LOOK_MS = 500 };

/* The two pipes of a start: what went wrong, and (-1: none) the leave to go on. */
struct pipes {
	int report[2];
	int leave[2];
};

static void close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static void close_pipes(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		close_end(&pipes->report[i]);
		close_end(&pipes->leave[i]);
	}
}

static int make_pipes(struct pipes *pipes, bool leave)
{
	int r;

	*pipes = (struct pipes){ { -1, -1 }, { -1, -1 } };
	r = ward__pipe(pipes->report);
	if (r == 0 && leave)
		r = ward__pipe(pipes->leave);
	if (r < 0)
		close_pipes(pipes);
	return r;
}

/* Has somebody else become our parent? 0 is one that cannot be seen from here. */
static bool is_orphan(pid_t parent)
{
	pid_t now = getppid();

	return now != parent && now != 0;
}

/*
 * A parent that dies must not leave us waiting. The end of the pipe would tell, but
 * another thread's child may hold its other end; so it is looked for now and then.
 */
static void await_leave(const struct pipes *pipes, pid_t parent)
{
	struct pollfd leave = { .fd = pipes->leave[0], .events = POLLIN };

	if (pipes->leave[0] < 0)
		return;
	ward__sys_close(pipes->leave[1]);
	while (poll(&leave, 1, LOOK_MS) == 0)
		if (is_orphan(parent))
			ward__sys_exit(127);
	if (ward__sys_hear(pipes->leave[0]) != GO)
		ward__sys_exit(127);
}

static pid_t plain_fork(void *arg)
{
	(void)arg;
	return fork();
}

static int make_process(ward__make_fn *make, void *arg, struct ward__plan *plan,
                        const struct pipes *pipes, struct ward_error *error)
{
	int r = ward__gate("fork");
	struct ward__mask before;
	pid_t pid, parent = getpid();

	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	/* A handler must not run in the child: it would act for the parent. */
	r = ward__sys_block_signals(&before);
	if (r < 0)
		return ward__fail(error, WARD_STEP_SIGNALS, r, -1, NULL);
	if (!plan->mask_is_set)
		ward__plan_mask(plan, &before);
	pid = make(arg);
	if (pid == 0) {
		await_leave(pipes, parent);
		ward__child_run_apart(plan, pipes->report[1]);
	}
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

/* Said, not shown by closing: another thread's fork may hold the pipe, too. */
static void give_leave(struct pipes *pipes, bool go)
{
	const char word = go ? GO : STOP;

	if (pipes->leave[1] >= 0)
		ward__sys_tell(pipes->leave[1], &word, 1);
}

static int let_go(struct pipes *pipes, pid_t pid, ward__hold_fn *hold, void *arg,
                  struct ward_error *error)
{
	struct ward__report report;
	int r = hold ? hold(arg, pid) : 0;

	give_leave(pipes, r == 0);
	close_end(&pipes->report[1]);
	if (r < 0) {
		ward__collect_failed(pid);
		return ward__fail(error, WARD_STEP_HOLD, r, -1, NULL);
	}
	if (!read_report(pipes->report[0], &report))
		return 0;
	ward__collect_failed(pid);
	return ward__fail_report(error, &report);
}

int ward__fork_start_by(ward__make_fn *make, pid_t *ret, struct ward__plan *plan,
                        ward__hold_fn *hold, void *arg, struct ward_error *error)
{
	struct pipes pipes;
	int r = make_pipes(&pipes, hold != NULL), pid;

	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	pid = make_process(make, arg, plan, &pipes, error);
	r = pid < 0 ? pid : let_go(&pipes, pid, hold, arg, error);
	close_pipes(&pipes);
	if (r == 0)
		*ret = pid;
	return r;
}

int ward__fork_start(pid_t *ret, struct ward__plan *plan, ward__hold_fn *hold, void *arg,
                     struct ward_error *error)
{
	return ward__fork_start_by(plain_fork, ret, plan, hold, arg, error);
}
