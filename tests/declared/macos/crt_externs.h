/* SPDX-License-Identifier: MIT */
/*
 * The environment. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_CRT_EXTERNS_H
#define DECLARED_CRT_EXTERNS_H

char ***_NSGetEnviron(void);

#endif
