/* SPDX-License-Identifier: MIT */
/* The environment of a child: a base, less some names, plus some values. */
#ifndef WARD_ENV_H
#define WARD_ENV_H

/*
 * Make the environment. *ret is @base itself when there is nothing to change, else a new
 * array (of borrowed strings) that *memory frees. -EINVAL: a name or value is malformed.
 */
int ward__env_make(const char *const **ret, void **memory, const char *const *base,
                   const char *const *unset, const char *const *set);

/* The value of @name in @env, or NULL. */
const char *ward__env_get(const char *const *env, const char *name);

#endif
