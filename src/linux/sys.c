/* SPDX-License-Identifier: MIT */
/*
 * The child's system calls on Linux (unix/sys.h). They are made bare, because the child
 * runs on its parent's memory: libc's setuid would call into the parent's other threads,
 * and its wrappers are cancellation points. syscall(2) touches errno, which ward_spawn
 * puts back.
 */
#define _GNU_SOURCE 1
#include "../unix/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../gate.h"
#include "kernel.h"
#include "ward.h"

/* Make a system call by name, through the gate; -errno on failure. */
static int call(const char *name, long number, long a, long b, long c, long d, long e)
{
	long r = ward__gate(name);

	if (r == 0 && (r = syscall(number, a, b, c, d, e)) < 0)
		r = -errno;
	return (int)r;
}

#define CALL(name, ...) CALL_(#name, SYS_##name, __VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(name, number, a, b, c, d, e, ...) \
	call(name, number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* ---------------------------------------------------------------------- descriptors */

int ward__sys_open(const char *path, int flags, unsigned mode)
{
	return CALL(openat, AT_FDCWD, path, flags, mode);
}

int ward__sys_close(int fd)
{
	return CALL(close, fd);
}

int ward__sys_dup_above(int fd, int min)
{
	return CALL(fcntl, fd, F_DUPFD_CLOEXEC, min);
}

int ward__sys_dup_to(int fd, int target)
{
	return CALL(dup3, fd, target, 0);
}

int ward__sys_keep(int fd)
{
	return CALL(fcntl, fd, F_SETFD, 0);
}

static int number_of(const char *name)
{
	int n = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		n = n * 10 + (*name - '0');
	return *name ? -1 : n;                    /* "." and ".." are no numbers */
}

static bool close_listed(const char *buf, int size, unsigned first, unsigned last,
                         int list)
{
	bool some = false;

	for (int at = 0; at < size;) {
		const struct kernel_entry *entry = (const void *)(buf + at);
		int fd = number_of(entry->name);

		at += entry->length;
		if (fd < 0 || fd == list || (unsigned)fd < first || (unsigned)fd > last)
			continue;
		/* Emulators list descriptors of their own and refuse to close them. */
		some |= ward__sys_close(fd) == 0;
	}
	return some;
}

/* One pass over the list. 1: something was closed; 0: nothing is left to be closed. */
static int close_pass(int list, unsigned first, unsigned last)
{
	_Alignas(struct kernel_entry) char buf[1024];
	int n = CALL(lseek, list, 0, SEEK_SET);
	bool some = false;

	if (n < 0)
		return n;
	while ((n = CALL(getdents64, list, buf, sizeof(buf))) > 0)
		some |= close_listed(buf, n, first, last, list);
	return n < 0 ? n : some;
}

/*
 * Without close_range (before 5.9, or forbidden): close what /proc lists. Closing while
 * reading may pass over entries, so the list is read again until a pass closes nothing.
 */
static int close_by_proc(unsigned first, unsigned last)
{
	int list = ward__sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0),
	    r;

	if (list < 0)
		return list;
	do
		r = close_pass(list, first, last);
	while (r > 0);
	ward__sys_close(list);
	return r;
}

/* Without /proc as well: one by one, as long as that is a matter of milliseconds. */
static int close_by_limit(unsigned first, unsigned last)
{
	const uint64_t most = 1 << 20;
	uint64_t limit[2];
	int r = CALL(prlimit64, 0, RLIMIT_NOFILE, NULL, limit);

	if (r < 0)
		return r;
	if (limit[1] > most)
		return -ENOTSUP; /* there may be descriptors beyond any loop */
	for (unsigned fd = first; fd <= last && fd < limit[1]; fd++)
		ward__sys_close((int)fd);
	return 0;
}

int ward__sys_close_range(unsigned first, unsigned last)
{
	int r = CALL(close_range, first, last, 0);

	if (r == -ENOSYS || r == -EPERM || r == -EINVAL)
		r = close_by_proc(first, last);
	if (r == -ENOENT || r == -EACCES || r == -ENOTDIR)
		r = close_by_limit(first, last);
	return r;
}

int ward__sys_unshare_above(unsigned last)
{
	return CALL(close_range, last + 1, ~0u, KERNEL_CLOSE_RANGE_UNSHARE);
}

/* --------------------------------------------------------- session, group, terminal */

int ward__sys_setsid(void)
{
	int r = CALL(setsid, 0);

	return r < 0 ? r : 0;
}

int ward__sys_setpgid(pid_t pgid)
{
	return CALL(setpgid, 0, pgid);
}

int ward__sys_set_tty(int fd)
{
	return CALL(ioctl, fd, TIOCSCTTY, 0);
}

int ward__sys_set_foreground(int fd)
{
	pid_t group = (pid_t)syscall(SYS_getpgid, 0);

	return CALL(ioctl, fd, TIOCSPGRP, &group);
}

enum { JOIN_LOOKS = 80 };

/*
 * The other end is not seen to close, as it is in our own table. So a read lasts a moment
 * only (usher.c), and then our parent is looked for; and one day it is enough.
 */
static int await_answer(int socket)
{
	long parent = syscall(SYS_getppid);
	int32_t answer = 0;
	int r;

	for (int i = 0; i < JOIN_LOOKS; i++) {
		r = CALL(read, socket, &answer, sizeof(answer));
		if (r >= 0)
			return r == (int)sizeof(answer) ? answer : -ECANCELED;
		if (r != -EAGAIN && r != -EINTR)
			return r;
		if (syscall(SYS_getppid) != parent)
			ward__sys_exit(127);
	}
	return -ETIMEDOUT;
}

/* "0" is who writes it. */
int ward__sys_join(int job, bool asks)
{
	int r = CALL_("cgroup_join", SYS_write, job, "0", 1, 0, 0, 0);

	if (r >= 0 && asks)
		r = await_answer(job);
	return r < 0 ? r : 0;
}

/* ------------------------------------------------------------ limits and scheduling */

int ward__sys_setrlimit(int resource, uint64_t soft, uint64_t hard)
{
	uint64_t limit[2];
	int r = CALL(prlimit64, 0, resource, NULL, limit);

	if (r < 0)
		return r;
	if (soft != WARD_RLIMIT_KEEP)
		limit[0] = soft;
	if (hard != WARD_RLIMIT_KEEP)
		limit[1] = hard;
	return CALL(prlimit64, 0, resource, limit, NULL);
}

int ward__sys_nice(int nice)
{
	return CALL(setpriority, PRIO_PROCESS, 0, nice);
}

int ward__sys_sched(int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return CALL(sched_setscheduler, 0, policy, &param);
}

int ward__sys_affinity(const unsigned long *mask, size_t bytes)
{
	return CALL(sched_setaffinity, 0, bytes, mask);
}

/* ------------------------------------------------------------------------- identity */

/* The plain names of i386 and arm take 16-bit ids. */
#ifdef SYS_setgroups32
#define SYS_setgroups_ SYS_setgroups32
#define SYS_setresgid_ SYS_setresgid32
#define SYS_setresuid_ SYS_setresuid32
#else
#define SYS_setgroups_ SYS_setgroups
#define SYS_setresgid_ SYS_setresgid
#define SYS_setresuid_ SYS_setresuid
#endif

int ward__sys_setgroups(size_t n, const gid_t *groups)
{
	return CALL_("setgroups", SYS_setgroups_, n, groups, 0, 0, 0, 0);
}

int ward__sys_setgid(gid_t gid)
{
	return CALL_("setgid", SYS_setresgid_, gid, gid, gid, 0, 0, 0);
}

int ward__sys_setuid(uid_t uid)
{
	return CALL_("setuid", SYS_setresuid_, uid, uid, uid, 0, 0, 0);
}

int ward__sys_no_new_privs(void)
{
	return CALL_("no_new_privs", SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
}

int ward__sys_chdir(const char *path)
{
	return CALL(chdir, path);
}

void ward__sys_umask(unsigned mask)
{
	syscall(SYS_umask, mask);
}

/* The parent may have ended before the request: then the signal never comes. */
int ward__sys_death_signal(int signal, pid_t parent)
{
	int r = CALL_("death_signal", SYS_prctl, PR_SET_PDEATHSIG, signal, 0, 0, 0, 0);

	if (r == 0 && syscall(SYS_getppid) != parent)
		r = -ECANCELED;
	return r;
}

/* -------------------------------------------------------------------------- signals */

/* rt_sigaction's struct; all zero means SIG_DFL everywhere. */
struct kernel_action {
#ifdef __mips__
	unsigned flags;
	void (*handler)(int);
#else
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
#endif
	unsigned long mask[KERNEL_SIGSET_BYTES / sizeof(unsigned long)];
	unsigned long room[4];
};

static int default_signal(int signal, bool keep_ignored)
{
	struct kernel_action none = { 0 }, now;
	int r = 0;

	if (keep_ignored)
		r = CALL(rt_sigaction, signal, NULL, &now, KERNEL_SIGSET_BYTES);
	if (r < 0 || (keep_ignored && now.handler == SIG_IGN))
		return r;
	return CALL(rt_sigaction, signal, &none, NULL, KERNEL_SIGSET_BYTES);
}

/*
 * One call for each signal: nothing in Linux tells which are ignored in one go for less,
 * and CLONE_CLEAR_SIGHAND leaves ignored ones ignored.
 */
int ward__sys_default_signals(bool keep_ignored)
{
	for (int signal = 1; signal <= KERNEL_SIGNALS; signal++) {
		int r = 0;

		if (signal != SIGKILL && signal != SIGSTOP)
			r = default_signal(signal, keep_ignored);
		if (r < 0)
			return r;
	}
	return 0;
}

int ward__sys_block_signals(struct ward__mask *before)
{
	unsigned char all[KERNEL_SIGSET_BYTES];

	memset(all, 0xff, sizeof(all));
	return CALL(rt_sigprocmask, SIG_SETMASK, all, &before->set, KERNEL_SIGSET_BYTES);
}

int ward__sys_set_mask(const struct ward__mask *mask)
{
	return CALL(rt_sigprocmask, SIG_SETMASK, &mask->set, NULL, KERNEL_SIGSET_BYTES);
}

/* By hand: libc's sigemptyset is not told that only the kernel's part counts. */
void ward__sys_empty_mask(struct ward__mask *mask)
{
	memset(mask, 0, sizeof(*mask));
}

/* ----------------------------------------------------------------------------- exec */

int ward__sys_exec(const char *path, const char *const *argv, const char *const *env)
{
	return CALL(execve, path, argv, env);
}

int ward__sys_exec_fd(int fd, const char *const *argv, const char *const *env)
{
	return CALL(execveat, fd, "", argv, env, AT_EMPTY_PATH);
}

int ward__sys_exists(const char *path)
{
	return CALL(faccessat, AT_FDCWD, path, F_OK);
}

int ward__sys_hold_self(void)
{
	return CALL(pidfd_open, syscall(SYS_getpid), 0);
}

int ward__sys_hear(int fd)
{
	unsigned char byte;
	long n;

	do
		n = syscall(SYS_read, fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? byte : -1;
}

void ward__sys_tell(int fd, const void *data, size_t size)
{
	while (syscall(SYS_write, fd, data, size) < 0 && errno == EINTR)
		;
}

_Noreturn void ward__sys_exit(int code)
{
	for (;;)
		syscall(SYS_exit_group, code);
}
