/* SPDX-License-Identifier: MIT */
/*
 * The files of a cgroup. Each call passes the gate under a name of its own where the
 * kernel may lack the file (cgroup.kill, cgroup.freeze), so that old kernels can be
 * played.
 */
#define _GNU_SOURCE 1
#include "cgroup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "why.h"

int ward__why(struct ward__why *why, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return code;
}

/* The gate's name of a file that is younger than cgroup2. */
static const char *gate_of(const char *name)
{
	static const char *const young[][2] = {
		{ "cgroup.kill", "cgroup_kill" },     /* 5.14 */
		{ "cgroup.freeze", "cgroup_freeze" }, /* 5.2 */
		{ "memory.peak", "memory_peak" },     /* 5.19 */
	};

	for (size_t i = 0; i < sizeof(young) / sizeof(young[0]); i++)
		if (strcmp(name, young[i][0]) == 0)
			return young[i][1];
	return "cgroup_open";
}

int ward__cgroup_open(int dir, const char *name, int flags)
{
	int r = ward__gate(gate_of(name)), fd;

	if (r < 0)
		return r;
	do
		fd = openat(dir, name, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int ward__cgroup_write_fd(int fd, const char *text)
{
	ssize_t n;
	int r = ward__gate("cgroup_write");

	if (r < 0)
		return r;
	do
		n = pwrite(fd, text, strlen(text), 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int ward__cgroup_write(int dir, const char *name, const char *text)
{
	int fd = ward__cgroup_open(dir, name, O_WRONLY), r;

	if (fd < 0)
		return fd;
	r = ward__cgroup_write_fd(fd, text);
	close(fd);
	return r;
}

/* ------------------------------------------------------------------------- reading */

static int read_once(int fd, char *buf, size_t size, size_t at)
{
	ssize_t n;
	int r = ward__gate("cgroup_read");

	if (r < 0)
		return r;
	do
		n = pread(fd, buf, size, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : (int)n;
}

int ward__cgroup_read_fd(int fd, char *buf, size_t size)
{
	int n = read_once(fd, buf, size - 1, 0);

	buf[n < 0 ? 0 : n] = '\0';
	return n;
}

int ward__cgroup_read(int dir, const char *name, char *buf, size_t size)
{
	int fd = ward__cgroup_open(dir, name, O_RDONLY), n;

	if (fd < 0)
		return fd;
	n = ward__cgroup_read_fd(fd, buf, size);
	close(fd);
	return n;
}

/* As realloc with ward__alloc; NULL: @old is as it was. */
static char *widen(char *old, size_t size, size_t room)
{
	char *bigger = ward__alloc(room);

	if (bigger && size > 0)
		memcpy(bigger, old, size);
	if (bigger)
		ward__free(old);
	return bigger;
}

static int read_to_end(int fd, char **text)
{
	size_t room = 0, size = 0;
	int n;

	do {
		if (room - size < 2) {
			size_t wanted = room ? 2 * room : 4096;
			char *bigger = widen(*text, size, wanted);

			if (!bigger)
				return -ENOMEM;
			*text = bigger;
			room = wanted;
		}
		n = read_once(fd, *text + size, room - size - 1, size);
		size += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	return n;
}

int ward__cgroup_read_all(int dir, const char *name, char **ret)
{
	int fd = ward__cgroup_open(dir, name, O_RDONLY), r;
	char *text = NULL;

	if (fd < 0)
		return fd;
	r = read_to_end(fd, &text);
	close(fd);
	if (r < 0)
		ward__free(text);
	else
		*ret = text;
	return r;
}

/* -------------------------------------------------------------------------- meaning */

int64_t ward__cgroup_number(const char *text, const char *key)
{
	size_t n = key ? strlen(key) : 0;
	char *end;
	long long value;

	while (key && text && (strncmp(text, key, n) != 0 || text[n] != ' ')) {
		text = strchr(text, '\n');
		text += text != NULL;
	}
	if (!text)
		return -1;
	value = strtoll(text + n, &end, 10);
	return end == text + n || value < 0 ? -1 : value;
}

bool ward__cgroup_has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len == n && memcmp(text, word, n) == 0)
			return true;
		text += len + (text[len] != '\0');
	}
	return false;
}
