/* SPDX-License-Identifier: MIT */
/*
 * What was found of output, as Markdown: a table for each contest, and what the library
 * set out to reach beside it. Rates throughout, so that more is better in every column
 * but those of processor time, which are the steadiest on a busy machine. A goal that is
 * missed fails nothing: such a machine misses them all.
 */
#include "output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Units that one turn is. */
static double units(const struct contest *c)
{
	double turns = c->task.turns;

	return c->spec->unit_size > 0 ? (double)c->task.bytes * turns / c->spec->unit_size
	                              : turns;
}

static void table_head(const struct contest *c)
{
	char rate[CELL_BYTES];

	snprintf(rate, sizeof(rate), "%s/s", c->spec->unit);
	printf("| %-18s | %6s | %9s | %9s | %8s | %12s | %10s | %8s |\n", "by", "rounds",
	       rate, "p90", "to floor", "95 %", "own CPU us", "to floor");
	printf("|--------------------|-------:|----------:|----------:|---------:"
	       "|-------------:|-----------:|---------:|\n");
}

static size_t rounds_of(const struct lane *lane)
{
	size_t i, n = 0;

	for (i = 0; i < lane->ns.n; i++)
		n += isnan(lane->ns.value[i]) ? 0 : 1;
	return n;
}

/* Of the rounds in which it took part. */
static double quantile(const struct series *all, double q)
{
	struct series some = { 0 };
	double r;
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!isnan(all->value[i]))
			series_add(&some, all->value[i]);
	r = series_quantile(&some, q);
	free(some.value);
	return r;
}

static void table_row(const struct contest *c, const struct lane *lane)
{
	const struct lane *plain = contest_lane(c, players[0]);
	struct ratio r = lanes_ratio(lane, plain);
	char rate[CELL_BYTES], p90[CELL_BYTES], floor_[CELL_BYTES], sure[CELL_BYTES];
	char cpu[CELL_BYTES], cpu_floor[CELL_BYTES];

	cell_number(rate, units(c) * 1e9 / quantile(&lane->ns, 0.5), 0);
	cell_number(p90, units(c) * 1e9 / quantile(&lane->ns, 0.1), 0);
	cell_number(cpu, quantile(&lane->cpu_ns, 0.5) / 1e3 / units(c), 1);
	cell_ratio(floor_, r.median);
	cell_ratio(cpu_floor, plain ? series_ratio(&lane->cpu_ns, &plain->cpu_ns).median
	                            : NAN);
	cell_interval(sure, r);
	printf("| %-18s | %6zu | %9s | %9s | %8s | %12s | %10s | %8s |\n",
	       lane->player->name, rounds_of(lane), rate, p90, floor_, sure, cpu,
	       cpu_floor);
}

void report_contest(const struct contest *c)
{
	int i;

	printf("\n#### %s\n\n", c->spec->title);
	table_head(c);
	for (i = 0; i < c->n_lanes; i++)
		if (c->lanes[i].error)
			printf("| %-18s | not measured: %s |\n", c->lanes[i].player->name,
			       strerror(-c->lanes[i].error));
		else
			table_row(c, &c->lanes[i]);
	fflush(stdout);
}

/* One line a bar: contest, player, its rate to the floor's. */
void report_plot(const struct contest *c, FILE *file)
{
	struct ratio r;
	int i;

	if (!file)
		return;
	for (i = 0; i < c->n_lanes; i++) {
		if (c->lanes[i].error)
			continue;
		r = lanes_ratio(&c->lanes[i], contest_lane(c, players[0]));
		if (r.n)
			fprintf(file, "%s\t%s\t%.4f\t%.4f\t%.4f\n", c->spec->name,
			        c->lanes[i].player->name, r.median, r.low, r.high);
	}
	fflush(file);
}

/* --------------------------------------------------------------------------- goals */

/* A goal is how many times as fast as the other ward is to be. */
struct goal {
	const char *text, *contest;
	const struct player *other;           /* NULL: the best peer */
	double bound;
	struct ratio found;
};

static struct goal goals[] = {
	{ "capture: throughput, of the floor's", "capture", &plain_player, 0.95, { 0 } },
	{ "discard: throughput, of the floor's", "discard", &plain_player, 0.95, { 0 } },
	{ "capture: throughput, of the best peer's", "capture", NULL, 1.80, { 0 } },
};
enum { GOALS = sizeof(goals) / sizeof(goals[0]) };

/* To the peer by which ward wins least. */
static struct ratio to_best_peer(const struct contest *c)
{
	struct ratio best = { 0, INFINITY, NAN, NAN }, r;
	int i;

	for (i = 0; i < c->n_lanes; i++) {
		if (!c->lanes[i].player->is_peer)
			continue;
		r = lanes_ratio(contest_lane(c, &ward_player),
		                contest_lane(c, c->lanes[i].player));
		if (r.n && r.median < best.median)
			best = r;
	}
	return best;
}

void goals_note(const struct contest *c)
{
	const struct lane *ward = contest_lane(c, &ward_player);
	int i;

	for (i = 0; i < GOALS; i++) {
		if (strcmp(goals[i].contest, c->spec->name) != 0)
			continue;
		goals[i].found = goals[i].other
		                 ? lanes_ratio(ward, contest_lane(c, goals[i].other))
		                 : to_best_peer(c);
	}
}

/* The bound has two digits, and so has what is compared with it. */
static bool met(const struct goal *goal)
{
	return round(goal->found.median * 100) / 100 >= goal->bound;
}

void goals_print(void)
{
	int i;

	printf("\n#### Goals\n\n| %-39s | %-7s | %-18s | %-12s |\n", "goal", "wanted",
	       "found (95 %)", "");
	printf("|-----------------------------------------|---------|--------------------"
	       "|--------------|\n");
	for (i = 0; i < GOALS; i++) {
		const struct ratio *r = &goals[i].found;

		printf("| %-39s | >= %.2f | ", goals[i].text, goals[i].bound);
		if (r->n)
			printf("%5.2f (%.2f..%.2f) | %-12s |\n", r->median, r->low,
			       r->high, met(&goals[i]) ? "met" : "not met");
		else
			printf("%18s | %-12s |\n", "-", "not measured");
	}
}
