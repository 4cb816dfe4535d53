/* SPDX-License-Identifier: MIT */
/*
 * Look a user up before the child exists: the user database is read by libc modules that
 * allocate, lock and talk to daemons, none of which a child may do before exec.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "../memory.h"

enum {
	FIRST_BUFFER = 1024,
	LAST_BUFFER = 1 << 20,
	FIRST_GROUPS = 32,
	LAST_GROUPS = 1 << 17
};

static int find_in(const char *name, struct passwd *entry, char *buf, size_t size)
{
	struct passwd *found = NULL;
	int r = getpwnam_r(name, entry, buf, size, &found);

	/* Some libcs say "not found" by one of these instead of by 0 and NULL. */
	if (r == ESRCH || r == EBADF || r == EPERM || (r == 0 && !found))
		return -ENOENT;
	return -r;
}

static int find_ids(struct ward__user *ret, const char *name)
{
	for (size_t size = FIRST_BUFFER; size <= LAST_BUFFER; size *= 4) {
		struct passwd entry;
		char *buf = ward__alloc(size);
		int r;

		if (!buf)
			return -ENOMEM;
		r = find_in(name, &entry, buf, size);
		if (r == 0) {
			ret->uid = entry.pw_uid;
			ret->gid = entry.pw_gid;
		}
		ward__free(buf);
		if (r != -ERANGE)
			return r;
	}
	return -ERANGE;
}

/* macOS' takes them as plain ints. */
static int list_groups(const char *name, gid_t gid, gid_t *groups, int *n)
{
#ifdef __APPLE__
	return getgrouplist(name, (int)gid, (int *)groups, n);
#else
	return getgrouplist(name, gid, groups, n);
#endif
}

static int find_groups(struct ward__user *user, const char *name)
{
	for (int room = FIRST_GROUPS; room <= LAST_GROUPS; room *= 4) {
		gid_t *groups = ward__alloc((size_t)room * sizeof(*groups));
		int n = room;

		if (!groups)
			return -ENOMEM;
		if (list_groups(name, user->gid, groups, &n) >= 0) {
			user->groups = groups;
			user->n_groups = (size_t)n;
			return 0;
		}
		ward__free(groups);
	}
	return -ERANGE;
}

int ward__user_find(struct ward__user *ret, const char *name)
{
	struct ward__user user = { 0 };
	int r = find_ids(&user, name);

	if (r < 0)
		return r;
	r = find_groups(&user, name);
	if (r < 0)
		return r;
	*ret = user;
	return 0;
}
