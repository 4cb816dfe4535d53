/* SPDX-License-Identifier: MIT */
/*
 * A death pipe where the system has no handle to poll: a thread waits for one child and
 * closes its end of a pipe when the child has ended. The pipe is held by the waiter and
 * never by the child, so no grandchild can hold it open and no child can cut it short;
 * there is no SIGCHLD handler. The child is looked at (WNOWAIT), never collected, by the
 * thread.
 */
#ifndef WARD_UNIX_WAITER_H
#define WARD_UNIX_WAITER_H

#include <stdbool.h>
#include <sys/types.h>

struct ward__waiter;

/*
 * Reserve pipe and thread, before the child exists. Then either ward__waiter_watch, which
 * cannot fail, or ward__waiter_drop.
 */
int ward__waiter_new(struct ward__waiter **ret);
void ward__waiter_watch(struct ward__waiter *waiter, pid_t pid);

/* Readable when the child has ended or was collected by somebody else. */
int ward__waiter_fd(const struct ward__waiter *waiter);
bool ward__waiter_done(const struct ward__waiter *waiter);

/*
 * Give it up; never blocks. The thread ends with the child that it watches, or at once.
 */
void ward__waiter_drop(struct ward__waiter *waiter);

/*
 * waitid(2) by number with WEXITED | WNOWAIT: 0 ended, -ECHILD not (or no longer) a
 * child.
 */
int ward__peek_child(pid_t pid, bool block);

#endif
