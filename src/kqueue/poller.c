/* SPDX-License-Identifier: MIT */
/* Sleeping for many: all of it is what systems with kqueue(2) share. */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "../forked/knote_poller.h"
