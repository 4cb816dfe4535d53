/* SPDX-License-Identifier: MIT */
/* Writing to our end of a pipe without blocking. */
#ifndef WARD_WINDOWS_WRITER_H
#define WARD_WINDOWS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system.h"

struct ward__writer;

/* On success @handle is the writer's to close. Any thread may use a writer. */
int ward__writer_open(struct ward__writer **ret, HANDLE handle);

/* No more is written; a write that is under way goes on to its end without us. */
void ward__writer_close(struct ward__writer *w);

/* As ward__channel_write. */
int64_t ward__writer_put(struct ward__writer *w, const void *data, size_t size);

/* A write of no bytes after all others, and -EPIPE to all that would come after it. */
void ward__writer_end(struct ward__writer *w);

/* Is it worth a try? If not, the event will tell. */
bool ward__writer_is_ready(struct ward__writer *w);
HANDLE ward__writer_event(const struct ward__writer *w);

#endif
