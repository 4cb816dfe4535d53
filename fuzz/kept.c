/* SPDX-License-Identifier: MIT */
/*
 * Any bytes in pieces of any size, through what keeps output and what makes lines of it:
 * the buffer has what a list of all bytes says it is to have, and the lines are the bytes
 * again. The input: policy, limit, length of a line, size of the pieces; then the bytes.
 */
#include "../src/buffer.c" /* NOLINT(bugprone-suspicious-include) */
#include "../src/lines.c"  /* NOLINT(bugprone-suspicious-include) */

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 4 };

/* ------------------------------------------------------------- what the system gives */

void *ward__block_resize(void *old, size_t size, size_t new_size)
{
	(void)size;
	return realloc(old, new_size);
}

void ward__block_free(void *block, size_t size)
{
	(void)size;
	free(block);
}

void *ward__alloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

void ward__free(void *memory)
{
	free(memory);
}

static void check(int holds)
{
	if (!holds)
		abort();
}

/* ----------------------------------------------------------------------------- buffer */

/* As a reader does it: to where there is room, and what has none is lost. */
static void fill(struct ward__buffer *buffer, const char *bytes, size_t size, size_t piece)
{
	while (size > 0) {
		size_t n = size < piece ? size : piece, room;
		char *to = NULL;

		check(ward__buffer_room(buffer, &to, &room) == 0);
		if (room < n && ward__buffer_is_full(buffer)) {
			ward__buffer_put(buffer, bytes, n);
		} else if (room > 0) {
			n = n < room ? n : room;
			memcpy(to, bytes, n);
			ward__buffer_add(buffer, n);
		}
		bytes += n;
		size -= n;
	}
}

static void check_kept(uint32_t keep, size_t limit, const char *bytes, size_t size,
                       size_t piece)
{
	struct ward__buffer buffer;
	struct ward_output out = WARD_OUTPUT_INIT;
	size_t kept = limit == 0 || size < limit ? size : limit;
	size_t tail = kept == size            ? 0 :
	              keep == WARD_KEEP_TAIL  ? limit :
	              keep == WARD_KEEP_ENDS  ? limit / 2 :
	                                        0;

	check(ward__buffer_init(&buffer, keep, limit) == 0);
	fill(&buffer, bytes, size, piece);
	ward__buffer_finish(&buffer, &out);
	check(out.size == kept && out.data[kept] == '\0');
	check(!memcmp(out.data, bytes, kept - tail));
	check(!memcmp(out.data + kept - tail, bytes + size - tail, tail));
	check(out.gap == kept - tail);
	ward__block_free(out.data, out.room);
}

/* ------------------------------------------------------------------------------ lines */

struct text {
	const char *bytes;
	size_t size, at, limit;
};

static int take_line(void *of, const char *line, size_t size, uint32_t flags)
{
	struct text *text = of;

	check(size <= text->limit && size <= text->size - text->at);
	check(size == 0 || !memcmp(line, text->bytes + text->at, size));
	check(size == 0 || !memchr(line, '\n', size));
	text->at += size;
	check(!(flags & WARD_LINE_MORE) || size == text->limit);
	check(!(flags & WARD_LINE_OPEN) || text->at == text->size);
	if (!flags)
		check(text->at < text->size && text->bytes[text->at++] == '\n');
	return 0;
}

static void check_lines(size_t limit, const char *bytes, size_t size, size_t piece)
{
	struct ward__lines lines = { .limit = limit };
	struct text text = { bytes, size, 0, limit };

	for (size_t i = 0; i < size; i += piece)
		check(ward__lines_add(&lines, bytes + i,
		                      size - i < piece ? size - i : piece, take_line,
		                      &text) == 0);
	check(ward__lines_end(&lines, take_line, &text) == 0);
	check(text.at == size);
	ward__lines_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data + HEADER;

	if (size < HEADER)
		return 0;
	size -= HEADER;
	check_kept(data[0] % 5, data[1], bytes, size, data[3] + 1u);
	check_lines(data[2] + 1u, bytes, size, data[3] + 1u);
	return 0;
}
