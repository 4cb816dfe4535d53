/* SPDX-License-Identifier: MIT */
/*
 * Arguments and paths are bytes; JSON and terminals want characters. JSON text must be
 * valid UTF-8, and what a stranger put into an argument must not steer the reader's
 * terminal.
 */
#include "tool.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd";     /* U+FFFD */

/* The length of the character at @s, 1 to 4; 0 when it is not valid UTF-8. */
static size_t character(const unsigned char *s)
{
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Too long for their value, surrogates, beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

char *tool_utf8(const char *bytes)
{
	const unsigned char *s = (const unsigned char *)bytes;
	char *text = malloc(strlen(bytes) * strlen(replacement) + 1), *to = text;

	if (!text)
		return NULL;
	while (*s) {
		size_t n = character(s);
		const void *from = n ? (const void *)s : replacement;
		size_t length = n ? n : strlen(replacement);

		memcpy(to, from, length);
		to += length;
		s += n ? n : 1;
	}
	*to = '\0';
	return text;
}

/* Control characters: C0, DEL, and C1 in its UTF-8 form. */
static bool is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

static bool is_plain(const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                           "0123456789_@%+=:,./-";

	return *word && !word[strspn(word, safe)];
}

static bool is_printable(const char *word)
{
	const unsigned char *s = (const unsigned char *)word;

	while (*s) {
		size_t n = character(s);

		if (n == 0 || is_control(s))
			return false;
		s += n;
	}
	return true;
}

/* 'it'\''s' */
static void add_quoted(struct tool_text *to, const char *word)
{
	tool_text_add(to, "'");
	for (; *word; word++)
		if (*word == '\'')
			tool_text_add(to, "'\\''");
		else
			tool_text_add(to, "%c", *word);
	tool_text_add(to, "'");
}

/* $'\033[0m' */
static void add_escaped(struct tool_text *to, const char *word)
{
	const unsigned char *s = (const unsigned char *)word;

	tool_text_add(to, "$'");
	while (*s) {
		size_t n = character(s);

		if (n == 0 || is_control(s)) {
			tool_text_add(to, "\\%03o", (unsigned)*s);
			s++;
			continue;
		}
		if (*s == '\'' || *s == '\\')
			tool_text_add(to, "\\");
		tool_text_add(to, "%.*s", (int)n, (const char *)s);
		s += n;
	}
	tool_text_add(to, "'");
}

void tool_text_word(struct tool_text *text, const char *word)
{
	if (is_plain(word))
		tool_text_add(text, "%s", word);
	else if (is_printable(word))
		add_quoted(text, word);
	else
		add_escaped(text, word);
}

/* -------------------------------------------------------------------- text that grows */

/* Room for @n bytes more and a NUL. */
static bool make_room(struct tool_text *text, size_t n)
{
	size_t room = text->room ? text->room : 256;
	char *bytes;

	while (room - text->length <= n)
		room *= 2;
	if (room == text->room)
		return true;
	bytes = realloc(text->bytes, room);
	if (!bytes)
		return false;
	text->bytes = bytes;
	text->room = room;
	return true;
}

void tool_text_print(struct tool_text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || text->bad || !make_room(text, (size_t)n)) {
		text->bad = true;
		return;
	}
	va_start(args, format);
	vsnprintf(text->bytes + text->length, (size_t)n + 1, format, args);
	va_end(args);
	text->length += (size_t)n;
}

void tool_text_bytes(struct tool_text *text, const char *bytes, size_t size)
{
	if (text->bad || !make_room(text, size)) {
		text->bad = true;
		return;
	}
	memcpy(text->bytes + text->length, bytes, size);
	text->length += size;
	text->bytes[text->length] = '\0';
}

char *tool_text_take(struct tool_text *text)
{
	char *bytes = text->bytes;

	if (text->bad) {
		free(bytes);
		bytes = NULL;
	}
	*text = (struct tool_text){ 0 };
	return bytes;
}
