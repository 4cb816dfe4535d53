/* SPDX-License-Identifier: MIT */
/*
 * The program that the tests start: `child VERB [ARG]...`. It says what it was given (print-*),
 * ends in a chosen way, or stays until its standard input is closed. It uses nothing of the
 * library, so that what it says is evidence.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

extern char **environ;

static _Noreturn void die(const char *what)
{
	perror(what);
	_exit(99);
}

static int number(const char *text)
{
	return text ? (int)strtol(text, NULL, 10) : 0;
}

static int signal_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {
		{ "ABRT", SIGABRT }, { "CHLD", SIGCHLD }, { "CONT", SIGCONT }, { "HUP", SIGHUP },
		{ "INT", SIGINT },   { "KILL", SIGKILL }, { "PIPE", SIGPIPE }, { "QUIT", SIGQUIT },
		{ "SEGV", SIGSEGV }, { "STOP", SIGSTOP }, { "TERM", SIGTERM }, { "USR1", SIGUSR1 },
		{ "USR2", SIGUSR2 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name && strcmp(names[i].name, name) == 0)
			return names[i].number;
	return number(name);
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		die("write");
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
	_exit(number(args[0]));
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
	until_closed(number(args[0]));
	return args[0] && args[1] ? number(args[1]) : 0;
}

/* Say "ready", stay until stdin is closed, exit with CODE (0). */
static int verb_ready(char *args[])
{
	say("ready\n");
	until_closed(0);
	return number(args[0]);
}

/* End at once, and leave a child that holds our stdout until our stdin is closed. */
static int verb_fork_and_hold(char *args[])
{
	if (fork() == 0)
		until_closed(0);
	return number(args[0]);
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
		die("pipe");
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

/* Stop; when continued say "ready" and hold, then exit with CODE. */
static int verb_stop(char *args[])
{
	raise(SIGSTOP);
	say("ready\n");
	until_closed(0);
	return number(args[0]);
}

/* Use MS milliseconds of processor time. */
static int verb_spin(char *args[])
{
	struct timespec used;
	long wanted = number(args[0]);

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < wanted);
	return 0;
}

/* Use MIB mebibytes of memory; say "ready", and hold. */
static int verb_touch(char *args[])
{
	size_t size = (size_t)number(args[0]) << 20;
	volatile char *memory = malloc(size);

	if (!memory)
		die("malloc");
	for (size_t i = 0; i < size; i += 1024)
		memory[i] = 1;
	say("ready\n");
	until_closed(0);
	return 0;
}

/* ------------------------------------------------------------------------- threads */

static int end_code;
static char **exec_args;

static void *other_thread(void *arg)
{
	(void)arg;
	say("ready\n");
	until_closed(0);
	if (exec_args) {
		execv("/proc/self/exe", exec_args);
		die("execv");
	}
	_exit(end_code);
}

static void start_other_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, other_thread, NULL) != 0)
		die("pthread_create");
}

/* The first thread ends; another one ends the process with CODE when stdin is closed. */
static int verb_leader_exits_first(char *args[])
{
	end_code = number(args[0]);
	start_other_thread();
#ifdef __linux__
	syscall(SYS_exit, 3);
#endif
	pthread_exit(NULL);
}

/* Another thread becomes `child ARG...` when stdin is closed, while the first one lives. */
static int verb_exec_by_thread(char *args[])
{
	exec_args = args - 1;
	exec_args[0] = (char *)"child";
	start_other_thread();
	while (pause() < 0)
		;
	return 99;
}

/* -------------------------------------------------------------------------- print */

/* The open descriptors, lowest first, but not the one that the look itself needs. */
static int open_fds(int fds[], int max)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	int n = 0;

	for (int fd = 0; !dir && fd < 4096 && n < max; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fds[n++] = fd;
	while (dir && n < max && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && number(e->d_name) != dirfd(dir))
			fds[n++] = number(e->d_name);
	if (dir)
		closedir(dir);
	return n;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Each open descriptor: number device:inode access close-on-exec. */
static int verb_print_fds(char *args[])
{
	int fds[1024], n = open_fds(fds, 1024);
	struct stat st;

	(void)args;
	qsort(fds, (size_t)n, sizeof(fds[0]), compare);
	for (int i = 0; i < n; i++) {
		if (fstat(fds[i], &st) < 0)
			die("fstat");
		printf("%d %ju:%ju %d %d\n", fds[i], (uintmax_t)st.st_dev, (uintmax_t)st.st_ino,
		       fcntl(fds[i], F_GETFL) & O_ACCMODE, fcntl(fds[i], F_GETFD));
	}
	return 0;
}

/* The numbers alone, in one line. */
static int verb_print_fd_numbers(char *args[])
{
	int fds[1024], n = open_fds(fds, 1024);

	(void)args;
	qsort(fds, (size_t)n, sizeof(fds[0]), compare);
	for (int i = 0; i < n; i++)
		printf("%d ", fds[i]);
	puts("");
	return 0;
}

static int verb_print_argv(char *args[])
{
	for (; *args; args++)
		printf("[%s]\n", *args);
	return 0;
}

static int verb_print_env(char *args[])
{
	(void)args;
	for (char **e = environ; *e; e++)
		puts(*e);
	return 0;
}

static int verb_print_cwd(char *args[])
{
	char path[4096];

	(void)args;
	puts(getcwd(path, sizeof(path)) ? path : strerror(errno));
	return 0;
}

/* uid euid gid egid, then the groups. */
static int verb_print_ids(char *args[])
{
	gid_t groups[1024];
	int n = getgroups(1024, groups);

	(void)args;
	printf("%u %u %u %u\n", (unsigned)getuid(), (unsigned)geteuid(), (unsigned)getgid(),
	       (unsigned)getegid());
	for (int i = 0; i < n; i++)
		printf("%u ", (unsigned)groups[i]);
	puts("");
	return 0;
}

static int verb_print_umask(char *args[])
{
	(void)args;
	printf("%03o\n", (unsigned)umask(0));
	return 0;
}

/* Soft and hard limit of each RLIMIT_ number. */
static int verb_print_limits(char *args[])
{
	struct rlimit limit;

	for (; *args; args++) {
#ifdef __GLIBC__
		if (getrlimit((__rlimit_resource_t)number(*args), &limit) < 0)
#else
		if (getrlimit(number(*args), &limit) < 0)
#endif
			die("getrlimit");
		printf("%ju %ju\n", (uintmax_t)limit.rlim_cur, (uintmax_t)limit.rlim_max);
	}
	return 0;
}

/* Nice value; policy and priority. */
static int verb_print_sched(char *args[])
{
	struct sched_param param;

	(void)args;
#ifdef __linux__
	/* The wrappers of musl refuse on purpose. */
	syscall(SYS_sched_getparam, 0, &param);
	printf("%d\n%ld %d\n", getpriority(PRIO_PROCESS, 0), syscall(SYS_sched_getscheduler, 0),
	       param.sched_priority);
#else
	sched_getparam(0, &param);
	printf("%d\n%d %d\n", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
	       param.sched_priority);
#endif
	return 0;
}

/* pid, parent, group, session; whether FD is our terminal and we are in front there. */
static int verb_print_session(char *args[])
{
	printf("%d %d %d %d\n", (int)getpid(), (int)getppid(), (int)getpgrp(), (int)getsid(0));
	if (args[0]) {
		int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

		printf("%s %s\n", tty >= 0 ? "controlling" : "none",
		       tcgetpgrp(number(args[0])) == getpgrp() ? "foreground" : "background");
	}
	return 0;
}

/* Blocked signals; ignored signals; handled ones. */
static int verb_print_signals(char *args[])
{
	struct sigaction action;
	sigset_t mask;

	(void)args;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	fputs("blocked", stdout);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigismember(&mask, sig) == 1)
			printf(" %d", sig);
	fputs("\nignored", stdout);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			printf(" %d", sig);
	fputs("\nhandled", stdout);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
		    action.sa_handler != SIG_DFL)
			printf(" %d", sig);
	puts("");
	return 0;
}

/* The lines of /proc/self/status that begin with these words. */
static int verb_print_status(char *args[])
{
	char line[4096];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		for (char **key = args; *key; key++)
			if (strncmp(line, *key, strlen(*key)) == 0)
				fputs(line, stdout);
	return f ? 0 : 99;
}

/* The signal that the death of our parent would send us. */
static int verb_print_death_signal(char *args[])
{
	int sig = -1;

	(void)args;
#ifdef __linux__
	prctl(PR_GET_PDEATHSIG, &sig);
#endif
	printf("%d\n", sig);
	return 0;
}

/* Copy descriptor FD (0) to stdout. */
static int verb_cat(char *args[])
{
	char buf[4096];
	ssize_t n;

	while ((n = read(number(args[0]), buf, sizeof(buf))) > 0)
		if (write(1, buf, (size_t)n) != n)
			die("write");
	return n < 0 ? 99 : 0;
}

/* Write the word to FD. */
static int verb_write(char *args[])
{
	ssize_t n = (ssize_t)strlen(args[1]);

	return write(number(args[0]), args[1], (size_t)n) == n ? 0 : 99;
}

/* ---------------------------------------------------------------------------- main */

static const struct {
	const char *name;
	int (*run)(char *args[]);
} verbs[] = {
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
	{ "stop", verb_stop },
	{ "spin", verb_spin },
	{ "touch", verb_touch },
	{ "leader-exits-first", verb_leader_exits_first },
	{ "exec-by-thread", verb_exec_by_thread },
	{ "print-fds", verb_print_fds },
	{ "print-fd-numbers", verb_print_fd_numbers },
	{ "print-argv", verb_print_argv },
	{ "print-env", verb_print_env },
	{ "print-cwd", verb_print_cwd },
	{ "print-ids", verb_print_ids },
	{ "print-umask", verb_print_umask },
	{ "print-limits", verb_print_limits },
	{ "print-sched", verb_print_sched },
	{ "print-session", verb_print_session },
	{ "print-signals", verb_print_signals },
	{ "print-status", verb_print_status },
	{ "print-death-signal", verb_print_death_signal },
	{ "cat", verb_cat },
	{ "write", verb_write },
};

int main(int argc, char *argv[])
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argv + 2);
	fprintf(stderr, "child: no such verb: %s\n", argc > 1 ? argv[1] : "(none)");
	return 98;
}
