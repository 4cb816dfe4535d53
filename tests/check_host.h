/* SPDX-License-Identifier: MIT */
/*
 * What the runner (check.c) wants of a system: check_unix.c and check_windows.c have it.
 * A case is run in a process of its own, which tells its verdict through shared memory,
 * and nothing of it outlives it.
 */
#ifndef CHECK_HOST_H
#define CHECK_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "check.h"

/* What a case tells the runner; shared with every process of the case. */
struct check_verdict {
	atomic_int failures;
	atomic_int skipped;
	char reason[256];
};
extern struct check_verdict *check_verdict;

/* In the runner, before the first case: the verdict, and a process that is as a case is
 * to find it. Ends the program when it cannot be done. */
void check_host_prepare(void);

/*
 * Run a case to its end, but for no longer than @limit_s seconds, and end whatever it has
 * left. Returns NULL when it ended in order, else what its end says, in @text.
 */
const char *check_host_run(const struct check_case *c, double limit_s, char *text,
                           size_t size);

/* A program that was started to be one case says so in its arguments: its name, else
 * NULL. Where cases are forked there is none. */
const char *check_host_case(int argc, char *argv[]);

/* The name that one case alone has: FILE:CASE. */
void check_name(const struct check_case *c, char *text, size_t size);

/* In the process of a case: its body, then what it has changed; ends the process. */
_Noreturn void check_in_case(const struct check_case *c);

/* Write to where the runner's output goes, whatever became of descriptor 1. */
bool check_host_write(const char *text, size_t len);

/* End this process now, and nothing else. */
_Noreturn void check_host_end(int code);

/* Of the monotonic clock. */
double check_host_seconds(void);

/* The whole path of @path, or of the helper beside the test binary when @path is NULL. */
void check_host_place(const char *path, const char *self, char *whole, size_t size);
bool check_host_can_run(const char *path);

#endif
