/* SPDX-License-Identifier: MIT */
/*
 * Kinfo_proc. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_USER_H
#define DECLARED_SYS_USER_H

#include "kinfo.h"

#endif
