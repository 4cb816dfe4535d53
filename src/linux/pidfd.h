/* SPDX-License-Identifier: MIT */
/* The kernel's calls about processes, bare and through the gate. */
#ifndef WARD_LINUX_PIDFD_H
#define WARD_LINUX_PIDFD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../unix/ending.h"
#include "../unix/poll.h"
#include "kernel.h"

int ward__pidfd_open(int64_t pid);

/*
 * waitid(2), the only place that calls it. @pidfd >= 0 or else @pid > 0 says for whom;
 * never a wildcard. @options beside WEXITED and __WALL. 1: *ret (may be NULL) tells how
 * it ended; 0: not yet; -ECHILD: not a child of ours, or collected already.
 */
int ward__waitid(int pidfd, pid_t pid, int options, struct ward__ending *ret);

/* As ward__ending_keep_usage. */
void ward__ending_keep_kernel_usage(struct ward__ending *ending,
                                    const struct kernel_rusage *usage);

/* pidfd_send_signal(2), to the process or to the group that it leads. */
int ward__pidfd_signal(int pidfd, int sig, bool group);

/*
 * kill(2), the only place that calls it, for a number that the caller knows to be pinned
 * by an uncollected child. @pid > 1, else -EINVAL. @group: the group of that number.
 */
int ward__kill(pid_t pid, int sig, bool group);

/*
 * PIDFD_GET_INFO. The wait status of a collected process: -ENODATA where it is not told.
 */
int ward__pidfd_info(int pidfd, uint64_t wanted, struct kernel_pidfd_info *ret);
int ward__pidfd_status(int pidfd, int *ret);

/* The pid as seen from here: 0 in another namespace, -ESRCH once collected. */
int64_t ward__pidfd_pid(int pidfd);

/* The kernel's number of the process, never given twice in a boot; false before 6.9. */
bool ward__pidfd_number(int pidfd, uint64_t *ret);
int ward__pidfd_by_number(uint64_t number);

/* -EBADF unless it is the pidfd of a process (not of a thread). */
int ward__pidfd_check(int fd);

/* What poll says of @fd now. */
int ward__poll_now(int fd, int events);

#endif
