/* SPDX-License-Identifier: MIT */
/*
 * Time as people write it and as poll(2) wants it. Whole numbers only: no rounding of a
 * double can make a time-out shorter than what was asked for.
 */
#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "host.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The nanoseconds of a unit; 0 when there is none of that name. */
static int64_t unit_ns(const char *name)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{ "", WARD_NS_PER_S },
		{ "ms", WARD_NS_PER_MS },
		{ "s", WARD_NS_PER_S },
		{ "m", 60 * WARD_NS_PER_S },
		{ "h", 3600 * WARD_NS_PER_S },
		{ "d", 86400 * WARD_NS_PER_S },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ns;
	return 0;
}

/* a * b + c of numbers that are not negative, or -ERANGE. */
static int64_t multiply_add(int64_t a, int64_t b, int64_t c)
{
	if (b > 0 && a > (INT64_MAX - c) / b)
		return -ERANGE;
	return a * b + c;
}

/* "12" at @text, counted in @unit. */
static int64_t whole(const char *text, size_t digits, int64_t unit)
{
	int64_t n = 0;

	for (size_t i = 0; i < digits && n >= 0; i++)
		n = multiply_add(n, 10, text[i] - '0');
	return n < 0 ? n : multiply_add(n, unit, 0);
}

/* The digits after the point; what is below a nanosecond is dropped. */
static int64_t fraction(const char *text, size_t digits, int64_t unit)
{
	int64_t n = 0;

	for (size_t i = 0; i < digits; i++) {
		unit /= 10;
		n += (text[i] - '0') * unit;
	}
	return n;
}

static size_t count_digits(const char *text)
{
	size_t n = 0;

	while (is_digit(text[n]))
		n++;
	return n;
}

int tool_duration(const char *text, int64_t *ret_ns)
{
	size_t before = count_digits(text), after = 0;
	const char *point = text + before, *rest = point;
	int64_t unit, n;

	if (strcmp(text, "forever") == 0) {
		*ret_ns = WARD_FOREVER;
		return 0;
	}
	if (*point == '.') {
		after = count_digits(point + 1);
		rest = point + 1 + after;
	}
	unit = unit_ns(rest);
	if (before + after == 0 || unit == 0)
		return -EINVAL;
	n = whole(text, before, unit);
	if (n >= 0)
		n = multiply_add(n, 1, fraction(point + 1, after, unit));
	if (n < 0)
		return -ERANGE;
	*ret_ns = n;
	return 0;
}

int tool_take_duration(const char *name, const char *value, int64_t *ret)
{
	int r = tool_duration(value, ret);

	if (r == -ERANGE)
		return tool_fail("--%s: '%s' is too long; 'forever' has no end", name,
		                 value);
	if (r < 0)
		return tool_fail("--%s: '%s' is not a duration such as 250ms, 5s, 1.5m, "
		                 "2h, 1d or 2.5 (seconds)", name, value);
	return 0;
}

int64_t tool_deadline(int64_t timeout_ns)
{
	int64_t now = tool_now();

	if (timeout_ns < 0 || timeout_ns > INT64_MAX - now)
		return WARD_FOREVER;
	return now + timeout_ns;
}

int64_t tool_time_left(int64_t deadline)
{
	int64_t now = tool_now();

	if (deadline < 0)
		return WARD_FOREVER;
	return deadline > now ? deadline - now : 0;
}

int tool_poll_ms(int64_t deadline)
{
	int64_t left = tool_time_left(deadline);

	if (left < 0)
		return -1;
	if (left / WARD_NS_PER_MS >= INT_MAX)
		return INT_MAX;
	return (int)((left + WARD_NS_PER_MS - 1) / WARD_NS_PER_MS);
}
