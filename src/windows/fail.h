/* SPDX-License-Identifier: MIT */
/* What GetLastError says, as an errno value; and failures of a start. */
#ifndef WARD_WINDOWS_FAIL_H
#define WARD_WINDOWS_FAIL_H

#include <stdint.h>

#include "../platform.h"

/* A negative errno for one of the system's error numbers. */
int ward__error_code(uint32_t os_error);

/* The same for GetLastError, right after a call that failed. */
int ward__last_error(void);

/* Write a failure into @error and return its code. @path may be NULL. */
int ward__fail(struct ward_error *error, int step, int code, int64_t number,
               const char *path);

/* The same for a call that has just failed with @code: the raw number is kept. */
int ward__fail_last(struct ward_error *error, int step, int code, int64_t number,
                    const char *path);

#endif
