/* SPDX-License-Identifier: MIT */
/*
 * A line that is whole where it was read is told from there, without a copy. Only what
 * has no end yet is kept, and never more than the limit.
 */
#include "lines.h"

#include <errno.h>
#include <string.h>

#include "memory.h"

enum { FIRST_PART = 256 };

static int make_room(struct ward__lines *lines, size_t size)
{
	size_t room = lines->room ? lines->room : FIRST_PART;
	char *part;

	if (size <= lines->room)
		return 0;
	while (room < size)
		room *= 2;
	part = ward__alloc(room);
	if (!part)
		return -ENOMEM;
	if (lines->size > 0)
		memcpy(part, lines->part, lines->size);
	ward__free(lines->part);
	lines->part = part;
	lines->room = room;
	return 0;
}

static int keep(struct ward__lines *lines, const char *data, size_t size)
{
	int r = make_room(lines, lines->size + size);

	if (r < 0 || size == 0)
		return r;
	memcpy(lines->part + lines->size, data, size);
	lines->size += size;
	return 0;
}

/* What was kept, and @data behind it. */
static int tell_all(struct ward__lines *lines, const char *data, size_t size,
                    uint32_t flags, ward__line_fn *tell, void *of)
{
	int r;

	if (lines->size == 0)
		return tell(of, data, size, flags);
	r = keep(lines, data, size);
	if (r == 0)
		r = tell(of, lines->part, lines->size, flags);
	lines->size = 0;
	return r;
}

/* The bytes up to a newline (@whole), or up to where no more has come. */
static int add_some(struct ward__lines *lines, const char *data, size_t size, bool whole,
                    ward__line_fn *tell, void *of)
{
	int r = 0;

	while (r >= 0 && lines->size + size > lines->limit) {
		size_t n = lines->limit - lines->size;

		r = tell_all(lines, data, n, WARD_LINE_MORE, tell, of);
		data += n;
		size -= n;
	}
	if (r < 0)
		return r;
	return whole ? tell_all(lines, data, size, 0, tell, of) : keep(lines, data, size);
}

int ward__lines_add(struct ward__lines *lines, const char *data, size_t size,
                    ward__line_fn *tell, void *of)
{
	int r = 0;

	while (r >= 0 && size > 0) {
		const char *newline = memchr(data, '\n', size);
		size_t n = newline ? (size_t)(newline - data) : size;

		r = add_some(lines, data, n, newline != NULL, tell, of);
		n += newline != NULL;
		data += n;
		size -= n;
	}
	return r < 0 ? r : 0;
}

int ward__lines_end(struct ward__lines *lines, ward__line_fn *tell, void *of)
{
	int r = lines->size > 0 ? tell_all(lines, NULL, 0, WARD_LINE_OPEN, tell, of) : 0;

	return r < 0 ? r : 0;
}

void ward__lines_free(struct ward__lines *lines)
{
	ward__free(lines->part);
	*lines = (struct ward__lines){ 0 };
}
