/* SPDX-License-Identifier: MIT */
/* Which file a start is to run. */
#ifndef WARD_WINDOWS_PROGRAM_H
#define WARD_WINDOWS_PROGRAM_H

#include "../platform.h"

struct ward__program {
	uint16_t *path;               /* full */
	bool batch;                   /* for cmd.exe, and that is allowed */
};

/*
 * Find opts->file of the child, whose working directory is @base. @flags are
 * WARD_WINDOWS_*. On failure @error is filled, and there is nothing to free.
 */
int ward__program_find(struct ward__program *ret, const struct ward__start *start,
                       const uint16_t *base, uint32_t flags, struct ward_error *error);

#endif
