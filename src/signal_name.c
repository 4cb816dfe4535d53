/* SPDX-License-Identifier: MIT */
/*
 * Signals by name. The system knows its own names; here are the ways of writing them and
 * the real-time ones, whose range is known only at run time.
 */
#include "signal_name.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

enum { MOST_REALTIME = 64, LONGEST = 16 };

/* Written out, so that ward_signal_name can return a static string without a lock. */
#define RT(n) "RTMIN+" #n
static const char *const realtime[MOST_REALTIME] = {
	"RTMIN", RT(1),  RT(2),  RT(3),  RT(4),  RT(5),  RT(6),  RT(7),  RT(8),  RT(9),
	RT(10),  RT(11), RT(12), RT(13), RT(14), RT(15), RT(16), RT(17), RT(18), RT(19),
	RT(20),  RT(21), RT(22), RT(23), RT(24), RT(25), RT(26), RT(27), RT(28), RT(29),
	RT(30),  RT(31), RT(32), RT(33), RT(34), RT(35), RT(36), RT(37), RT(38), RT(39),
	RT(40),  RT(41), RT(42), RT(43), RT(44), RT(45), RT(46), RT(47), RT(48), RT(49),
	RT(50),  RT(51), RT(52), RT(53), RT(54), RT(55), RT(56), RT(57), RT(58), RT(59),
	RT(60),  RT(61), RT(62), RT(63),
};

int ward__signal_by_name(const char *name)
{
	for (const struct ward__signal *s = ward__signals; s->name; s++)
		if (!strcmp(s->name, name))
			return s->number;
	return -EINVAL;
}

static const char *name_of(int signal)
{
	for (const struct ward__signal *s = ward__signals; s->name; s++)
		if (s->number == signal)
			return s->name;
	return NULL;
}

const char *ward_signal_name(int signal)
{
	int first, last;

	if (ward__signal_realtime(&first, &last) && signal >= first && signal <= last &&
	    signal - first < MOST_REALTIME)
		return realtime[signal - first];
	return name_of(signal);
}

/* A decimal number from 0 to @most, all of @text; -EINVAL for anything else. */
static int read_number(const char *text, int most)
{
	int value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (*text - '0');
		if (value > most)
			return -EINVAL;
	}
	return value;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static int realtime_number(const char *name)
{
	int first, last, n;

	if (!ward__signal_realtime(&first, &last))
		return -EINVAL;
	if (!strcmp(name, "RTMIN"))
		return first;
	if (!strcmp(name, "RTMAX"))
		return last;
	if (!has_prefix(name, "RTMIN+") && !has_prefix(name, "RTMAX-"))
		return -EINVAL;
	n = read_number(name + strlen("RTMIN+"), last - first);
	if (n < 0)
		return n;
	return name[strlen("RTMIN")] == '+' ? first + n : last - n;
}

/* Upper case and without SIG, so that "sigterm" is "TERM". */
static int tidy(char buf[LONGEST], const char *name)
{
	size_t n = strlen(name);

	if (n >= LONGEST)
		return -EINVAL;
	for (size_t i = 0; i <= n; i++)
		buf[i] = (char)toupper((unsigned char)name[i]);
	if (!strncmp(buf, "SIG", 3))
		memmove(buf, buf + 3, n - 2);
	return 0;
}

int ward_signal_number(const char *name)
{
	char buf[LONGEST] = "";

	if (!name || tidy(buf, name) < 0)
		return -EINVAL;
	if (buf[0] >= '0' && buf[0] <= '9')
		return read_number(name, 127);
	if (!strcmp(buf, "EXIT"))
		return 0;
	if (has_prefix(buf, "RTM"))
		return realtime_number(buf);
	return ward__signal_by_name(buf);
}
