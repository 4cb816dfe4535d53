/* SPDX-License-Identifier: MIT */
/* Sleeping for many: all of it is what systems with kqueue(2) share. */

#include "../forked/knote_poller.h"
