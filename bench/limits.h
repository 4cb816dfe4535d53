/* SPDX-License-Identifier: MIT */
/*
 * How many processes a benchmark may have at the same time.
 */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <stdint.h>

struct limits {
	uint32_t children;                    /* alive at the same time */
	uint32_t table;                       /* in one descriptor table */
	char why[128];                        /* what bounds the children */
};
void limits_find(struct limits *ret);

#endif
