/* SPDX-License-Identifier: MIT */
/* What `ward run` tells of a command that has ended, or that could not be started. */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "tool.h"

enum { REPORT_NONE = 0, REPORT_TEXT, REPORT_JSON };

struct tool_report {
	char *const *argv;
	bool started;
	int64_t pid;
	char id[WARD_ID_TEXT_MAX];
	struct ward_exit exit;        /* `how` 0: it still runs, ward could not stop it */
	bool timed_out;
	int stopped_by;               /* the signal of the last step before the end; 0 */
	bool group_killed;            /* what it left in its group needed KILL */
	struct ward_error error;      /* why it was not started */
};

/* "text", "json": 0, or STATUS_FAILED after a message. */
int tool_report_format(const char *name, const char *value, int *ret);

/* Write it to @fd at once: 0, or a negative errno. */
int tool_report_write(const struct tool_report *report, int format, int fd);

#endif
