/* SPDX-License-Identifier: MIT */
/*
 * What was found of starts, as Markdown: a table for each scenario. Columns are padded, so
 * that the source reads as a table too.
 */
#include "bench.h"

#include <math.h>
#include <string.h>

static void table_head(void)
{
	printf("| %-18s | %-27s | %7s | %9s | %9s | %8s | %12s | %12s |\n", "parent", "start",
	       "starts", "median us", "p10 us", "to floor", "95 %", "first parent");
	printf("|--------------------|-----------------------------|--------:|----------:"
	       "|----------:|---------:|-------------:|-------------:|\n");
}

static void threads_head(void)
{
	printf("| %-18s | %-27s | %7s | %9s | %9s | %8s | %12s | %12s |\n", "parent", "start",
	       "starts", "starts/s", "p90", "to floor", "95 %", "first parent");
	printf("|--------------------|-----------------------------|--------:|----------:"
	       "|----------:|---------:|-------------:|-------------:|\n");
}

/* Times in us; for threads starts a second, so that more is better in every column. */
static void time_cells(const struct scenario *s, const struct lane *lane, char *median,
		       char *p10)
{
	const struct series *from = s->spec->threads ? &lane->rounds : &lane->each;
	double mid = series_quantile(from, 0.5), low = series_quantile(from, 0.1);

	if (s->spec->threads) {
		cell_number(median, 1e9 / mid, 0);
		cell_number(p10, 1e9 / low, 0);
	} else {
		cell_number(median, mid / 1e3, 1);
		cell_number(p10, low / 1e3, 1);
	}
}

/* a over b; of throughputs where threads are measured, so the other way round. */
static struct ratio compare(const struct scenario *s, const struct lane *a,
			    const struct lane *b)
{
	return s->spec->threads ? lanes_ratio(b, a) : lanes_ratio(a, b);
}

static void table_row(const struct scenario *s, const struct lane *lane)
{
	char median[CELL_BYTES], p10[CELL_BYTES], floor_[CELL_BYTES], sure[CELL_BYTES];
	char first[CELL_BYTES];
	const struct lane *small = scenario_lane(s, 0, lane->contestant);
	struct ratio r = compare(s, lane, scenario_lane(s, lane->parent, FLOOR));

	time_cells(s, lane, median, p10);
	cell_ratio(floor_, r.median);
	cell_interval(sure, r);
	cell_ratio(first, lane->parent ? compare(s, lane, small).median : NAN);
	printf("| %-18s | %-27s | %7zu | %9s | %9s | %8s | %12s | %12s |\n",
	       s->parents[lane->parent].spec->name, contestants[lane->contestant].name,
	       lane->starts, median, p10, floor_, sure, first);
}

static void failed_row(const struct scenario *s, const struct lane *lane)
{
	printf("| %-18s | %-27s | not measured: %s |\n",
	       s->parents[lane->parent].spec->name, contestants[lane->contestant].name,
	       strerror(-lane->error));
}

static void title(const struct scenario *s)
{
	printf("\n#### %s", s->spec->title);
	if (s->cpus[0] >= 0 && !s->spec->parents[0].roams)
		printf(", pinned to CPU %d", s->cpus[0]);
	if (s->cpus[1] >= 0 && !s->spec->parents[0].roams && s->spec->threads)
		printf(", the second thread to CPU %d", s->cpus[1]);
	printf("\n\n");
}

void report_scenario(const struct scenario *s)
{
	int i;

	title(s);
	if (s->spec->threads)
		threads_head();
	else
		table_head();
	for (i = 0; i < s->n_lanes; i++)
		if (s->lanes[i].error)
			failed_row(s, &s->lanes[i]);
		else
			table_row(s, &s->lanes[i]);
	fflush(stdout);
}

/* One line a bar: group, contestant, ratio to the floor of that group. */
void report_plot(const struct scenario *s, FILE *file)
{
	const struct lane *lane;
	struct ratio r;
	int i;

	if (!file)
		return;
	for (i = 0; i < s->n_lanes; i++) {
		lane = &s->lanes[i];
		r = compare(s, lane, scenario_lane(s, lane->parent, FLOOR));
		if (r.n)
			fprintf(file, "%s\t%s\t%s\t%.4f\t%.4f\t%.4f\n", s->spec->name,
			        s->parents[lane->parent].spec->name,
			        contestants[lane->contestant].name, r.median, r.low, r.high);
	}
	fflush(file);
}
