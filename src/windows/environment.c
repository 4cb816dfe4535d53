/* SPDX-License-Identifier: MIT */
/*
 * The environment. Windows wants the child's sorted, as one block that ends with an empty
 * string; a variable whose name begins with "=" is not ours to judge ("=C:" is the
 * directory of drive C), so a name ends at the first "=" behind its first character.
 */
#include "environment.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"
#include "system.h"
#include "text.h"

struct variable {
	const uint16_t *text;
	size_t length;                /* with its NUL */
	int name;                     /* length of the name */
	size_t place; /* in the list: of two with one name the last wins */
};

/* ------------------------------------------------------------------------ the child's */

static int name_length(const uint16_t *text, size_t length)
{
	size_t n = 1;

	while (n < length && text[n] && text[n] != '=')
		n++;
	return n > INT_MAX ? INT_MAX : (int)n;
}

static int compare_names(const struct variable *a, const struct variable *b)
{
	return CompareStringOrdinal(a->text, a->name, b->text, b->name, TRUE) -
	       CSTR_EQUAL;
}

static int by_name(const void *x, const void *y)
{
	const struct variable *a = x, *b = y;
	int order = compare_names(a, b);

	return order ? order : (a->place > b->place) - (a->place < b->place);
}

/* How many there are, and units that they need with their NULs; empty ones are none. */
static int measure(const char *const *env, size_t *count, size_t *units)
{
	size_t n;

	*count = *units = 0;
	for (; *env; env++) {
		int r = ward__utf16_write(NULL, *env, &n);

		if (r < 0)
			return r;
		if (n > 0)
			++*count;
		*units += n > 0 ? n + 1 : 0;
	}
	return 0;
}

static int translate(struct variable *list, uint16_t *to, const char *const *env)
{
	size_t place = 0, n;
	int r = 0;

	for (; r == 0 && *env; env++) {
		r = ward__utf16_write(to, *env, &n);
		if (r < 0 || n == 0)
			continue;
		list[place] = (struct variable){ to, n + 1, name_length(to, n), place };
		place++;
		to += n + 1;
	}
	return r;
}

/* Two NULs end an empty one. */
static void fill_block(uint16_t *to, const struct variable *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && compare_names(&list[i], &list[i + 1]) == 0)
			continue;
		memcpy(to, list[i].text, list[i].length * sizeof(*to));
		to += list[i].length;
	}
	to[0] = to[1] = 0;
}

int ward__environment_block(uint16_t **ret, const char *const *env)
{
	struct variable *list;
	uint16_t *text, *block;
	size_t n, units;
	int r = measure(env, &n, &units);

	if (r < 0)
		return r;
	list = ward__alloc(n * sizeof(*list));
	text = ward__alloc((units + 1) * sizeof(*text));
	block = ward__alloc((units + 2) * sizeof(*block));
	r = list && text && block ? translate(list, text, env) : -ENOMEM;
	if (r == 0) {
		if (n > 1)
			qsort(list, n, sizeof(*list), by_name);
		fill_block(block, list, n);
		*ret = block;
	} else {
		ward__free(block);
	}
	ward__free(text);
	ward__free(list);
	return r;
}

/* --------------------------------------------------------------------- the caller's */

static void list_strings(const char **list, char *text, const uint16_t *block)
{
	while (*block) {
		size_t n = ward__utf16_length(block);

		*list++ = text;
		text += ward__utf8_write(text, block, n) + 1;
		block += n + 1;
	}
}

static const char **copy_strings(const uint16_t *block)
{
	size_t count = 0, bytes = 0;
	const uint16_t *at;
	const char **list;

	for (at = block; *at; at += ward__utf16_length(at) + 1) {
		bytes += ward__utf8_write(NULL, at, ward__utf16_length(at)) + 1;
		count++;
	}
	list = ward__alloc((count + 1) * sizeof(*list) + bytes);
	if (list)
		list_strings(list, (char *)(list + count + 1), block);
	return list;
}

int ward__environ(const char *const **ret, void **memory)
{
	uint16_t *block;
	const char **list;

	if (ward__gate("GetEnvironmentStringsW") < 0)
		return -ENOMEM;
	block = GetEnvironmentStringsW();
	if (!block)
		return -ENOMEM;
	list = copy_strings(block);
	FreeEnvironmentStringsW(block);
	*ret = list;
	*memory = list;
	return list ? 0 : -ENOMEM;
}

/* One code point each, the case folded as Windows folds it in names. */
static bool same_character(int32_t a, int32_t b)
{
	uint16_t x = (uint16_t)a, y = (uint16_t)b;

	if (a == b || a < 0 || b < 0 || a > 0xFFFF || b > 0xFFFF)
		return a == b;
	return CompareStringOrdinal(&x, 1, &y, 1, TRUE) == CSTR_EQUAL;
}

bool ward__same_variable(const char *a, const char *b, size_t n)
{
	const char *end = a + n, *b_end = b + n;

	while (a < end && b < b_end) {
		int32_t x = ward__utf8_next(&a), y = ward__utf8_next(&b);

		if (x < 0 && y < 0) {         /* not UTF-8: byte by byte */
			x = *a++ & 0xFF;
			y = *b++ & 0xFF;
		}
		if (x <= 0 || !same_character(x, y))
			return false;
	}
	return a == end && b == b_end;
}
