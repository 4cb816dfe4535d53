/* SPDX-License-Identifier: MIT */
/*
 * What was found of many children, as Markdown: first each quantity against their number,
 * then all that is known for each number, then programs one after the other.
 */
#include "many.h"

#include <math.h>
#include <string.h>

/* "10,000" */
static void cell_count(char cell[CELL_BYTES], uint32_t n)
{
	if (n >= 1000)
		snprintf(cell, CELL_BYTES, "%u,%03u", n / 1000, n % 1000);
	else
		snprintf(cell, CELL_BYTES, "%u", n);
}

/* Three digits where there are as many. */
static void cell_us(char cell[CELL_BYTES], double ns)
{
	cell_number(cell, ns / 1e3, ns >= 1e5 ? 0 : 1);
}

static double quantile(const struct lane *lane, int quantity, double q)
{
	return lane ? series_quantile(&lane_quantity(lane, quantity)->all, q) : NAN;
}

static const char *reason(const struct lane *lane)
{
	return lane->why ? lane->why : strerror(-lane->error);
}

void report_limits(const struct settings *settings)
{
	const struct limits *limits = &settings->limits;
	char room[CELL_BYTES], table[CELL_BYTES], most[CELL_BYTES];

	cell_count(room, limits->children);
	cell_count(table, limits->table);
	cell_count(most, settings->most);
	printf("- room: %s children at the same time (%s), %s in one descriptor table\n",
	       room, limits->why, table);
	if (limits->children < settings->most)
		printf("- **%s children were asked for: there is no room for them**\n",
		       most);
	if (!settings->posix)
		printf("- the posix system takes no part: there is no build of it\n");
	fflush(stdout);
}

/* --------------------------------------------------------------------- against number */

/* The lanes of the floor, one for each number. */
static int list_levels(const struct levels *l, uint32_t levels[])
{
	int i, n = 0;

	for (i = 0; i < l->n_lanes; i++)
		if (l->lanes[i].by == &epoll_watcher)
			levels[n++] = l->lanes[i].n;
	return n;
}

static void rule(const char *first, int width, int columns)
{
	printf("%s", first);
	while (columns-- > 0)
		printf("%.*s:|", width + 1, "------------------------");
	printf("\n");
}

static void matrix(const struct levels *l, const char *title, int quantity)
{
	uint32_t levels[LANES_MAX] = { 0 };
	int n = list_levels(l, levels), i, k;
	char cell[CELL_BYTES];

	printf("\n#### %s\n\n| %-22s |", title, "children alive");
	for (i = 0; i < n; i++) {
		cell_count(cell, levels[i]);
		printf(" %8s |", cell);
	}
	printf("\n");
	rule("|------------------------|", 8, n);
	for (k = 0; watchers[k]; k++) {
		if (!levels_lane(l, watchers[k], levels[0]))
			continue;
		printf("| %-22s |", watchers[k]->name);
		for (i = 0; i < n; i++) {
			cell_us(cell, quantile(levels_lane(l, watchers[k], levels[i]),
			                       quantity, 0.5));
			printf(" %8s |", cell);
		}
		printf("\n");
	}
}

/* ------------------------------------------------------------------------- one number */

static void level_row(const struct levels *l, const struct lane *lane)
{
	const struct lane *floor_ = levels_lane(l, &epoll_watcher, lane->n);
	struct ratio cpu = levels_ratio(l, lane, floor_, CPU);
	struct ratio late = levels_ratio(l, lane, floor_, LATE);
	char cell[8][CELL_BYTES];

	cell_us(cell[0], quantile(lane, WALL, 0.5));
	cell_us(cell[1], quantile(lane, CPU, 0.5));
	cell_ratio(cell[2], cpu.median);
	cell_interval(cell[3], cpu);
	cell_us(cell[4], quantile(lane, LATE, 0.5));
	cell_us(cell[5], quantile(lane, LATE, 0.99));
	cell_ratio(cell[6], late.median);
	cell_interval(cell[7], late);
	printf("| %-22s | %6zu | %9s | %7s | %8s | %10s | %7s | %7s | %8s | %10s |\n",
	       lane->by->name, lane->wall.all.n, cell[0], cell[1], cell[2], cell[3],
	       cell[4], cell[5], cell[6], cell[7]);
}

static void level_table(const struct levels *l, uint32_t n)
{
	char count[CELL_BYTES];
	int i;

	cell_count(count, n);
	printf("\n#### One by one, %s alive\n\n", count);
	printf("| %-22s | %6s | %9s | %7s | %8s | %10s | %7s | %7s | %8s | %10s |\n",
	       "by", "ends", "reaped us", "CPU us", "to floor", "95 %", "told us", "p99",
	       "to floor", "95 %");
	printf("|------------------------|-------:|----------:|--------:|---------:"
	       "|-----------:|--------:|--------:|---------:|-----------:|\n");
	for (i = 0; i < l->n_lanes; i++) {
		if (l->lanes[i].n != n)
			continue;
		if (l->lanes[i].why || l->lanes[i].error)
			printf("| %-22s | not measured: %s |\n", l->lanes[i].by->name,
			       reason(&l->lanes[i]));
		else
			level_row(l, &l->lanes[i]);
	}
}

/* ------------------------------------------------------------------ bursts and memory */

static void rest_row(const struct lane *lane)
{
	char count[CELL_BYTES], wall[CELL_BYTES], cpu[CELL_BYTES], start[CELL_BYTES];
	char heap[CELL_BYTES], fds[CELL_BYTES];

	cell_count(count, lane->n);
	cell_us(wall, series_quantile(&lane->burst_wall, 0.5));
	cell_us(cpu, series_quantile(&lane->burst_cpu, 0.5));
	cell_us(start, lane->start_ns);
	cell_number(heap, lane->heap, 0);
	cell_number(fds, round(lane->fds * 100) / 100, 1);
	printf("| %9s | %-22s | %7d | %8s | %9s | %8s | %10s | %8s |\n", count,
	       lane->by->name, lane->threads, start, wall, cpu, heap, fds);
}

static void rest_table(const struct levels *l)
{
	int i;

	printf("\n#### All at once, and what each child takes of the parent\n\n");
	printf("| %9s | %-22s | %7s | %8s | %9s | %8s | %10s | %8s |\n", "alive", "by",
	       "threads", "start us", "reaped us", "CPU us", "heap bytes", "handles");
	printf("|----------:|------------------------|--------:|---------:|----------:"
	       "|---------:|-----------:|---------:|\n");
	for (i = 0; i < l->n_lanes; i++)
		if (l->lanes[i].n >= 10 && !l->lanes[i].why && !l->lanes[i].error)
			rest_row(&l->lanes[i]);
}

void report_levels(const struct levels *l)
{
	uint32_t levels[LANES_MAX] = { 0 };
	int n = list_levels(l, levels), i;

	matrix(l, "One by one: us until one has ended and is reaped", WALL);
	matrix(l, "One by one: us of the parent's processor time for each", CPU);
	for (i = 0; i < n; i++)
		level_table(l, levels[i]);
	rest_table(l);
	fflush(stdout);
}

/* One line a point: by, children, us until reaped, of processor time, until told. */
void report_plot(const struct levels *l, FILE *file)
{
	int i;

	for (i = 0; file && i < l->n_lanes; i++)
		if (!l->lanes[i].why && !l->lanes[i].error && l->lanes[i].n > 1)
			fprintf(file, "%s\t%u\t%.3f\t%.3f\t%.3f\n", l->lanes[i].by->name,
			        (unsigned)l->lanes[i].n,
			        quantile(&l->lanes[i], WALL, 0.5) / 1e3,
			        quantile(&l->lanes[i], CPU, 0.5) / 1e3,
			        quantile(&l->lanes[i], LATE, 0.5) / 1e3);
	if (file)
		fflush(file);
}

/* --------------------------------------------------------------------------- stints */

static void stint_row(const struct stints *s, const struct stints_lane *lane)
{
	const struct stints_lane *floor_ = stints_find(s, &epoll_watcher, lane->threads);
	const struct stints_lane *one = stints_find(s, lane->by, 1);
	struct ratio r = { 0, NAN, NAN, NAN }, cpu = r, more = r;
	char cell[7][CELL_BYTES];

	if (floor_) {
		r = series_ratio(&lane->rate, &floor_->rate);
		cpu = series_ratio(&lane->cpu, &floor_->cpu);
	}
	if (one && lane->threads > 1)
		more = series_ratio(&lane->rate, &one->rate);
	cell_number(cell[0], series_quantile(&lane->rate, 0.5), 0);
	cell_ratio(cell[1], r.median);
	cell_interval(cell[2], r);
	cell_us(cell[3], series_quantile(&lane->cpu, 0.5));
	cell_ratio(cell[4], cpu.median);
	cell_ratio(cell[5], more.median);
	printf("| %7d | %-22s | %6zu | %10s | %8s | %12s | %7s | %8s | %10s |\n",
	       lane->threads, lane->by->name, lane->rate.n, cell[0], cell[1], cell[2],
	       cell[3], cell[4], cell[5]);
}

void report_stints(const struct stints *s)
{
	int i;

	printf("\n#### Programs one after the other, %d at a time\n\n", ALIVE_AT_ONCE);
	printf("| %7s | %-22s | %6s | %10s | %8s | %12s | %7s | %8s | %10s |\n",
	       "threads", "by", "rounds", "programs/s", "to floor", "95 %", "CPU us",
	       "to floor", "one thread");
	printf("|--------:|------------------------|-------:|-----------:|---------:"
	       "|-------------:|--------:|---------:|-----------:|\n");
	for (i = 0; i < s->n_lanes; i++)
		if (s->lanes[i].error)
			printf("| %7d | %-22s | not measured: %s |\n",
			       s->lanes[i].threads, s->lanes[i].by->name,
			       strerror(-s->lanes[i].error));
		else
			stint_row(s, &s->lanes[i]);
	fflush(stdout);
}
