/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a stream of bytes: the first ones, and then the last ones, in one block
 * that grows. With a limit, either part may be empty.
 */
#ifndef WARD_BUFFER_H
#define WARD_BUFFER_H

#include "platform.h"

struct ward__buffer {
	char *data;
	size_t room;                  /* of the block; one byte is for a NUL */
	size_t head, tail;            /* at most this much of each */
	size_t size;                  /* bytes of head, and of tail before it is full */
	size_t next;                  /* where in the tail the next byte goes */
	uint64_t overwritten;
};

/* For @keep (WARD_KEEP_*) and @limit, 0: none. -ENOMEM. */
int ward__buffer_init(struct ward__buffer *buffer, uint32_t keep, uint64_t limit);

/*
 * Where the next bytes go, and how many there may be; *n 0: no more is kept. Then say how
 * many came. -ENOMEM.
 */
int ward__buffer_room(struct ward__buffer *buffer, char **ret, size_t *n);
void ward__buffer_add(struct ward__buffer *buffer, size_t n);

/* The same for bytes that are elsewhere, once the tail is full. */
bool ward__buffer_is_full(const struct ward__buffer *buffer);
void ward__buffer_put(struct ward__buffer *buffer, const char *data, size_t n);

/* All of it in order, and the buffer is empty. */
void ward__buffer_finish(struct ward__buffer *buffer, struct ward_output *ret);
void ward__buffer_free(struct ward__buffer *buffer);

#endif
