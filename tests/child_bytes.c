/* SPDX-License-Identifier: MIT */
/*
 * The part of the helper program that moves bytes between descriptors of any number, one
 * source for all systems. What is hard: on Windows the C runtime turns line ends unless
 * it is told not to, for each descriptor.
 */
#include "child_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#endif
#include <unistd.h>

#include "child.h"
#include "pattern.h"

#ifdef _WIN32
typedef int amount;
#define SYSTEM_SIZE(n) ((unsigned)(n))
#define AS_BYTES(fd) _setmode((fd), _O_BINARY)
#else
typedef ssize_t amount;
#define SYSTEM_SIZE(n) (n)
#define AS_BYTES(fd) (void)(fd)
#endif

size_t child_read(int fd, void *buf, size_t size)
{
	amount n;

	AS_BYTES(fd);
	do
		n = read(fd, buf, SYSTEM_SIZE(size));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		child_die("read");
	return (size_t)n;
}

void child_write(int fd, const void *buf, size_t size)
{
	const char *from = buf;

	AS_BYTES(fd);
	while (size > 0) {
		amount n = write(fd, from, SYSTEM_SIZE(size));

		if (n < 0 && errno != EINTR)
			child_die("write");
		from += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
}

void child_write_text(int fd, const char *text)
{
	child_write(fd, text, strlen(text));
}

void child_until_end(int fd)
{
	char byte;

	while (child_read(fd, &byte, 1) > 0)
		;
}

/*
 * Read @fd to its end, or @most bytes of it; say "BYTES WRONG": how many there were, and
 * the first that is not the pattern's (-1: none).
 */
static void count(int fd, long long most)
{
	static char buf[65536];
	long long bytes = 0, wrong = -1;
	char line[64];
	size_t n;

	while (bytes < most && (n = child_read(fd, buf, sizeof(buf))) > 0) {
		size_t good = pattern_match(buf, n, (uint64_t)bytes);

		if (wrong < 0 && good < n)
			wrong = bytes + (long long)good;
		bytes += (long long)n;
	}
	snprintf(line, sizeof(line), "%lld %lld\n", bytes, wrong);
	child_write_text(1, line);
}

/* Each FD in turn, to its end. */
static int verb_count(char *args[])
{
	for (; *args; args++)
		count(child_number(*args), LLONG_MAX);
	return 0;
}

/* FD, but no more than N bytes of it. */
static int verb_count_some(char *args[])
{
	count(child_number(args[0]), child_number(args[1]));
	return 0;
}

/* Write N bytes of the pattern to FD. */
static int verb_produce(char *args[])
{
	static char buf[65536];
	long long left = args[0] ? strtoll(args[0], NULL, 10) : 0, done = 0;

	while (left > 0) {
		size_t n = left < (long long)sizeof(buf) ? (size_t)left : sizeof(buf);

		pattern_fill(buf, n, (uint64_t)done);
		child_write(child_number(args[1]), buf, n);
		done += (long long)n;
		left -= (long long)n;
	}
	return 0;
}

/* Copy FROM to TO until FROM ends, then write WORD to TO. */
static int verb_copy(char *args[])
{
	char buf[4096];
	size_t n;

	while ((n = child_read(child_number(args[0]), buf, sizeof(buf))) > 0)
		child_write(child_number(args[1]), buf, n);
	if (args[2])
		child_write_text(child_number(args[1]), args[2]);
	return 0;
}

/* One word to each of these descriptors in turn: FD WORD FD WORD ... */
static int verb_say(char *args[])
{
	for (; args[0] && args[1]; args += 2)
		child_write_text(child_number(args[0]), args[1]);
	return 0;
}

/* Close FD and stay until WAIT (0) is closed. */
static int verb_shut(char *args[])
{
	close(child_number(args[0]));
	child_until_end(child_number(args[1]));
	return 0;
}

/* Say "ready" on FD, then be quiet and read nothing until WAIT is closed. */
static int verb_idle(char *args[])
{
	child_write_text(child_number(args[0]), "ready\n");
	child_until_end(child_number(args[1]));
	return 0;
}

/* Say "ready"; when GO ends, count FD as the verb does. */
static int verb_count_later(char *args[])
{
	child_write_text(1, "ready\n");
	child_until_end(child_number(args[0]));
	return verb_count(args + 1);
}

/* Count FD, go back to its begin, and count it again. */
static int verb_count_twice(char *args[])
{
	verb_count(args);
	if (lseek(child_number(args[0]), 0, SEEK_SET) != 0)
		child_die("lseek");
	return verb_count(args);
}

const struct child_verb child_bytes_verbs[] = {
	{ "count", verb_count },
	{ "count-some", verb_count_some },
	{ "count-later", verb_count_later },
	{ "count-twice", verb_count_twice },
	{ "produce", verb_produce },
	{ "copy", verb_copy },
	{ "say", verb_say },
	{ "shut", verb_shut },
	{ "idle", verb_idle },
	{ NULL, NULL },
};
