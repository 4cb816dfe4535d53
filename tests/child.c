/* SPDX-License-Identifier: MIT */
/*
 * The program that the tests start: `child VERB [ARG]...`. It says what it was given
 * (child_print.c, child_stdio.c), reads and writes (child_play.c, child_bytes.c), ends in
 * a chosen way, or stays until its standard input is closed. It uses nothing of the
 * library, so that what it says is evidence.
 */
#include "child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

_Noreturn void child_die(const char *what)
{
	perror(what);
	_exit(99);
}

int child_number(const char *text)
{
	return text ? (int)strtol(text, NULL, 10) : 0;
}

static int signal_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {
		{ "ABRT", SIGABRT }, { "CHLD", SIGCHLD }, { "CONT", SIGCONT },
		{ "HUP", SIGHUP },   { "INT", SIGINT },   { "KILL", SIGKILL },
		{ "PIPE", SIGPIPE }, { "QUIT", SIGQUIT }, { "SEGV", SIGSEGV },
		{ "STOP", SIGSTOP }, { "TERM", SIGTERM }, { "USR1", SIGUSR1 },
		{ "USR2", SIGUSR2 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name && strcmp(names[i].name, name) == 0)
			return names[i].number;
	return child_number(name);
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		child_die("write");
}

/* Until @fd says end of file: whoever started us holds the other end. */
static void until_closed(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
}

/* ---------------------------------------------------------------------------- ends */

static int verb_exit(char *args[])
{
	_exit(child_number(args[0]));
}

static int verb_raise(char *args[])
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	raise(signal_of(args[0]));
	return 98;
}

/* With a core dump, into the working directory (or where core_pattern says). */
static int verb_dump_core(char *args[])
{
	struct rlimit limit;

	(void)args;
	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
	abort();
}

/* Until FD (0) is closed, then exit with CODE (0). */
static int verb_hold(char *args[])
{
	until_closed(child_number(args[0]));
	return args[0] && args[1] ? child_number(args[1]) : 0;
}

/* Say "ready", stay until stdin is closed, exit with CODE (0). */
static int verb_ready(char *args[])
{
	say("ready\n");
	until_closed(0);
	return child_number(args[0]);
}

/* End at once, and leave a child that holds our stdout until our stdin is closed. */
static int verb_fork_and_hold(char *args[])
{
	if (fork() == 0)
		until_closed(0);
	return child_number(args[0]);
}

/* As hold, beside a child in the same group that does so too. Ends when the child has. */
static int verb_fork_and_stay(char *args[])
{
	pid_t pid = fork();
	int status;

	(void)args;
	if (pid > 0)
		say("ready\n");
	until_closed(0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return 0;
}

/* End at once; a child in our group says "ready" when we are gone, and holds on. */
static int verb_leave_group_member(char *args[])
{
	int gone[2];

	(void)args;
	if (pipe(gone) < 0)
		child_die("pipe");
	if (fork() > 0)
		_exit(0);
	close(gone[1]);
	until_closed(gone[0]);
	say("ready\n");
	until_closed(0);
	return 0;
}

static int verb_ignore(char *args[])
{
	for (; *args; args++)
		signal(signal_of(*args), SIG_IGN);
	return verb_ready(args);
}

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
}

/* Say "ready"; exit with 64 plus the number of the first of these signals that comes. */
static int verb_catch(char *args[])
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t block, open;

	sigfillset(&block);
	sigprocmask(SIG_SETMASK, &block, &open);
	for (; *args; args++) {
		sigdelset(&open, signal_of(*args));
		sigaction(signal_of(*args), &action, NULL);
	}
	say("ready\n");
	while (!caught)
		sigsuspend(&open);
	return 64 + caught;
}

/* Use MS milliseconds of processor time. */
static int verb_spin(char *args[])
{
	struct timespec used;
	long wanted = child_number(args[0]);

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < wanted);
	return 0;
}

/* Use MIB mebibytes of memory; say "ready", and hold. */
static int verb_touch(char *args[])
{
	size_t size = (size_t)child_number(args[0]) << 20;
	volatile char *memory = malloc(size);

	if (!memory)
		child_die("malloc");
	for (size_t i = 0; i < size; i += 1024)
		memory[i] = 1;
	say("ready\n");
	until_closed(0);
	return 0;
}

/* ------------------------------------------------------------------------- threads */

static const char *self;
static int end_code;
static char **exec_args;

static void *other_thread(void *arg)
{
	(void)arg;
	say("ready\n");
	until_closed(0);
	if (exec_args) {
		execv(self, exec_args);
		child_die("execv");
	}
	_exit(end_code);
}

static void start_other_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, other_thread, NULL) != 0)
		child_die("pthread_create");
}

/* The first thread ends; another one ends the process with CODE when stdin is closed. */
static int verb_leader_exits_first(char *args[])
{
	end_code = child_number(args[0]);
	start_other_thread();
#ifdef __linux__
	syscall(SYS_exit, 3);
#endif
	pthread_exit(NULL);
}

/* Another thread becomes `child ARG...` when stdin is closed; the first one lives on. */
static int verb_exec_by_thread(char *args[])
{
	exec_args = args - 1;
	exec_args[0] = (char *)"child";
	start_other_thread();
	while (pause() < 0)
		;
	return 99;
}

/* -------------------------------------------------------------------------- others */

/* Copy descriptor FD (0) to stdout. */
static int verb_cat(char *args[])
{
	char buf[4096];
	ssize_t n;

	while ((n = read(child_number(args[0]), buf, sizeof(buf))) > 0)
		if (write(1, buf, (size_t)n) != n)
			child_die("write");
	return n < 0 ? 99 : 0;
}

/* Our own name: argv[0]. */
static int verb_print_name(char *args[])
{
	(void)args;
	puts(self);
	return 0;
}

/* Write the word to FD. */
static int verb_write(char *args[])
{
	ssize_t n = (ssize_t)strlen(args[1]);

	return write(child_number(args[0]), args[1], (size_t)n) == n ? 0 : 99;
}

/* ---------------------------------------------------------------------------- main */

static const struct child_verb verbs[] = {
	{ "exit", verb_exit },
	{ "raise", verb_raise },
	{ "dump-core", verb_dump_core },
	{ "hold", verb_hold },
	{ "ready", verb_ready },
	{ "fork-and-hold", verb_fork_and_hold },
	{ "fork-and-stay", verb_fork_and_stay },
	{ "leave-group-member", verb_leave_group_member },
	{ "ignore", verb_ignore },
	{ "catch", verb_catch },
	{ "spin", verb_spin },
	{ "touch", verb_touch },
	{ "leader-exits-first", verb_leader_exits_first },
	{ "exec-by-thread", verb_exec_by_thread },
	{ "cat", verb_cat },
	{ "write", verb_write },
	{ "print-name", verb_print_name },
	{ NULL, NULL },
};

static const struct child_verb *find(const struct child_verb *list, const char *name)
{
	while (list->name && strcmp(list->name, name) != 0)
		list++;
	return list->name ? list : NULL;
}

int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "(none)";
	const struct child_verb *verb = find(verbs, name);

	self = argv[0];
	if (!verb)
		verb = find(child_print_verbs, name);
	if (!verb)
		verb = find(child_play_verbs, name);
	if (!verb)
		verb = find(child_bytes_verbs, name);
	if (!verb)
		verb = find(child_stdio_verbs, name);
	if (!verb)
		verb = find(child_tree_verbs, name);
	if (verb)
		return verb->run(argv + 2);
	fprintf(stderr, "child: no such verb: %s\n", name);
	return 98;
}
