/* SPDX-License-Identifier: MIT */
/* Start a child the plain way: fork, and a pipe for what goes wrong before exec. */
#ifndef WARD_UNIX_FORK_H
#define WARD_UNIX_FORK_H

#include <sys/types.h>

#include "plan.h"

/*
 * Fork and exec. 0: the program runs as *ret. A failure: no child is left, @error tells.
 * The child is collected by its number here, which is safe: nobody else knows it.
 */
int ward__fork_start(pid_t *ret, struct ward__plan *plan, struct ward_error *error);

/* Collect a child that ends by itself before exec, so that no zombie stays. */
void ward__collect_failed(pid_t pid);

#endif
