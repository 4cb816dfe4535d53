/* SPDX-License-Identifier: MIT */
/*
 * What both benchmarks share: CPUs, the clock, medians and ratios, the head of a report
 * and the cells of its tables.
 *
 * Everything runs in rounds because machines wander: what is compared was measured
 * shortly one after the other, and a ratio is the median over all rounds of the ratio
 * within a round.
 */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* -------------------------------------------------------------------------- common.c */

int64_t now_ns(void);
_Noreturn void die(const char *what);
void shuffle(int order[], int n);
/* On a terminal: how far it is. NULL: take that away again. */
void progress(const char *name, int round, double elapsed, double seconds);
void progress_text(const char *name, const char *what, unsigned n);

/* ---------------------------------------------------------------------------- cpus.c */

/* Pin the calling thread; a negative @cpu: do nothing. 0, or a negative errno. */
int cpu_pin(int cpu);
/* The highest CPU that we may use: the lowest takes most of a machine's interrupts. */
int cpu_last(void);
/* Another one that we may use, of another core if there is one; negative: none. */
int cpu_beside(int cpu);

/* --------------------------------------------------------------------------- stats.c */

struct series {
	double *value;
	size_t n, capacity;
};

struct ratio {
	int n;                        /* rounds in which both took part; 0: unknown */
	double median, low, high;     /* low..high: 95 % confidence of the median */
};

void series_add(struct series *series, double value);
double series_quantile(const struct series *series, double q);
/* a / b, value by value; NAN: took no part. */
struct ratio series_ratio(const struct series *a, const struct series *b);

/* ---------------------------------------------------------------------------- cells.c */

enum { CELL_BYTES = 32 };

/* Where and how it was measured. */
void head_print(const char *command);
void cell_number(char cell[CELL_BYTES], double value, int digits);
/* Two digits after the point, fewer where nobody could mean them. */
void cell_ratio(char cell[CELL_BYTES], double value);
void cell_interval(char cell[CELL_BYTES], struct ratio r);

#endif
