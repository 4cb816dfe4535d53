/* SPDX-License-Identifier: MIT */
/*
 * What is the system's own of a child's calls (unix/sys.h), on plain POSIX: what POSIX
 * does not have is -ENOTSUP and told by its step.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../forked/calls.h"
#include "../unix/pipe.h"
#include "../unix/sys.h"

/*
 * POSIX got pipe2 in 2024; a fork between the two calls inherits the pipe until its exec.
 */
int ward__pipe(int ends[2])
{
	int r = ward__gate("pipe2");

	if (r < 0)
		return r;
	if (pipe(ends) < 0)
		return -errno;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

/*
 * POSIX has nothing better than to try each number below the hard limit: the soft one may
 * have been lowered below what is open. That is a matter of milliseconds up to a million.
 */
int ward__sys_close_range(unsigned first, unsigned last)
{
	const rlim_t most = 1 << 20;
	struct rlimit limit;
	int r = ward__gate("close_range");

	if (r < 0)
		return r;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_max > most)
		return -ENOTSUP;                  /* there may be some beyond any loop */
	return ward__close_each(first, last, (unsigned)limit.rlim_max);
}

int ward__sys_sched(int policy, int priority)
{
#if defined(_POSIX_PRIORITY_SCHEDULING) && _POSIX_PRIORITY_SCHEDULING > 0
	struct sched_param param = { .sched_priority = priority };

	WARD__CALL("sched_setscheduler",
	           sched_setscheduler(0, policy, &param) < 0 ? -1 : 0);
#else
	(void)policy;
	(void)priority;
	return -ENOTSUP;
#endif
}

int ward__sys_affinity(const unsigned long *mask, size_t bytes)
{
	(void)mask;
	(void)bytes;
	return -ENOTSUP;
}

int ward__sys_setgroups(size_t n, const gid_t *groups)
{
	WARD__CALL("setgroups", setgroups(n, groups));
}

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

int ward__sys_exec_fd(int fd, const char *const *argv, const char *const *env)
{
	WARD__CALL("execveat",
	     fexecve(fd, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env));
}
