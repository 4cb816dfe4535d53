/* SPDX-License-Identifier: MIT */
/*
 * Stopping all commands of a pipeline as one: each step goes to every one that still
 * runs, and KILL is the last. A command that even KILL does not reach (somebody else's by
 * then, through a set-uid program) is given up and told of, since to wait for it would be
 * for ever.
 */
#include <errno.h>

#include "call.h"
#include "job.h"
#include "pipeline.h"
#include "signal_name.h"
#include "stop.h"

static bool is_last(const struct ward_pipeline *p)
{
	return p->step + 1 == p->n_steps;
}

static void give_up(struct ward_pipeline *p, struct ward__stage *stage, int code)
{
	stage->ward->on_close = WARD_LEAVE;
	stage->ended = true;
	p->n_live--;
	if (p->failure == 0)
		p->failure = code;
}

/* As send_to_all. The commands are in it, too, unless they have left it. */
static int send_to_job(struct ward_pipeline *p, const struct ward_stop_step *step)
{
	int r = step->signal != 0 ? p->job->send(p->job, step->signal) : 0;

	if (step->flags & WARD_STOP_CONTINUE)
		p->job->send(p->job, ward__signal_by_name("CONT"));
	return r;
}

/* 0: somebody got it; else why nobody did. */
static int send_to_all(struct ward_pipeline *p, const struct ward_stop_step *step)
{
	int r = -ESRCH;

	if (step->flags & WARD_STOP_JOB)
		return send_to_job(p, step);
	for (size_t i = 0; i < p->n; i++) {
		struct ward__stage *stage = &p->stages[i];
		int sent;

		if (stage->ended)
			continue;
		sent = ward__stop_send(stage->ward, step);
		if (sent == 0)
			r = 0;
		else if (is_last(p))
			give_up(p, stage, sent);
	}
	return r;
}

void ward__pipeline_next_step(struct ward_pipeline *p)
{
	while (p->step < p->n_steps) {
		const struct ward_stop_step *step = &p->steps[p->step];
		int r = send_to_all(p, step);

		p->step++;
		p->step_deadline = ward__deadline(step->timeout_ns);
		if (r == 0) {
			if (step->signal != 0)
				p->stopped_by = step->signal;
			return;
		}
	}
	p->step_deadline = -1;
}

void ward__pipeline_stop(struct ward_pipeline *p, uint32_t why)
{
	if (p->is_stopping || p->n_live == 0)
		return;
	p->is_stopping = true;
	p->flags |= why;
	ward__pipeline_next_step(p);
}

/* The first failure is the one that is told. Nobody sees more of the output. */
void ward__pipeline_fail(struct ward_pipeline *p, int code)
{
	if (p->failure == 0)
		p->failure = code;
	for (size_t i = 0; i < p->n_outputs; i++)
		ward__output_mute(&p->outputs[i]);
	ward__pipeline_stop(p, 0);
}

/* Commands that had ended before are not said to have been stopped. */
int ward_pipeline_stop(struct ward_pipeline *p)
{
	struct ward__call call;

	if (!p)
		return -EINVAL;
	call = ward__call_begin();
	ward__pipeline_look(p);
	ward__pipeline_stop(p, WARD_RESULT_STOPPED);
	ward__call_end(&call);
	return 0;
}
