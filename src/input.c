/* SPDX-License-Identifier: MIT */
/*
 * Feeding a command without ever waiting for it. That it does not read to the end is its
 * own affair, and no failure.
 */
#include "input.h"

#include <errno.h>

#include "memory.h"

enum { BLOCK = 64 * 1024 };

void ward__input_close(struct ward__input *input)
{
	if (!input->tap.channel)
		return;
	if (input->at < input->size || (input->fd >= 0 && !input->ended))
		input->left = true;
	ward__tap_drop(&input->tap);
}

void ward__input_free(struct ward__input *input)
{
	ward__tap_drop(&input->tap);
	ward__free(input->block);
	input->block = NULL;
}

/* 0: all is written; -EAGAIN: not now, or not in this turn. */
static int write_on(struct ward__input *input)
{
	size_t begin = input->at;
	int r = ward__write_on(input->tap.channel, input->data, input->size, &input->at);

	input->written += input->at - begin;
	return r;
}

static int read_on(struct ward__input *input)
{
	int64_t n;

	if (input->fd < 0) {
		input->ended = true;
		return 0;
	}
	if (!input->block)
		input->block = ward__alloc(BLOCK);
	if (!input->block)
		return -ENOMEM;
	n = ward__descriptor_read(input->fd, input->block, BLOCK);
	if (n < 0)
		return (int)n;
	input->data = input->block;
	input->size = (size_t)n;
	input->at = 0;
	input->ended = n == 0;
	return 0;
}

static int say_end(struct ward__input *input)
{
	int r = ward__channel_end(input->tap.channel);

	if (r >= 0)
		ward__tap_drop(&input->tap);
	return r < 0 ? r : 0;
}

/* Is the descriptor what has been slept for? */
static bool is_empty(const struct ward__input *input)
{
	return input->fd >= 0 && input->at == input->size && !input->ended;
}

/*
 * One round: what there is, the end, or the next piece. The descriptor is the caller's
 * and may block, so it is read from once for each time that it was said to be readable.
 */
static int step(struct ward__input *input, bool *is_readable)
{
	int r = write_on(input);

	if (r < 0)
		return r;
	if (input->ended)
		return say_end(input);
	if (input->fd >= 0 && !*is_readable)
		return -EAGAIN;
	*is_readable = false;
	return read_on(input);
}

int ward__input_pump(struct ward__input *input)
{
	bool is_readable = is_empty(input);
	int r = 0, rounds = 0;

	while (r == 0 && input->tap.channel && rounds++ < 16)
		r = step(input, &is_readable);
	if (r == -EPIPE)
		ward__input_close(input);
	return r == -EPIPE || r == -EAGAIN || r == -EWOULDBLOCK ? 0 : r;
}

struct ward__event ward__input_event(const struct ward__input *input)
{
	if (is_empty(input))
		return (struct ward__event){ .descriptor = input->fd,
			                     .wants = WARD__READ };
	return (struct ward__event){ .channel = input->tap.channel,
		                     .wants = WARD__WRITE };
}
