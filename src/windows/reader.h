/* SPDX-License-Identifier: MIT */
/* Reading from our end of a pipe without blocking. */
#ifndef WARD_WINDOWS_READER_H
#define WARD_WINDOWS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system.h"

struct ward__reader {
	HANDLE handle;
	HANDLE event;                 /* set unless a read is under way */
	OVERLAPPED operation;
	int state;
	int code;                     /* why the last read failed */
	char *buf;
	size_t at, end;               /* what of the buffer is not given out yet */
};

/* Read from @handle, which stays the caller's. Zeroed ones can be closed, too. */
int ward__reader_open(struct ward__reader *r, HANDLE handle);
void ward__reader_close(struct ward__reader *r);

/* As ward__channel_read. One thread at a time, also for the next. */
int64_t ward__reader_take(struct ward__reader *r, void *buf, size_t size);

/* What could be taken now, without taking it; or as ward__reader_take. */
int64_t ward__reader_look(struct ward__reader *r, const char **ret);
void ward__reader_skip(struct ward__reader *r, size_t size);

/* Is it worth a try? If not, a read is under way that will set the event. */
bool ward__reader_is_ready(struct ward__reader *r);

#endif
