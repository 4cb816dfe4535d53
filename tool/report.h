/* SPDX-License-Identifier: MIT */
/* What `ward run` tells of a command that has ended, or that could not be started. */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "tool.h"

enum { REPORT_NONE = 0, REPORT_TEXT, REPORT_JSON };

/* One stream of output that went through ward. */
struct report_stream {
	bool known;                   /* it did */
	bool cut;                     /* we stopped reading before its end */
	uint64_t bytes, lost;         /* that were read; of these, not passed on */
};

/* One command of a pipeline. */
struct report_stage {
	const char *const *argv;
	int64_t pid;
	char id[WARD_ID_TEXT_MAX];
	struct ward_exit exit;
	struct report_stream err;
};

/* All that was started. */
struct report_tree {
	bool held;                    /* by a job, or as a pid namespace */
	int means, strength;
	int64_t left;                 /* when the command ended; here and below -1: that
	                               * cannot be told */
	int64_t killed, survivors;    /* that needed KILL; that it did not end */
	struct ward_job_result names; /* some of these */
	struct ward_job_usage usage;
};

struct tool_report {
	char *const *argv;
	bool started;
	int64_t pid;
	char id[WARD_ID_TEXT_MAX];
	struct ward_exit exit;        /* `how` 0: it still runs, ward could not stop it */
	bool timed_out, idle;         /* stopped: --timeout, --idle-timeout */
	bool limited;                 /* ... --keep=kill */
	bool cut_off;                 /* ... --lifeline */
	int stopped_by;               /* the signal of the last step before the end; 0 */
	bool group_killed;            /* what it left behind needed KILL */
	struct report_tree tree;
	struct ward_error error;      /* why it was not started */

	struct report_stream out, err;
	bool fed;                     /* there was --input */
	uint64_t input_bytes;         /* of it were put into the command's pipe */
	struct report_stage *stages;  /* of a pipeline: `exit` is that of the first that
	                               * failed; NULL: one command */
	size_t n_stages;
	int64_t failed;               /* which one that is; -1: none */
};

/* Did ward end it by one of its bounds? */
bool tool_report_is_bounded(const struct tool_report *report);

/* "text", "json": 0, or STATUS_FAILED after a message. */
int tool_report_format(const char *name, const char *value, int *ret);

/* Write it to @fd at once: 0, or a negative errno. */
int tool_report_write(const struct tool_report *report, int format, int fd);

#endif
