/* SPDX-License-Identifier: MIT */
/*
 * The parts of the benchmark of output and the words they share.
 *
 *  task      what is to be done: so many bytes or turns, of which program
 *  player    one who can do tasks: plain system calls, ward, a peer
 *  turn      a task done once by one player, in a process made for it
 *  round     a turn of each player, shuffled
 *  contest   the turns on the same task, and so what can be compared
 */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common.h"

/* What can be asked of a player. */
enum {
	CAPTURE = 0,                  /* the output, whole, in memory */
	DISCARD,                      /* the output, read and thrown away */
	MOVE_FILE,                    /* the output, into a file */
	MOVE_NULL,                    /* the output, into the null device */
	SMALL,                        /* many short runs with a little output */
	ECHO,                         /* there and back through stdin and stdout */
	ACTS
};

enum { PIPE_BYTES = 262144, READ_BYTES = 262144, ECHO_BYTES = 64, SAY_BYTES = 20 };

struct task {
	int act;
	const char *const *argv;      /* argv[0] is a path */
	uint64_t bytes;               /* that one run writes */
	unsigned turns;               /* SMALL: runs, ECHO: round trips; else 1 */
	int fd;                       /* MOVE_*: where to */
};

struct outcome {
	uint64_t bytes;               /* that came, of all turns together */
	int64_t ns, cpu_ns;           /* set by who measures itself, else 0 */
};

/* Do it all; what is held in memory need not be given back. 0, or a negative errno:
 * -EPROTO, a program did not end with 0. */
typedef int play_fn(const struct task *task, struct outcome *ret);

struct player {
	const char *name;
	bool is_peer;                 /* somebody else's way */
	play_fn *play[ACTS];          /* NULL: takes no part */
};

extern const struct player plain_player, poll_player, ward_player, cat_player,
	popen_player, glib_player, uv_player, python_player;

/* ------------------------------------------------------------------ output_start.c */

/* What the plain players share: a child with pipes, by posix_spawn. */
struct child {
	pid_t pid;
	int in, out;                  /* our ends; negative: none */
};

enum { START_IN = 1, START_OUT = 2, START_WIDE = 4 };

int child_start(struct child *ret, const char *const argv[], unsigned what);
/* Close what is open, wait. 0, or -EPROTO as of play_fn. */
int child_end(struct child *child);
/* A program whose stdin is @in and whose stdout is @out. */
int child_between(pid_t *ret, const char *const argv[], int in, int out);
int child_wait(pid_t pid);

/* ----------------------------------------------------------------- output_rounds.c */

enum { PLAYERS_MAX = 8 };

struct contest_spec {
	const char *name, *title, *unit;
	double unit_size;             /* bytes of one unit; 0: turns are counted */
	int act;
	const char *chunk;            /* bytes in one write; NULL: 64 KiB */
	uint64_t bytes, quick_bytes;
	unsigned turns, quick_turns;
};

struct lane {
	const struct player *player;
	int every;                    /* takes part in every so many rounds */
	int error;                    /* why it was not measured: negative errno */
	struct series ns, cpu_ns;     /* by round; NAN: took no part */
};

struct contest {
	const struct contest_spec *spec;
	struct task task;
	struct lane lanes[PLAYERS_MAX];
	int n_lanes;
	int rounds;
};

struct settings {
	bool quick, no_peers;
	int cpu;                      /* pin all to it; negative: nothing */
	double seconds;               /* for each contest */
	const char *writer, *say;     /* programs that write */
	const char *folder;           /* where files are made */
	const char *command;
	FILE *raw, *plot;             /* tables for other programs; may be NULL */
};

/* NULL-ended; the first is the floor. */
extern const struct player *const players[];

void contest_measure(struct contest *ret, const struct contest_spec *spec,
		     const struct settings *settings);
void contest_free(struct contest *contest);
/* NULL where it was not measured. */
const struct lane *contest_lane(const struct contest *contest,
				const struct player *player);
/* How many times as fast @a is as @b; NULLs are fine. */
struct ratio lanes_ratio(const struct lane *a, const struct lane *b);

/* ----------------------------------------------------------------- output_report.c */

void report_contest(const struct contest *contest);
void report_plot(const struct contest *contest, FILE *file);
/* Note what the contest says about the goals; print all of them. */
void goals_note(const struct contest *contest);
void goals_print(void);

/* ----------------------------------------------------------------- output_memory.c */

/* Run with a limit on what is kept and tell how much memory that took. */
void memory_measure(const struct settings *settings);

/* ------------------------------------------------------------------ output_python.c */

/* Where output.py is. */
void python_script(const char *path);

#endif
