/* SPDX-License-Identifier: MIT */
/*
 * FreeBSD. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_FREEBSD_H
#define DECLARED_FREEBSD_H

#include <grp.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define __FreeBSD__ 14
#define __FreeBSD_version 1400000
#define NOTE_NSECONDS 0x00000008u

#define syscall declared_syscall
int declared_syscall(int number, ...);
size_t strlcpy(char *to, const char *from, size_t size);

#endif
