/* SPDX-License-Identifier: MIT */
/* A watch on FreeBSD, as far as others than itself need to know of it. */
#ifndef WARD_FREEBSD_WATCH_H
#define WARD_FREEBSD_WATCH_H

#include "../forked/watch.h"

/* A watch by a process descriptor; it belongs to the watch. NULL for want of memory. */
struct ward__watch *ward__watch_of(int descriptor);

#endif
