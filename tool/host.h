/* SPDX-License-Identifier: MIT */
/*
 * What the command needs of the system and the library has no words for. A system has a
 * folder that implements all of it and of signals.h: tool/unix, tool/windows. It begins
 * there, too: its main makes the words UTF-8 where they are not, and calls tool_main.
 */
#ifndef TOOL_HOST_H
#define TOOL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

int tool_main(int argc, char **argv);

/* The monotonic clock; and the time of day, since 1970 UTC. */
int64_t tool_now(void);
int64_t tool_host_unix_ns(void);

/* Nothing happens for this long. */
void tool_host_pause(int64_t ns);

/* The date of a time; false: it has none. */
bool tool_host_utc(int64_t unix_s, struct tm *ret);

/* Does the terminal of the command listen to us, and would it to a child of our group? */
bool tool_host_is_in_front(void);

/*
 * The name of the user with this number, NULL where there is none, valid until the next
 * call; the number of a group by its name: 0; -ESRCH, there is none; or another errno.
 */
const char *tool_host_user(uint32_t uid);
int tool_host_group(const char *name, uint32_t *ret);

/* Our own number; as many open files as we may have. */
int64_t tool_host_pid(void);
void tool_host_many_files(void);

/* Does it stand between the names of a path? */
bool tool_host_is_separator(char c);

/*
 * A file to write to, made or emptied, that no child inherits: the descriptor. All that
 * fails is a negative errno.
 */
int tool_host_create(const char *path);
int tool_host_append(const char *path);
int tool_host_write(int fd, const char *bytes, size_t size);
int tool_host_close(int fd);

/*
 * Write what is taken now: how many bytes; 0, none. tool_signals_sleep_write tells when
 * it takes some. Only a write of at most tool_host_piece bytes does not block then,
 * unless nothing written there ever does (a file). tool_host_unblock opens what @fd is
 * once more, so that no write there blocks, and nobody who shares @fd is affected; -1: it
 * cannot be.
 */
int64_t tool_host_write_some(int fd, const char *bytes, size_t size);
size_t tool_host_piece(void);
bool tool_host_never_blocks(int fd);
int tool_host_unblock(int fd);

/* A file to read, "-" for standard input: its descriptor, or where the system cannot copy
 * from one, all of it in memory, to be freed. */
struct tool_input {
	int fd;                       /* -1: `data` */
	char *data;
	size_t size;
};
int tool_host_input(const char *path, struct tool_input *ret);

#endif
