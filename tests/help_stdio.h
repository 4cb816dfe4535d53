/* SPDX-License-Identifier: MIT */
/*
 * What the tests of our ends of a child's descriptors do over and over: hear and say
 * through the ward. Only the public interface; nothing waits longer than LONG_ENOUGH.
 */
#ifndef HELP_STDIO_H
#define HELP_STDIO_H

#include "help.h"
#include "pattern.h"

#define PIPED { .kind = WARD_FD_PIPE }
#define SOCKETED { .kind = WARD_FD_SOCKET }
#define PTYED { .kind = WARD_FD_PTY }
#define SAME_AS(number) { .kind = WARD_FD_CHILD, .fd = (number) }
#define NULLED { .kind = WARD_FD_NULL }
#define MEMORY(bytes, n) \
	{ .kind = WARD_FD_MEMORY, .data = (bytes), .data_size = (n) }

#define LONG_ENOUGH SECONDS(40)

/* Everything up to the end, as text; how much it was. */
static inline size_t hear_all(struct ward *w, int fd, char *buf, size_t size)
{
	size_t len = 0;
	int64_t n = 1;

	while (len < size - 1 &&
	       (n = ward_read(w, fd, buf + len, size - 1 - len, LONG_ENOUGH)) > 0)
		len += (size_t)n;
	CHECK_EQ(n, 0);
	buf[len] = '\0';
	return len;
}

/* Up to the end of one line. */
static inline void hear_line(struct ward *w, int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size - 1 && ward_read(w, fd, buf + len, 1, LONG_ENOUGH) == 1)
		if (buf[len++] == '\n')
			break;
	buf[len] = '\0';
}

/* What comes next is this line; the rest up to the end is this text. */
#define EXPECT_LINE(w, fd, text)                             \
	do {                                                 \
		char line_[256];                             \
		hear_line((w), (fd), line_, sizeof(line_));  \
		CHECK_STR(line_, (text));                    \
	} while (0)
#define EXPECT_REST(w, fd, text)                             \
	do {                                                 \
		char rest_[1024];                            \
		hear_all((w), (fd), rest_, sizeof(rest_));   \
		CHECK_STR(rest_, (text));                    \
	} while (0)

/*
 * A child whose ward was closed ends, which this end of a pipe of its tells; closing may
 * have collected it already.
 */
static inline void expect_gone(int from)
{
	char rest[64];

	read_all(from, rest, sizeof(rest));
	close(from);
	host_collect_orphans();
}

static inline void say_to(struct ward *w, int fd, const char *text)
{
	CHECK_EQ(ward_write(w, fd, text, strlen(text), LONG_ENOUGH), strlen(text));
}

/* Bytes of the pattern, in memory that the caller frees. */
static inline void *pattern_make(size_t size)
{
	void *bytes = malloc(size ? size : 1);

	REQUIRE(bytes != NULL);
	pattern_fill(bytes, size, 0);
	return bytes;
}

/* Everything up to the end: how many bytes of the pattern it was. */
static inline int64_t hear_pattern(struct ward *w, int fd)
{
	char buf[16384];
	int64_t n, len = 0;

	while ((n = ward_read(w, fd, buf, sizeof(buf), LONG_ENOUGH)) > 0) {
		if (!CHECK_EQ(pattern_match(buf, (size_t)n, (uint64_t)len), n))
			break;
		len += n;
	}
	CHECK_EQ(n, 0);
	return len;
}

#endif
