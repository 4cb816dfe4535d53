/* SPDX-License-Identifier: MIT */
/*
 * OpenBSD. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_OPENBSD_H
#define DECLARED_OPENBSD_H

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define __OpenBSD__ 1

#define closefrom declared_closefrom
int declared_closefrom(int first);
size_t strlcpy(char *to, const char *from, size_t size);

#endif
