/* SPDX-License-Identifier: MIT */
/*
 * ward on Linux: pidfds in and out.
 */
#ifndef WARD_LINUX_H
#define WARD_LINUX_H

#include "ward.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ward_pidfd_take(ret, pidfd):
 * Hold the process that a pidfd refers to. On success the ward owns @pidfd and closes it;
 * on failure it stays the caller's.
 *
 * Returns 0; -EBADF, not open or not a pidfd of a process (a thread's is refused, and so is
 * a directory of /proc); -ENOTSUP, this kernel's pidfds cannot be polled (before 5.3).
 *                                                                          Since 0.1.
 */
WARD_API int ward_pidfd_take(struct ward **ret, int pidfd);

/*
 * ward_pidfd(w):
 * Lend the pidfd: valid until the ward is closed; do not close it.
 * Returns the descriptor; -ENOTSUP, the ward holds none.   Since 0.1.
 */
WARD_API int ward_pidfd(const struct ward *w);

/*
 * ward_pidfd_dup(w):
 * Give a duplicate of the pidfd (CLOEXEC), which the caller closes.
 * Returns the descriptor; -EMFILE; -ENOTSUP, the ward holds none.   Since 0.1.
 */
WARD_API int ward_pidfd_dup(const struct ward *w);

#ifdef __cplusplus
}
#endif
#endif
