/* SPDX-License-Identifier: MIT */
/*
 * No more than sysctl(3) itself. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_NO_KINFO_H
#define DECLARED_NO_KINFO_H


#endif
