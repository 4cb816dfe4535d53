/* SPDX-License-Identifier: MIT */
/* Failures of a start, written down. */
#ifndef WARD_FAIL_H
#define WARD_FAIL_H

#include <stdint.h>

#include "ward.h"

/*
 * Write a failure into @error and return its @code. @number is the descriptor or limit
 * concerned, or -1; @path may be NULL and is cut if it is longer than there is room.
 */
int ward__fail(struct ward_error *error, int step, int code, int64_t number,
               const char *path);

/* Give it to the caller, once all has failed with @code; @to: where to, or NULL. */
void ward__fail_tell(struct ward_error *to, struct ward_error *error, int code);

#endif
