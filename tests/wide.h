/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 to Windows' wide characters and back, for the harness and the helper program,
 * which must not use the library's own. Wide text that has a lone surrogate comes out
 * with U+FFFD in its place.
 */
#ifndef WIDE_H
#define WIDE_H

#include <stddef.h>
#include <stdlib.h>
#include <windows.h>

/* In memory that is the caller's; NULL without memory, or when @text is not UTF-8. */
static inline wchar_t *wide_of(const char *text)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
	wchar_t *wide = n > 0 ? malloc((size_t)n * sizeof(*wide)) : NULL;

	if (wide)
		MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, n);
	return wide;
}

static inline char *narrow_of(const wchar_t *wide)
{
	int n = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
	char *text = n > 0 ? malloc((size_t)n) : NULL;

	if (text)
		WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, n, NULL, NULL);
	return text;
}

#endif
