/* SPDX-License-Identifier: MIT */
/*
 * Trials of all enders on trees of one size, round after round, in another order each
 * time. What takes very long sits out most rounds.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum { ROUNDS_MIN = 3, ROUNDS_MAX = 400, FAILURES_MAX = 3 };

/* Larger trees take longer: a bit more time for each, so that there are rounds enough. */
static double seconds_for(uint32_t n, double seconds)
{
	return n >= 10000 ? 6 * seconds : n >= 1000 ? 2 * seconds : seconds;
}

/* Nobody takes much more than a fiftieth of the time in one round. */
static void plan(struct ender_lane *lane, uint32_t n, double seconds)
{
	struct order_tree order = { .by = lane->by, .n = n };
	struct outcome outcome;

	lane->every = 1;
	if (n > lane->by->most) {
		lane->why = "with so many it takes minutes";
		return;
	}
	trial_run(&order, &outcome);
	lane->error = outcome.error;
	lane->every = (int)fmax(1, ceil(outcome.empty_ns / (fmax(seconds, 1) * 1e9 / 50)));
}

static void write_raw(const struct size *size, const struct ender_lane *lane,
		      const struct outcome *outcome, FILE *raw)
{
	if (raw)
		fprintf(raw, "end-%u\t%d\t-\t%s\t1\t%.0f\t%.0f\t%.0f\n",
		        (unsigned)size->n, size->rounds, lane->by->name,
		        outcome->empty_ns, outcome->gone_ns, outcome->asked_ns);
}

static void sit_out(struct ender_lane *lane)
{
	series_add(&lane->asked, NAN);
	series_add(&lane->empty, NAN);
	series_add(&lane->gone, NAN);
}

/* Others may take the last process numbers for a moment: a round without it, then. */
static void fail(struct ender_lane *lane, int error)
{
	sit_out(lane);
	if (++lane->failures >= FAILURES_MAX)
		lane->error = error;
}

static void take_part(const struct size *size, struct ender_lane *lane, FILE *raw)
{
	struct order_tree order = { .by = lane->by, .n = size->n };
	struct outcome outcome;

	trial_run(&order, &outcome);
	if (outcome.error) {
		fail(lane, outcome.error);
		return;
	}
	series_add(&lane->asked, outcome.asked_ns);
	series_add(&lane->empty, outcome.empty_ns);
	series_add(&lane->gone, outcome.gone_ns);
	write_raw(size, lane, &outcome, raw);
}

static void round_run(struct size *size, FILE *raw)
{
	int order[ENDERS] = { 0 }, i;

	for (i = 0; i < size->n_lanes; i++)
		order[i] = i;
	shuffle(order, size->n_lanes);
	for (i = 0; i < size->n_lanes; i++) {
		struct ender_lane *lane = &size->lanes[order[i]];

		if (lane->error || lane->why)
			continue;
		if (size->rounds % lane->every)
			sit_out(lane);
		else
			take_part(size, lane, raw);
	}
	size->rounds++;
}

void size_measure(struct size *ret, uint32_t n, const struct job_settings *settings)
{
	double seconds = seconds_for(n, settings->trees_seconds), elapsed = 0;
	int64_t begin;
	char name[32];
	int i;

	memset(ret, 0, sizeof(*ret));
	ret->n = n;
	snprintf(name, sizeof(name), "end of %u", (unsigned)n);
	for (i = 0; enders[i]; i++) {
		progress_text(name, enders[i]->name, n);
		ret->lanes[ret->n_lanes].by = enders[i];
		plan(&ret->lanes[ret->n_lanes++], n, seconds);
	}
	begin = now_ns();
	while (ret->rounds < ROUNDS_MIN ||
	       (elapsed < seconds && ret->rounds < ROUNDS_MAX)) {
		progress(name, ret->rounds, elapsed, seconds);
		round_run(ret, settings->starts.raw);
		elapsed = (double)(now_ns() - begin) / 1e9;
	}
	progress(NULL, 0, 0, 0);
}

const struct ender_lane *size_lane(const struct size *size, const struct ender *by)
{
	int i;

	for (i = 0; i < size->n_lanes; i++)
		if (size->lanes[i].by == by && !size->lanes[i].error &&
		    !size->lanes[i].why)
			return &size->lanes[i];
	return NULL;
}
