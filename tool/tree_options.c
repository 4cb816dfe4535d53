/* SPDX-License-Identifier: MIT */
/* The options of `ward run` and `ward pipe` that are about all that a command starts. */
#include <errno.h>
#include <string.h>

#include "lifeline.h"
#include "run.h"

static struct tree_options *tree(void *to)
{
	return &((struct run_options *)to)->tree;
}

static int take_leave(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	tree(to)->leave = true;
	return 0;
}

static int take_means(void *to, const char *name, const char *value)
{
	for (int i = 1; i < WARD_MEANS_COUNT_; i++)
		if (strcmp(ward_means_name(i), value) == 0) {
			tree(to)->means = (uint32_t)i;
			return 0;
		}
	return tool_fail("--%s: '%s' is none of cgroup, pidns, keeper, group", name,
	                 value);
}

static int take_at_least(void *to, const char *name, const char *value)
{
	for (int i = 1; ward_strength_name(i); i++)
		if (strcmp(ward_strength_name(i), value) == 0) {
			tree(to)->at_least = (uint32_t)i;
			return 0;
		}
	return tool_fail("--%s: '%s' is none of group, tree, kernel", name, value);
}

/* --------------------------------------------------------------------------- limits */

static int take_memory(void *to, const char *name, const char *value)
{
	return tool_take_size(name, value, &tree(to)->memory_max);
}

static int take_pids(void *to, const char *name, const char *value)
{
	int64_t n = 0;
	int r = tool_take_number(name, value, 1, INT32_MAX, &n);

	tree(to)->pids_max = (uint64_t)n;
	return r;
}

/* "1.5" is 1500: three digits after the point at most. */
static bool thousandths(const char *text, uint64_t *ret)
{
	size_t before = strspn(text, "0123456789"), after = 0;
	uint64_t n = 0;

	if (text[before] == '.')
		after = strspn(text + before + 1, "0123456789");
	if (before + after == 0 || before > 6 || after > 3 ||
	    text[before + (text[before] == '.') + after])
		return false;
	for (size_t i = 0; i < before; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < 3; i++)
		n = n * 10 + (i < after ? (uint64_t)(text[before + 1 + i] - '0') : 0);
	*ret = n;
	return n > 0;
}

static int take_cpus(void *to, const char *name, const char *value)
{
	if (thousandths(value, &tree(to)->cpu_max))
		return 0;
	return tool_fail("--%s: '%s' is not a number of processors such as 2, 1.5 or "
	                 "0.25", name, value);
}

/* ------------------------------------------------------------- containers, sessions */

static int take_init(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	tree(to)->init = true;
	return 0;
}

static int take_to_group(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	tree(to)->to_group = true;
	return 0;
}

static int take_lifeline(void *to, const char *name, const char *value)
{
	int64_t fd = 0;
	int r = tool_take_number(name, value, 0, INT32_MAX, &fd);

	if (r != 0)
		return r;
	tree(to)->lifeline = (int)fd;
	r = tool_lifeline_check((int)fd);
	if (r == -ENOTSUP)
		return tool_fail("--%s: descriptor %s is no pipe, socket or terminal, "
		                 "whose other side could go away", name, value);
	return r < 0 ? tool_fail("--%s: descriptor %s: %s", name, value,
	                         ward_strerror(r)) :
	               0;
}

const struct tool_option tree_option_table[] = {
	{ "leave", 0, TOOL_FLAG, take_leave, NULL },
	{ "means", 0, TOOL_VALUE, take_means, NULL },
	{ "at-least", 0, TOOL_VALUE, take_at_least, NULL },
	{ "memory-max", 0, TOOL_VALUE, take_memory, NULL },
	{ "pids-max", 0, TOOL_VALUE, take_pids, NULL },
	{ "cpu-max", 0, TOOL_VALUE, take_cpus, NULL },
	{ "init", 0, TOOL_FLAG, take_init, NULL },
	{ "signal-group", 'g', TOOL_FLAG, take_to_group, NULL },
	{ "lifeline", 0, TOOL_VALUE, take_lifeline, NULL },
	{ .more = io_option_table },
};

int tree_options_settle(const struct run_options *o)
{
	if (o->tree.init && o->pipe)
		return tool_fail("--init is of one command, by 'ward run'");
	if (o->tree.to_group && !o->tree.init)
		return tool_fail("--signal-group needs --init; without it signals go to "
		                 "the group anyway");
	return 0;
}
