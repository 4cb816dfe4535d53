/* SPDX-License-Identifier: MIT */
/*
 * Values for JSON output, by jansson. Each returns NULL when memory is short, which the
 * containers of jansson take and answer with failure: only the last step needs a look.
 */
#ifndef TOOL_JSON_VALUE_H
#define TOOL_JSON_VALUE_H

#include <jansson.h>

#include "tool.h"

/* Bytes as text; NULL and "" become null. */
json_t *tool_json_text(const char *bytes);

/* A number; null when it is negative, which means unknown. */
json_t *tool_json_count(int64_t n);

/* Nanoseconds as seconds, to the microsecond; null when negative. */
json_t *tool_json_seconds(int64_t ns);

json_t *tool_json_bool(bool value);

/* The members how, code, signal, signal_name, core_dumped: null where they do not apply.
 * Results accumulate: true if all so far went well. */
bool tool_json_exit(json_t *object, const struct ward_exit *exit);

/* Put a member and give @value away. */
bool tool_json_put(json_t *object, const char *key, json_t *value);

/* @object as one line with its end, in fresh memory, or NULL; @object is given away. */
char *tool_json_line(json_t *object, bool whole);

/* The same, to standard output: 0, or STATUS_FAILED after a message. */
int tool_json_print(json_t *object, bool whole);

#endif
