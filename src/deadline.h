/* SPDX-License-Identifier: MIT */
/*
 * Points in time, as ward__now tells them; a negative one never comes. Every layer has
 * them from here, the systems too.
 */
#ifndef WARD_DEADLINE_H
#define WARD_DEADLINE_H

#include "platform.h"

/* @ns nanoseconds, 0 or more, after @from; not beyond what there is. */
static inline int64_t ward__after(int64_t from, int64_t ns)
{
	return ns > INT64_MAX - from ? INT64_MAX : from + ns;
}

/* The point in time @timeout_ns from now. */
static inline int64_t ward__deadline(int64_t timeout_ns)
{
	return timeout_ns < 0 ? -1 : ward__after(ward__now(), timeout_ns);
}

static inline int64_t ward__earlier(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Has it come by @now; and by now? */
static inline bool ward__is_due_at(int64_t when, int64_t now)
{
	return when >= 0 && now >= when;
}

static inline bool ward__is_due(int64_t when)
{
	return when >= 0 && ward__now() >= when;
}

#endif
