/* SPDX-License-Identifier: MIT */
/*
 * The plan of a start: everything that the child will need, laid out by its parent before
 * the child exists, so that the child neither allocates nor decides. The hard part is the
 * descriptors: any mapping must come out as if all were assigned at once, and the child
 * must end up with these and no others.
 */
#ifndef WARD_UNIX_PLAN_H
#define WARD_UNIX_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../fail.h"
#include "../platform.h"
#include "sys.h"

/* One descriptor of the child. */
struct ward__slot {
	int target;                   /* the number in the child */
	int kind; /* INHERIT, GIVEN, PATH or CLOSED; others are resolved */
	int source;                   /* GIVEN: a number of the parent's */
	bool is_pipe;                 /* GIVEN: another opening of it is as good */
	int open_flags;               /* PATH */
	unsigned mode;
	const char *path;
	size_t same_as; /* this slot's source is that slot's; itself usually */
	int at;                       /* where the child has the source now */
};

struct ward__plan {
	const struct ward__start *start;
	const struct ward_spawn_opts *opts;

	struct ward__slot *slots;     /* sorted by target, each target once */
	size_t n_slots;
	int highest; /* highest number that the child needs from its parent */
	bool moves;                   /* something is to be opened, moved or closed */
	bool unshare; /* the table is the parent's until the child leaves it */

	int program;                  /* exe_fd, where the child has put it */
	int spares[2];                /* the start's own descriptors, where no slot is */
	size_t n_spares;

	const char **candidates;      /* paths to try in turn */
	size_t n_candidates;

	int *rlimits; /* opts->rlimits[].resource as the host's RLIMIT_* */
	int policy;                   /* opts->sched_policy as the host's SCHED_* */

	bool set_groups, set_gid, set_uid;
	gid_t *groups;
	size_t n_groups;
	gid_t gid;
	uid_t uid;

	unsigned long *cpus;          /* mask */
	size_t cpus_bytes;

	int join; /* the parent's, by which the child enters its job; -1: none */
	bool join_asks; /* somebody is at its other end who lets it in, or does not */
	int death_signal;
	pid_t parent;                 /* whose end is meant by that */
	bool hold_self; /* the child makes its pidfd, in the parent's table */
	int self;                     /* that pidfd; -1: none */
	bool handlers_cleared;        /* the kernel did it when it made the child */
	struct ward__mask mask;       /* the child's signal mask at exec */
	bool mask_is_set; /* and is not to be taken from who makes the child */

	gid_t *looked_up;             /* groups of `user`, allocated */
	void *memory;                 /* the arrays above */
};

/* What the child says of a step that failed; plain data, so that a pipe can carry it. */
struct ward__report {
	volatile int32_t step;        /* the step it is at; EXEC when all went well */
	volatile int32_t code;        /* negative errno: it failed there */
	volatile int64_t number;
	const char *volatile path;    /* into the plan or the options */
};

/*
 * Lay out the plan. On failure @error has step, code, number and path, and there is
 * nothing to free.
 */
int ward__plan_make(struct ward__plan *plan, const struct ward__start *start,
                    struct ward_error *error);
void ward__plan_free(struct ward__plan *plan);

/* The mask that the child has at exec, from the one that the caller had. */
void ward__plan_mask(struct ward__plan *plan, const struct ward__mask *before);

/* The descriptors' part (slots.c): fill @slots, room for 3 + n_fds. */
int ward__slots_make(struct ward__plan *plan, struct ward_error *error);

/* Once a slot has changed: what the child needs of its parent's table. */
void ward__slots_measure(struct ward__plan *plan);

/* What a child reported, as an error. */
int ward__fail_report(struct ward_error *error, const struct ward__report *report);

#endif
