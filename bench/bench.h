/* SPDX-License-Identifier: MIT */
/*
 * The parts of the benchmark and the words they share.
 *
 *  contestant  a way to start a program and to wait for it
 *  parent      a process that does so: small, with much memory, many descriptors, ...
 *  lane        one contestant in one parent
 *  block       some starts in a row on one lane
 *  round       a block on each lane, shuffled
 *  scenario    the lanes that are measured together, and so can be compared
 *
 * Everything runs in rounds because machines wander: what is compared was measured
 * within the same few milliseconds, and a ratio is the median over all rounds of the
 * ratio within a round.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum {
	BLOCK_MAX = 200,                      /* starts of one thread in one block */
	THREADS_MAX = 2,
	PARENTS_MAX = 3,
	CONTESTANTS_MAX = 8,
	STACK_BYTES = 16384
};

/* ------------------------------------------------------------------- contestants.c */

enum {
	FLOOR = 0, FLOOR_UNSHARE, WARD, WARD_INHERIT, POSIX_SPAWN, POSIX_SPAWN_CLEAN, VFORK,
	FORK, CONTESTANTS
};

struct contestant {
	const char *name;
	/* Start @argv, wait for it, give everything back. @stack: STACK_BYTES to use. 0, or
	 * a negative errno; -EPROTO, the program did not end with 0. */
	int (*run)(char *const argv[], char *stack);
};
extern const struct contestant contestants[CONTESTANTS];

/* ------------------------------------------------------------------------- parent.c */

struct parent_spec {
	const char *name;
	size_t memory;                        /* bytes, touched page by page */
	int fds;                              /* open ones, all CLOEXEC */
	int threads;                          /* 0: the main thread starts; else so many */
	bool roams;                           /* not pinned even if others are */
};

struct parent {
	const struct parent_spec *spec;
	pid_t pid;
	int socket;
	int error;                            /* it could not be made: negative errno */
};

struct order {
	int contestant;
	int count;                            /* starts of each thread; 0: go home */
	char *const *argv;                    /* a parent is a fork: addresses hold there */
};

struct block {
	int error;
	int count;                            /* of `ns` */
	int64_t wall_ns;                      /* from the first start to the last end */
	uint32_t ns[BLOCK_MAX * THREADS_MAX]; /* each start */
};

/* @cpu: where it is pinned; negative: nowhere. Failures are told in parent->error. */
void parent_start(struct parent *parent, const struct parent_spec *spec, int cpu);
void parent_stop(struct parent *parent);
int parent_run(struct parent *parent, const struct order *order, struct block *ret);

/* ------------------------------------------------------------------------ workload.c */

/* Carry one order out in this process, in @threads threads (0: in this very one). */
void workload_run(const struct order *order, int threads, struct block *ret);

/* ------------------------------------------------------------------------ scenarios.c */

struct scenario_spec {
	const char *name, *title;
	const struct parent_spec *parents;    /* ended by one without a name */
	unsigned contestants;                 /* bits */
	bool dynamic;                         /* the program is a dynamic one */
	bool unpinned_twin;                   /* left out when nothing is pinned anyway */
	bool threads;                         /* what counts is starts per second */
};
extern const struct scenario_spec scenarios[];

/* --------------------------------------------------------------------------- rounds.c */

struct series {
	double *value;
	size_t n, capacity;
};

struct lane {
	int parent, contestant;
	int block;                            /* starts in a block */
	int every;                            /* takes part in every so many rounds */
	int error;                            /* why it was not measured: negative errno */
	struct series each;                   /* ns of each start */
	struct series rounds;                 /* ns a start, by round; NAN: took no part */
};

struct scenario {
	const struct scenario_spec *spec;
	struct parent parents[PARENTS_MAX];
	int n_parents;
	struct lane lanes[PARENTS_MAX * CONTESTANTS_MAX];
	int n_lanes;
	int rounds;
	int cpu;
};

struct settings {
	bool quick;
	int cpu;                              /* negative: pin nothing */
	int block;
	double seconds;                       /* for each scenario */
	const char *static_program, *dynamic_program;
	const char *command;
	FILE *raw, *plot;                     /* tables for other programs; may be NULL */
};

void scenario_measure(struct scenario *ret, const struct scenario_spec *spec,
		      const struct settings *settings);
void scenario_free(struct scenario *scenario);
/* NULL where it was not measured. */
const struct lane *scenario_lane(const struct scenario *scenario, int parent,
				 int contestant);

/* ---------------------------------------------------------------------------- stats.c */

struct ratio {
	int n;                                /* rounds in which both took part; 0: unknown */
	double median, low, high;             /* low..high: 95 % confidence of the median */
};

void series_add(struct series *series, double value);
double series_quantile(const struct series *series, double q);
/* NULLs are fine. */
struct ratio lanes_ratio(const struct lane *a, const struct lane *b);

/* --------------------------------------------------------------------------- report.c */

void report_head(const struct settings *settings);
void report_scenario(const struct scenario *scenario);
void report_plot(const struct scenario *scenario, FILE *file);

/* ---------------------------------------------------------------------------- goals.c */

/* Note what the scenario says about the goals; print all of them. */
void goals_note(const struct scenario *scenario);
void goals_print(void);

/* ---------------------------------------------------------------------------- spawn.c */

int64_t now_ns(void);
_Noreturn void die(const char *what);

#endif
