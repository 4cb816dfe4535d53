/* SPDX-License-Identifier: MIT */
/*
 * Watching over a pipeline: one loop over ends, input, output and clocks. Nothing is ever
 * waited for alone, so that no full pipe and no silent process holds up the rest; and the
 * end of the commands is one event, the end of their output another, which has a bound of
 * its own.
 */
#include "pipeline.h"

#include <errno.h>

#include "call.h"
#include "memory.h"
#include "sized.h"

static const int64_t default_drain = WARD_NS_PER_S;

/* More than this is never in a pipe. */
enum { PIPE_MOST = 1024 * 1024 };

/* ----------------------------------------------------------------------------- clocks */

static int64_t idle_deadline(const struct ward_pipeline *p)
{
	int64_t ns = p->opts.idle_timeout_ns;

	return ns > 0 ? ward__after(p->heard, ns) : -1;
}

/* What this turn may sleep until. */
static int64_t next_deadline(const struct ward_pipeline *p, int64_t deadline)
{
	if (p->n_live == 0)
		return ward__earlier(deadline, p->is_late ? p->deadline : p->drain);
	if (p->is_stopping)
		return ward__earlier(deadline, p->step_deadline);
	return ward__earlier(deadline, ward__earlier(p->deadline, idle_deadline(p)));
}

/* ---------------------------------------------------------------------------- output */

static bool has_output(const struct ward_pipeline *p)
{
	for (size_t i = 0; i < p->n_outputs; i++)
		if (p->outputs[i].tap.channel)
			return true;
	return false;
}

static void close_output(struct ward_pipeline *p, struct ward__output *output, bool cut)
{
	int r = ward__output_close(output, cut);

	if (r < 0 && r != -EPIPE)
		ward__pipeline_fail(p, r);
}

static int pump_output(struct ward_pipeline *p, struct ward__output *output)
{
	int r = ward__output_pump(output, ward__scratch_of(p->scratch));

	if (r == WARD__PUMP_NOTHING)
		return r;
	p->heard = ward__now();
	/* Nobody is left to take it: that is for the command to learn. */
	if (r == -EPIPE)
		close_output(p, output, true);
	else if (r < 0)
		ward__pipeline_fail(p, r);
	else if (r == WARD__PUMP_LIMIT)
		ward__pipeline_stop(p, WARD_RESULT_LIMIT);
	if (r < 0 || r == WARD__PUMP_OVER)
		close_output(p, output, false);
	return r;
}

/* The drain is for those who hold a pipe, not for who takes slowly what was in it. */
static bool is_taken_slowly(const struct ward_pipeline *p,
                            const struct ward__output *output)
{
	return output->waits && output->total < output->total_most && !p->failure &&
	       !p->is_stopping && !ward__is_due(p->deadline);
}

/* What is in the pipe is taken, but no more of what still comes; true: later. */
static bool cut_one(struct ward_pipeline *p, struct ward__output *output)
{
	int r = WARD__PUMP_SOME;

	if (!p->is_late)
		output->total_most = output->total + PIPE_MOST;
	while (r == WARD__PUMP_SOME && output->total < output->total_most)
		r = pump_output(p, output);
	if (output->tap.channel && is_taken_slowly(p, output))
		return true;
	close_output(p, output, true);
	return false;
}

/* The time is up. */
static void cut_output(struct ward_pipeline *p)
{
	bool is_late = false;

	for (size_t i = 0; i < p->n_outputs; i++)
		if (p->outputs[i].tap.channel && cut_one(p, &p->outputs[i]))
			is_late = true;
	p->is_late = is_late;
}

/* ----------------------------------------------------------------------------- turns */

static void end_input(struct ward_pipeline *p)
{
	ward__input_close(&p->input);
	if (p->input.left)
		p->flags |= WARD_RESULT_INPUT_LEFT;
}

static void pump_input(struct ward_pipeline *p)
{
	int r = ward__input_pump(&p->input);

	if (p->input.left)
		p->flags |= WARD_RESULT_INPUT_LEFT;
	if (r < 0) {
		end_input(p);
		ward__pipeline_fail(p, r);
	}
}

/* Once the last of them has ended, whoever found that out. */
static void begin_drain(struct ward_pipeline *p)
{
	int64_t ns = p->opts.drain_ns ? p->opts.drain_ns : default_drain;

	if (p->n_live > 0 || p->is_draining)
		return;
	p->is_draining = true;
	p->drain = p->failure ? 0 : ward__deadline(ns);
	/* The total time bounds it, too; where that is over, who was stopped for it or
	 * meanwhile has the usual drain. */
	if (p->is_stopping && ward__is_due(p->deadline))
		p->drain = ward__earlier(p->drain, ward__deadline(default_drain));
	else
		p->drain = ward__earlier(p->drain, p->deadline);
}

static void ask_stage(struct ward_pipeline *p, size_t i)
{
	struct ward__stage *stage = &p->stages[i];
	int r;

	stage->exit = (struct ward_exit)WARD_EXIT_INIT;
	r = ward__end(stage->ward, &stage->exit);
	if (r == 0)
		return;
	stage->ended = true;
	p->n_live--;
	/* One that cannot be asked may run: it is still killed with the pipeline. */
	if (r < 0)
		ward__pipeline_fail(p, r);
	else
		stage->ward->on_close = WARD_LEAVE;
	if (i == 0)
		end_input(p);
}

void ward__pipeline_look(struct ward_pipeline *p)
{
	struct ward_exit exit = WARD_EXIT_INIT;

	for (size_t i = 0; i < p->n; i++)
		if (!p->stages[i].ended && ward__end(p->stages[i].ward, &exit) > 0)
			ask_stage(p, i);
}

static const struct ward__event *add_event(struct ward_pipeline *p, size_t *n,
                                           struct ward__event event)
{
	p->events[*n] = event;
	return &p->events[(*n)++];
}

static void list_hungry(struct ward_pipeline *p)
{
	p->n_hungry = 0;
	for (size_t i = 0; i < p->n && p->n_hungry < p->most_hungry; i++)
		p->n_hungry += ward__hungry_list(
			p->stages[i].ward, p->events + p->n_hungry,
			p->hungry + p->n_hungry, p->most_hungry - p->n_hungry);
}

static size_t list_events(struct ward_pipeline *p)
{
	size_t n;

	list_hungry(p);
	n = p->n_hungry;
	for (size_t i = 0; i < p->n; i++) {
		struct ward__stage *stage = &p->stages[i];

		stage->event = stage->ended ? NULL :
		                              add_event(p, &n, (struct ward__event){
						.process = stage->ward->process });
	}
	for (size_t i = 0; i < p->n_outputs; i++) {
		struct ward__output *output = &p->outputs[i];

		output->event = output->tap.channel ?
		                        add_event(p, &n, ward__output_event(output)) :
		                        NULL;
	}
	p->input_event = p->input.tap.channel ?
	                         add_event(p, &n, ward__input_event(&p->input)) :
	                         NULL;
	if (p->opts.flags & WARD_RUN_WAKE)
		add_event(p, &n, (struct ward__event){ .descriptor = p->opts.wake,
			                               .wants = WARD__READ });
	return n;
}

static bool is_ready(const struct ward__event *event)
{
	return event && event->ready;
}

/* What one does can end another: so each is asked whether it is still there. */
static bool serve(struct ward_pipeline *p, size_t n)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->stages[i].ended && is_ready(p->stages[i].event))
			ask_stage(p, i);
	for (size_t i = 0; i < p->n_outputs; i++)
		if (p->outputs[i].tap.channel && is_ready(p->outputs[i].event))
			pump_output(p, &p->outputs[i]);
	if (p->input.tap.channel && is_ready(p->input_event))
		pump_input(p);
	return (p->opts.flags & WARD_RUN_WAKE) && p->events[n - 1].ready;
}

static void look_at_clock(struct ward_pipeline *p)
{
	int64_t now = ward__now();

	if (p->n_live == 0) {
		if (ward__is_due_at(p->drain, now))
			cut_output(p);
		return;
	}
	if (p->is_stopping) {
		if (ward__is_due_at(p->step_deadline, now))
			ward__pipeline_next_step(p);
	} else if (ward__is_due_at(p->deadline, now)) {
		ward__pipeline_stop(p, WARD_RESULT_TIMED_OUT);
	} else if (ward__is_due_at(idle_deadline(p), now)) {
		ward__pipeline_stop(p, WARD_RESULT_IDLE);
	}
}

static bool is_over(const struct ward_pipeline *p)
{
	return p->n_live == 0 && !has_output(p);
}

/* 1: over; 0: time-out, or woken. */
static int watch(struct ward_pipeline *p, int64_t deadline)
{
	while (!is_over(p)) {
		bool woken;
		size_t n;
		int r;

		begin_drain(p);
		n = list_events(p);
		r = ward__sleep(p->events, n, next_deadline(p, deadline));
		ward__hungry_feed(p->events, p->hungry, p->n_hungry);
		if (r < 0)
			return r;
		woken = r > 0 && serve(p, n);
		look_at_clock(p);
		if (woken || (!is_over(p) && ward__is_due(deadline)))
			return 0;
	}
	return 1;
}

/* --------------------------------------------------------------------------- the API */

/* Some are lent by the wards, and so go first. */
static void free_channels(struct ward_pipeline *p)
{
	ward__input_free(&p->input);
	for (size_t i = 0; p->outputs && i < p->n_outputs; i++)
		ward__output_free(&p->outputs[i]);
}

static void free_parts(struct ward_pipeline *p)
{
	ward__free(p->outputs);
	ward__free(p->stages);
	ward__free(p->results);
	ward__free(p->steps);
	ward__free(p->events);
	ward__free(p->hungry);
	if (p->scratch)
		ward__block_free(p->scratch, WARD__SCRATCH_BLOCK);
}

/* Killed at once, all of them, before the first is waited for. */
static void end_stages(struct ward_pipeline *p)
{
	for (size_t i = 0; p->stages && i < p->n; i++)
		if (p->stages[i].ward && !p->stages[i].ended)
			ward__kill_or_leave(p->stages[i].ward);
	free_channels(p);
	for (size_t i = 0; p->stages && i < p->n; i++) {
		ward_close(p->stages[i].ward);
		p->stages[i].ward = NULL;
		p->stages[i].ended = true;
	}
	p->n_live = 0;
}

void ward_pipeline_close(struct ward_pipeline *p)
{
	struct ward__call call;

	if (!p)
		return;
	call = ward__call_begin();
	end_stages(p);
	free_parts(p);
	ward__free(p);
	ward__call_end(&call);
}

struct ward *ward_pipeline_ward(struct ward_pipeline *p, size_t i)
{
	return p && i < p->n ? p->stages[i].ward : NULL;
}

static int wait_over(struct ward_pipeline *p, int64_t deadline, struct ward_result *ret)
{
	int r = p->taken ? -EALREADY : watch(p, deadline);

	if (r == 0 || p->taken)
		return r;
	p->taken = true;
	if (r > 0 && p->failure)
		r = p->failure;
	if (r < 0)
		end_stages(p);
	else
		ward__pipeline_result(p, ret);
	return r;
}

int ward_pipeline_wait(struct ward_pipeline *p, int64_t timeout_ns,
                       struct ward_result *ret)
{
	struct ward__call call;
	int r;

	if (!p || ward__sized_check(ret, sizeof(struct ward_result)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	r = wait_over(p, ward__deadline(timeout_ns), ret);
	ward__call_end(&call);
	return r;
}
