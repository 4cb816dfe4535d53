/* SPDX-License-Identifier: MIT */
/*
 * A list of arguments as the one string that Windows hands to a program, which takes it
 * apart again by the rules of the Microsoft C runtime; and as a line for cmd.exe, which
 * has rules of its own. Knows nothing of Windows, so that it is tested everywhere.
 */
#ifndef WARD_WINDOWS_COMMAND_LINE_H
#define WARD_WINDOWS_COMMAND_LINE_H

#include <stddef.h>

/*
 * Write the line for @argv, with a NUL, to @to unless that is NULL; *length is how long
 * it is without the NUL. 0; -EINVAL: argv[0] has a quote in it, which no line can hold.
 */
int ward__command_line(char *to, const char *const argv[], size_t *length);

/*
 * The same for cmd.exe, found at @shell, that is to run the batch file @script with what
 * follows argv[0]. -EINVAL: something in it cannot be passed safely.
 */
int ward__command_line_batch(char *to, const char *shell, const char *script,
                             const char *const argv[], size_t *length);

#endif
