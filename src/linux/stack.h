/* SPDX-License-Identifier: MIT */
/* Stacks for children that run on their parent's memory until exec. */
#ifndef WARD_LINUX_STACK_H
#define WARD_LINUX_STACK_H

#include <stddef.h>

enum { WARD__STACK_SIZE = 64 * 1024 };

/* The lowest address of a stack of WARD__STACK_SIZE, or NULL; given back by put. */
void *ward__stack_get(void);
void ward__stack_put(void *stack);

#endif
