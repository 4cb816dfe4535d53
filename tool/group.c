/* SPDX-License-Identifier: MIT */
/*
 * The group that a command leads. Where the kernel cannot reach it safely any more after
 * its leader's end (see ward_signal_group) there is nothing to be done for the rest.
 */
#include "run.h"

#include <errno.h>

int group_signal(struct ward *w, bool group, int sig)
{
	int r = group ? ward_signal_group(w, sig) : -ESRCH;

	return r == -ESRCH || r == -ENOTSUP ? ward_signal(w, sig) : r;
}

bool group_end(struct ward *w, int64_t deadline, bool killed,
               void (*tick)(void *context, int64_t deadline), void *context)
{
	bool needed = false;

	if (killed)
		deadline = tool_deadline(WARD_NS_PER_S);
	while (ward_signal_group(w, 0) == 0) {
		if (tool_time_left(deadline) != 0) {
			tick(context, deadline);
			continue;
		}
		if (killed)
			break;                /* zombies that nobody collects */
		needed = ward_signal_group(w, tool_signal_kill()) == 0;
		killed = true;
		deadline = tool_deadline(WARD_NS_PER_S);
	}
	return needed;
}
