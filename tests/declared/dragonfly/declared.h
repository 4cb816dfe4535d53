/* SPDX-License-Identifier: MIT */
/*
 * DragonFly. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_DRAGONFLY_H
#define DECLARED_DRAGONFLY_H

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define __DragonFly__ 1

#define closefrom declared_closefrom
int declared_closefrom(int first);
size_t strlcpy(char *to, const char *from, size_t size);

#endif
