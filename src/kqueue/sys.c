/* SPDX-License-Identifier: MIT */
/*
 * What is these systems' own of a child's calls (unix/sys.h). Which of them has what is
 * told by the preprocessor; what a system does not have is -ENOTSUP.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "../forked/calls.h"
#include "../unix/pipe.h"
#include "../unix/sys.h"

/* ---------------------------------------------------------------------- descriptors */

#ifdef __APPLE__
/* There is no pipe2: a fork between the two calls inherits the pipe until its exec. */
static int make_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		return -errno;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}
#else
static int make_pipe(int ends[2])
{
	return ward__result(pipe2(ends, O_CLOEXEC));
}
#endif

int ward__pipe(int ends[2])
{
	int r = ward__gate("pipe2");

	return r < 0 ? r : make_pipe(ends);
}

#ifdef __APPLE__
/* No number is above the most that one process may have open. */
static unsigned highest(void)
{
	int name[] = { CTL_KERN, KERN_MAXFILESPERPROC }, most = 0;
	size_t size = sizeof(most);

	if (sysctl(name, 2, &most, &size, NULL, 0) < 0 || most < OPEN_MAX)
		most = OPEN_MAX;
	return (unsigned)most;
}

static int close_above(unsigned first)
{
	return ward__close_each(first, UINT_MAX, highest());
}
#else
/* "Not a descriptor", where first is above the highest that is open. */
static int close_above(unsigned first)
{
	int r = ward__result(closefrom((int)first));

	return r == -EBADF ? 0 : r;
}
#endif

/* A gap between descriptors is small: each number in it is tried. */
int ward__sys_close_range(unsigned first, unsigned last)
{
	int r = ward__gate("close_range");

	if (r < 0)
		return r;
	if (last >= INT_MAX)
		return close_above(first);
	return ward__close_each(first, last, INT_MAX);
}

/* ----------------------------------------------------------------------- scheduling */

#ifdef __NetBSD__
/*
 * The POSIX functions are in librt there, which is not to be needed; they call this. A
 * priority is only for the real-time policies.
 */
int ward__sys_sched(int policy, int priority)
{
	struct sched_param param = { .sched_priority = policy == SCHED_OTHER ?
		                                               PRI_NONE :
		                                               priority };

	if (policy == SCHED_OTHER && priority != 0)
		return -EINVAL;
	WARD__CALL("sched_setscheduler", _sched_setparam(0, 0, policy, &param));
}
#elif defined(__DragonFly__)
int ward__sys_sched(int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	WARD__CALL("sched_setscheduler",
	           sched_setscheduler(0, policy, &param) < 0 ? -1 : 0);
}
#else
int ward__sys_sched(int policy, int priority)
{
	(void)policy;
	(void)priority;
	return -ENOTSUP;
}
#endif

int ward__sys_affinity(const unsigned long *mask, size_t bytes)
{
	(void)mask;
	(void)bytes;
	return -ENOTSUP;
}

/* ------------------------------------------------------------------------- identity */

#if defined(__APPLE__) || defined(__DragonFly__)
/* The first of the list is the effective group, which is set by another step. */
int ward__sys_setgroups(size_t n, const gid_t *groups)
{
	gid_t list[NGROUPS_MAX + 1];

	if (n > NGROUPS_MAX)
		return -EINVAL;
	list[0] = getegid();
	if (n > 0)
		memcpy(&list[1], groups, n * sizeof(*groups));
	WARD__CALL("setgroups", setgroups((int)n + 1, list));
}
#else
int ward__sys_setgroups(size_t n, const gid_t *groups)
{
	if (n > NGROUPS_MAX)
		return -EINVAL;
	WARD__CALL("setgroups", setgroups((int)n, groups));
}
#endif

int ward__sys_no_new_privs(void)
{
	return -ENOTSUP;
}

int ward__sys_death_signal(int signal, pid_t parent)
{
	(void)signal;
	(void)parent;
	return -ENOTSUP;
}

int ward__bare_sigaction(int signal, const struct sigaction *to,
                         struct sigaction *before)
{
	return sigaction(signal, to, before);
}

/* ----------------------------------------------------------------------------- exec */

#if defined(__NetBSD__) || defined(__DragonFly__)
int ward__sys_exec_fd(int fd, const char *const *argv, const char *const *env)
{
	WARD__CALL("execveat",
	           fexecve(fd, (char *const *)(uintptr_t)argv,
	                   (char *const *)(uintptr_t)env));
}
#else
int ward__sys_exec_fd(int fd, const char *const *argv, const char *const *env)
{
	(void)fd;
	(void)argv;
	(void)env;
	return -ENOTSUP;
}
#endif
