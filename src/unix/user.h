/* SPDX-License-Identifier: MIT */
/* A user's uid, gid and supplementary groups, by name. */
#ifndef WARD_UNIX_USER_H
#define WARD_UNIX_USER_H

#include <stddef.h>
#include <sys/types.h>

struct ward__user {
	uid_t uid;
	gid_t gid;
	gid_t *groups;                /* to be freed by the caller */
	size_t n_groups;
};

/*
 * 0; -ENOENT, no such user; another negative errno: the user database could not be read.
 */
int ward__user_find(struct ward__user *ret, const char *name);

#endif
