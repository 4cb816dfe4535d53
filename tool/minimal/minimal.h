/* SPDX-License-Identifier: MIT */
/* The two parts of ward-init: its words, and what it does. */
#ifndef TOOL_MINIMAL_H
#define TOOL_MINIMAL_H

#include "../tool.h"

struct minimal {
	int64_t timeout_ns, grace_ns;
	int signal, lifeline;         /* lifeline: -1: none */
	bool to_group, leave;
	bool shared;                  /* the command is in our group, before a terminal */
	bool first;                   /* we are the first process of our namespace */
	char **argv;
};

/* Start it, watch over it, end the rest: the exit status. */
int minimal_run(struct minimal *m);

#endif
