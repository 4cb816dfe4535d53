/* SPDX-License-Identifier: MIT */
/* A process by its number: is it a child, collect it, signal it. */
#ifndef WARD_FORKED_NUMBER_H
#define WARD_FORKED_NUMBER_H

#include <stdbool.h>
#include <sys/types.h>

#include "../unix/ending.h"

/* A child of ours that nobody has collected. */
bool ward__is_child(pid_t pid);

/* As wait4(2) with @options: 1 collected, 0 not yet, or a negative errno. */
int ward__collect(pid_t pid, int options, struct ward__ending *ret);

/*
 * The same in pieces and without an allocation, for keepers: 1, 0 or a negative errno.
 */
int ward__wait_number(pid_t pid, int options, int *status, struct rusage *usage);

/* As kill(2), to it or to its group. Never 0, 1 or -1. */
int ward__kill(pid_t pid, int sig, bool group);

#endif
