/* SPDX-License-Identifier: MIT */
/*
 * What is FreeBSD's own of a child's calls (unix/sys.h). The child comes from pdfork(2),
 * before which libc takes none of the locks that it takes before fork: sigaction, whose
 * wrapper in libthr has one, is the bare system call.
 */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/param.h>
#include <sys/cpuset.h>
#include <sys/procctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../forked/calls.h"
#include "../unix/pipe.h"
#include "../unix/sys.h"

/* ---------------------------------------------------------------------- descriptors */

int ward__pipe(int ends[2])
{
	WARD__CALL("pipe2", pipe2(ends, O_CLOEXEC));
}

/* FreeBSD 12.2; before it, closefrom for what has no end and a try of each for a gap. */
int ward__sys_close_range(unsigned first, unsigned last)
{
	int r = ward__gate("close_range");

	if (r == 0 && close_range(first, last, 0) == 0)
		return 0;
	if (r == 0)
		r = -errno;
	if (r != -ENOSYS)
		return r;
	if (last < INT_MAX)
		return ward__close_each(first, last, INT_MAX);
	closefrom((int)first);
	return 0;
}

/* ----------------------------------------------------------------------- scheduling */

int ward__sys_sched(int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (policy == SCHED_OTHER && priority != 0)
		return -EINVAL;
	WARD__CALL("sched_setscheduler",
	           sched_setscheduler(0, policy, &param) < 0 ? -1 : 0);
}

/* A cpuset_t is an array of longs, the first of them for the first CPUs. */
int ward__sys_affinity(const unsigned long *mask, size_t bytes)
{
	const unsigned char *byte = (const unsigned char *)mask;
	cpuset_t set;

	for (size_t i = sizeof(set); i < bytes; i++)
		if (byte[i] != 0)
			return -EINVAL;           /* a CPU beyond all that there can be */
	memset(&set, 0, sizeof(set));
	memcpy(&set, mask, bytes < sizeof(set) ? bytes : sizeof(set));
	WARD__CALL("sched_setaffinity",
	           cpuset_setaffinity(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, sizeof(set),
	                              &set));
}

/* ------------------------------------------------------------------------- identity */

/*
 * Before FreeBSD 15 the first of the list is the effective group, which is set by the
 * next step; without a place for it the first supplementary group would be lost.
 */
int ward__sys_setgroups(size_t n, const gid_t *groups)
{
	gid_t list[NGROUPS_MAX + 1];
	size_t first = __FreeBSD_version < 1500000 ? 1 : 0;

	if (n > NGROUPS_MAX)
		return -EINVAL;
	list[0] = getegid();
	if (n > 0)
		memcpy(&list[first], groups, n * sizeof(*groups));
	WARD__CALL("setgroups", setgroups((int)(n + first), list));
}

/* FreeBSD 13; EINVAL before it. */
int ward__sys_no_new_privs(void)
{
#ifdef PROC_NO_NEW_PRIVS_CTL
	int how = PROC_NO_NEW_PRIVS_ENABLE, r = ward__gate("no_new_privs");

	if (r < 0)
		return r;
	r = ward__result(procctl(P_PID, 0, PROC_NO_NEW_PRIVS_CTL, &how));
	return r == -EINVAL ? -ENOTSUP : r;
#else
	return -ENOTSUP;
#endif
}

/* It is the end of the parent process that tells, not that of the starting thread. */
int ward__sys_death_signal(int signal, pid_t parent)
{
	int r = ward__gate("death_signal");

	if (r == 0)
		r = ward__result(procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &signal));
	if (r < 0)
		return r;
	return getppid() == parent ? 0 : -ECANCELED;
}

int ward__bare_sigaction(int signal, const struct sigaction *to,
                         struct sigaction *before)
{
	return syscall(SYS_sigaction, signal, to, before);
}

/* ----------------------------------------------------------------------------- exec */

int ward__sys_exec_fd(int fd, const char *const *argv, const char *const *env)
{
	WARD__CALL("execveat",
	           fexecve(fd, (char *const *)(uintptr_t)argv,
	                   (char *const *)(uintptr_t)env));
}
