/* SPDX-License-Identifier: MIT */
/* What the other files of this system ask of a channel. */
#ifndef WARD_WINDOWS_CHANNEL_H
#define WARD_WINDOWS_CHANNEL_H

#include "../platform.h"
#include "system.h"
#include "terminal.h"

enum { WARD__CHANNEL_EVENTS = 2 };

/*
 * Is there something to be had of what @wants names? If not, the events that will tell
 * are written to @events, and their number to @n.
 */
bool ward__channel_is_ready(struct ward__channel *channel, unsigned wants,
                            HANDLE events[WARD__CHANNEL_EVENTS], size_t *n);

/* NULL: it is none. */
struct ward__terminal *ward__channel_terminal(const struct ward__channel *channel);

#endif
