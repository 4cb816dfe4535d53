/* SPDX-License-Identifier: MIT */
/*
 * ward on POSIX systems: the raw siginfo_t, struct rusage and wait status of a result, for
 * code that already speaks them. Where <errno.h> has no ENODATA (FreeBSD, OpenBSD) ENOMSG
 * stands for it.
 */
#ifndef WARD_POSIX_H
#define WARD_POSIX_H

#include <signal.h>
#include <sys/resource.h>

#include "ward.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ward_siginfo(w, ret):
 * How the process ended as waitid(2) tells it: si_signo SIGCHLD, si_code CLD_EXITED,
 * CLD_KILLED or CLD_DUMPED, si_status, si_pid. si_uid is 0 where the status was recovered
 * (ward_exit.has_usage is 0 then).
 *
 * Does not wait. Returns 0; -EAGAIN, it has not ended as far as a wait has seen; -ENODATA,
 * the status is lost.   Since 0.1.
 */
WARD_API int ward_siginfo(struct ward *w, siginfo_t *ret);

/*
 * ward_rusage(w, ret):
 * The resource usage of the process and of its waited-for children, as wait4(2) tells it.
 *
 * Does not wait. Returns 0; -EAGAIN as above; -ENODATA, the kernel did not tell (somebody
 * else collected the process, or it is not our child).   Since 0.1.
 */
WARD_API int ward_rusage(struct ward *w, struct rusage *ret);

/*
 * ward_wait_status(exit, ret):
 * A result as waitpid(2) would have stored it, for WIFEXITED, WTERMSIG, WCOREDUMP.
 *
 * Returns 0; -ENODATA, the status is lost; -EINVAL, not a result.   Since 0.1.
 */
WARD_API int ward_wait_status(const struct ward_exit *exit, int *ret);

#ifdef __cplusplus
}
#endif
#endif
