/* SPDX-License-Identifier: MIT */
/* A ward around a process that a system took hold of. */
#ifndef WARD_OPEN_H
#define WARD_OPEN_H

#include "platform.h"

typedef int ward__open_fn(struct ward__process **ret, const void *what);

/* Make a ward whose process @open takes hold of; nothing is left when it fails. */
int ward__open_with(struct ward **ret, ward__open_fn *open, const void *what);

#endif
