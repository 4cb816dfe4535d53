/* SPDX-License-Identifier: MIT */
/* One process that is to end with its owner. */
#ifndef WARD_WINDOWS_GUARD_H
#define WARD_WINDOWS_GUARD_H

#include "system.h"

/*
 * A job object for one process, which the system kills when the last HANDLE of it is
 * closed: ours, by our end at the latest. What the process starts is not in it.
 */
int ward__guard_new(HANDLE *ret);

/* Give it up, NULL is fine; while its @process runs that would kill it. */
void ward__guard_free(HANDLE guard, HANDLE process);

#endif
