/* SPDX-License-Identifier: MIT */
/*
 * Bytes are read straight to where they stay. The tail is a ring behind the head, turned
 * into order in its place when all is over, so that a limit bounds the memory too.
 */
#include "buffer.h"

#include <errno.h>
#include <string.h>

enum {
	FIRST_ROOM = 16 * 1024,
	WHOLE_FROM = 256 * 1024,
	QUICK_UNTIL = 1024 * 1024,
	PAGE = 4096
};

/* As much as there can never be, and sums of it do not overflow. */
#define NO_LIMIT (SIZE_MAX / 4)

int ward__buffer_init(struct ward__buffer *buffer, uint32_t keep, uint64_t limit)
{
	size_t most = limit == 0 || limit > NO_LIMIT ? NO_LIMIT : (size_t)limit;
	size_t tail = keep == WARD_KEEP_TAIL ? most :
	              keep == WARD_KEEP_ENDS ? most / 2 :
	                                       0;

	*buffer = (struct ward__buffer){ .head = most - tail, .tail = tail };
	buffer->room = most < FIRST_ROOM ? most + 1 : FIRST_ROOM;
	buffer->data = ward__block_resize(NULL, 0, buffer->room);
	return buffer->data ? 0 : -ENOMEM;
}

void ward__buffer_free(struct ward__buffer *buffer)
{
	if (buffer->data)
		ward__block_free(buffer->data, buffer->room);
	*buffer = (struct ward__buffer){ 0 };
}

static int resize(struct ward__buffer *buffer, size_t room)
{
	char *data = ward__block_resize(buffer->data, buffer->room, room);

	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->room = room;
	return 0;
}

/*
 * The small ones quickly; the others by doubling. With a limit the whole of it at once,
 * if it can be had: it costs nothing until it is touched, while a block that is copied to
 * grow is there twice for a moment, which the limit does not allow.
 */
static int grow(struct ward__buffer *buffer)
{
	size_t most = buffer->head + buffer->tail + 1;
	size_t room = buffer->room < QUICK_UNTIL ? 4 * buffer->room : 2 * buffer->room;

	if (most < NO_LIMIT && buffer->room >= WHOLE_FROM && resize(buffer, most) == 0)
		return 0;
	return resize(buffer, room < most ? room : most);
}

/* Whole pages as long as there are: to the middle of one the kernel copies more slowly,
 * and one such read would bring all that follow there. */
static size_t whole_pages(const struct ward__buffer *buffer, size_t n)
{
	return buffer->size % PAGE == 0 && n > PAGE ? n - n % PAGE : n;
}

bool ward__buffer_is_full(const struct ward__buffer *buffer)
{
	return buffer->tail > 0 && buffer->size == buffer->head + buffer->tail;
}

int ward__buffer_room(struct ward__buffer *buffer, char **ret, size_t *n)
{
	size_t most = buffer->head + buffer->tail, left;
	int r = 0;

	*n = 0;
	if (ward__buffer_is_full(buffer)) {
		*ret = buffer->data + buffer->head + buffer->next;
		*n = buffer->tail - buffer->next;
		return 0;
	}
	if (buffer->size == most)
		return 0;
	if (buffer->room <= most && buffer->room - buffer->size <= PAGE)
		r = grow(buffer);
	left = buffer->room - 1 - buffer->size;
	if (left > most - buffer->size)
		left = most - buffer->size;
	*ret = buffer->data + buffer->size;
	*n = r < 0 ? 0 : whole_pages(buffer, left);
	return r;
}

void ward__buffer_add(struct ward__buffer *buffer, size_t n)
{
	if (!ward__buffer_is_full(buffer)) {
		buffer->size += n;
		return;
	}
	buffer->overwritten += n;
	buffer->next = (buffer->next + n) % buffer->tail;
}

void ward__buffer_put(struct ward__buffer *buffer, const char *data, size_t n)
{
	while (n > 0) {
		size_t most = buffer->tail - buffer->next, some = n < most ? n : most;

		memcpy(buffer->data + buffer->head + buffer->next, data, some);
		ward__buffer_add(buffer, some);
		data += some;
		n -= some;
	}
}

static void reverse(char *from, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		char c = from[i];

		from[i] = from[n - 1 - i];
		from[n - 1 - i] = c;
	}
}

/* The oldest byte of the ring first. */
static void rotate(char *ring, size_t n, size_t oldest)
{
	reverse(ring, oldest);
	reverse(ring + oldest, n - oldest);
	reverse(ring, n);
}

void ward__buffer_finish(struct ward__buffer *buffer, struct ward_output *ret)
{
	if (buffer->overwritten > 0 && buffer->next > 0)
		rotate(buffer->data + buffer->head, buffer->tail, buffer->next);
	buffer->data[buffer->size] = '\0';
	ret->data = buffer->data;
	ret->size = buffer->size;
	ret->room = buffer->room;
	ret->gap = buffer->overwritten > 0 ? buffer->head : buffer->size;
	*buffer = (struct ward__buffer){ 0 };
}
