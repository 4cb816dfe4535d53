/* SPDX-License-Identifier: MIT */
/*
 * The parts of the benchmark of jobs and the words they share. What a contained start
 * costs is measured as bench.h has it (contestants, parents, rounds); here is what is
 * done to whole trees.
 *
 *  tree     a process of bench-tree with all that descends from it, ten children each
 *  ender    a way to end such a tree: cgroup.kill by hand, ward by one of its means, a
 *           shell
 *  trial    one tree, made, ended and looked at until nobody of it is left
 *  size     trials of all enders on trees of one size, in rounds
 */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench.h"
#include "limits.h"
#include "ward.h"

/* --------------------------------------------------------------------- job_starts.c */

/* In the order of contestants[]. */
enum {
	PLAIN = 0, IN_GROUP, IN_KEEPER, IN_PIDNS, IN_CGROUP, NEW_GROUP, NEW_KEEPER,
	NEW_PIDNS, NEW_CGROUP, NEW_CGROUP_DIES
};
extern const struct scenario_spec job_scenarios[];

/* --------------------------------------------------------------------- job_enders.c */

struct tree {
	const struct ender *by;
	struct ward_job *job;
	struct ward *ward;                    /* its first process */
	struct hand *hand;                    /* of the one by hand */
};

struct ender {
	const char *name;
	uint32_t means;                       /* WARD_MEANS_*; 0: not ward's */
	uint32_t most;                        /* in a tree: with more it takes minutes */
	bool shares_group;                    /* the tree is in our process group */
	const char *script;                   /* of the shell */
	/* Start @argv with @in and @out as its descriptors 0 and 1, and no other. */
	int (*start)(struct tree *tree, const char *const argv[], int in, int out);
	/* Say that all shall end; the first process is waited for by @wait. */
	int (*end)(struct tree *tree);
	/* Until it is empty. */
	int (*wait)(struct tree *tree);
	/* Give all back, also after a failure of any of them. */
	void (*close)(struct tree *tree);
};

/* The first is the floor. */
enum {
	BY_HAND, BY_HAND_OUR_GROUP, BY_CGROUP, BY_CGROUP_OUR_GROUP, BY_PIDNS, BY_KEEPER,
	BY_GROUP, BY_SHELL_LISTS, BY_SHELL_PGREP, ENDERS
};
extern const struct ender *const enders[];    /* NULL-ended */
extern const struct ender hand_enders[];      /* job_hand.c */
extern const char *scripts_folder;

enum { WAIT_S = 60 };                         /* for anything; then it is a failure */

/* ---------------------------------------------------------------------- job_trial.c */

/* What is measured of a tree: its end, or the memory of the keeper above it. */
struct order_tree {
	const struct ender *by;
	uint32_t n;                           /* processes */
	bool memory;
};

struct footprint {
	double private_kib, shared_kib, tables_kib;
};

struct outcome {
	int error;                            /* negative errno */
	double asked_ns;                      /* ender.end came back */
	double empty_ns;                      /* ... and then ender.wait */
	double gone_ns;                       /* nobody has the pipe any more */
	struct footprint keeper;
};

extern const char *tree_program;

void trial_run(const struct order_tree *order, struct outcome *ret);

/* --------------------------------------------------------------------- job_memory.c */

/* In a trial's own process: read it of the keeper that is the parent of the tree. */
int footprint_read(struct ward *first, struct footprint *ret);

struct job_settings;
struct memory_lane {
	const struct ender *by;
	uint32_t n;
	struct outcome found;
};
enum { MEMORY_LANES = 8 };
struct memories {
	struct memory_lane lanes[MEMORY_LANES];
	int n_lanes;
};
void memories_measure(struct memories *ret, const struct job_settings *settings);

/* --------------------------------------------------------------------- job_rounds.c */

enum { SIZES_MAX = 3 };

struct ender_lane {
	const struct ender *by;
	int every;                            /* takes part in every so many rounds */
	int failures, error;
	const char *why;                      /* it takes no part: in words */
	struct series asked, empty, gone;     /* ns by round; NAN: took no part */
};

struct size {
	uint32_t n;
	struct ender_lane lanes[ENDERS];
	int n_lanes, rounds;
};

struct job_settings {
	struct settings starts;               /* as bench-spawn's */
	double trees_seconds;                 /* for the smallest size; more for others */
	uint32_t most;
	struct limits limits;
};

void size_measure(struct size *ret, uint32_t n, const struct job_settings *settings);
/* NULL where it was not measured. */
const struct ender_lane *size_lane(const struct size *size, const struct ender *by);

/* --------------------------------------------------------------------- job_report.c */

void job_report_limits(const struct job_settings *settings);
void job_report_starts(const struct scenario *s, FILE *plot);
void job_report_size(const struct size *size, FILE *plot);
void job_report_memories(const struct memories *m);
/* "10,000". */
void cell_count(char cell[CELL_BYTES], uint32_t n);

/* ---------------------------------------------------------------------- job_goals.c */

/* Note what it says about the goals; print all of them. */
void job_goals_starts(const struct scenario *s);
void job_goals_size(const struct size *size);
void job_goals_memories(const struct memories *m);
void job_goals_print(void);

#endif
