/* SPDX-License-Identifier: MIT */
/* The values of JSON output, and objects as lines. */
#include "json_value.h"

#include <stdlib.h>
#include <string.h>

json_t *tool_json_text(const char *bytes)
{
	json_t *value;
	char *text;

	if (!bytes || !*bytes)
		return json_null();
	text = tool_utf8(bytes);
	value = text ? json_string(text) : NULL;
	free(text);
	return value;
}

json_t *tool_json_count(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

json_t *tool_json_seconds(int64_t ns)
{
	int64_t us = ns / 1000;

	return ns < 0 ? json_null() : json_real((double)us / 1e6);
}

json_t *tool_json_bool(bool value)
{
	return value ? json_true() : json_false();
}

bool tool_json_put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static const char *how_text(int how)
{
	switch (how) {
	case WARD_EXITED: return "exited";
	case WARD_SIGNALED: return "signaled";
	case WARD_LOST: return "lost";
	default: return NULL;
	}
}

bool tool_json_exit(json_t *object, const struct ward_exit *exit)
{
	bool signaled = exit->how == WARD_SIGNALED;
	bool known = signaled || exit->how == WARD_EXITED;
	const char *name = signaled ? ward_signal_name(exit->signal) : NULL;

	return tool_json_put(object, "how", tool_json_text(how_text(exit->how))) &&
	       tool_json_put(object, "code",
	                     tool_json_count(exit->how == WARD_EXITED ? exit->code :
	                                                                -1)) &&
	       tool_json_put(object, "signal",
	                     tool_json_count(signaled ? exit->signal : -1)) &&
	       tool_json_put(object, "signal_name", tool_json_text(name)) &&
	       tool_json_put(object, "core_dumped",
	                     known ? tool_json_bool(exit->core_dumped == 1) :
	                             json_null());
}

char *tool_json_line(json_t *object, bool whole)
{
	/* 15 digits give the decimals that were put in, not those of the binary one. */
	char *text = whole ? json_dumps(object, JSON_REAL_PRECISION(15)) : NULL;
	char *line = NULL;
	size_t length;

	json_decref(object);
	if (!text)
		return NULL;
	length = strlen(text);
	line = realloc(text, length + 2);
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + length, "\n", 2);
	return line;
}

int tool_json_print(json_t *object, bool whole)
{
	char *line = tool_json_line(object, whole);

	if (!line)
		return tool_fail("out of memory for the JSON output");
	fputs(line, stdout);
	free(line);
	return 0;
}
