/* SPDX-License-Identifier: MIT */
/* The environment of a child. A later value of the same name replaces an earlier one. */
#include "env.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "memory.h"
#include "platform.h"

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* Does @entry ("NAME=value") have the name that @name ("NAME" or "NAME=...") has? */
static bool same_name(const char *entry, const char *name)
{
	size_t n = strcspn(name, "=");

	return ward__same_variable(entry, name, n) && entry[n] == '=';
}

const char *ward__env_get(const char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (same_name(*env, name))
			return *env + n + 1;
	return NULL;
}

static bool is_named(const char *entry, const char *const *names)
{
	for (; names && *names; names++)
		if (same_name(entry, *names))
			return true;
	return false;
}

static int check(const char *const *unset, const char *const *set)
{
	for (; unset && *unset; unset++)
		if (!**unset || strchr(*unset, '='))
			return -EINVAL;
	for (; set && *set; set++)
		if (**set == '=' || !strchr(*set, '='))
			return -EINVAL;
	return 0;
}

int ward__env_make(const char *const **ret, void **memory, const char *const *base,
                   const char *const *unset, const char *const *set)
{
	const char **env;
	size_t n = 0;

	if (check(unset, set) < 0)
		return -EINVAL;
	if (count(unset) + count(set) == 0) {
		*ret = base;
		*memory = NULL;
		return 0;
	}
	env = ward__alloc((count(base) + count(set) + 1) * sizeof(*env));
	if (!env)
		return -ENOMEM;
	for (; *base; base++)
		if (!is_named(*base, unset) && !is_named(*base, set))
			env[n++] = *base;
	for (; set && *set; set++)
		if (!is_named(*set, set + 1))
			env[n++] = *set;
	*ret = env;
	*memory = env;
	return 0;
}
