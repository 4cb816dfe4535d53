/* SPDX-License-Identifier: MIT */
/* What this machine lets a keeper do. */
#ifndef WARD_LINUX_KEEPER_ABLE_H
#define WARD_LINUX_KEEPER_ABLE_H

#include <stdbool.h>

/* Does the keeper's own program run here? For ward__can: 1, 0, or a scarcity. */
int ward__keeper_probe(void);

/* Why there can be no keeper of a tree (or @namespace), in words; NULL: there can. */
const char *ward__keeper_shortcoming(bool namespace);

#endif
