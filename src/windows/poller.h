/* SPDX-License-Identifier: MIT */
/* What <ward_windows.h> asks of a poller. The lock is not needed. */
#ifndef WARD_WINDOWS_POLLER_H
#define WARD_WINDOWS_POLLER_H

#include "../platform.h"
#include "telling.h"

/* A manual-reset event that is set when a wait would not sleep. Lent, the same always. */
int ward__poller_event(struct ward__poller *poller, HANDLE *ret);

/*
 * Post the packet, once, when a wait would not sleep; at once if that is so. -EBUSY: one
 * is owed already.
 */
int ward__poller_post(struct ward__poller *poller, const struct ward__packet *packet);

#endif
