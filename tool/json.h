/* SPDX-License-Identifier: MIT */
/*
 * What the command says in JSON. json.c does it by jansson; a command that is built
 * without has json_none.c, and says so when it is asked for JSON.
 */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include "report.h"
#include "tool.h"

extern const bool tool_has_json;

/* The option --@name asks for JSON: 0, or STATUS_FAILED after a message. */
int tool_take_json(const char *name, bool *ret);

/* How @w ended, what is known of it: to standard output. 0, or STATUS_FAILED. */
int tool_json_end(struct ward *w, const struct ward_exit *exit);
int tool_json_info(struct ward *w, const struct ward_info *info);

/* The report as one line with its end, in fresh memory, or NULL. */
char *tool_json_report(const struct tool_report *report);

#endif
