/* SPDX-License-Identifier: MIT */
/* clone3(2) onto a stack of the child's own, which no libc offers. */
#ifndef WARD_LINUX_CLONE3_H
#define WARD_LINUX_CLONE3_H

#include <stddef.h>

#include "kernel.h"

/*
 * The pid in the parent, or a negative errno: -ENOSYS also where this architecture has no
 * entry here. The child calls @run with @arg, which must not return.
 */
long ward__clone3(const struct kernel_clone_args *args, int (*run)(void *), void *arg);

#endif
