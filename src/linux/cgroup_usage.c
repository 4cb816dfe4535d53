/* SPDX-License-Identifier: MIT */
/*
 * What a cgroup has used: the kernel adds it up as it is used, so that members count
 * that nobody has waited for. Files of controllers are there only where those are.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "cgroup.h"
#include "cgroup_file.h"

static int64_t number_in(const struct ward__cgroup *cgroup, const char *file)
{
	char text[64];
	int r = ward__cgroup_read(cgroup->dir, file, text, sizeof(text));

	return r < 0 ? -1 : ward__cgroup_number(text, NULL);
}

static int64_t us_to_ns(int64_t us)
{
	return us < 0 ? -1 : us * 1000;
}

static int read_cpu(const struct ward__cgroup *cgroup, struct ward_job_usage *ret)
{
	char text[1024];
	int r = ward__cgroup_read(cgroup->dir, "cpu.stat", text, sizeof(text));

	if (r < 0)
		return r;
	ret->user_ns = us_to_ns(ward__cgroup_number(text, "user_usec"));
	ret->system_ns = us_to_ns(ward__cgroup_number(text, "system_usec"));
	return 0;
}

/* "8:0 rbytes=1 wbytes=2 rios=..." for each device: the sum of those after @key. */
static int64_t sum_of(const char *text, const char *key)
{
	size_t n = strlen(key);
	int64_t sum = 0;

	for (text = strstr(text, key); text; text = strstr(text, key)) {
		text += n;
		sum += strtoll(text, NULL, 10);
	}
	return sum;
}

static void read_io(const struct ward__cgroup *cgroup, struct ward_job_usage *ret)
{
	char *text;

	if (ward__cgroup_read_all(cgroup->dir, "io.stat", &text) < 0)
		return;
	ret->read_bytes = sum_of(text, " rbytes=");
	ret->written_bytes = sum_of(text, " wbytes=");
	ward__free(text);
}

int ward__cgroup_usage(const struct ward__cgroup *cgroup, struct ward_job_usage *ret)
{
	struct ward_job_usage usage = { .size = sizeof(usage),
		                        .max_rss_bytes = -1,
		                        .read_bytes = -1,
		                        .written_bytes = -1 };
	int r = read_cpu(cgroup, &usage);

	if (r < 0)
		return r;
	usage.memory_bytes = number_in(cgroup, "memory.current");
	usage.memory_peak_bytes = number_in(cgroup, "memory.peak");
	usage.processes = ward__cgroup_count(cgroup);
	read_io(cgroup, &usage);
	*ret = usage;
	return 0;
}
