/* SPDX-License-Identifier: MIT */
/* What sleep asks of the system that holds a process. */
#ifndef WARD_UNIX_SLEEP_H
#define WARD_UNIX_SLEEP_H

#include <poll.h>

#include "../platform.h"

/*
 * What to poll for. 1: no need, it is known to have ended; 0: *@one says it, and *@until
 * was brought forward where nothing but a pause helps (one->fd is -1 then); or a negative
 * errno.
 */
int ward__process_await(struct ward__process *p, struct pollfd *one, int64_t *until);

/* The same for anything that is slept for; -EBADF: it is no descriptor of ours. */
int ward__event_await(const struct ward__event *event, struct pollfd *one,
                      int64_t *until);

/* That came: @events is what poll said. */
void ward__process_woken(struct ward__process *p, int events);

#endif
