/* SPDX-License-Identifier: MIT */
/*
 * The half of the helper program that says what it was given, in lines to be compared.
 */
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* FreeBSD has kept NSIG as it was before it had real-time signals. */
#ifdef _SIG_MAXSIG
enum { SIGNALS = _SIG_MAXSIG + 1 };
#else
enum { SIGNALS = NSIG };
#endif

#ifdef __GLIBC__
typedef __rlimit_resource_t limit_name;
#else
typedef int limit_name;
#endif

extern char **environ;

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

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
		if (e->d_name[0] != '.' && child_number(e->d_name) != dirfd(dir))
			fds[n++] = child_number(e->d_name);
	if (dir)
		closedir(dir);
	qsort(fds, (size_t)n, sizeof(fds[0]), compare);
	return n;
}

/* Each open descriptor in a line of its own: number device:inode access close-on-exec. */
static int verb_print_fds(char *args[])
{
	int fds[1024], n = open_fds(fds, 1024);
	struct stat st;

	(void)args;
	for (int i = 0; i < n; i++) {
		if (fstat(fds[i], &st) < 0)
			child_die("fstat");
		printf("%d %ju:%ju %d %d\n", fds[i], (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino, fcntl(fds[i], F_GETFL) & O_ACCMODE,
		       fcntl(fds[i], F_GETFD));
	}
	return 0;
}

/* The numbers alone, in one line. */
static int verb_print_fd_numbers(char *args[])
{
	int fds[1024], n = open_fds(fds, 1024);

	(void)args;
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
	printf("%u %u %u %u\n", (unsigned)getuid(), (unsigned)geteuid(),
	       (unsigned)getgid(), (unsigned)getegid());
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
		if (getrlimit((limit_name)child_number(*args), &limit) < 0)
			child_die("getrlimit");
		printf("%ju %ju\n", (uintmax_t)limit.rlim_cur, (uintmax_t)limit.rlim_max);
	}
	return 0;
}

/* Nice value; policy and priority. */
static int verb_print_sched(char *args[])
{
	(void)args;
	printf("%d\n", getpriority(PRIO_PROCESS, 0));
#ifdef __linux__
	/* musl's wrappers refuse on purpose. */
	struct sched_param param;

	syscall(SYS_sched_getparam, 0, &param);
	printf("%ld %d\n", syscall(SYS_sched_getscheduler, 0), param.sched_priority);
#endif
	return 0;
}

/* pid, parent, group, session; whether FD is our terminal and we are in front there. */
static int verb_print_session(char *args[])
{
	printf("%d %d %d %d\n", (int)getpid(), (int)getppid(), (int)getpgrp(),
	       (int)getsid(0));
	if (args[0]) {
		int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

		printf("%s %s\n", tty >= 0 ? "controlling" : "none",
		       tcgetpgrp(child_number(args[0])) == getpgrp() ? "foreground" :
		                                                       "background");
	}
	return 0;
}

static void print_dispositions(const char *title, bool ignored)
{
	struct sigaction action;

	printf("\n%s", title);
	for (int sig = 1; sig < SIGNALS; sig++)
		if (sigaction(sig, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
		    (action.sa_handler == SIG_IGN) == ignored)
			printf(" %d", sig);
}

/* Blocked signals; ignored signals; handled ones. */
static int verb_print_signals(char *args[])
{
	sigset_t mask;

	(void)args;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	fputs("blocked", stdout);
	for (int sig = 1; sig < SIGNALS; sig++)
		if (sigismember(&mask, sig) == 1)
			printf(" %d", sig);
	print_dispositions("ignored", true);
	print_dispositions("handled", false);
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

const struct child_verb child_print_verbs[] = {
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
	{ NULL, NULL },
};
