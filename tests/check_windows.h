/* SPDX-License-Identifier: MIT */
/* What the two parts of the harness on Windows share. */
#ifndef CHECK_WINDOWS_H
#define CHECK_WINDOWS_H

#include <stdbool.h>

/* HANDLE of the job that a case and all that it starts are in. */
extern void *check_windows_job;

/* Did Wine lose a process that was being made? Then it is worth another try, not many. */
bool check_windows_lost_a_start(unsigned long error);

#endif
