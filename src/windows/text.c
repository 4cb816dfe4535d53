/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 to UTF-16 and back, strictly: what is too long for its code point, beyond the
 * last one, or a surrogate pair written as two times three bytes would have two
 * spellings, and is refused. The last would come back as four bytes, as another name.
 */
#include "text.h"

#include <errno.h>
#include <stdbool.h>

#include "../memory.h"

enum {
	HIGH = 0xD800,                /* the first surrogate of a pair: 0xD800..0xDBFF */
	LOW = 0xDC00,                 /* the second one: 0xDC00..0xDFFF */
	SURROGATES_END = 0xE000,
	PAIRED = 0x10000,             /* from here on it takes a pair */
	LAST = 0x10FFFF
};

/* How many bytes follow the first one; -1: it is none. */
static int bytes_after(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xC2 && first < 0xE0)
		return 1;
	if (first >= 0xE0 && first < 0xF0)
		return 2;
	return first >= 0xF0 && first < 0xF5 ? 3 : -1;
}

static int32_t decode(const unsigned char *text, int after)
{
	static const int32_t least[] = { 0, 0x80, 0x800, PAIRED };
	static const unsigned char mask[] = { 0x7F, 0x1F, 0x0F, 0x07 };
	int32_t point = text[0] & mask[after];

	for (int i = 1; i <= after; i++) {
		if ((text[i] & 0xC0) != 0x80)
			return -1;                /* also the NUL of a cut one */
		point = point << 6 | (text[i] & 0x3F);
	}
	return point < least[after] || point > LAST ? -1 : point;
}

int32_t ward__utf8_next(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	int after = bytes_after(*at);
	int32_t point = after < 0 ? -1 : decode(at, after);

	if (point > 0)
		*text += after + 1;
	return point;
}

static void put_units(uint16_t *to, int32_t point)
{
	if (point < PAIRED) {
		to[0] = (uint16_t)point;
		return;
	}
	point -= PAIRED;
	to[0] = (uint16_t)(HIGH + (point >> 10));
	to[1] = (uint16_t)(LOW + (point & 0x3FF));
}

int ward__utf16_write(uint16_t *to, const char *text, size_t *units)
{
	int32_t point, before = 0;
	size_t n = 0;

	while ((point = ward__utf8_next(&text)) != 0) {
		bool pair = before >= HIGH && before < LOW && point >= LOW &&
		            point < SURROGATES_END;

		if (point < 0 || pair)
			return -EILSEQ;
		if (to)
			put_units(to + n, point);
		n += point < PAIRED ? 1 : 2;
		before = point;
	}
	if (to)
		to[n] = 0;
	*units = n;
	return 0;
}

int ward__utf16(uint16_t **ret, const char *text)
{
	uint16_t *units;
	size_t n;
	int r = ward__utf16_write(NULL, text, &n);

	if (r < 0)
		return r;
	units = ward__alloc((n + 1) * sizeof(*units));
	if (!units)
		return -ENOMEM;
	*ret = units;
	return ward__utf16_write(units, text, &n);
}

/* The code point at @text; *used units make it. */
static int32_t unite(const uint16_t *text, size_t n, size_t *used)
{
	bool pair = n > 1 && text[0] >= HIGH && text[0] < LOW && text[1] >= LOW &&
	            text[1] < SURROGATES_END;

	*used = pair ? 2 : 1;
	return pair ? PAIRED + ((text[0] - HIGH) << 10) + (text[1] - LOW) : text[0];
}

static size_t put_bytes(char *to, int32_t point)
{
	static const unsigned char first[] = { 0, 0xC0, 0xE0, 0xF0 };
	int after = (point >= 0x80) + (point >= 0x800) + (point >= PAIRED);

	if (!to)
		return (size_t)after + 1;
	for (int i = after; i > 0; i--, point >>= 6)
		to[i] = (char)(0x80 | (point & 0x3F));
	to[0] = (char)(first[after] | point);
	return (size_t)after + 1;
}

size_t ward__utf8_write(char *to, const uint16_t *text, size_t n)
{
	size_t bytes = 0, used;

	for (size_t i = 0; i < n; i += used) {
		int32_t point = unite(text + i, n - i, &used);

		bytes += put_bytes(to ? to + bytes : NULL, point);
	}
	if (to)
		to[bytes] = '\0';
	return bytes;
}

size_t ward__utf16_length(const uint16_t *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}
