/* SPDX-License-Identifier: MIT */
/* The files of a cgroup: small, made of words, changed by writing. */
#ifndef WARD_LINUX_CGROUP_FILE_H
#define WARD_LINUX_CGROUP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All by @name in the directory @dir (AT_FDCWD and a path for those of /proc), negative
 * errnos on failure. -ENOENT: there is no such file, or the directory was removed;
 * -ENODEV: the directory was removed after the file had been opened.
 */
int ward__cgroup_open(int dir, const char *name, int flags);
int ward__cgroup_write(int dir, const char *name, const char *text);
int ward__cgroup_write_fd(int fd, const char *text);

/* What fits into @size bytes with a NUL; its length. */
int ward__cgroup_read(int dir, const char *name, char *buf, size_t size);
int ward__cgroup_read_fd(int fd, char *buf, size_t size);

/* All of it, however long; *ret is for ward__free. */
int ward__cgroup_read_all(int dir, const char *name, char **ret);

/* The number after @key ("populated 1") in the lines of @text; NULL for none: the first
 * number of all. -1: it is not there. */
int64_t ward__cgroup_number(const char *text, const char *key);

/* Is @word one of those in @text, which blanks keep apart? */
bool ward__cgroup_has_word(const char *text, const char *word);

#endif
