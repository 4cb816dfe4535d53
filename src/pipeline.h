/* SPDX-License-Identifier: MIT */
/* A pipeline under way: its parts, shared by start, wait and result. */
#ifndef WARD_PIPELINE_H
#define WARD_PIPELINE_H

#include "handle.h"
#include "input.h"
#include "output.h"

/* One command. */
struct ward__stage {
	struct ward *ward;
	struct ward_exit exit;
	bool ended;
	const struct ward__event *event; /* of this turn; NULL: none */
	char name[64];
};

struct ward_pipeline {
	struct ward_run_opts opts;    /* whole; what it lends is for the start only */
	struct ward_stop_step *steps; /* how they are stopped; KILL is the last one */
	size_t n_steps;
	struct ward_job *job;         /* that of `spawn`; NULL */
	struct ward__stage *stages;
	size_t n, n_live;
	struct ward_stage_result *results; /* room for what the caller gets */

	struct ward__input input;
	struct ward__output *outputs; /* out, then err or one for each stage */
	size_t n_outputs;
	void *scratch;
	struct ward__event *events;   /* room for all that is slept for */
	struct ward__stream **hungry; /* of MEMORY of the options of a start, held; */
	size_t n_hungry;              /* of this turn, the first events; and at most */
	size_t most_hungry;
	const struct ward__event *input_event; /* of this turn; NULL: none */

	int64_t deadline, drain;      /* -1: never */
	bool is_draining;
	bool is_late;                 /* the drain is over, and somebody takes slowly */
	int64_t heard;                /* when the last output came */
	bool is_stopping;
	size_t step;                  /* the next one */
	int64_t step_deadline;
	uint32_t flags;               /* WARD_RESULT_* */
	int32_t stopped_by;
	int failure;                  /* what the run returns in the end; 0 */
	bool taken;
};

/* run_opts.c: the options, whole and checked. */
int ward__run_opts_read(struct ward_run_opts *ret, const struct ward_run_opts *opts);

/* ... the job of `spawn`; NULL: none. */
struct ward_job *ward__run_job(const struct ward_run_opts *o);

/* pipeline.c: which have ended meanwhile? */
void ward__pipeline_look(struct ward_pipeline *p);

/* stopping.c: send the next step to all, now; and when the time of one is up. */
void ward__pipeline_stop(struct ward_pipeline *p, uint32_t why);
void ward__pipeline_next_step(struct ward_pipeline *p);
void ward__pipeline_fail(struct ward_pipeline *p, int code);

/* result.c: what the caller gets; p has nothing of it any more. */
void ward__pipeline_result(struct ward_pipeline *p, struct ward_result *ret);

#endif
