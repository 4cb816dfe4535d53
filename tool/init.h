/* SPDX-License-Identifier: MIT */
/* What only the first process of a container does (ward run --init). */
#ifndef TOOL_INIT_H
#define TOOL_INIT_H

#include <stdbool.h>
#include <stdint.h>

/* Is ward the first process of its pid namespace? */
bool tool_init_is_first(void);

/* Let orphans of ours come to us: 0; -ENOTSUP; or another errno. */
int tool_init_adopt(void);

/* Collect who has ended, but @but. */
void tool_init_reap(int64_t but);

/*
 * For the first process only: signal everybody else in its namespace. 0; -ESRCH, nobody
 * else is in it; -EPERM, nobody who may be signalled.
 */
int tool_init_signal_all(int sig);

#endif
