/* SPDX-License-Identifier: MIT */
/*
 * A job, as its parts see it: its life (job.c), stopping it (job_stop.c), asking about it
 * (job_ask.c), and the groups of its wards (job_group.c), which are what is left where
 * the system contains nothing, or does so no more.
 */
#ifndef WARD_JOB_H
#define WARD_JOB_H

#include "handle.h"

/* The wards whose groups are to be reached; under ward__job_lock. */
struct ward__groups {
	struct ward **wards;          /* entered */
	size_t n, reserved, room;
	bool are_killed;              /* and nothing was started since */
};

struct ward__member;

struct ward_job {
	struct ward__job *held;
	struct ward__member *members; /* its places in sets; under ward__job_lock */
	uint64_t flags;               /* WARD_JOB_* */
	uint32_t on_close, on_owner_death;
	bool by_groups;               /* it never was held by anything else */
	bool keeps_groups;
	struct ward__groups groups;
	/*
	 * For ward_spawn, which does not link all of this. Enter sets in @opts what a
	 * start in the job needs, and reserves; what was entered is to be left again,
	 * with the ward that was started, or with NULL.
	 */
	int (*enter)(struct ward_job *job, struct ward_spawn_opts *opts);
	void (*leave)(struct ward_job *job, struct ward *w);
	/* For the steps of a run: as ward_job_signal. */
	int (*send)(struct ward_job *job, int sig);
	const struct ward__job_in_set *in_set; /* since it was in one */
};

/*
 * The groups. Reserve room for one more before its start, and give that up again, or put
 * the ward into it. Signal: as ward_job_signal. Is nobody in them: 1, 0, or -ENOTSUP when
 * the system cannot tell without risking to ask about strangers.
 */
int ward__groups_reserve(struct ward_job *job);
void ward__groups_fill(struct ward_job *job, struct ward *w);
int ward__groups_signal(struct ward_job *job, int sig);
int ward__groups_are_empty(struct ward_job *job);
void ward__groups_free(struct ward_job *job);

/* WARD_STRENGTH_* of a WARD_MEANS_*. */
int ward__strength_of(int means);

/*
 * As ward_job_signal, ward_job_kill and ward_job_wait_empty, by whatever holds it now,
 * and once more, without waiting.
 */
int ward__job_send(struct ward_job *job, int sig);
int ward__job_end_all(struct ward_job *job);
int ward__job_wait(struct ward_job *job, int64_t deadline);
int ward__job_look(struct ward_job *job);

/* How many are in it; -1: that cannot be told. */
int64_t ward__job_count_now(struct ward_job *job);

#endif
