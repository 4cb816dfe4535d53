/* SPDX-License-Identifier: MIT */
/* tests/host.h for systems that are POSIX. */
#ifndef HOST_UNIX_H
#define HOST_UNIX_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "check.h"

#define HOST_POSIX 1
#define HOST_NULL "/dev/null"                /* a file that reads nothing and takes all */
#define HOST_SLASH '/'
#define HOST_LIST ":"                         /* between the folders of PATH */
#define HOST_SIGNALS                                                                     \
	{ SIGHUP, "HUP" }, { SIGINT, "INT" }, { SIGQUIT, "QUIT" }, { SIGABRT, "ABRT" },  \
	{ SIGKILL, "KILL" }, { SIGUSR1, "USR1" }, { SIGSEGV, "SEGV" },                   \
	{ SIGUSR2, "USR2" }, { SIGPIPE, "PIPE" }, { SIGALRM, "ALRM" },                   \
	{ SIGTERM, "TERM" }, { SIGCHLD, "CHLD" }, { SIGCONT, "CONT" },                   \
	{ SIGSTOP, "STOP" }, { SIGTSTP, "TSTP" }, { SIGWINCH, "WINCH" },                 \
	{ SIGXCPU, "XCPU" }

/* ------------------------------------------------------------------- pipes and files */

static inline void host_pipe(int ends[2])
{
#ifdef __APPLE__ /* has no pipe2 */
	REQUIRE_EQ(pipe(ends), 0);
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
#else
	REQUIRE_EQ(pipe2(ends, O_CLOEXEC), 0);
#endif
}

/* -1 on failure, 0 at the end of the file. */
static inline int64_t host_read(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

static inline bool host_write(int fd, const void *buf, size_t size)
{
	return write(fd, buf, size) == (ssize_t)size;
}

/* Whether nobody can write to the other end of a pipe any more, without waiting. */
static inline bool host_is_silent(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

static inline int host_open(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0666);
}

/* A new folder, its path without a slash at the end. */
static inline void host_make_folder(char *path, size_t size)
{
	const char *base = getenv("TMPDIR");

	snprintf(path, size, "%s/ward-test-XXXXXX", base ? base : "/tmp");
	REQUIRE(mkdtemp(path) != NULL);
}

static inline void host_write_file(const char *path, const char *text, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	REQUIRE(fd >= 0);
	REQUIRE(host_write(fd, text, strlen(text)));
	REQUIRE_EQ(fchmod(fd, (mode_t)mode), 0);
	close(fd);
}

/* A program that says these words; its path is @base, and what the system adds to it. */
static inline void host_make_tool(const char *base, const char *words, char *path,
                                  size_t size)
{
	char text[256];

	snprintf(path, size, "%s", base);
	snprintf(text, sizeof(text), "#!/bin/sh\necho %s\n", words);
	host_write_file(path, text, 0755);
}

/* A folder with the files in it. */
static inline void host_remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	CHECK_EQ(rmdir(path), 0);
}

/* -------------------------------------------------------------------- clocks, threads */

static inline int64_t host_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Monotonic; and since 1970. */
static inline int64_t host_now_ns(void)
{
	return host_ns(CLOCK_MONOTONIC);
}

static inline int64_t host_unix_ns(void)
{
	return host_ns(CLOCK_REALTIME);
}

/* Let others run, a millisecond at most. */
static inline void host_yield(void)
{
	poll(NULL, 0, 1);
}

struct host_thread {
	pthread_t thread;
};

static inline void host_thread_start(struct host_thread *t, void *(*run)(void *),
                                     void *arg)
{
	REQUIRE_EQ(pthread_create(&t->thread, NULL, run, arg), 0);
}

static inline void host_thread_join(struct host_thread *t)
{
	pthread_join(t->thread, NULL);
}

/* A thread that says when it is about to block, and how to see that it has. */
struct host_sleeper {
	atomic_int tid;
};

static inline void host_sleeper_here(struct host_sleeper *s)
{
#ifdef __linux__
	atomic_store(&s->tid, (int)syscall(SYS_gettid));
#else
	atomic_store(&s->tid, 1);
#endif
}

/* Until it sleeps, as far as the system tells; else for as long as it may take. */
static inline void host_until_asleep(struct host_sleeper *s)
{
	char path[64], line[256];
	const char *state;
	int tries = 2000;

	while (atomic_load(&s->tid) == 0)
		sched_yield();
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&s->tid));
	do {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		int64_t n = fd < 0 ? -1 : host_read(fd, line, sizeof(line) - 1);

		if (n < 0)
			return;
		close(fd);
		line[n] = '\0';
		state = strrchr(line, ')');
	} while (state && state[2] != 'S' && --tries > 0);
}

/* ---------------------------------------------------------------------- environment */

static inline void host_setenv(const char *name, const char *value)
{
	setenv(name, value, 1);
}

static inline void host_unsetenv(const char *name)
{
	unsetenv(name);
}

/* ------------------------------------------------------------------------ processes */

static inline int64_t host_pid(void)
{
	return getpid();
}

static inline int64_t host_parent_pid(void)
{
	return getppid();
}

/* A process, held by the system's own means: here our child, not yet waited for. */
struct host_process {
	int64_t pid;
};

static inline struct host_process host_hold(int64_t pid)
{
	return (struct host_process){ pid };
}

/* Start a program with @in as its stdin. */
static inline struct host_process host_start(const char *const argv[], int in)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(in, 0);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(99);
	}
	REQUIRE(pid > 0);
	return (struct host_process){ pid };
}

/* A child of ours that nobody has collected. */
static inline bool host_is_child(int64_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static inline bool host_is_running(const struct host_process *p)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0;
}

/* Until it has ended; it can still be waited for. */
static inline void host_until_ended(const struct host_process *p)
{
	siginfo_t info;

	REQUIRE_EQ(waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT), 0);
}

/* Wait for it and give it up: its exit code, -1 when it was killed. */
static inline int64_t host_collect(struct host_process *p)
{
	int status = 0;

	REQUIRE_EQ(waitpid((pid_t)p->pid, &status, 0), p->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Give it up without waiting for it, when somebody else has. */
static inline void host_let_go(struct host_process *p)
{
	p->pid = 0;
}

/* Children of children that are ours now: all of them are to end by themselves. */
static inline void host_collect_orphans(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

#endif
