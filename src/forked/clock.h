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

/* A start, as the facts have it. */
static inline uint64_t ward__start(int64_t seconds, int64_t microseconds)
{
	return (uint64_t)ward__ns(seconds, microseconds);
}

#endif
