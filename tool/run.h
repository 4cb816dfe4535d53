/* SPDX-License-Identifier: MIT */
/*
 * The parts of `ward run` and `ward pipe`: their options, and watching over commands,
 * whose output is their own affair (run_watch) or goes through ward (run_io).
 */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include "report.h"
#include "tool.h"

/* What goes through ward, and what becomes of it there. */
struct io_options {
	uint64_t limit;               /* bytes of each stream to pass on; 0: all */
	int keep;                     /* WARD_KEEP_*; -1: not said */
	int64_t idle_ns;              /* without output; 0: no bound */
	int64_t drain_ns;             /* as the library has it; 0: its default */
	bool pty, timestamps, prefixed;
	const char *prefix;           /* NULL: the command's name */
	const char *tee, *input;      /* paths; NULL */
};

/* How all that a command starts is held. */
struct tree_options {
	uint32_t means, at_least;     /* WARD_MEANS_*, WARD_STRENGTH_*; 0: not said */
	uint64_t memory_max, pids_max, cpu_max;
	bool leave;                   /* who is left at the end lives on */
	bool init;                    /* ward is the first process of a container */
	bool to_group;                /* ... its signals are for the command's group */
	int lifeline;                 /* a descriptor; -1: none */
};

struct run_options {
	int64_t timeout_ns;           /* of the command; WARD_FOREVER: none */
	int64_t grace_ns;             /* between `signal` and KILL */
	int signal;

	const char *user, *group;
	bool pipe, clear_env, append;
	const char *in, *out, *err;   /* paths */
	const char **env_set, **env_unset;
	size_t n_env_set, n_env_unset;
	struct ward_rlimit *rlimits;

	int report;                   /* REPORT_* */
	const char *report_file;

	struct io_options io;
	struct tree_options tree;

	struct ward_spawn_opts spawn; /* the rest, and in the end all of the above */
	char *const *command;         /* all the words that are no options */
	struct ward_stage *stages;    /* what they say: one command, or several */
	size_t n_stages;
	const char **words;           /* of the stages */
};

/*
 * Read the words of `ward run` or, @pipe, of `ward pipe`. true: go on; false: leave with
 * *status. In either case run_options_free.
 */
bool run_options_read(struct run_options *o, char **argv, bool pipe, int *status);
void run_options_free(struct run_options *o);

/* Find the commands in o->command: 0, or STATUS_FAILED after a message. */
int pipe_split(struct run_options *o);

/* The options of io_options, for the end of another table; and what agrees with what. */
extern const struct tool_option io_option_table[];
int io_options_settle(struct run_options *o);

extern const struct tool_option tree_option_table[];
int tree_options_settle(const struct run_options *o);

/* Does output go through ward; or output or input? */
bool io_is_output(const struct io_options *io);
bool io_is_any(const struct io_options *io);

/*
 * From the words to the end: start what @o says, watch over it, report. The exit status.
 */
int run_whole(struct run_options *o);

struct tree;

/*
 * Watch over @w until it has ended: pass signals on, stop it when its time is up, end
 * what it has left, and put into @report how it went. @group: it leads a group of its
 * own, and signals are for that; @shared: it is in ward's. 0; or a negative errno after a
 * message when it could not be stopped.
 */
int run_watch(struct ward *w, struct tree *tree, bool group, bool shared,
              struct tool_report *report);

/* Just before the start: 0, or STATUS_FAILED after a message. */
int run_hold_signals(const struct run_options *o);

/* Say why @name was not started, which report->error tells: the exit status for it. */
int run_not_started(const char *name, int r, const struct tool_report *report);

/*
 * Start the commands with what goes through ward, and watch over them until they have
 * ended. 0, or an exit status after a message.
 */
int run_io(struct run_options *o, struct tree *tree, bool group, bool shared,
           struct tool_report *report);

/* ---------------------------------------------------------------- a command's group */

/*
 * To the group that @w leads if it is to be met, else to it alone. A command that has
 * left its group, as a shell with job control may, is met alone; so is one on a system
 * whose groups cannot be sent this.
 */
int group_signal(struct ward *w, bool group, int sig);

/*
 * @w has ended by a stop. What it left in its group was asked to end, too, and has until
 * @deadline, then it is killed; @killed: it was killed already. Meanwhile @tick does what
 * else there is to do, and sleeps for a while. Was KILL needed?
 */
bool group_end(struct ward *w, int64_t deadline, bool killed,
               void (*tick)(void *context, int64_t deadline), void *context);

#endif
