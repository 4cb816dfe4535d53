/* SPDX-License-Identifier: MIT */
/*
 * <ward_windows.h>: a set in a loop that waits for HANDLEs, or takes packets from an I/O
 * completion port. The poller has both; from the first of these calls on it is always
 * told of what else the set has to do in time.
 */
#include <errno.h>

#include "../call.h"
#include "../set.h"
#include "poller.h"
#include "ward_windows.h"

int ward_windows_set_event(struct ward_set *set, void **ret)
{
	struct ward__call call;
	int r;

	if (!set || !ret)
		return -EINVAL;
	call = ward__call_begin();
	r = ward__poller_event(ward__set_lend(set), ret);
	ward__call_end(&call);
	return r;
}

int ward_windows_set_post(struct ward_set *set, void *port, uintptr_t key,
                          void *overlapped)
{
	const struct ward__packet packet = {
		.port = port, .key = key, .overlapped = overlapped
	};
	struct ward__call call;
	int r;

	if (!set || !port || port == INVALID_HANDLE_VALUE)
		return -EINVAL;
	call = ward__call_begin();
	r = ward__poller_post(ward__set_lend(set), &packet);
	ward__call_end(&call);
	return r;
}
