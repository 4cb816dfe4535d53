/* SPDX-License-Identifier: MIT */
/*
 * Children on terminals of their own.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "help_stdio.h"

static inline struct ward *start_on_terminal(const char *const argv[],
                                             const struct ward_pty_opts *pty)
{
	return spawn_or_fail(argv, WARD_SPAWN_OPTS(.in = PTYED, .out = PTYED,
	                                           .err = PTYED, .pty = pty));
}

/* No echo, and lines: what a program sees is told without what was typed. */
static inline struct ward *start_quiet(const char *const argv[])
{
	return start_on_terminal(argv, WARD_PTY_OPTS(.flags = WARD_PTY_NO_ECHO));
}

#endif
