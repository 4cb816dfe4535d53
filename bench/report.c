/* SPDX-License-Identifier: MIT */
/*
 * What was found, as Markdown: lines that say where and how it was measured, then a
 * table for each scenario. Columns are padded, so that the source reads as a table too.
 */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "ward.h"

/* ------------------------------------------------------------------------- the head */

/* The model of the processor; @size bytes. */
static void cpu_model(char *model, size_t size)
{
	char line[256], *value;
	FILE *f;

	snprintf(model, size, "unknown processor");
	f = fopen("/proc/cpuinfo", "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		value = strchr(line, ':');
		if (!value || strncmp(line, "model name", 10) != 0)
			continue;
		value[strcspn(value, "\n")] = '\0';
		snprintf(model, size, "%s", value + 2);
		break;
	}
	fclose(f);
}

static void libc_name(char *name, size_t size)
{
	if (confstr(_CS_GNU_LIBC_VERSION, name, size) == 0)
		snprintf(name, size, "not glibc");
}

static void load_average(char *load, size_t size)
{
	double average[1];

	snprintf(load, size, "unknown");
	if (getloadavg(average, 1) == 1)
		snprintf(load, size, "%.2f", average[0]);
}

static void date_text(char *date, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(date, size, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &tm));
}

void report_head(const struct settings *settings)
{
	char model[128], libc[64], load[32], date[32];
	struct utsname system;

	cpu_model(model, sizeof(model));
	libc_name(libc, sizeof(libc));
	load_average(load, sizeof(load));
	date_text(date, sizeof(date));
	uname(&system);
	printf("- machine: %s, %ld CPUs, %s\n", model, sysconf(_SC_NPROCESSORS_ONLN),
	       system.machine);
	printf("- system: %s %s, %s\n", system.sysname, system.release, libc);
	printf("- library: ward %s\n", ward_version());
	printf("- date: %s, load average at the start %s\n", date, load);
	printf("- command: `%s`\n", settings->command);
	fflush(stdout);
}

/* ----------------------------------------------------------------------- the tables */

static void number(char *cell, size_t size, double value, int digits)
{
	if (isnan(value))
		snprintf(cell, size, "-");
	else
		snprintf(cell, size, "%.*f", digits, value);
}

/* Two digits after the point, fewer where nobody could mean them. */
static void ratio(char *cell, size_t size, double value)
{
	number(cell, size, value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

static void interval(char *cell, size_t size, struct ratio r)
{
	int digits = r.median >= 100 ? 0 : r.median >= 10 ? 1 : 2;

	snprintf(cell, size, "-");
	if (r.n)
		snprintf(cell, size, "%.*f..%.*f", digits, r.low, digits, r.high);
}

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
		       char *p10, size_t size)
{
	const struct series *from = s->spec->threads ? &lane->rounds : &lane->each;
	double mid = series_quantile(from, 0.5), low = series_quantile(from, 0.1);

	if (s->spec->threads) {
		number(median, size, 1e9 / mid, 0);
		number(p10, size, 1e9 / low, 0);
	} else {
		number(median, size, mid / 1e3, 1);
		number(p10, size, low / 1e3, 1);
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
	char median[16], p10[16], floor_[16], sure[32], first[16];
	const struct lane *small = scenario_lane(s, 0, lane->contestant);
	struct ratio r = compare(s, lane, scenario_lane(s, lane->parent, FLOOR));

	time_cells(s, lane, median, p10, sizeof(median));
	ratio(floor_, sizeof(floor_), r.median);
	interval(sure, sizeof(sure), r);
	ratio(first, sizeof(first), lane->parent ? compare(s, lane, small).median : NAN);
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
	printf("\n### %s", s->spec->title);
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
