/* SPDX-License-Identifier: MIT */
/*
 * How the end of a process is noticed where processes are forked and named by numbers:
 * each system that builds on this folder implements it. The plain one has a thread that
 * waits (unix/waiter.h), the BSDs a kqueue, FreeBSD a process descriptor.
 */
#ifndef WARD_FORKED_WATCH_H
#define WARD_FORKED_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "../unix/fork.h"

struct ward__watch;

/* Reserve what a watch needs, before there is a child. Then start or process, or drop. */
int ward__watch_new(struct ward__watch **ret);

/*
 * The same for a child that another starts: where there are handles of the kernel, *ret
 * is to be given that one by take, else NULL.
 */
int ward__watch_reserve(struct ward__watch **ret);
void ward__watch_take(struct ward__watch *watch, int handle);

/*
 * Start the program of @plan and watch it, so that its end cannot be missed; @then is
 * called with @arg and the number as soon as it is watched. As ward__fork_start.
 */
int ward__watch_start(struct ward__watch *watch, pid_t *ret, struct ward__plan *plan,
                      ward__hold_fn *then, void *arg, struct ward_error *error);

/*
 * Is a child, where its options say so, killed by the kernel when we end? Then drop
 * leaves it alone, and it still is.
 */
bool ward__watch_kills(void);

/*
 * Watch a process that runs. @child: it is ours and was not collected; that it has ended
 * already is no failure then. -ESRCH; -EACCES; -ENOTSUP, only children can be watched.
 */
int ward__watch_process(struct ward__watch *watch, pid_t pid, bool child);

/* A descriptor that is readable once the process has ended, and stays so. */
int ward__watch_fd(const struct ward__watch *watch);
bool ward__watch_done(const struct ward__watch *watch);

/*
 * The status, as of wait4(2), that the notice of the end carried. false: there was none.
 */
bool ward__watch_status(struct ward__watch *watch, int *ret);

/*
 * Is it a handle of the kernel, which keeps the number from being given away? Then it can
 * be signalled by it.
 */
bool ward__watch_is_handle(const struct ward__watch *watch);
int ward__watch_signal(struct ward__watch *watch, int sig);

/* Give it up; NULL is fine. Never blocks. */
void ward__watch_drop(struct ward__watch *watch);

#endif
