/* SPDX-License-Identifier: MIT */
/*
 * What is measured: which contestants, in which parents, side by side. The first parent
 * of a scenario is the one that the others are compared with.
 */
#include "bench.h"

#define BIT(contestant) (1u << (contestant))

static const size_t mib = (size_t)1 << 20;
static const unsigned everybody = BIT(FLOOR) | BIT(WARD) | BIT(WARD_INHERIT) |
				  BIT(POSIX_SPAWN) | BIT(VFORK) | BIT(FORK);
static const unsigned clean = BIT(POSIX_SPAWN_CLEAN);

static const struct parent_spec pinned_small[] = {
	{ .name = "small" },
	{ 0 },
};

static const struct parent_spec roaming_small[] = {
	{ .name = "small", .roams = true },
	{ 0 },
};

static const struct parent_spec memories[] = {
	{ .name = "small" },
	{ .name = "1 GiB touched", .memory = 1024 * mib },
	{ .name = "4 GiB touched", .memory = 4096 * mib },
	{ 0 },
};

static const struct parent_spec descriptors[] = {
	{ .name = "small" },
	{ .name = "10,000 descriptors", .fds = 10000 },
	{ 0 },
};

static const struct parent_spec pinned_threads[] = {
	{ .name = "one thread", .threads = 1 },
	{ .name = "two threads", .threads = 2 },
	{ 0 },
};

static const struct parent_spec roaming_threads[] = {
	{ .name = "one thread", .threads = 1, .roams = true },
	{ .name = "two threads", .threads = 2, .roams = true },
	{ 0 },
};

const struct scenario_spec scenarios[] = {
	{
		.name = "static",
		.title = "Static program",
		.parents = pinned_small,
		.contestants = everybody | clean,
	}, {
		.name = "static-unpinned",
		.title = "Static program, on any CPU",
		.parents = roaming_small,
		.contestants = everybody | clean,
		.unpinned_twin = true,
	}, {
		.name = "dynamic",
		.title = "Dynamic program",
		.parents = pinned_small,
		.contestants = everybody | clean,
		.dynamic = true,
	}, {
		.name = "dynamic-unpinned",
		.title = "Dynamic program, on any CPU",
		.parents = roaming_small,
		.contestants = everybody | clean,
		.dynamic = true,
		.unpinned_twin = true,
	}, {
		.name = "memory",
		.title = "Static program, parents with memory",
		.parents = memories,
		.contestants = everybody,
	}, {
		.name = "descriptors",
		.title = "Static program, parents with open descriptors",
		.parents = descriptors,
		.contestants = everybody | BIT(FLOOR_UNSHARE),
	}, {
		.name = "threads",
		.title = "Static program, threads that start at once",
		.parents = pinned_threads,
		.contestants = everybody,
		.threads = true,
	}, {
		.name = "threads-unpinned",
		.title = "Static program, threads that start at once, on any CPU",
		.parents = roaming_threads,
		.contestants = everybody,
		.threads = true,
		.unpinned_twin = true,
	},
	{ 0 },
};
