/* SPDX-License-Identifier: MIT */
/*
 * A call of the API, from its first line to its last: errno stays the caller's, and the
 * thread cannot be cancelled in the middle.
 */
#ifndef WARD_CALL_H
#define WARD_CALL_H

#include <errno.h>

#include "platform.h"

struct ward__call {
	int error;
	int cancel;
};

static inline struct ward__call ward__call_begin(void)
{
	struct ward__call call = { errno, ward__cancel_disable() };

	return call;
}

static inline void ward__call_end(const struct ward__call *call)
{
	ward__cancel_restore(call->cancel);
	errno = call->error;
}

#endif
