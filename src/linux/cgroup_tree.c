/* SPDX-License-Identifier: MIT */
/*
 * Walking below a cgroup. Members may have made groups of their own in it, as deep as
 * they like, and may go on doing so: so names are kept and not descriptors, one directory
 * is open at a time, and nothing counts on what was read a moment ago.
 */
#define _GNU_SOURCE 1
#include "cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "cgroup_file.h"
#include "kernel.h"

/* Paths from the first directory, which is ".": each after the one above it. */
struct paths {
	char **at;
	size_t n, room;
};

/* Room for one more of @size bytes each in *at. */
static int make_room(void **at, size_t n, size_t *room, size_t size)
{
	size_t wanted = *room ? 2 * *room : 64;
	void *bigger;

	if (n < *room)
		return 0;
	bigger = ward__alloc(wanted * size);
	if (!bigger)
		return -ENOMEM;
	if (n > 0)
		memcpy(bigger, *at, n * size);
	ward__free(*at);
	*at = bigger;
	*room = wanted;
	return 0;
}

/* ---------------------------------------------------------------------- directories */

static int add_path(struct paths *paths, const char *above, const char *name)
{
	size_t size = strlen(above) + strlen(name) + 2;
	void *at = paths->at;
	char *path;
	int r = make_room(&at, paths->n, &paths->room, sizeof(char *));

	paths->at = at;
	if (r < 0)
		return r;
	if (size > PATH_MAX)
		return -ENAMETOOLONG;
	path = ward__alloc(size);
	if (!path)
		return -ENOMEM;
	snprintf(path, size, "%s/%s", above, name);
	paths->at[paths->n++] = path;
	return 0;
}

static void drop_paths(struct paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		ward__free(paths->at[i]);
	ward__free(paths->at);
}

typedef int list_fn(void *arg, const char *name);

static int tell_listed(const char *buf, int size, list_fn *fn, void *arg)
{
	int r = 0;

	for (int at = 0; r == 0 && at < size;) {
		const struct kernel_entry *entry = (const void *)(buf + at);

		at += entry->length;
		if (entry->type == DT_DIR && strcmp(entry->name, ".") != 0 &&
		    strcmp(entry->name, "..") != 0)
			r = fn(arg, entry->name);
	}
	return r;
}

static int read_entries(int fd, char *buf, size_t size)
{
	int r = ward__gate("getdents64");

	if (r == 0 && (r = (int)syscall(SYS_getdents64, fd, buf, size)) < 0)
		r = -errno;
	return r;
}

static int list_open(int fd, list_fn *fn, void *arg)
{
	_Alignas(struct kernel_entry) char buf[4096];
	int n, r = 0;

	while (r == 0 && (n = read_entries(fd, buf, sizeof(buf))) != 0)
		r = n < 0 ? n : tell_listed(buf, n, fn, arg);
	return r;
}

static int list_named(int dir, const char *name, list_fn *fn, void *arg)
{
	int fd = ward__cgroup_open(dir, name, O_RDONLY | O_DIRECTORY), r;

	if (fd < 0)
		return fd;
	r = list_open(fd, fn, arg);
	close(fd);
	return r;
}

int ward__tree_list(int dir, list_fn *fn, void *arg)
{
	return list_named(dir, ".", fn, arg);
}

/* To the paths, which have this one already. */
struct addition {
	struct paths *paths;
	const char *above;
};

static int add_name(void *arg, const char *name)
{
	const struct addition *addition = arg;

	return add_path(addition->paths, addition->above, name);
}

static int add_below(int dir, struct paths *paths, const char *above)
{
	struct addition addition = { paths, above };
	int r = list_named(dir, above, add_name, &addition);

	return r == -ENOENT ? 0 : r; /* it was removed */
}

static int find_paths(int dir, struct paths *ret)
{
	struct paths paths = { 0 };
	int r = add_path(&paths, "", "");

	if (r == 0)
		strcpy(paths.at[0], ".");
	for (size_t i = 0; r == 0 && i < paths.n; i++)
		r = add_below(dir, &paths, paths.at[i]);
	if (r < 0)
		drop_paths(&paths);
	else
		*ret = paths;
	return r;
}

int ward__tree_remove(int dir)
{
	struct paths paths;
	int r = find_paths(dir, &paths);

	if (r < 0)
		return r;
	for (size_t i = paths.n; --i > 0;) {
		r = ward__gate("rmdir");
		if (r == 0 && unlinkat(dir, paths.at[i], AT_REMOVEDIR) < 0)
			r = -errno;
		if (r < 0 && r != -ENOENT)
			break;
		r = 0;
	}
	drop_paths(&paths);
	return r;
}

/* ------------------------------------------------------------------------ processes */

static int add_pid(struct ward__pids *pids, pid_t pid)
{
	void *at = pids->at;
	int r = make_room(&at, pids->n, &pids->room, sizeof(pid_t));

	pids->at = at;
	if (r == 0)
		pids->at[pids->n++] = pid;
	return r;
}

static int add_numbers(struct ward__pids *pids, const char *text)
{
	char *end;
	int r = 0;

	for (; r == 0 && *text; text = *end ? end + 1 : end) {
		long pid = strtol(text, &end, 10);

		if (end == text)
			break;
		r = add_pid(pids, (pid_t)pid);
	}
	return r;
}

static int add_members(int dir, struct ward__pids *pids, const char *path,
                       const char *list)
{
	char file[PATH_MAX + 16];
	char *text;
	int r;

	snprintf(file, sizeof(file), "%s/%s", path, list);
	r = ward__cgroup_read_all(dir, file, &text);
	/* A threaded one: its processes are told by the one above. */
	if (r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return r;
	r = add_numbers(pids, text);
	ward__free(text);
	return r;
}

static int compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* Who moved while we read may have been seen twice. */
static void sort(struct ward__pids *pids)
{
	size_t n = 0;

	if (pids->n > 1)
		qsort(pids->at, pids->n, sizeof(pid_t), compare);
	for (size_t i = 0; i < pids->n; i++)
		if (n == 0 || pids->at[i] <= 0 || pids->at[i] != pids->at[n - 1])
			pids->at[n++] = pids->at[i];
	pids->n = n;
}

static int list_pids(int dir, const char *list, struct ward__pids *ret)
{
	struct ward__pids pids = { 0 };
	struct paths paths;
	int r = find_paths(dir, &paths);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < paths.n; i++)
		r = add_members(dir, &pids, paths.at[i], list);
	drop_paths(&paths);
	if (r < 0) {
		ward__pids_drop(&pids);
		return r;
	}
	sort(&pids);
	*ret = pids;
	return 0;
}

int ward__tree_pids(int dir, struct ward__pids *ret)
{
	return list_pids(dir, "cgroup.procs", ret);
}

int ward__tree_threads(int dir, struct ward__pids *ret)
{
	return list_pids(dir, "cgroup.threads", ret);
}

void ward__pids_drop(struct ward__pids *pids)
{
	ward__free(pids->at);
}
