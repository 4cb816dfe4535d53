/* SPDX-License-Identifier: MIT */
/*
 * Taking hold of what descends from a keeper. Its number is pinned, since it is our
 * child; those below it are not, and so each is looked for again once it is held.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>

#include "../memory.h"
#include "keeper.h"
#include "keeping.h"

static bool is_listed(const pid_t *list, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == pid)
			return true;
	return false;
}

/*
 * A number may pass to a stranger between the list and the hold. What is held and still
 * there after a second list that has its number, was in the tree by then.
 */
static bool is_member(pid_t reaper, struct ward__process *p)
{
	struct ward_info info;
	pid_t *list;
	size_t n;
	bool found;

	if (ward__reaper_list(reaper, &list, &n) < 0)
		return false;
	found = is_listed(list, n, (pid_t)ward__process_pid(p));
	ward__free(list);
	return found && ward__process_info(p, &info) == 0 &&
	       info.state != WARD_STATE_ENDED;
}

static int take(struct ward__keeper *k, pid_t pid,
                int (*fn)(struct ward__process *p, void *arg), void *arg)
{
	struct ward__process *p;
	int r = ward__process_open(&p, pid, 0);

	if (r < 0)
		return r == -ENOMEM || r == -EMFILE || r == -ENFILE ? r : 0;
	if (is_member(k->base.pid, p))
		return fn(p, arg);
	ward__process_free(p);
	return 0;
}

int ward__keeper_members(struct ward__keeper *k,
                         int (*fn)(struct ward__process *p, void *arg), void *arg)
{
	pid_t *list;
	size_t n;
	int r = ward__reaper_list(k->base.pid, &list, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = take(k, list[i], fn, arg);
	ward__free(list);
	return r;
}
