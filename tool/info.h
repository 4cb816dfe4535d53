/* SPDX-License-Identifier: MIT */
/* What the numbers of ward_info are called. */
#ifndef TOOL_INFO_H
#define TOOL_INFO_H

#include "tool.h"

/* NULL where the state is not known. */
const char *tool_info_state(int state);
const char *tool_info_hold(int hold);

/* 2025-11-22T00:03:11.12Z; "" when it is not known. */
void tool_info_time(int64_t unix_ns, char *text, size_t size);

#endif
