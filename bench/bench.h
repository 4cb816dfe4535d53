/* SPDX-License-Identifier: MIT */
/*
 * The parts of the benchmark of starts and the words they share.
 *
 *  contestant  a way to start a program and to wait for it
 *  parent      a process that does so: small, with much memory, many descriptors, ...
 *  lane        one contestant in one parent
 *  block       some starts in a row on one lane; of threads, what they do in a window
 *  round       a block on each lane, shuffled
 *  scenario    the lanes that are measured together, and so can be compared
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common.h"

enum {
	BLOCK_MAX = 200,                      /* starts in one block */
	THREADS_MAX = 2,
	PARENTS_MAX = 3,
	CONTESTANTS_MAX = 12,
	STACK_BYTES = 16384
};

/* ------------------------------------------------------------------------ by_ward.c */

struct ward_spawn_opts;
/* As contestant.run. */
int run_by_ward(char *const argv[], const struct ward_spawn_opts *opts);

/* ------------------------------------------- contestants.c; of jobs: job_starts.c */

enum {
	FLOOR = 0, FLOOR_UNSHARE, WARD, WARD_INHERIT, POSIX_SPAWN, POSIX_SPAWN_CLEAN, VFORK,
	FORK
};

struct contestant {
	const char *name;
	/* Start @argv, wait for it, give everything back. @stack: STACK_BYTES to use. 0, or
	 * a negative errno; -EPROTO, the program did not end with 0. */
	int (*run)(char *const argv[], char *stack);
};
extern const struct contestant contestants[];
extern const int n_contestants;               /* CONTESTANTS_MAX at most; the first is the
                                               * floor */
/* A parent goes home: give back what was kept from one start to the next. */
void contestants_end(void);

/* ------------------------------------------------------------------------- parent.c */

struct parent_spec {
	const char *name;
	size_t memory;                        /* bytes, touched page by page */
	int fds;                              /* open ones, all CLOEXEC */
	int threads;                          /* 0: the main thread starts; else others */
	bool roams;                           /* not pinned even if others are */
};

struct parent {
	const struct parent_spec *spec;
	pid_t pid;
	int socket;
	int error;                            /* it could not be made: negative errno */
};

struct order {
	int contestant;                       /* negative: go home */
	int count;                            /* starts, where there are no threads */
	int64_t window_ns;                    /* else: how long they work */
	char *const *argv;                    /* a parent is a fork: addresses hold there */
};

struct block {
	int error;
	int count;                            /* starts of all threads */
	double ns_a_start;                    /* what one costs the clock */
	double cpu_ns_a_start;                /* ... and the parent's processor time; of
	                                       * threads NAN */
	uint32_t ns[BLOCK_MAX];               /* each start, where there are no threads */
};

/* @cpus: where its threads are pinned, the main thread to the first; negative: nowhere.
 * Failures are told in parent->error. */
void parent_start(struct parent *parent, const struct parent_spec *spec,
		  const int cpus[THREADS_MAX]);
void parent_stop(struct parent *parent);
int parent_run(struct parent *parent, const struct order *order, struct block *ret);

/* ------------------------------------------------------------------------ workload.c */

/* Make the @threads that carry orders out in this process, each on its CPU; 0 threads:
 * this very one does. */
int workload_prepare(int threads, const int cpus[]);
void workload_run(const struct order *order, struct block *ret);

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

struct lane {
	int parent, contestant;
	int block;                            /* starts in a block */
	int every;                            /* takes part in every so many rounds */
	int error;                            /* why it was not measured: negative errno */
	size_t starts;
	struct series each;                   /* ns of each start; of threads: nothing */
	struct series rounds;                 /* ns a start, by round; NAN: took no part */
	struct series cpu;                    /* the parent's processor time for it */
};

struct scenario {
	const struct scenario_spec *spec;
	struct parent parents[PARENTS_MAX];
	int n_parents;
	struct lane lanes[PARENTS_MAX * CONTESTANTS_MAX];
	int n_lanes;
	int rounds;
	int cpus[THREADS_MAX];
	int64_t window_ns;
};

struct settings {
	bool quick;
	int cpus[THREADS_MAX];                /* the first is negative: pin nothing */
	uint32_t block;
	int64_t window_ns;                    /* of the threads' blocks */
	double seconds;                       /* for each scenario; with threads, twice */
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
/* Of times; NULLs are fine. */
struct ratio lanes_ratio(const struct lane *a, const struct lane *b);

/* --------------------------------------------------------------------------- report.c */

void report_scenario(const struct scenario *scenario);
void report_plot(const struct scenario *scenario, FILE *file);

/* ---------------------------------------------------------------------------- goals.c */

/* Note what the scenario says about the goals; print all of them. */
void goals_note(const struct scenario *scenario);
void goals_print(void);

#endif
