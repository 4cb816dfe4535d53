/* SPDX-License-Identifier: MIT */
/*
 * The parts of the benchmark of many children and the words they share.
 *
 *  watcher   a way to learn of the ends of children: bare system calls, ward_set, a peer
 *  hold      children of one thread, and one watcher that watches them
 *  keeper    a process with so many children, alone or spread over threads with
 *            descriptor tables of their own
 *  lane      one keeper, and what was measured with it
 *  block     some ends in a row, of children taken at random, in one keeper; those that
 *            have ended are replaced before the next one
 *  round     a block of each keeper that is alive, shuffled
 *  batch     the lanes whose keepers are alive together, and so can be compared
 */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common.h"
#include "limits.h"
#include "slot.h"

enum { BLOCK_MAX = 10, STACK_BYTES = 16384, ALIVE_AT_ONCE = 8, THREADS_MAX = 2 };

/* -------------------------------------------------------------------------- watchers */

struct hold {
	const struct watcher *by;
	void *own;                            /* the watcher's */
	struct slot *slots;                   /* shared with the children */
	int memory;                           /* the descriptor of that; a low one */
	uint32_t room;                        /* slots */
	uint32_t n;                           /* alive: slots 0..n - 1 */
	uint64_t told;                        /* ends that the watcher has told of */
	int64_t told_ns;                      /* when it told of the last one */
	char *stack;                          /* for starts: STACK_BYTES */
};

/* Programs that run one after the other, ALIVE_AT_ONCE at a time. */
struct stint {
	int64_t until_ns;                     /* start none after that */
	uint64_t ended;                       /* before that */
	uint64_t all;                         /* that were started */
	char *stack;
};

/* All that returns int: 0, or a negative errno. */
struct watcher {
	const char *name;
	bool spreads;                         /* a hold for each table is one mechanism */
	bool takes_fds;                       /* a descriptor for each child */
	bool is_peer;
	size_t most;                          /* children; 0: no limit of its own */
	int (*open)(struct hold *h);
	/* Start the child of @slot and watch it. */
	int (*start)(struct hold *h, uint32_t slot);
	/* Sleep until a child has ended, call hold_told for each as soon as its status is
	 * known, and give back what it took. */
	int (*wait)(struct hold *h);
	int (*stint)(struct stint *stint);    /* NULL: takes no part in that */
};

/* NULL-ended; the first is the floor. */
extern const struct watcher *const watchers[];
extern const struct watcher epoll_watcher, ward_watcher, posix_watcher, poll_watcher,
	sigchld_watcher, uv_watcher, glib_watcher, libev_watcher, sd_watcher,
	uring_watcher;

/* ----------------------------------------------------------------------- many_hold.c */

/* The programs that are started: bench-idle, and bench-tiny for stints. */
extern const char *idle_program, *tiny_program;

int hold_open(struct hold *h, const struct watcher *by, uint32_t room);
/* -ETIME: not done by then. */
int hold_grow(struct hold *h, uint32_t count, int64_t until_ns);
void hold_told(struct hold *h);

/* Let the child of @slot end; the next one in that slot must be started. */
void hold_let_end(struct hold *h, uint32_t slot);
/* Until these are about to wait for their go, and a moment longer. */
void hold_settle(const struct hold *h, const uint32_t slots[], size_t n);

/* The arguments of the child of a slot. */
struct words {
	char slot[12], parent[12];
	const char *argv[4];
};
void words_of(struct words *ret, uint32_t slot);

/* Zeroed memory that is not the heap's; gone with the process. NULL: there is none. */
void *more_memory(size_t size);

/* ---------------------------------------------------------------------- many_start.c */

/*
 * The quickest start that leaves the child no descriptor but 0, which is @in, 1 and 2:
 * returns its number, or a negative errno. @pidfd: NULL, or where its handle goes.
 */
pid_t start_raw(const char *const argv[], int in, char *stack, int *pidfd);

/* ---------------------------------------------------------------------- many_order.c */

enum { ORDER_GROW, ORDER_ENDS, ORDER_BURST, ORDER_STINT };

struct order {
	int what;
	uint32_t count;                       /* GROW: to so many; ENDS: of so many */
	uint32_t room;                        /* GROW: the most there will ever be */
	uint32_t table;                       /* GROW: children in one descriptor table */
	int64_t until_ns;                     /* GROW: -ETIME when it takes longer */
	int threads;                          /* STINT */
	int cpus[THREADS_MAX];                /* STINT: where; negative: anywhere */
	int64_t window_ns;                    /* STINT */
};

struct answer {
	int error;
	uint32_t count;                       /* ends, in ns[] or of all together */
	int threads;                          /* that the children are spread over */
	double ns, cpu_ns;                    /* GROW, BURST: of all together; STINT: the
	                                       * window, and of one program */
	double heap, fds;                     /* GROW: bytes and descriptors a child */
	struct {
		uint32_t wall, cpu, late;     /* until reaped; parent's; until told of */
	} ns_of[BLOCK_MAX];                   /* ENDS */
};

void order_carry_out(const struct watcher *by, const struct order *order,
		     struct answer *ret);

/* ----------------------------------------------------------------------- many_hand.c */

/* One hold, done by the calling thread. */
void hand_grow(struct hold *h, const struct order *order, struct answer *ret);
void hand_ends(struct hold *h, uint32_t count, struct answer *ret);
void hand_burst(struct hold *h, struct answer *ret);
int64_t own_cpu_ns(void);
void own_cpu_is_thread(void);             /* for the calling thread, from now on */

/* --------------------------------------------------------------------- many_keeper.c */

struct keeper {
	int64_t pid;                          /* 0: it is not there */
	int socket;
};

/* @program: who serves; a copy of the benchmark. */
int keeper_start(struct keeper *ret, const char *program, const struct watcher *by,
		 int cpu);
int keeper_ask(struct keeper *keeper, const struct order *order, struct answer *ret);
/* It goes, and all its children with it. */
void keeper_stop(struct keeper *keeper);
/* What a copy of the benchmark does that was started as a keeper. */
_Noreturn void keeper_serve(const char *watcher, int cpu);

/* --------------------------------------------------------------------- many_rounds.c */

struct settings {
	bool quick, no_peers;
	int cpu, other_cpu;                   /* negative: pin nothing */
	double seconds;                       /* for each batch */
	uint32_t most;                        /* children */
	const char *posix;                    /* the benchmark on that system; or NULL */
	const char *command;
	FILE *raw, *plot;                     /* tables for other programs; may be NULL */
	struct limits limits;
};

/* A quantity, of all ends and by round of its batch (NAN: took no part). */
struct quantity {
	struct series all, rounds;
};

struct lane {
	const struct watcher *by;
	uint32_t n;
	int batch;                            /* negative: none */
	bool is_reference;                    /* is in each batch, so that all have one */
	int every, block;
	int error;                            /* why it was not measured */
	const char *why;                      /* or that, in words */
	int threads;
	struct quantity wall, cpu, late;
	struct series burst_wall, burst_cpu;  /* ns for each end */
	double start_ns, heap, fds;
	struct keeper keeper;
};

enum { LANES_MAX = 200 };

struct levels {
	struct lane lanes[LANES_MAX];
	int n_lanes, n_batches;
};

void levels_measure(struct levels *ret, const struct settings *settings);
/* NULL where it was not measured. */
const struct lane *levels_lane(const struct levels *l, const struct watcher *by,
			       uint32_t n);

enum { WALL, CPU, LATE };
const struct quantity *lane_quantity(const struct lane *lane, int quantity);
/*
 * a / b. Of one batch: the median over the rounds. Else both are compared with what the
 * references did in their own batches, and the interval is what both together allow.
 */
struct ratio levels_ratio(const struct levels *l, const struct lane *a,
			  const struct lane *b, int quantity);

/* ----------------------------------------------------------------------- many_plan.c */

/* Which lanes there are, and which of them can be alive together. */
void levels_plan(struct levels *l, const struct settings *settings);

/* --------------------------------------------------------------------- many_stints.c */

struct stints_lane {
	const struct watcher *by;
	int threads, error;
	struct series rate, cpu;              /* by round: programs/s; ns for each */
	struct keeper keeper;
};

enum { STINT_LANES_MAX = 24 };

struct stints {
	struct stints_lane lanes[STINT_LANES_MAX];
	int n_lanes, rounds;
};

void stints_measure(struct stints *ret, const struct settings *settings);
const struct stints_lane *stints_find(const struct stints *s, const struct watcher *by,
				      int threads);

/* --------------------------------------------------------------------- many_report.c */

void report_limits(const struct settings *settings);
void report_levels(const struct levels *l);
void report_plot(const struct levels *l, FILE *file);
void report_stints(const struct stints *s);

/* ---------------------------------------------------------------------- many_goals.c */

void goals_print(const struct levels *l);

#endif
