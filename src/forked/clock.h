/* SPDX-License-Identifier: MIT */
/* Times as sysctl(3) tells them. */
#ifndef WARD_FORKED_CLOCK_H
#define WARD_FORKED_CLOCK_H

#include <stdint.h>

#include "ward.h"

static inline int64_t ward__ns(int64_t seconds, int64_t microseconds)
{
	return seconds * WARD_NS_PER_S + microseconds * 1000;
}

static inline uint64_t ward__us(int64_t seconds, int64_t microseconds)
{
	return (uint64_t)(seconds * 1000000 + microseconds);
}

#endif
