/* SPDX-License-Identifier: MIT */
/*
 * Limits. A group has the files of a controller when the group above hands it down
 * (cgroup.subtree_control). What is hard: the kernel lets a group hand controllers down
 * only while no process is in it (but for the root of all), and we are in our own. So
 * they can be had where they are handed down already, at the root, and beside our own
 * group if the one above was given to us; else the caller is told which controller was
 * missing, where, and why.
 */
#define _GNU_SOURCE 1
#include "cgroup_limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cgroup_file.h"

enum { MEMORY, PIDS, CPU, CONTROLLERS };

static const char *const names[CONTROLLERS] = { "memory", "pids", "cpu" };

static bool wants(const struct ward__cgroup_limits *limits, int controller)
{
	return (controller == MEMORY && limits->memory) ||
	       (controller == PIDS && limits->processes) ||
	       (controller == CPU && limits->cpu);
}

bool ward__cgroup_wants_limits(const struct ward__cgroup_limits *limits)
{
	return limits && (limits->memory || limits->processes || limits->cpu);
}

/* ---------------------------------------------------------------------- controllers */

static int explain(int code, const char *name, const char *path, struct ward__why *why)
{
	switch (code) {
	case -EBUSY:
		return ward__why(why, -ENOTSUP,
		                 "the controller %s cannot be handed down by %.100s: "
		                 "processes are in it",
		                 name, path);
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return ward__why(why, -ENOTSUP,
		                 "the controller %s is not ours to hand down in %.100s",
		                 name, path);
	case -EOPNOTSUPP:
		return ward__why(why, -ENOTSUP,
		                 "the controller %s cannot be handed down by %.100s: it "
		                 "is threaded",
		                 name, path);
	case -ENOENT:
		return ward__why(why, -ENOTSUP,
		                 "the controller %s was not given to %.100s", name, path);
	default:
		return ward__why(why, code, "the controller %s in %.100s", name, path);
	}
}

/*
 * The kernel would hand down some controllers (pids, cpu) for a group that processes are
 * in as well, and make it one for threads by that: no group below could have processes
 * any more. Only the root of all has no type, and may do both.
 */
static int check_mixing(int dir)
{
	char text[64];
	int r = ward__cgroup_read(dir, "cgroup.type", text, sizeof(text));

	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = ward__cgroup_read(dir, "cgroup.procs", text, sizeof(text));
	return r > 0 ? -EBUSY : r;
}

static int enable_one(const struct ward__cgroup_base *base, int controller,
                      struct ward__why *why)
{
	char text[256], order[16];
	int dir = base->dir;
	int r = ward__cgroup_read(dir, "cgroup.subtree_control", text, sizeof(text));

	if (r >= 0 && ward__cgroup_has_word(text, names[controller]))
		return 0;
	if (r >= 0)
		r = ward__cgroup_read(dir, "cgroup.controllers", text, sizeof(text));
	if (r >= 0 && !ward__cgroup_has_word(text, names[controller]))
		r = -ENOENT;
	if (r >= 0)
		r = check_mixing(dir);
	snprintf(order, sizeof(order), "+%s", names[controller]);
	if (r >= 0)
		r = ward__cgroup_write(dir, "cgroup.subtree_control", order);
	return r < 0 ? explain(r, names[controller], base->path, why) : 0;
}

int ward__cgroup_enable(const struct ward__cgroup_base *base,
                        const struct ward__cgroup_limits *limits, struct ward__why *why)
{
	int r = 0;

	for (int i = 0; r == 0 && i < CONTROLLERS; i++)
		if (wants(limits, i))
			r = enable_one(base, i, why);
	return r;
}

/* --------------------------------------------------------------------------- limits */

static int set_one(int dir, const char *file, const char *value, struct ward__why *why)
{
	int r = ward__cgroup_write(dir, file, value);

	if (r == -ENOENT)
		r = -ENOTSUP;
	return r < 0 ? ward__why(why, r, "%s does not take \"%s\"", file, value) : 0;
}

static int set_number(int dir, const char *file, uint64_t value, struct ward__why *why)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return set_one(dir, file, text, why);
}

/*
 * What cannot stay in memory must not go on in swap, where it would slow down everybody.
 * The file is missing where the kernel does not count swap: there is nothing to limit.
 */
static int set_memory(int dir, uint64_t bytes, struct ward__why *why)
{
	int r = set_number(dir, "memory.max", bytes, why), swap;

	if (r < 0)
		return r;
	swap = ward__cgroup_write(dir, "memory.swap.max", "0");
	return swap < 0 && swap != -ENOENT ?
	               ward__why(why, swap, "memory.swap.max does not take \"0\"") :
	               0;
}

/* So much in each tenth of a second. The kernel takes no less than one millisecond. */
static int set_cpu(int dir, uint64_t thousandths, struct ward__why *why)
{
	uint64_t period = 100000, quota = thousandths * (period / 1000);
	char text[64];

	if (quota < 1000) {
		period = period * 1000 / quota;
		quota = 1000;
	}
	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64, quota,
	         period > 1000000 ? 1000000 : period);
	return set_one(dir, "cpu.max", text, why);
}

int ward__cgroup_limit(int dir, const struct ward__cgroup_limits *limits,
                       struct ward__why *why)
{
	int r = 0;

	if (limits->memory)
		r = set_memory(dir, limits->memory, why);
	if (r == 0 && limits->processes)
		r = set_number(dir, "pids.max", limits->processes, why);
	if (r == 0 && limits->cpu)
		r = set_cpu(dir, limits->cpu, why);
	return r;
}
