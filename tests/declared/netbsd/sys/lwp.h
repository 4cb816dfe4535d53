/* SPDX-License-Identifier: MIT */
/*
 * The states of a thread. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_LWP_H
#define DECLARED_SYS_LWP_H

#define LSRUN 2
#define LSSLEEP 3
#define LSSTOP 4
#define LSONPROC 7

#endif
