/* SPDX-License-Identifier: MIT */
/* Making a process. */
#ifndef WARD_WINDOWS_START_H
#define WARD_WINDOWS_START_H

#include "../platform.h"
#include "ward_windows.h"
#include "system.h"

struct ward__started {
	HANDLE handle;
	HANDLE guard;                 /* NULL: it does not end with us */
	int64_t pid;
	bool leads_group;             /* on the caller's console */
};

/* Start it. On failure @error is filled, and nothing is left. */
int ward__start(struct ward__started *ret, const struct ward__start *start,
                struct ward_error *error);

/*
 * Refuse what Windows does not have, at the step that would have done it (refuse.c), and
 * read opts->windows.
 */
int ward__start_check(struct ward_windows_opts *ret, const struct ward_spawn_opts *opts,
                      struct ward_error *error);

#endif
