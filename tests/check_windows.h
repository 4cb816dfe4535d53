/* SPDX-License-Identifier: MIT */
/* What the two parts of the harness on Windows share. */
#ifndef CHECK_WINDOWS_H
#define CHECK_WINDOWS_H

#include <stdbool.h>

/* HANDLE of the job that a case and all that it starts are in. */
extern void *check_windows_job;

/* Is this Windows Wine? */
bool check_windows_is_wine(void);

#endif
