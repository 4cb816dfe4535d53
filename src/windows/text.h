/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 to UTF-16 and back. A lone surrogate, which Windows allows in names, is written
 * as its three bytes (WTF-8), so that every name of the system survives the way there and
 * back. Knows nothing of Windows: uint16_t is its wchar_t.
 */
#ifndef WARD_WINDOWS_TEXT_H
#define WARD_WINDOWS_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The code point at @text, which moves behind it; -1, and it stays, when what is there is
 * not UTF-8. The NUL at the end is 0, and is not passed over.
 */
int32_t ward__utf8_next(const char **text);

/*
 * Translate @text, NUL-ended: write the units, with a NUL, to @to unless that is NULL;
 * *units is how many there are without the NUL. 0, or -EILSEQ.
 */
int ward__utf16_write(uint16_t *to, const char *text, size_t *units);

/* The same, into memory of its own (ward__free). -EILSEQ, -ENOMEM. */
int ward__utf16(uint16_t **ret, const char *text);

/*
 * Translate @n units; write the bytes, with a NUL, to @to unless that is NULL. Returns
 * how many bytes there are without the NUL.
 */
size_t ward__utf8_write(char *to, const uint16_t *text, size_t n);

/* The units before the NUL. */
size_t ward__utf16_length(const uint16_t *text);

#endif
