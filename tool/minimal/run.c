/* SPDX-License-Identifier: MIT */
/*
 * What ward-init does. What is hard is whom to signal. The command is signalled until it
 * is collected, never after: its number may be another's then. The first process of a
 * namespace reaches everybody in it by kill(-1). One that is not has only its own
 * children, which nobody else can collect, so that their numbers are safe; when they end,
 * theirs come to us and are next.
 */
#define _GNU_SOURCE 1
#include "minimal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../init.h"
#include "../lifeline.h"
#include "../signals.h"

enum { MOST_ASKED = 1024, KILL_WAITS_S = 5 };

enum stage { RUNS, ASKED, KILLED };

struct state {
	const struct minimal *m;
	pid_t pid;                    /* of the command; 0: it was collected */
	int status;
	bool alone;                   /* there is no child any more */
	bool bounded;                 /* time was up, or the lifeline is cut */
	enum stage stage;
	int64_t deadline;
	pid_t asked[MOST_ASKED];      /* who was asked to end, of our children */
	size_t n_asked;
};

/* ---------------------------------------------------------------------------- start */

static _Noreturn void become(const struct minimal *m, int tell)
{
	sigset_t none;
	int error;

	if (!m->shared)
		setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(m->argv[0], m->argv);
	error = errno;
	if (write(tell, &error, sizeof(error)) < 0)
		_exit(STATUS_FAILED);
	_exit(STATUS_NOT_FOUND);
}

/* The other end of @tell closes at the exec: the errno that came instead, or 0. */
static int read_failure(int tell)
{
	int error = 0;
	ssize_t n;

	do
		n = read(tell, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	close(tell);
	return n == (ssize_t)sizeof(error) ? error : 0;
}

/* 0, or an exit status after a message. */
static int start(struct state *s)
{
	int tell[2], error;

	if (pipe2(tell, O_CLOEXEC) < 0)
		return tool_fail("cannot make a pipe: %s", strerror(errno));
	s->pid = fork();
	if (s->pid == 0)
		become(s->m, tell[1]);
	close(tell[1]);
	if (s->pid < 0)
		return tool_fail("cannot fork: %s", strerror(errno));
	/* Here, too, so that it is so when the first signal goes to it. */
	if (!s->m->shared)
		setpgid(s->pid, s->pid);
	error = read_failure(tell[0]);
	if (error == 0)
		return 0;
	waitpid(s->pid, NULL, 0);
	tool_fail("cannot run '%s': %s", s->m->argv[0], strerror(error));
	return error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

/* ----------------------------------------------------------------------------- whom */

static void forget(struct state *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_asked; i++)
		if (s->asked[i] == pid)
			s->asked[i] = s->asked[--s->n_asked];
}

static bool is_new(struct state *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_asked; i++)
		if (s->asked[i] == pid)
			return false;
	if (s->n_asked < MOST_ASKED)
		s->asked[s->n_asked++] = pid;
	return true;
}

static void signal_child(struct state *s, pid_t pid, int sig)
{
	if (sig == SIGKILL) {
		kill(pid, sig);
	} else if (is_new(s, pid)) {
		kill(pid, sig);
		kill(pid, SIGCONT);
	}
}

/* Without /proc it is the command alone. */
static void signal_children(struct state *s, int sig)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[4096];
	pid_t pid = 0;
	ssize_t n;

	if (s->pid > 0)
		signal_child(s, s->pid, sig);
	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			if (pid > 1)
				signal_child(s, pid, sig);
			pid = 0;
		}
	if (fd >= 0)
		close(fd);
}

/* Step by step to all: at once by the first process, else to who comes to us. */
static void signal_all(struct state *s, int sig)
{
	if (!s->m->first) {
		signal_children(s, sig);
		return;
	}
	tool_init_signal_all(sig);
	if (sig != SIGKILL)
		tool_init_signal_all(SIGCONT);
}

static void pass_on(struct state *s)
{
	int sig;

	while ((sig = tool_signals_next(s->m->shared)) != 0)
		if (s->pid > 0)
			kill(s->m->to_group && !s->m->shared ? -s->pid : s->pid, sig);
}

/* ---------------------------------------------------------------------------- watch */

static void collect(struct state *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		forget(s, pid);
		if (pid != s->pid)
			continue;
		s->pid = 0;
		s->status = status;
	}
	s->alone = pid < 0 && errno == ECHILD;
}

static bool is_over(const struct state *s)
{
	if (s->pid > 0)
		return false;
	if (s->m->leave && !s->bounded)
		return true;
	return s->alone && (!s->m->first || tool_init_signal_all(0) == -ESRCH);
}

static void ask(struct state *s)
{
	bool kill_now = s->m->signal == SIGKILL || s->m->grace_ns == 0;

	s->stage = kill_now ? KILLED : ASKED;
	s->deadline = tool_deadline(kill_now ? KILL_WAITS_S * WARD_NS_PER_S :
	                                       s->m->grace_ns);
	signal_all(s, kill_now ? SIGKILL : s->m->signal);
}

/* false: even KILL has not helped in time. */
static bool next_stage(struct state *s)
{
	bool late = tool_time_left(s->deadline) == 0;

	if (s->stage == RUNS && (late || tool_lifeline_is_cut())) {
		s->bounded = true;
		ask(s);
	} else if (s->stage == RUNS && s->pid == 0) {
		ask(s);
	} else if (s->stage == ASKED && late) {
		s->stage = KILLED;
		s->deadline = tool_deadline(KILL_WAITS_S * WARD_NS_PER_S);
		signal_all(s, SIGKILL);
	} else if (s->stage == KILLED && late) {
		return false;
	} else if (s->stage != RUNS && !s->m->first) {
		signal_children(s, s->stage == KILLED ? SIGKILL : s->m->signal);
	}
	return true;
}

/* Signals and ends of children wake us; the tick is for who was never our child. */
static void sleep_a_while(const struct state *s)
{
	if (s->pid > 0)
		tool_signals_sleep_write(-1, s->deadline);
	else
		tool_signals_sleep_read(-1, s->deadline);
}

static void watch(struct state *s)
{
	for (;;) {
		/* First what empties the pipe: who ends after the look wakes us. */
		pass_on(s);
		collect(s);
		if (is_over(s))
			return;
		if (!next_stage(s)) {
			tool_fail("somebody survived KILL");
			return;
		}
		sleep_a_while(s);
	}
}

int minimal_run(struct minimal *m)
{
	static struct state s;
	int r;

	s.m = m;
	r = start(&s);
	tool_signals_watch();
	if (r != 0)
		return r;
	s.deadline = tool_deadline(m->timeout_ns);
	watch(&s);
	if (s.bounded)
		return STATUS_TIMED_OUT;
	if (WIFEXITED(s.status))
		return WEXITSTATUS(s.status);
	tool_signals_end_alike(WTERMSIG(s.status));
	return STATUS_SIGNALED + WTERMSIG(s.status);
}
