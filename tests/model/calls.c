/* SPDX-License-Identifier: MIT */
/*
 * The calls that are like Linux' but for a part, which the linker sends here: poll, close
 * and the waits; and those that Linux has under another name.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_close(int fd);
pid_t __real_wait4(pid_t pid, int *status, int options, struct rusage *usage);
int __real_waitid(idtype_t kind, id_t id, siginfo_t *info, int options);

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_close(int fd);
pid_t __wrap_wait4(pid_t pid, int *status, int options, struct rusage *usage);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __wrap_waitid(idtype_t kind, id_t id, siginfo_t *info, int options);

/* -------------------------------------------------------------------- descriptors */

/* A pidfd is readable at the end; a process descriptor says POLLHUP, asked or not. */
static void say_hangup(struct pollfd *one, short asked)
{
	one->events = asked;
	if (one->revents & (POLLIN | POLLHUP))
		one->revents = POLLHUP;
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	enum { MOST = 4096 };
	bool described[MOST];
	short asked[MOST];
	int r;

	for (nfds_t i = 0; i < n && i < MOST; i++) {
		described[i] = MODEL_IS == MODEL_FREEBSD && fds[i].fd >= 0 &&
		               model_is_pidfd(fds[i].fd);
		asked[i] = fds[i].events;
		if (described[i])
			fds[i].events |= POLLIN;
	}
	r = __real_poll(fds, n, timeout_ms);
	for (nfds_t i = 0; i < n && i < MOST; i++) {
		int error = errno;

		if (described[i])
			say_hangup(&fds[i], asked[i]);
		else if (r > 0 && (fds[i].revents & POLLIN))
			model_kqueue_seen(fds[i].fd);
		errno = error;
	}
	return r;
}

int __wrap_close(int fd)
{
	model_kqueue_close(fd);
	model_procdesc_close(fd);
	return __real_close(fd);
}

/* --------------------------------------------------------------------------- waits */

static void rest(void)
{
	struct timespec a_while = { 0, 100000 };

	nanosleep(&a_while, NULL);
}

/* The children of the main thread, which in all that is run here has them all. */
static const char *list_children(char text[], size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getpid(), getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		__real_close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Without allocating: it may be the copy of a program with threads that waits. */
static int next_child(const char **at)
{
	char *end;
	int pid;

	while ((pid = (int)strtol(*at, &end, 10)) > 0) {
		*at = end;
		if (!model_is_described(pid))
			return pid;
	}
	return 0;
}

/*
 * What a wait for any child may see: a child that has ended, else one that lives, else 0.
 */
static pid_t any_child(void)
{
	char text[16384];
	const char *at = list_children(text, sizeof(text));
	pid_t pid, found = 0;

	while ((pid = next_child(&at)) != 0) {
		siginfo_t info = { .si_pid = 0 };

		if (__real_waitid(P_PID, (id_t)pid, &info,
		                  WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
			continue;
		found = pid;
		if (info.si_pid)
			break;
	}
	return found;
}

/* The list may miss some while others end: nobody is there when none was seen thrice. */
static pid_t find_child(void)
{
	pid_t pid = any_child();

	for (int i = 0; i < 2 && pid == 0; i++)
		pid = any_child();
	return pid;
}

/* 1: wait for this one; 0: none has ended; -1: there is none. */
static int choose_child(pid_t *pid, int options)
{
	for (;;) {
		siginfo_t info = { .si_pid = 0 };

		*pid = find_child();
		if (*pid == 0) {
			errno = ECHILD;
			return -1;
		}
		if (__real_waitid(P_PID, (id_t)*pid, &info,
		                  WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
		    info.si_pid)
			return 1;
		if (options & WNOHANG)
			return 0;
		rest();
	}
}

/* The end was told, but it cannot be collected yet. */
static bool too_early(pid_t pid, int options)
{
	while (model_is_too_early(pid)) {
		if (options & WNOHANG)
			return true;
		rest();
	}
	return false;
}

pid_t __wrap_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int r;

	if (pid == -1 && MODEL_IS == MODEL_FREEBSD && !(options & __WALL)) {
		r = choose_child(&pid, options);
		if (r <= 0)
			return r;
	}
	if (pid > 0 && too_early(pid, options))
		return 0;
	return __real_wait4(pid, status, options | __WALL, usage);
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
	return __wrap_wait4(pid, status, options, NULL);
}

int __wrap_waitid(idtype_t kind, id_t id, siginfo_t *info, int options)
{
	if (kind == P_ALL && MODEL_IS == MODEL_FREEBSD && !(options & __WALL)) {
		pid_t pid;
		int r = choose_child(&pid, options);

		if (r <= 0)
			return r;
		kind = P_PID;
		id = (id_t)pid;
	}
	if (kind == P_PID && too_early((pid_t)id, options)) {
		info->si_pid = 0;
		return 0;
	}
	return __real_waitid(kind, id, info, options | __WALL);
}

/* ------------------------------------------------------------------- by other names */

size_t strlcpy(char *to, const char *from, size_t size);
int declared_closefrom(int first);
int declared_syscall(int number, int signal, const struct sigaction *to,
                     struct sigaction *before);
int _sched_setparam(pid_t pid, int thread, int policy, const struct sched_param *param);
int cpuset_setaffinity(int level, int which, id_t id, size_t size, const void *set);
int procctl(idtype_t kind, id_t id, int command, void *data);
int model_setgroups(size_t n, const gid_t *groups);

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t len = strlen(from);

	if (size > 0) {
		size_t n = len < size ? len : size - 1;

		memcpy(to, from, n);
		to[n] = '\0';
	}
	return len;
}

/* The child of a fork may not allocate, as opendir would. */
static int highest_open(void)
{
	int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), highest = -1;
	_Alignas(struct dirent) char text[2048];
	ssize_t n;

	while ((n = getdents64(dir, text, sizeof(text))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *e = (const void *)&text[at];
			int fd = e->d_name[0] == '.' ? -1 : atoi(e->d_name);

			if (fd > highest && fd != dir)
				highest = fd;
			at += e->d_reclen;
		}
	}
	__real_close(dir);
	return highest;
}

/* "Not a descriptor", above the highest that is open: NetBSD and OpenBSD. */
int declared_closefrom(int first)
{
	if (first > highest_open()) {
		errno = EBADF;
		return -1;
	}
	return close_range((unsigned)first, ~0u, 0);
}

int declared_syscall(int number, int signal, const struct sigaction *to,
                     struct sigaction *before)
{
	enum { FREEBSD_FORK = 2, FREEBSD_SIGACTION = 416 };

	if (number == FREEBSD_FORK)
		return (int)model_bare_fork();
	if (number != FREEBSD_SIGACTION) {
		errno = ENOSYS;
		return -1;
	}
	return sigaction(signal, to, before);
}

/* NetBSD: -1 is "as it is", which is all that SCHED_OTHER takes. */
int _sched_setparam(pid_t pid, int thread, int policy, const struct sched_param *param)
{
	struct sched_param own = *param;

	(void)thread;
	if (own.sched_priority == -1)
		own.sched_priority = 0;
	else if (policy == SCHED_OTHER) {
		errno = EINVAL;
		return -1;
	}
	return sched_setscheduler(pid, policy, &own);
}

/* A set without a processor that there is: EDEADLK. */
int cpuset_setaffinity(int level, int which, id_t id, size_t size, const void *set)
{
	if (level != 3 || which != 2 || id != (id_t)-1) {
		errno = EINVAL;
		return -1;
	}
	if (sched_setaffinity(0, size, set) == 0)
		return 0;
	if (errno == EINVAL)
		errno = EDEADLK;
	return -1;
}

int procctl(idtype_t kind, id_t id, int command, void *data)
{
	enum { DEATH_SIGNAL = 11, NO_NEW_PRIVS = 19 };

	if (kind == P_PID && id == 0 && command == DEATH_SIGNAL)
		return prctl(PR_SET_PDEATHSIG, *(int *)data);
	if (kind == P_PID && id == 0 && command == NO_NEW_PRIVS && *(int *)data == 1)
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (kind == P_PID)
		return model_reaper((pid_t)id, command, data);
	errno = EINVAL;
	return -1;
}

/*
 * The library's own (it is compiled so): the first of the list is the effective group, on
 * FreeBSD before 15.
 */
int model_setgroups(size_t n, const gid_t *groups)
{
	if (MODEL_IS != MODEL_FREEBSD)
		return setgroups(n, groups);
	if (n == 0) {
		errno = EINVAL;
		return -1;
	}
	if (setgroups(n - 1, groups + 1) < 0)
		return -1;
	return setegid(groups[0]);
}
