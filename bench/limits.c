/* SPDX-License-Identifier: MIT */
/*
 * How many children this machine has room for: of process numbers, tasks and memory, each
 * with something to spare for everybody else.
 */
#include "limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CHILD_KIB = 70, SPARE_KIB = 1 << 20, SPARE_TASKS = 2000, SPARE_FDS = 100 };

static double number_in(const char *path)
{
	double r = 1e9;
	char text[64];
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return r;
	if (fgets(text, sizeof(text), f) && text[0] >= '0' && text[0] <= '9')
		r = strtod(text, NULL);
	fclose(f);
	return r;
}

static double memory_kib(void)
{
	static const char name[] = "MemAvailable:";
	double kib = 1e9;
	char line[128];
	FILE *f;

	f = fopen("/proc/meminfo", "re");
	if (!f)
		return kib;
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			kib = strtod(line + sizeof(name) - 1, NULL);
	fclose(f);
	return kib;
}

/* Tasks that are there already: the fourth field is "running/all". */
static double tasks(void)
{
	char text[128], *slash;
	double r = 0;
	FILE *f;

	f = fopen("/proc/loadavg", "re");
	if (!f)
		return r;
	if (fgets(text, sizeof(text), f)) {
		slash = strchr(text, '/');
		r = slash ? strtod(slash + 1, NULL) : 0;
	}
	fclose(f);
	return r;
}

static void bound(struct limits *l, double children, const char *what, double value)
{
	if (children >= l->children)
		return;
	l->children = children > 0 ? (uint32_t)children : 0;
	snprintf(l->why, sizeof(l->why), "%s is %.0f", what, value);
}

/* Root is not counted. */
static void bound_user(struct limits *l, double spare)
{
	struct rlimit limit;

	if (getuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) < 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return;
	bound(l, (double)limit.rlim_cur - spare, "the limit of processes (ulimit -u)",
	      (double)limit.rlim_cur);
}

void limits_find(struct limits *ret)
{
	double spare = tasks() + SPARE_TASKS, value;
	struct rlimit limit;

	memset(ret, 0, sizeof(*ret));
	ret->children = 1000000;
	value = number_in("/proc/sys/kernel/pid_max");
	bound(ret, value - spare, "kernel.pid_max", value);
	value = number_in("/proc/sys/kernel/threads-max");
	bound(ret, value - spare, "kernel.threads-max", value);
	value = memory_kib();
	bound(ret, (value - SPARE_KIB) / CHILD_KIB, "free memory in MiB", value / 1024);
	bound_user(ret, spare);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		ret->table = (uint32_t)limit.rlim_max - SPARE_FDS;
}
