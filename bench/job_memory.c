/* SPDX-License-Identifier: MIT */
/*
 * What a keeper takes: its private memory, which would not be there without it. Pages
 * that it shares with others are told apart. The host is given 64 MiB, so that a keeper
 * that holds those is not missed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

/* "Name:   12 kB" of each line that begins with @name, added up. */
static double sum_of(FILE *f, const char *name)
{
	double sum = 0;
	char line[256];
	size_t n = strlen(name);

	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			sum += strtod(line + n + 1, NULL);
	return sum;
}

static FILE *open_of(int64_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%lld/%s", (long long)pid, name);
	return fopen(path, "re");
}

static int read_smaps(int64_t pid, struct footprint *ret)
{
	FILE *f = open_of(pid, "smaps_rollup");

	if (!f)
		return -errno;
	ret->private_kib = sum_of(f, "Private_Clean") + sum_of(f, "Private_Dirty");
	ret->shared_kib = sum_of(f, "Shared_Clean") + sum_of(f, "Shared_Dirty");
	fclose(f);
	f = open_of(pid, "status");
	if (!f)
		return -errno;
	ret->tables_kib = sum_of(f, "VmPTE");
	fclose(f);
	return 0;
}

/* It is the parent of the first process, and that is held. */
int footprint_read(struct ward *first, struct footprint *ret)
{
	struct ward_info info = WARD_INFO_INIT;
	int r = ward_info(first, &info);

	if (r < 0)
		return r;
	return info.ppid > 1 ? read_smaps(info.ppid, ret) : -ESRCH;
}

static void measure(struct memories *m, const struct ender *by, uint32_t n)
{
	struct memory_lane *lane = &m->lanes[m->n_lanes++];
	struct order_tree order = { .by = by, .n = n, .memory = true };

	lane->by = by;
	lane->n = n;
	trial_run(&order, &lane->found);
}

void memories_measure(struct memories *ret, const struct job_settings *settings)
{
	static const uint32_t sizes[] = { 1, 1001, 10001 };
	size_t i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i] > settings->most + 1 || sizes[i] > settings->limits.children)
			break;
		measure(ret, enders[BY_KEEPER], sizes[i]);
		measure(ret, enders[BY_PIDNS], sizes[i]);
	}
}
