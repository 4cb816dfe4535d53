/* SPDX-License-Identifier: MIT */
/* The parts of `ward run`: its options, and watching over the command. */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include "report.h"
#include "tool.h"

struct run_options {
	int64_t timeout_ns;           /* of the command; WARD_FOREVER: none */
	int64_t grace_ns;             /* between `signal` and KILL */
	int signal;

	const char *user, *group;
	bool clear_env, append;
	const char *in, *out, *err;   /* paths */
	const char **env_set, **env_unset;
	size_t n_env_set, n_env_unset;
	struct ward_rlimit *rlimits;

	int report;                   /* REPORT_* */
	const char *report_file;

	struct ward_spawn_opts spawn; /* the rest, and in the end all of the above */
	char *const *command;
};

/*
 * Read the words of `ward run`. true: go on; false: leave with *status. In either case
 * run_options_free.
 */
bool run_options_read(struct run_options *o, char **argv, int *status);
void run_options_free(struct run_options *o);

/*
 * Watch over @w until it has ended: pass signals on, stop it when its time is up, and put
 * into @report how it went. @group: it leads a group of its own; @shared: it is in
 * ward's. 0; or a negative errno after a message when it could not be stopped.
 */
int run_watch(struct ward *w, const struct run_options *o, bool group, bool shared,
              struct tool_report *report);

#endif
