/* SPDX-License-Identifier: MIT */
/*
 * A keeper on plain POSIX ends its child, or a group, with its owner, if it can see that.
 */
#define _GNU_SOURCE 1
#include "../forked/no_reaper.h"

int ward__keeper_watch_owner(pid_t owner)
{
	(void)owner;
	return -ENOTSUP;
}
