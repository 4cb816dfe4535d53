/* SPDX-License-Identifier: MIT */
/*
 * Which file to run. CreateProcessW would look into the program's own directory and the
 * current one first, and would hand a batch file to cmd.exe without a word; so it is
 * given a full path, and the search is ours: the directories of PATH in turn, in each
 * the name as it is if it has an ending, and the name with those endings of PATHEXT
 * that can be run.
 */
#include "program.h"

#include <errno.h>
#include <string.h>

#include "../env.h"
#include "../gate.h"
#include "../memory.h"
#include "os_error.h"
#include "path.h"
#include "system.h"
#include "text.h"
#include "ward_windows.h"

enum { ENDINGS = 4, ENDING_LENGTH = 4 };

static const char *const endings[ENDINGS] = { ".com", ".exe", ".bat", ".cmd" };

struct search {
	const uint16_t *base;
	const uint16_t *file;
	bool batch;                   /* they are allowed */
	int order[ENDINGS];           /* indices of endings, in PATHEXT's order */
	int n_order;
	uint16_t *found;
	uint16_t *refused; /* the first batch file, when they are not allowed */
	int code;                     /* why the best try failed */
};

/* -------------------------------------------------------------------------- PATHEXT */

/* Is the first part of @list, up to a semicolon, @ending? */
static bool is_first(const char *list, const char *ending)
{
	for (; *ending; list++, ending++)
		if ((*list | ('A' ^ 'a')) != (*ending | ('A' ^ 'a')))
			return false;
	return *list == ';' || *list == '\0';
}

static void add_ending(struct search *s, int ending)
{
	for (int i = 0; i < s->n_order; i++)
		if (s->order[i] == ending)
			return;
	s->order[s->n_order++] = ending;
}

static void read_pathext(struct search *s, const char *list)
{
	while (*list) {
		for (int i = 0; i < ENDINGS; i++)
			if (is_first(list, endings[i]))
				add_ending(s, i);
		list += strcspn(list, ";");
		list += *list == ';';
	}
}

/* The child's, else the caller's, else what Windows begins with. */
static void find_pathext(struct search *s, const char *const *env)
{
	const char *own = ward__env_get(env, "PATHEXT");
	char list[512] = "";
	uint16_t units[512];
	DWORD n;

	if (own) {
		read_pathext(s, own);
		return;
	}
	n = GetEnvironmentVariableW(L"PATHEXT", units, 512);
	for (DWORD i = 0; n < 512 && i < n; i++)
		list[i] = units[i] < 0x80 ? (char)units[i] : '?';
	read_pathext(s, list[0] ? list : ".COM;.EXE;.BAT;.CMD");
}

/* ------------------------------------------------------------------------ one by one */

static int look_at(const uint16_t *path)
{
	DWORD attributes;
	int r = ward__gate("GetFileAttributesW");

	if (r < 0)
		return r;
	attributes = GetFileAttributesW(path);
	if (attributes == INVALID_FILE_ATTRIBUTES)
		return ward__last_error();
	return attributes & FILE_ATTRIBUTE_DIRECTORY ? -EACCES : 0;
}

/*
 * Try one path, which is full. 1: that is it; 0: go on. What was tried and why it was not
 * taken is remembered, for the failure to tell.
 */
static int try_path(struct search *s, const uint16_t *path)
{
	uint16_t **to = &s->found;
	int r;

	if (ward__path_is_device(path))
		return 0;
	r = look_at(path);
	if (r < 0) {
		if (r != -ENOENT && r != -ENOTDIR)
			s->code = r;
		return 0;
	}
	if (ward__path_is_batch(path) && !s->batch) {
		if (s->refused)
			return 0;
		to = &s->refused;
	}
	r = ward__path_from(to, s->base, path);
	return r < 0 ? r : to == &s->found;
}

/* @path has room for an ending behind its @n units. */
static int try_endings(struct search *s, uint16_t *path, size_t n)
{
	int r = 0;

	for (int i = 0; r == 0 && i < s->n_order; i++) {
		for (size_t k = 0; k <= ENDING_LENGTH; k++)
			path[n + k] = (unsigned char)endings[s->order[i]][k];
		r = try_path(s, path);
	}
	path[n] = 0;
	return r;
}

static bool can_run_ending(const uint16_t *name)
{
	for (int i = 0; i < ENDINGS; i++)
		if (ward__path_ends_with(name, endings[i]))
			return true;
	return false;
}

static bool has_dot(const uint16_t *name)
{
	for (; *name; name++)
		if (*name == '.')
			return true;
	return false;
}

/* Room for "DIR\FILE.EXE". */
static uint16_t *candidate(const uint16_t *dir, const uint16_t *file)
{
	size_t n = ward__utf16_length(dir), m = file ? ward__utf16_length(file) : 0;
	uint16_t *path = ward__alloc((n + m + ENDING_LENGTH + 2) * sizeof(*path));

	if (!path)
		return NULL;
	memcpy(path, dir, n * sizeof(*path));
	if (file && n > 0 && !ward__is_slash(path[n - 1]))
		path[n++] = '\\';
	if (file)
		memcpy(path + n, file, m * sizeof(*path));
	return path;
}

/* A path is taken as it is; an ending is for one without, when there is no such file. */
static int try_as_path(struct search *s)
{
	uint16_t *full, *path = NULL;
	const uint16_t *name;
	int r = ward__path_from(&full, s->base, s->file);

	if (r < 0)
		return r;
	name = ward__path_name(full);
	r = try_path(s, full);
	if (r == 0 && *name && !has_dot(name)) {
		path = candidate(full, NULL);
		r = path ? try_endings(s, path, ward__utf16_length(path)) : -ENOMEM;
	}
	ward__free(path);
	ward__free(full);
	return r;
}

static int try_in(struct search *s, const uint16_t *dir)
{
	uint16_t *full, *path;
	int r = ward__path_from(&full, s->base, dir);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	path = candidate(full, s->file);
	ward__free(full);
	if (!path)
		return -ENOMEM;
	r = has_dot(s->file) ? try_path(s, path) : 0;
	if (r == 0 && !can_run_ending(s->file))
		r = try_endings(s, path, ward__utf16_length(path));
	ward__free(path);
	return r;
}

/* The next directory of PATH, without its quotes; *path moves behind it. */
static void next_directory(uint16_t *to, const uint16_t **path)
{
	bool quoted = false;

	for (; **path && (quoted || **path != ';'); ++*path) {
		if (**path == '"')
			quoted = !quoted;
		else
			*to++ = **path;
	}
	*path += **path == ';';
	*to = 0;
}

static int try_in_path(struct search *s, const char *utf8)
{
	uint16_t *path, *dir;
	const uint16_t *next;
	int r = ward__utf16(&path, utf8);

	if (r < 0)
		return r;
	dir = ward__alloc((ward__utf16_length(path) + 1) * sizeof(*dir));
	r = dir ? 0 : -ENOMEM;
	for (next = path; r == 0 && *next;) {
		next_directory(dir, &next);
		if (*dir)
			r = try_in(s, dir);
	}
	ward__free(dir);
	ward__free(path);
	return r;
}

/* ------------------------------------------------------------------------------ find */

static int look(struct search *s, const struct ward__start *start, uint32_t flags)
{
	int r = 0;

	if (!*s->file)
		return 0;
	if (ward__path_is_device(s->file)) {
		s->code = -EACCES;
		return 0;
	}
	if (ward__is_path(start->opts->file))
		return try_as_path(s);
	if (flags & WARD_WINDOWS_SEARCH_CWD)
		r = try_in(s, s->base);
	return r == 0 && start->path ? try_in_path(s, start->path) : r;
}

static int find(struct ward__program *ret, struct search *s,
                const struct ward__start *start, uint32_t flags, struct ward_error *error)
{
	const char *file = start->opts->file;
	int r = look(s, start, flags);

	if (r == -ENOMEM)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	if (r < 0)
		return ward__fail(error, WARD_STEP_EXEC, r, -1, file);
	if (r == 0 && s->refused)
		return ward__fail(error, WARD_STEP_BATCH, -EACCES, -1, file);
	if (r == 0)
		return ward__fail(error, WARD_STEP_EXEC, s->code, -1, file);
	ret->path = s->found;
	ret->batch = ward__path_is_batch(s->found);
	return 0;
}

int ward__program_find(struct ward__program *ret, const struct ward__start *start,
                       const uint16_t *base, uint32_t flags, struct ward_error *error)
{
	struct search s = { .base = base,
		            .batch = (flags & WARD_WINDOWS_BATCH) != 0,
		            .code = -ENOENT };
	uint16_t *file;
	int r = ward__utf16(&file, start->opts->file);

	if (r < 0)
		return ward__fail(error,
		                  r == -ENOMEM ? WARD_STEP_MEMORY : WARD_STEP_OPTIONS, r,
		                  -1, start->opts->file);
	s.file = file;
	find_pathext(&s, start->env);
	r = find(ret, &s, start, flags, error);
	ward__free(s.refused);
	ward__free(file);
	return r;
}
