/* SPDX-License-Identifier: MIT */
/*
 * How the helper program reads and writes, on every system: each call blocks, as a
 * program expects it, so that a descriptor that came non-blocking is found out.
 */
#ifndef CHILD_BYTES_H
#define CHILD_BYTES_H

#include <stddef.h>

/* 0 at the end; anything else that goes wrong ends the program. */
size_t child_read(int fd, void *buf, size_t size);
void child_write(int fd, const void *buf, size_t size);
void child_write_text(int fd, const char *text);
void child_until_end(int fd);

#endif
