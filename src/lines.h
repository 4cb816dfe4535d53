/* SPDX-License-Identifier: MIT */
/* Bytes into lines. */
#ifndef WARD_LINES_H
#define WARD_LINES_H

#include "platform.h"

struct ward__lines {
	char *part;                   /* of a line whose end has not come */
	size_t size, room;
	size_t limit;                 /* longer lines come in pieces of this size */
};

/* What becomes of each: as ward_line_fn, with what else it needs in @of. */
typedef int ward__line_fn(void *of, const char *line, size_t size, uint32_t flags);

/* 0; what @tell returned if that is negative; -ENOMEM. */
int ward__lines_add(struct ward__lines *lines, const char *data, size_t size,
                    ward__line_fn *tell, void *of);

/* No more comes: the last one, if it has no newline. */
int ward__lines_end(struct ward__lines *lines, ward__line_fn *tell, void *of);
void ward__lines_free(struct ward__lines *lines);

#endif
