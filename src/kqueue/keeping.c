/* SPDX-License-Identifier: MIT */
/*
 * A keeper on these systems ends its child, or a group, with its owner, whose end a
 * kqueue tells.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "../forked/no_reaper.h"

#include "../forked/knote.h"

int ward__keeper_watch_owner(pid_t owner)
{
	int queue = ward__knote_queue(), r;

	if (queue < 0)
		return queue;
	r = ward__knote_watch(queue, owner, true);
	if (r == 0)
		return queue;
	close(queue);
	return r;
}
