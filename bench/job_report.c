/* SPDX-License-Identifier: MIT */
/*
 * What was found of jobs, as Markdown: contained starts, ends of trees, keepers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

void cell_count(char cell[CELL_BYTES], uint32_t n)
{
	if (n >= 1000000)
		snprintf(cell, CELL_BYTES, "%u,%03u,%03u", n / 1000000, n / 1000 % 1000,
		         n % 1000);
	else if (n >= 1000)
		snprintf(cell, CELL_BYTES, "%u,%03u", n / 1000, n % 1000);
	else
		snprintf(cell, CELL_BYTES, "%u", n);
}

void job_report_limits(const struct job_settings *settings)
{
	const struct limits *limits = &settings->limits;
	char room[CELL_BYTES], most[CELL_BYTES];

	cell_count(room, limits->children);
	cell_count(most, settings->most);
	printf("- room: %s processes at the same time (%s)\n", room, limits->why);
	if (limits->children < settings->most)
		printf("- **trees of %s were asked for: there is no room for them**\n",
		       most);
	fflush(stdout);
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

/* ---------------------------------------------------------------------------- starts */

static void starts_head(const struct scenario *s)
{
	printf("\n#### %s", s->spec->title);
	if (s->cpus[0] >= 0 && !s->spec->parents[0].roams)
		printf(", pinned to CPU %d", s->cpus[0]);
	printf("\n\n| %-13s | %-28s | %6s | %9s | %8s | %8s | %12s | %13s | %8s |\n",
	       "parent", "start", "starts", "median us", "p10 us", "to plain", "95 %",
	       "parent CPU us", "to plain");
	printf("|---------------|------------------------------|-------:|----------:"
	       "|---------:|---------:|-------------:|--------------:|---------:|\n");
}

static void starts_row(const struct scenario *s, const struct lane *lane)
{
	const struct lane *plain = scenario_lane(s, lane->parent, PLAIN);
	struct ratio r = lanes_ratio(lane, plain);
	char median[CELL_BYTES], p10[CELL_BYTES], to[CELL_BYTES], sure[CELL_BYTES];
	char cpu[CELL_BYTES], cpu_to[CELL_BYTES];

	cell_number(median, series_quantile(&lane->each, 0.5) / 1e3, 1);
	cell_number(p10, series_quantile(&lane->each, 0.1) / 1e3, 1);
	cell_number(cpu, quantile(&lane->cpu, 0.5) / 1e3, 1);
	cell_ratio(to, r.median);
	cell_interval(sure, r);
	cell_ratio(cpu_to, plain ? series_ratio(&lane->cpu, &plain->cpu).median : NAN);
	printf("| %-13s | %-28s | %6zu | %9s | %8s | %8s | %12s | %13s | %8s |\n",
	       s->parents[lane->parent].spec->name, contestants[lane->contestant].name,
	       lane->starts, median, p10, to, sure, cpu, cpu_to);
}

static void starts_plot(const struct scenario *s, const struct lane *lane, FILE *plot)
{
	struct ratio r = lanes_ratio(lane, scenario_lane(s, lane->parent, PLAIN));

	if (plot && r.n)
		fprintf(plot, "%s\t%s\t%s\t%.4f\t%.4f\t%.4f\n", s->spec->name,
		        s->parents[lane->parent].spec->name,
		        contestants[lane->contestant].name, r.median, r.low, r.high);
}

void job_report_starts(const struct scenario *s, FILE *plot)
{
	int i;

	starts_head(s);
	for (i = 0; i < s->n_lanes; i++) {
		const struct lane *lane = &s->lanes[i];

		if (lane->error)
			printf("| %-13s | %-28s | not measured: %s |\n",
			       s->parents[lane->parent].spec->name,
			       contestants[lane->contestant].name,
			       strerror(-lane->error));
		else
			starts_row(s, lane);
		starts_plot(s, lane, plot);
	}
	fflush(stdout);
}

/* ------------------------------------------------------------------------------ ends */

static void size_head(const struct size *size)
{
	char n[CELL_BYTES];

	cell_count(n, size->n);
	printf("\n#### A tree of %s processes is ended\n\n", n);
	printf("| %-24s | %6s | %8s | %8s | %8s | %8s | %12s | %8s | %8s |\n", "by",
	       "rounds", "asked ms", "empty ms", "p10 ms", "to floor", "95 %", "gone ms",
	       "to floor");
	printf("|--------------------------|-------:|---------:|---------:|---------:"
	       "|---------:|-------------:|---------:|---------:|\n");
}

static size_t rounds_of(const struct series *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += isnan(s->value[i]) ? 0 : 1;
	return n;
}

/* Three digits, as far as there are so many. */
static void cell_ms(char cell[CELL_BYTES], double ns)
{
	double ms = ns / 1e6;

	cell_number(cell, ms, ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : 3);
}

static void size_row(const struct size *size, const struct ender_lane *lane)
{
	const struct ender_lane *floor_ = size_lane(size, enders[0]);
	struct ratio r = { 0, NAN, NAN, NAN }, gone = r;
	char asked[CELL_BYTES], empty[CELL_BYTES], p10[CELL_BYTES], to[CELL_BYTES];
	char sure[CELL_BYTES], last[CELL_BYTES], last_to[CELL_BYTES];

	if (floor_) {
		r = series_ratio(&lane->empty, &floor_->empty);
		gone = series_ratio(&lane->gone, &floor_->gone);
	}
	cell_ms(asked, quantile(&lane->asked, 0.5));
	cell_ms(empty, quantile(&lane->empty, 0.5));
	cell_ms(p10, quantile(&lane->empty, 0.1));
	cell_ms(last, quantile(&lane->gone, 0.5));
	cell_ratio(to, r.median);
	cell_interval(sure, r);
	cell_ratio(last_to, gone.median);
	printf("| %-24s | %6zu | %8s | %8s | %8s | %8s | %12s | %8s | %8s |\n",
	       lane->by->name, rounds_of(&lane->empty), asked, empty, p10, to, sure, last,
	       last_to);
}

void job_report_size(const struct size *size, FILE *plot)
{
	int i;

	size_head(size);
	for (i = 0; i < size->n_lanes; i++) {
		const struct ender_lane *lane = &size->lanes[i];

		if (lane->error || lane->why) {
			printf("| %-24s | not measured: %s |\n", lane->by->name,
			       lane->why ? lane->why : strerror(-lane->error));
			continue;
		}
		size_row(size, lane);
		if (plot)
			fprintf(plot, "end\t%u\t%s\t%.4f\n", (unsigned)size->n,
			        lane->by->name, quantile(&lane->empty, 0.5) / 1e6);
	}
	fflush(stdout);
}

/* --------------------------------------------------------------------------- keepers */

static void memory_row(const struct memory_lane *lane)
{
	const struct footprint *found = &lane->found.keeper;
	char below[CELL_BYTES];

	cell_count(below, lane->n);
	if (lane->found.error)
		printf("| %-12s | %11s | not measured: %s |\n", lane->by->name, below,
		       strerror(-lane->found.error));
	else
		printf("| %-12s | %11s | %11.0f | %10.0f | %15.0f |\n", lane->by->name,
		       below, found->private_kib, found->shared_kib, found->tables_kib);
}

void job_report_memories(const struct memories *m)
{
	int i;

	printf("\n#### Memory of a keeper\n\n");
	printf("| %-12s | %11s | %11s | %10s | %15s |\n", "keeper of", "below it",
	       "private KiB", "shared KiB", "page tables KiB");
	printf("|--------------|------------:|------------:|-----------:"
	       "|----------------:|\n");
	for (i = 0; i < m->n_lanes; i++)
		memory_row(&m->lanes[i]);
	fflush(stdout);
}
