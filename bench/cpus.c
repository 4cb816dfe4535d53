/* SPDX-License-Identifier: MIT */
/*
 * Which CPUs parents are pinned to. Two threads get one core each: two hardware threads
 * of one core share its caches and units, and would tell more about those than about the
 * starts.
 */
#include "common.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int cpu_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

/* The hardware threads of its core, as text; empty where the kernel does not tell. */
static void core_of(int cpu, char *core, size_t size)
{
	char path[80];
	FILE *f;

	core[0] = '\0';
	snprintf(path, sizeof(path),
	         "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
	f = fopen(path, "re");
	if (!f)
		return;
	if (!fgets(core, (int)size, f))
		core[0] = '\0';
	fclose(f);
}

static bool same_core(int a, int b)
{
	char core_a[64], core_b[64];

	core_of(a, core_a, sizeof(core_a));
	core_of(b, core_b, sizeof(core_b));
	return core_a[0] && strcmp(core_a, core_b) == 0;
}

int cpu_last(void)
{
	cpu_set_t set;
	int cpu;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return -1;
	for (cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET((size_t)cpu, &set))
			break;
	return cpu;
}

int cpu_beside(int cpu)
{
	int other, second_best = -1;
	cpu_set_t set;

	if (cpu < 0 || sched_getaffinity(0, sizeof(set), &set) < 0)
		return -1;
	for (other = CPU_SETSIZE - 1; other >= 0; other--) {
		if (other == cpu || !CPU_ISSET((size_t)other, &set))
			continue;
		if (!same_core(cpu, other))
			return other;
		if (second_best < 0)
			second_best = other;
	}
	return second_best;
}
