/* SPDX-License-Identifier: MIT */
/*
 * All that the command of a run starts: held by a job, or, where ward is the first
 * process of its pid namespace, by that.
 */
#ifndef TOOL_TREE_H
#define TOOL_TREE_H

#include "run.h"

struct tree {
	const struct run_options *options;
	struct ward_job *job;         /* NULL: none */
	bool all;                     /* everybody in ward's pid namespace */
	bool leave;                   /* who is left lives on */
	bool shared;                  /* the terminal signals all of them itself */
};

/* What became of a stop when the commands had ended. */
struct tree_stop {
	bool bounded;                 /* they did not end by themselves */
	bool asked, killed;           /* all were sent the first signal; KILL */
	int64_t deadline;             /* of the grace that has begun, if asked */
};

/* Before the start: 0, or STATUS_FAILED after a message. In either case tree_close. */
int tree_open(struct tree *t, struct run_options *o, bool shared);
void tree_close(struct tree *t);

/* Does anything hold them? Else the calls below do nothing. */
bool tree_is_held(const struct tree *t);

/* To all of them, as ward_job_signal; KILL misses nobody. */
int tree_signal(struct tree *t, int sig);

/* KILL for all, and a wait for what comes of it; the report tells how many. */
int tree_kill(struct tree *t, struct tool_report *report);

/* What has come to us without being ours has ended: collect it, unless it is @but. */
void tree_reap(const struct tree *t, struct ward *but);

/*
 * The commands have ended. End what they have left, unless it is to live, and put into
 * @report how that went. Signals that arrive meanwhile are passed on to it.
 */
void tree_end(struct tree *t, const struct tree_stop *stop, struct tool_report *report);

#endif
