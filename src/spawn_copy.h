/* SPDX-License-Identifier: MIT */
/* A start that is made later. */
#ifndef WARD_SPAWN_COPY_H
#define WARD_SPAWN_COPY_H

#include "platform.h"

struct ward__spawn_copy {
	struct ward_spawn_opts opts;
	const char *const *argv;
	size_t n_channels;            /* how many streams its ward may have */
	bool is_fed;                  /* ... and may have to be fed */
};

/*
 * All that @argv and @opts point at, but for `error` and `windows`, in one block that
 * ward__free takes back. As ward_spawn where it makes no sense; -ENOMEM.
 */
int ward__spawn_copy(struct ward__spawn_copy **ret, const char *const argv[],
                     const struct ward_spawn_opts *opts);

#endif
