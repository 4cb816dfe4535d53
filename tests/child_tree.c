/* SPDX-License-Identifier: MIT */
/*
 * Trees that do not want to end. `child tree SHAPE [N [abandon]]` makes one, of about N
 * processes, says "ready" when all are there, and stays, or leaves them to themselves.
 * All hold its standard output, so that whoever reads that sees the end of the last one;
 * all end by themselves when its standard input is closed.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "child_bytes.h"

/* Where each says that it is there. */
static int here;

_Noreturn static void settle(void)
{
	if (write(here, ".", 1) != 1)
		_exit(99);
	child_until_end(0);
	_exit(0);
}

static pid_t fork_or_die(void)
{
	pid_t pid = fork();

	if (pid < 0)
		child_die("fork");
	return pid;
}

/* Each shape returns how many will say that they are there. */
static int shape_fan(int n)
{
	for (int i = 0; i < n; i++)
		if (fork_or_die() == 0)
			settle();
	return n;
}

static int shape_chain(int n)
{
	if (fork_or_die() != 0)
		return n;
	for (int i = 1; i < n; i++)
		if (fork_or_die() != 0)
			settle();
	settle();
}

static int shape_groups(int n)
{
	for (int i = 0; i < n; i++)
		if (fork_or_die() == 0) {
			setpgid(0, 0);
			settle();
		}
	return n;
}

/* Sessions of their own, and a parent that is gone. */
static int shape_daemons(int n)
{
	pid_t parent;

	for (int i = 0; i < n; i++) {
		if (fork_or_die() != 0)
			continue;
		setsid();
		parent = getpid();
		if (fork_or_die() != 0)
			_exit(0);
		while (getppid() == parent)
			sched_yield();
		settle();
	}
	return n;
}

static int shape_deaf(int n)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
	return shape_fan(n);
}

static int shape_stopped(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = fork_or_die();

		if (pid == 0) {
			if (write(here, ".", 1) != 1)
				_exit(99);
			raise(SIGSTOP);
			child_until_end(0);
			_exit(0);
		}
		if (waitpid(pid, NULL, WUNTRACED) != pid)
			child_die("waitpid");
	}
	return n;
}

/* A parent that waits for its child to exec, which it never does. */
static int shape_vfork(int n)
{
	for (int i = 0; i < n; i++)
		if (fork_or_die() == 0) {
			/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
			if (vfork() == 0)
				settle(); /* NOLINT(clang-analyzer-unix.Vfork) */
			_exit(0);
		}
	return n;
}

static void *settle_thread(void *arg)
{
	(void)arg;
	settle();
}

/* The first thread is gone, another one lives on. */
static int shape_leaderless(int n)
{
	for (int i = 0; i < n; i++)
		if (fork_or_die() == 0) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, settle_thread, NULL) != 0)
				_exit(99);
			pthread_exit(NULL);
		}
	return n;
}

/*
 * Who looks at it finds it gone: the next one runs already. Ends after N thousand, each
 * of which keeps its number until it is collected: with 20 the machine has some left.
 */
static int shape_hopper(int n)
{
	if (fork_or_die() != 0)
		return 1;
	if (write(here, ".", 1) != 1)
		_exit(99);
	for (long left = n * 1000L; left > 0; left--) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		if (pid < 0)
			sched_yield();
	}
	child_until_end(0);
	_exit(0);
}

/* All of them fork, until they are N; some are daemons. */
static int shape_bomb(int n)
{
	atomic_int *count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
	                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (count == MAP_FAILED)
		child_die("mmap");
	if (fork_or_die() != 0)
		return 1;
	/* One daemon at least is there when the attack begins. */
	if (fork_or_die() == 0 && (setsid() < 0 || write(here, ".", 1) != 1))
		_exit(99);
	while (atomic_fetch_add(count, 1) < n)
		if (fork() == 0 && atomic_load(count) % 8 == 0)
			setsid();
	child_until_end(0);
	_exit(0);
}

static const struct {
	const char *name;
	int (*make)(int n);
} shapes[] = {
	{ "fan", shape_fan },         { "chain", shape_chain },
	{ "groups", shape_groups },   { "daemons", shape_daemons },
	{ "deaf", shape_deaf },       { "stopped", shape_stopped },
	{ "vfork", shape_vfork },     { "leaderless", shape_leaderless },
	{ "hopper", shape_hopper },   { "bomb", shape_bomb },
};

static int make(const char *shape, int n)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strcmp(shapes[i].name, shape) == 0)
			return shapes[i].make(n);
	_exit(98);
}

static int verb_tree(char *args[])
{
	int n = args[1] ? child_number(args[1]) : 1, ends[2];
	char byte;

	if (pipe(ends) < 0)
		child_die("pipe");
	here = ends[1];
	for (int left = make(args[0], n); left > 0; left--)
		if (read(ends[0], &byte, 1) != 1)
			return 99;
	child_write_text(1, "ready\n");
	if (args[1] && args[2])
		return 0;
	child_until_end(0);
	return 0;
}

/* Become root by a set-uid bit, for good; say "ready" and hold. 77: the bit is no use. */
static int verb_other_user(char *args[])
{
	(void)args;
	if (getuid() == 0 || setgid(0) < 0 || setuid(0) < 0)
		return 77;
	child_write_text(1, "ready\n");
	child_until_end(0);
	return 0;
}

const struct child_verb child_tree_verbs[] = {
	{ "other-user", verb_other_user },
	{ "tree", verb_tree },
	{ NULL, NULL },
};
