/* SPDX-License-Identifier: MIT */
/*
 * What the first process of a container does. What is hard is not to collect what is not
 * ours to collect: the command is the library's, and to take its status would be to lose
 * it. So each is looked at first (WNOWAIT), and the look ends at the command: its end is
 * the news then, and who is behind it in the line is collected afterwards.
 */
#define _GNU_SOURCE 1
#include "../init.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __FreeBSD__
#include <sys/procctl.h>
#endif

bool tool_init_is_first(void)
{
	return getpid() == 1;
}

int tool_init_adopt(void)
{
#if defined(PR_SET_CHILD_SUBREAPER)
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;
#elif defined(PROC_REAP_ACQUIRE)
	return procctl(P_PID, getpid(), PROC_REAP_ACQUIRE, NULL) < 0 ? -errno : 0;
#else
	return -ENOTSUP;
#endif
}

void tool_init_reap(int64_t but)
{
	for (;;) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == 0 || info.si_pid == but)
			return;
		if (waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG) < 0)
			return;
	}
}

int tool_init_signal_all(int sig)
{
	if (getpid() != 1)
		return -ENOTSUP;
	return kill(-1, sig) < 0 ? -errno : 0;
}
