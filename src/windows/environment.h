/* SPDX-License-Identifier: MIT */
/* The environment: ours as UTF-8, the child's as the block that Windows wants. */
#ifndef WARD_WINDOWS_ENVIRONMENT_H
#define WARD_WINDOWS_ENVIRONMENT_H

#include <stdint.h>

/*
 * @env as a block: UTF-16, sorted by name without regard to case, of variables whose
 * names differ in case alone the last one only. In memory of its own. -EILSEQ, -ENOMEM.
 */
int ward__environment_block(uint16_t **ret, const char *const *env);

#endif
