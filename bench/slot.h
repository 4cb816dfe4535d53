/* SPDX-License-Identifier: MIT */
/*
 * What a child of the benchmark of many and its parent say to each other, in memory that
 * they share: one slot for each child, so that any single one of them can be told to end.
 */
#ifndef BENCH_SLOT_H
#define BENCH_SLOT_H

#include <stdint.h>

struct slot {
	uint32_t go;                          /* a futex: 1, end now */
	uint32_t ready;                       /* 1: it is about to wait for that */
	int64_t ended_ns;                     /* the clock just before its end */
};

/* A child maps the piece that its slot is in: a page of whatever size is a part of it. */
enum {
	SLOT_PIECE_BYTES = 65536,
	SLOTS_IN_PIECE = SLOT_PIECE_BYTES / sizeof(struct slot)
};

#endif
