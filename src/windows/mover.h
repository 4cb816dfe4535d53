/* SPDX-License-Identifier: MIT */
/* Writing to a descriptor of the caller's that may keep whoever writes to it waiting. */
#ifndef WARD_WINDOWS_MOVER_H
#define WARD_WINDOWS_MOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system.h"

struct ward__mover;

/* @fd is one of our C runtime's, and stays the caller's. */
int ward__mover_open(struct ward__mover **ret, int fd);

/* What is under way is given up, if that can be. NULL is fine. */
void ward__mover_close(struct ward__mover *m);

/*
 * 0: it takes something; -EAGAIN: it will, and the event tells when; or why what was
 * given to it before could not be written.
 */
int ward__mover_ask(struct ward__mover *m);
/* How much was put and is not known to be written. */
size_t ward__mover_held(struct ward__mover *m);
HANDLE ward__mover_event(const struct ward__mover *m);

/* When it takes something: how much of it, at least one byte; or a negative errno. */
int64_t ward__mover_put(struct ward__mover *m, const char *data, size_t size);

#endif
