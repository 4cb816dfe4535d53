/* SPDX-License-Identifier: MIT */
/* poll(2) with a deadline; each system has it in its folder. */
#ifndef WARD_UNIX_POLL_H
#define WARD_UNIX_POLL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Until @deadline (ward__now; negative: for ever). A signal handler is no reason to
 * return. As poll: how many are ready, 0 at the deadline, or a negative errno.
 */
int ward__poll(struct pollfd *fds, size_t n, int64_t deadline);

#endif
