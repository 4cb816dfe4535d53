/* SPDX-License-Identifier: MIT */
/*
 * Measure one scenario: blocks of starts on all lanes, round after round, in another
 * order each time, so that no lane always follows the same other one (a fork of 4 GiB
 * leaves cold caches behind). What is slow gets smaller blocks, and what is very slow
 * sits out most rounds: else the slowest would leave no time for the rest.
 */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 3, ROUNDS_MIN = 3, ROUNDS_MAX = 1500 };
static const double block_ns = 20e6;          /* about the longest, without threads */
static const size_t quick_memory = (size_t)1 << 30;

static char *programs[2][2];                  /* argv of the static and the dynamic one */

static struct order lane_order(const struct scenario *s, const struct lane *lane,
			       int count)
{
	struct order order = {
		.contestant = lane->contestant,
		.count = count,
		.window_ns = s->window_ns,
		.argv = programs[s->spec->dynamic],
	};

	return order;
}

static int lane_run(struct scenario *s, const struct lane *lane, int count,
		    struct block *ret)
{
	struct order order = lane_order(s, lane, count);

	return parent_run(&s->parents[lane->parent], &order, ret);
}

/* Warm it up, and learn from that how long its blocks can be. */
static void lane_plan(struct scenario *s, struct lane *lane, int block)
{
	static struct block trial;
	double estimate;
	int i;

	lane->block = lane->every = 1;
	lane->error = s->parents[lane->parent].error;
	if (!lane->error)
		lane->error = lane_run(s, lane, WARM_UP, &trial);
	if (lane->error || s->spec->threads)
		return;
	estimate = trial.ns[0];
	for (i = 1; i < WARM_UP; i++)
		estimate = fmin(estimate, trial.ns[i]);
	lane->block = (int)fmax(1, fmin(block, block_ns / estimate));
	lane->every = (int)fmax(1, ceil(estimate / block_ns));
}

static void add_lane(struct scenario *s, int parent, int contestant)
{
	struct lane *lane = &s->lanes[s->n_lanes++];

	lane->parent = parent;
	lane->contestant = contestant;
}

static void add_parent(struct scenario *s, const struct parent_spec *spec)
{
	int contestant;

	parent_start(&s->parents[s->n_parents], spec, s->cpus);
	for (contestant = 0; contestant < n_contestants; contestant++)
		if (s->spec->contestants & (1u << contestant))
			add_lane(s, s->n_parents, contestant);
	s->n_parents++;
}

static double median_of_block(const struct block *block)
{
	struct series each = { 0 };
	double r;
	int i;

	for (i = 0; i < block->count; i++)
		series_add(&each, block->ns[i]);
	r = series_quantile(&each, 0.5);
	free(each.value);
	return r;
}

static void write_raw(const struct scenario *s, const struct lane *lane,
		      const struct block *block, double ns, FILE *raw)
{
	if (raw)
		fprintf(raw, "%s\t%d\t%s\t%s\t%d\t%.0f\t%.0f\t%.0f\n", s->spec->name, s->rounds,
		        s->parents[lane->parent].spec->name,
		        contestants[lane->contestant].name, block->count, ns,
		        block->ns_a_start, block->cpu_ns_a_start);
}

/* A start's time in this block: the median; with threads what a start costs the clock. */
static void lane_block(struct scenario *s, struct lane *lane, FILE *raw)
{
	static struct block block;
	double ns;
	int i;

	lane->error = lane_run(s, lane, lane->block, &block);
	if (lane->error)
		return;
	for (i = 0; i < block.count && !s->spec->threads; i++)
		series_add(&lane->each, block.ns[i]);
	ns = s->spec->threads ? block.ns_a_start : median_of_block(&block);
	lane->starts += (size_t)block.count;
	series_add(&lane->rounds, ns);
	series_add(&lane->cpu, block.cpu_ns_a_start);
	write_raw(s, lane, &block, ns, raw);
}

static void sit_out(struct lane *lane)
{
	series_add(&lane->rounds, NAN);
	series_add(&lane->cpu, NAN);
}

static void round_run(struct scenario *s, FILE *raw)
{
	int order[PARENTS_MAX * CONTESTANTS_MAX] = { 0 }, i;
	struct lane *lane;

	for (i = 0; i < s->n_lanes; i++)
		order[i] = i;
	shuffle(order, s->n_lanes);
	for (i = 0; i < s->n_lanes; i++) {
		lane = &s->lanes[order[i]];
		if (lane->error)
			continue;
		if (s->rounds % lane->every)
			sit_out(lane);
		else
			lane_block(s, lane, raw);
	}
	s->rounds++;
}

static void rounds_run(struct scenario *s, const struct settings *settings)
{
	int64_t begin = now_ns();
	double elapsed = 0, seconds = settings->seconds * (s->spec->threads ? 2 : 1);

	while (s->rounds < ROUNDS_MIN || (elapsed < seconds && s->rounds < ROUNDS_MAX)) {
		progress(s->spec->name, s->rounds, elapsed, seconds);
		round_run(s, settings->raw);
		elapsed = (double)(now_ns() - begin) / 1e9;
	}
	progress(NULL, 0, 0, 0);
}

void scenario_measure(struct scenario *ret, const struct scenario_spec *spec,
		      const struct settings *settings)
{
	const struct parent_spec *parent;
	int i;

	/* Before the parents are made: they are forks, and find argv where it is here. */
	programs[0][0] = (char *)(uintptr_t)settings->static_program;
	programs[1][0] = (char *)(uintptr_t)settings->dynamic_program;
	memset(ret, 0, sizeof(*ret));
	ret->spec = spec;
	ret->window_ns = settings->window_ns;
	memcpy(ret->cpus, settings->cpus, sizeof(ret->cpus));
	for (parent = spec->parents; parent->name; parent++)
		if (!settings->quick || parent->memory <= quick_memory)
			add_parent(ret, parent);
	for (i = 0; i < ret->n_lanes; i++)
		lane_plan(ret, &ret->lanes[i], (int)settings->block);
	rounds_run(ret, settings);
	for (i = 0; i < ret->n_parents; i++)
		parent_stop(&ret->parents[i]);
}

void scenario_free(struct scenario *scenario)
{
	int i;

	for (i = 0; i < scenario->n_lanes; i++) {
		free(scenario->lanes[i].each.value);
		free(scenario->lanes[i].rounds.value);
		free(scenario->lanes[i].cpu.value);
	}
}

const struct lane *scenario_lane(const struct scenario *scenario, int parent,
				 int contestant)
{
	const struct lane *lane;
	int i;

	for (i = 0; i < scenario->n_lanes; i++) {
		lane = &scenario->lanes[i];
		if (lane->parent == parent && lane->contestant == contestant)
			return lane->starts ? lane : NULL;
	}
	return NULL;
}

struct ratio lanes_ratio(const struct lane *a, const struct lane *b)
{
	struct ratio unknown = { 0, NAN, NAN, NAN };

	return a && b ? series_ratio(&a->rounds, &b->rounds) : unknown;
}
