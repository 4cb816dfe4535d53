/* SPDX-License-Identifier: MIT */
/* What is asked of the user's systemd, through libsystemd where that is. */
#ifndef WARD_LINUX_SYSTEMD_H
#define WARD_LINUX_SYSTEMD_H

#include <sys/types.h>

#include "why.h"

/*
 * Start the unit @name (.scope) with the process @pid, an uncollected child of ours, in
 * it, and wait until it is there; its cgroup belongs to this user. -ENOTSUP: there is no
 * libsystemd, or no systemd that knows us by our number; -ETIMEDOUT: it did not answer;
 * others are what it answered. @why says it in words.
 */
int ward__systemd_start_scope(const char *name, pid_t pid, struct ward__why *why);

/*
 * Move the process @pid, as above, into the group @below ("/name") of the unit. As far as
 * it goes in a thread of its own: each call has a connection of its own.
 */
int ward__systemd_attach(const char *name, const char *below, pid_t pid,
                         struct ward__why *why);

#endif
