/* SPDX-License-Identifier: MIT */
/* What the two parts of the harness on Windows share. */
#ifndef CHECK_WINDOWS_H
#define CHECK_WINDOWS_H

/* HANDLE of the job that a case and all that it starts are in. */
extern void *check_windows_job;

#endif
