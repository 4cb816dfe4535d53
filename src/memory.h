/* SPDX-License-Identifier: MIT */
/* Allocation, through the gate, so that each one can be made to fail in a test. */
#ifndef WARD_MEMORY_H
#define WARD_MEMORY_H

#include <stddef.h>

/* Zeroed memory, or NULL. free() takes it back, as ward__free does. */
void *ward__alloc(size_t size);
void ward__free(void *memory);

#endif
