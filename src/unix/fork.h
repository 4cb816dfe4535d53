/* SPDX-License-Identifier: MIT */
/* Start a child the plain way: fork, and a pipe for what goes wrong before exec. */
#ifndef WARD_UNIX_FORK_H
#define WARD_UNIX_FORK_H

#include <sys/types.h>

#include "plan.h"

/*
 * Fork and exec. 0: the program runs as *ret. A failure: no child is left, @error tells.
 * @hold (may be NULL) is called with @arg and the pid while the child still waits to be
 * let go, so that the child cannot end before it is held; when it fails no program is
 * run.
 */
typedef int ward__hold_fn(void *arg, pid_t pid);
int ward__fork_start(pid_t *ret, struct ward__plan *plan, ward__hold_fn *hold, void *arg,
                     struct ward_error *error);

/* The same, with the child made by @make, which is called with @arg and is like fork. */
typedef pid_t ward__make_fn(void *arg);
int ward__fork_start_by(ward__make_fn *make, pid_t *ret, struct ward__plan *plan,
                        ward__hold_fn *hold, void *arg, struct ward_error *error);

/* Collect a child that ends by itself before exec, so that no zombie stays. */
void ward__collect_failed(pid_t pid);

#endif
