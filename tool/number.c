/* SPDX-License-Identifier: MIT */
/*
 * Numbers and names that options take. strtol and its kin are not used: they accept
 * leading blanks, signs and "0x", and a mistyped limit should be a mistake.
 */
#include "tool.h"

#include <inttypes.h>
#include <string.h>

/* Digits of @base up to @end; false: none, another character, or more than @max. */
static bool digits(const char *text, const char *end, unsigned base, uint64_t max,
                   uint64_t *ret)
{
	uint64_t n = 0;

	if (text == end)
		return false;
	for (; text < end; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (*text < '0' || digit >= base || n > (max - digit) / base)
			return false;
		n = n * base + digit;
	}
	*ret = n;
	return true;
}

int tool_take_number(const char *name, const char *value, int64_t min, int64_t max,
                     int64_t *ret)
{
	bool minus = *value == '-';
	const char *start = value + minus;
	uint64_t n = 0;
	int64_t number;

	if (digits(start, start + strlen(start), 10, INT64_MAX, &n)) {
		number = minus ? -(int64_t)n : (int64_t)n;
		if (number >= min && number <= max) {
			*ret = number;
			return 0;
		}
	}
	return tool_fail("--%s: '%s' is not a number from %" PRId64 " to %" PRId64, name,
	                 value, min, max);
}

int tool_take_octal(const char *name, const char *value, uint32_t max, uint32_t *ret)
{
	uint64_t n;

	if (!digits(value, value + strlen(value), 8, max, &n))
		return tool_fail("--%s: '%s' is not an octal number from 0 to %" PRIo32,
		                 name, value, max);
	*ret = (uint32_t)n;
	return 0;
}

int tool_take_signal(const char *name, const char *value, int *ret)
{
	int sig = ward_signal_number(value);

	if (sig < 0)
		return tool_fail("--%s: '%s' is not a signal such as TERM, SIGUSR1 or 15",
		                 name, value);
	*ret = sig;
	return 0;
}

const char *tool_signal_text(int sig)
{
	const char *name = ward_signal_name(sig);

	return name ? name : "?";
}

int tool_signal_kill(void)
{
	return ward_signal_number("KILL");
}

/* ------------------------------------------------------------------------------ sizes */

static uint64_t suffix(char c)
{
	switch (c) {
	case 'K': return UINT64_C(1) << 10;
	case 'M': return UINT64_C(1) << 20;
	case 'G': return UINT64_C(1) << 30;
	case 'T': return UINT64_C(1) << 40;
	default: return 0;
	}
}

/* "4096", "64K", at most @max. */
static bool size_value(const char *text, const char *end, uint64_t max, uint64_t *ret)
{
	uint64_t factor = end > text ? suffix(end[-1]) : 0;

	if (factor == 0)
		return digits(text, end, 10, max, ret);
	if (!digits(text, end - 1, 10, max / factor, ret))
		return false;
	*ret *= factor;
	return true;
}

int tool_take_size(const char *name, const char *value, uint64_t *ret)
{
	if (size_value(value, value + strlen(value), INT64_MAX, ret) && *ret > 0)
		return 0;
	return tool_fail("--%s: '%s' is not a size such as 4096, 64K, 10M or 1G", name,
	                 value);
}

/* -------------------------------------------------------------------- resource limits */

static const char *const limit_names[WARD_RLIMIT_COUNT_] = {
	[WARD_RLIMIT_CPU] = "cpu",         [WARD_RLIMIT_FSIZE] = "fsize",
	[WARD_RLIMIT_DATA] = "data",       [WARD_RLIMIT_STACK] = "stack",
	[WARD_RLIMIT_CORE] = "core",       [WARD_RLIMIT_RSS] = "rss",
	[WARD_RLIMIT_NPROC] = "nproc",     [WARD_RLIMIT_NOFILE] = "nofile",
	[WARD_RLIMIT_MEMLOCK] = "memlock", [WARD_RLIMIT_AS] = "as",
	[WARD_RLIMIT_LOCKS] = "locks",     [WARD_RLIMIT_SIGPENDING] = "sigpending",
	[WARD_RLIMIT_MSGQUEUE] = "msgqueue", [WARD_RLIMIT_NICE] = "nice",
	[WARD_RLIMIT_RTPRIO] = "rtprio",   [WARD_RLIMIT_RTTIME] = "rttime",
};

static int limit_by_name(const char *name, size_t length)
{
	for (int i = 0; i < WARD_RLIMIT_COUNT_; i++)
		if (strlen(limit_names[i]) == length &&
		    memcmp(limit_names[i], name, length) == 0)
			return i;
	return -1;
}

/* "4096", "64K", "unlimited". The two highest numbers mean something else already. */
static bool limit_value(const char *text, const char *end, uint64_t *ret)
{
	if ((size_t)(end - text) == strlen("unlimited") &&
	    strncmp(text, "unlimited", 9) == 0) {
		*ret = WARD_RLIMIT_INFINITY;
		return true;
	}
	return size_value(text, end, WARD_RLIMIT_KEEP - 1, ret);
}

int tool_take_rlimit(const char *name, const char *value, struct ward_rlimit *ret)
{
	size_t length = strcspn(value, "=");
	const char *soft = value + length + 1, *end;
	int resource = limit_by_name(value, length);
	bool good;

	if (!value[length])
		return tool_fail("--%s: '%s' has no '='; write it as nofile=4096", name,
		                 value);
	if (resource < 0)
		return tool_fail("--%s: '%.*s' is not a limit; they are cpu fsize data "
		                 "stack core rss nproc nofile memlock as locks "
		                 "sigpending msgqueue nice rtprio rttime",
		                 name, (int)length, value);
	*ret = (struct ward_rlimit){ .resource = resource, .hard = WARD_RLIMIT_KEEP };
	end = soft + strcspn(soft, ":");
	good = limit_value(soft, end, &ret->soft);
	if (good && *end)
		good = limit_value(end + 1, end + strlen(end), &ret->hard);
	if (!good)
		return tool_fail("--%s: '%s' is not a value; write SOFT or SOFT:HARD, "
		                 "each a number (64K, 2M, 1G) or 'unlimited'",
		                 name, soft);
	if (*end && ret->soft > ret->hard)
		return tool_fail("--%s: the soft limit of '%s' is above the hard one",
		                 name, value);
	return 0;
}
