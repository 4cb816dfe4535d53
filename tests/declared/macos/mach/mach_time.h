/* SPDX-License-Identifier: MIT */
/*
 * The unit of its clock. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_MACH_TIME_H
#define DECLARED_MACH_TIME_H

#include <stdint.h>

typedef struct {
	uint32_t numer, denom;
} mach_timebase_info_data_t;

int mach_timebase_info(mach_timebase_info_data_t *ret);

#endif
