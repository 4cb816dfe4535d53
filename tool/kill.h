/* SPDX-License-Identifier: MIT */
/* What `ward kill` was told, for both of its ways. */
#ifndef TOOL_KILL_H
#define TOOL_KILL_H

#include "process.h"

struct kill_options {
	int signal;
	bool group, end;              /* `end`: -k was given */
	bool tree;
	int64_t grace_ns;
};

/* End @p, which is open, with all that descends from it: the exit status. */
int kill_tree(const struct tool_process *p, const struct kill_options *o);

#endif
