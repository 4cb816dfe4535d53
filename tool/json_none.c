/* SPDX-License-Identifier: MIT */
/* A command without JSON. The options refuse it, so that nothing here is called. */
#include "json.h"

const bool tool_has_json = false;

int tool_json_end(struct ward *w, const struct ward_exit *exit)
{
	bool json;

	(void)w, (void)exit;
	return tool_take_json("json", &json);
}

int tool_json_info(struct ward *w, const struct ward_info *info)
{
	bool json;

	(void)w, (void)info;
	return tool_take_json("json", &json);
}

char *tool_json_report(const struct tool_report *report)
{
	(void)report;
	return NULL;
}
