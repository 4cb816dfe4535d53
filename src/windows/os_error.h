/* SPDX-License-Identifier: MIT */
/* What GetLastError says, as an errno value; and failures of a start by it. */
#ifndef WARD_WINDOWS_OS_ERROR_H
#define WARD_WINDOWS_OS_ERROR_H

#include <stdint.h>

#include "../fail.h"

/* A negative errno for one of the system's error numbers. */
int ward__error_code(uint32_t os_error);

/* The same for GetLastError, right after a call that failed. */
int ward__last_error(void);

/* As ward__fail for a call that has just failed with @code: the raw number is kept. */
int ward__fail_last(struct ward_error *error, int step, int code, int64_t number,
                    const char *path);

#endif
