/* SPDX-License-Identifier: MIT */
/* What this machine lets a keeper do. */
#ifndef WARD_LINUX_KEEPER_ABLE_H
#define WARD_LINUX_KEEPER_ABLE_H

#include <stdbool.h>

/* Does the keeper's own program run here? For ward__can: 1, 0, or a scarcity. */
int ward__keeper_probe(void);

/*
 * Can there be a keeper of a tree (or @namespace)? 0; -ENOTSUP, and *why in words; or a
 * scarcity for which it cannot be told.
 */
int ward__keeper_able(bool namespace, const char **why);

#endif
