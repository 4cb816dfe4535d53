/* SPDX-License-Identifier: MIT */
/* What the parts of the helper program on Windows share. */
#ifndef CHILD_WINDOWS_H
#define CHILD_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "child.h"

/* The arguments as wide text, and those of @command after its program, NULL-ended. */
extern wchar_t **child_wide_args;
wchar_t **child_parse(const wchar_t *command);

/* UTF-8, a lone surrogate as its three bytes; in memory that is never given back. */
char *child_narrow(const wchar_t *wide);

void child_say(const char *text);
void child_until_closed(int fd);

#endif
