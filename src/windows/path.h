/* SPDX-License-Identifier: MIT */
/* Paths of Windows, in UTF-16: where they begin, what they are relative to. */
#ifndef WARD_WINDOWS_PATH_H
#define WARD_WINDOWS_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool ward__is_slash(uint16_t c)
{
	return c == '/' || c == '\\';
}

/*
 * The full path of @file as seen from the directory @base, itself a full path; in memory
 * of its own. A negative errno when it fails.
 */
int ward__path_from(uint16_t **ret, const uint16_t *base, const uint16_t *file);

/* The caller's working directory, likewise. */
int ward__path_here(uint16_t **ret);

/* The last part of a path: what is behind the last slash or colon of a drive. */
const uint16_t *ward__path_name(const uint16_t *path);

/* Does the name, without dots and blanks at its end, end with @ending (".bat")? */
bool ward__path_ends_with(const uint16_t *name, const char *ending);

/*
 * Would CreateProcessW give the file to cmd.exe? It looks at the name only; a stream
 * ("x.bat::$DATA") counts, too.
 */
bool ward__path_is_batch(const uint16_t *path);

/* Is the name that of a device (CON, NUL, COM1...), in whatever directory? */
bool ward__path_is_device(const uint16_t *path);

#endif
