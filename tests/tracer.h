/* SPDX-License-Identifier: MIT */
/*
 * A debugger that holds a child back when it has ended: readable, and nothing to be told
 * (Linux only); and how busy that makes us.
 */
#ifndef TRACER_H
#define TRACER_H

#ifdef __linux__
#include <sys/ptrace.h>
#endif
#include <time.h>

#include "help.h"

#ifdef __linux__

/*
 * A tracer in a process of its own: it seizes the child, lets us know, and collects the
 * child's end as tracer when @go is closed. Until then the kernel tells us of the end,
 * but not how it was.
 */
static inline _Noreturn void be_tracer(pid_t pid, int ready, int go)
{
	siginfo_t info;
	char byte = 'r';

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 || write(ready, &byte, 1) != 1)
		_exit(1);
	/* It has ended, and we do not collect it yet. */
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL) < 0)
		_exit(2);
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 0)
		_exit(3);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL) < 0)
		_exit(4);
	_exit(0);
}

struct tracer {
	pid_t pid;
	int ready, go;
};

/* To a leak checker the tracer's copy of the ward is not lost as long as this has it. */
static const struct ward *traced;

/* -1 as pid where tracing is not permitted. */
static inline struct tracer trace(const struct talk *talk)
{
	pid_t pid = (pid_t)ward_pid(talk->w);
	struct tracer t;
	int ready[2], go[2];
	char byte;

	make_pipe(ready);
	make_pipe(go);
	traced = talk->w;
	t.pid = fork();
	if (t.pid == 0) {
		close(talk->to);
		close(ready[0]);
		close(go[1]);
		be_tracer(pid, ready[1], go[0]);
	}
	close(ready[1]);
	close(go[0]);
	t.ready = ready[0];
	t.go = go[1];
	if (read(t.ready, &byte, 1) == 1)
		return t;
	close(t.ready);
	close(t.go);
	waitpid(t.pid, NULL, 0);
	t.pid = -1;
	return t;
}

static inline void end_tracing(struct tracer *t)
{
	int status = 1;

	close(t->go);
	close(t->ready);
	REQUIRE_EQ(waitpid(t->pid, &status, 0), t->pid);
	CHECK_EQ(status, 0);
}

static inline void until_zombie(const struct tracer *t)
{
	char byte;

	REQUIRE_EQ(read(t->ready, &byte, 1), 1);
}
#endif

static inline int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * WARD_NS_PER_S + t.tv_nsec;
}

#endif
