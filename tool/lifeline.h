/* SPDX-License-Identifier: MIT */
/* A descriptor whose other side is a session: when that ends, so does the command. */
#ifndef TOOL_LIFELINE_H
#define TOOL_LIFELINE_H

#include <stdbool.h>

/* Can @fd tell of its end? 0; -EBADF, it is not open; -ENOTSUP. */
int tool_lifeline_check(int fd);

/*
 * From now on watch @fd, of which nothing is read, and wake what signals wake when its
 * other side is gone. 0, or a negative errno.
 */
int tool_lifeline_watch(int fd);

bool tool_lifeline_is_cut(void);

#endif
