/* SPDX-License-Identifier: MIT */
/*
 * The states of a process. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_PROC_H
#define DECLARED_SYS_PROC_H

#define SSTOP 4
#define P_TRACED 0x00000800

#endif
