/* SPDX-License-Identifier: MIT */
/*
 * The child's calls (unix/sys.h) by libc's functions, as far as systems with fork have
 * them in common: the child has memory of its own, so async-signal-safe is enough.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "calls.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../unix/sys.h"
#include "ward.h"

/* ---------------------------------------------------------------------- descriptors */

int ward__sys_open(const char *path, int flags, unsigned mode)
{
	WARD__CALL("openat", open(path, flags, (mode_t)mode));
}

int ward__sys_close(int fd)
{
	WARD__CALL("close", close(fd));
}

int ward__sys_dup_above(int fd, int min)
{
	WARD__CALL("fcntl", fcntl(fd, F_DUPFD_CLOEXEC, min));
}

int ward__sys_dup_to(int fd, int target)
{
	WARD__CALL("dup3", dup2(fd, target) < 0 ? -1 : 0);
}

int ward__sys_keep(int fd)
{
	WARD__CALL("fcntl", fcntl(fd, F_SETFD, 0));
}

/* Close those of first..last that are open; poll tells, a few hundred at a time. */
static void close_open_ones(int first, int last)
{
	struct pollfd fds[256];
	nfds_t n = 0;

	while (first <= last && n < sizeof(fds) / sizeof(fds[0]))
		fds[n++] = (struct pollfd){ .fd = first++ };
	if (poll(fds, n, 0) < 0)
		for (nfds_t i = 0; i < n; i++)
			fds[i].revents = 0;       /* unknown: close them all */
	for (nfds_t i = 0; i < n; i++)
		if (!(fds[i].revents & POLLNVAL))
			close(fds[i].fd);
}

int ward__close_each(unsigned first, unsigned last, unsigned most)
{
	if (last >= most)
		last = most - 1;
	for (; first <= last; first += 256) {
		unsigned end = last - first < 255 ? last : first + 255;

		close_open_ones((int)first, (int)end);
	}
	return 0;
}

/* A forked child has a table of its own from the start; this is never asked. */
int ward__sys_unshare_above(unsigned last)
{
	(void)last;
	return -ENOTSUP;
}

/* --------------------------------------------------------- session, group, terminal */

int ward__sys_setsid(void)
{
	WARD__CALL("setsid", setsid() < 0 ? -1 : 0);
}

int ward__sys_setpgid(pid_t pgid)
{
	WARD__CALL("setpgid", setpgid(0, pgid));
}

int ward__sys_set_tty(int fd)
{
#ifdef TIOCSCTTY
	WARD__CALL("ioctl", ioctl(fd, TIOCSCTTY, 0));
#else
	(void)fd;
	return -ENOTSUP;
#endif
}

int ward__sys_set_foreground(int fd)
{
	WARD__CALL("ioctl", tcsetpgrp(fd, getpgrp()));
}

/* ------------------------------------------------------------ limits and scheduling */

int ward__sys_setrlimit(int resource, uint64_t soft, uint64_t hard)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return -errno;
	if (soft != WARD_RLIMIT_KEEP)
		limit.rlim_cur =
			soft == WARD_RLIMIT_INFINITY ? RLIM_INFINITY : (rlim_t)soft;
	if (hard != WARD_RLIMIT_KEEP)
		limit.rlim_max =
			hard == WARD_RLIMIT_INFINITY ? RLIM_INFINITY : (rlim_t)hard;
	/* FreeBSD would lower the soft one without a word. */
	if (limit.rlim_cur > limit.rlim_max)
		return -EINVAL;
	WARD__CALL("prlimit64", setrlimit(resource, &limit));
}

int ward__sys_nice(int nice)
{
	WARD__CALL("setpriority", setpriority(PRIO_PROCESS, 0, nice));
}

/* ------------------------------------------------------------------------- identity */

int ward__sys_setgid(gid_t gid)
{
	WARD__CALL("setgid", setgid(gid));
}

int ward__sys_setuid(uid_t uid)
{
	WARD__CALL("setuid", setuid(uid));
}

int ward__sys_chdir(const char *path)
{
	WARD__CALL("chdir", chdir(path));
}

void ward__sys_umask(unsigned mask)
{
	umask((mode_t)mask);
}

/* -------------------------------------------------------------------------- signals */

/* FreeBSD has kept NSIG as it was before it had real-time signals. */
#ifdef _SIG_MAXSIG
enum { SIGNALS = _SIG_MAXSIG + 1 };
#elif defined(NSIG)
enum { SIGNALS = NSIG };
#else
enum { SIGNALS = 65 };
#endif

/* Numbers that libc keeps for itself, and KILL and STOP, refuse with EINVAL. */
static int default_signal(int signal, bool keep_ignored)
{
	struct sigaction now, none;

	if (ward__bare_sigaction(signal, NULL, &now) < 0 ||
	    (keep_ignored && now.sa_handler == SIG_IGN) || now.sa_handler == SIG_DFL)
		return 0;
	memset(&none, 0, sizeof(none));
	none.sa_handler = SIG_DFL;
	WARD__CALL("rt_sigaction", ward__bare_sigaction(signal, &none, NULL));
}

int ward__sys_default_signals(bool keep_ignored)
{
	for (int signal = 1; signal < SIGNALS; signal++) {
		int r = default_signal(signal, keep_ignored);

		if (r < 0)
			return r;
	}
	return 0;
}

int ward__sys_block_signals(struct ward__mask *before)
{
	sigset_t all;

	sigfillset(&all);
	WARD__CALL("rt_sigprocmask", sigprocmask(SIG_SETMASK, &all, &before->set));
}

int ward__sys_set_mask(const struct ward__mask *mask)
{
	WARD__CALL("rt_sigprocmask", sigprocmask(SIG_SETMASK, &mask->set, NULL));
}

void ward__sys_empty_mask(struct ward__mask *mask)
{
	sigemptyset(&mask->set);
}

/* ----------------------------------------------------------------------------- exec */

int ward__sys_exec(const char *path, const char *const *argv, const char *const *env)
{
	WARD__CALL("execve",
	     execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env));
}

int ward__sys_exists(const char *path)
{
	WARD__CALL("faccessat", access(path, F_OK));
}

int ward__sys_join(int job, bool asks)
{
	(void)job;
	(void)asks;
	return -ENOTSUP;
}

int ward__sys_hold_self(void)
{
	return -ENOTSUP;
}

int ward__sys_hear(int fd)
{
	unsigned char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? byte : -1;
}

void ward__sys_tell(int fd, const void *data, size_t size)
{
	while (write(fd, data, size) < 0 && errno == EINTR)
		;
}

_Noreturn void ward__sys_exit(int code)
{
	_exit(code);
}
