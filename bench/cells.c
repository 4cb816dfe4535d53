/* SPDX-License-Identifier: MIT */
/*
 * The head of a report, which says where and how it was measured, and what stands in the
 * cells of its tables.
 */
#include "common.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "ward.h"

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

void head_print(const char *command)
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
	printf("- command: `%s`\n", command);
	fflush(stdout);
}

void cell_number(char cell[CELL_BYTES], double value, int digits)
{
	if (isnan(value))
		snprintf(cell, CELL_BYTES, "-");
	else
		snprintf(cell, CELL_BYTES, "%.*f", digits, value);
}

void cell_ratio(char cell[CELL_BYTES], double value)
{
	cell_number(cell, value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

void cell_interval(char cell[CELL_BYTES], struct ratio r)
{
	int digits = r.median >= 100 ? 0 : r.median >= 10 ? 1 : 2;

	snprintf(cell, CELL_BYTES, "-");
	if (r.n)
		snprintf(cell, CELL_BYTES, "%.*f..%.*f", digits, r.low, digits, r.high);
}
