/* SPDX-License-Identifier: MIT */
/* Pseudo consoles. */
#ifndef WARD_WINDOWS_TERMINAL_H
#define WARD_WINDOWS_TERMINAL_H

#include "../platform.h"
#include "system.h"

struct ward__terminal;

/*
 * A console that reads keys from @in and draws to @out, which stay the caller's and are
 * not needed any more. -ENOTSUP: this Windows has none, or not with these options.
 */
int ward__terminal_open(struct ward__terminal **ret, HANDLE in, HANDLE out,
                        const struct ward_pty_opts *opts);

/*
 * Hang up, in the background: the system may take its time. Our ends of both pipes are
 * closed before, or it could be waiting for us.
 */
void ward__terminal_close(struct ward__terminal *t);

int ward__terminal_resize(struct ward__terminal *t, int rows, int columns);

/* For PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE. */
void *ward__terminal_console(const struct ward__terminal *t);

/* From the end of @process on, nobody has the terminal. Once, before it runs. */
int ward__terminal_follow(struct ward__terminal *t, HANDLE process);

#endif
