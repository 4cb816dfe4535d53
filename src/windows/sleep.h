/* SPDX-License-Identifier: MIT */
/* What all that sleep here have in common. */
#ifndef WARD_WINDOWS_SLEEP_H
#define WARD_WINDOWS_SLEEP_H

#include <stdint.h>

#include "system.h"

/*
 * What the system is to wait for until @deadline (negative: for ever), 0 when that has
 * come: a part of a millisecond is waited for as a whole one.
 */
DWORD ward__milliseconds(int64_t deadline);

#endif
