/* SPDX-License-Identifier: MIT */
/*
 * Paths of Windows. What is hard: there are six kinds of them ("x", "\x", "C:x", "C:\x",
 * "\\server\share\x", "\\?\x"), and the child's working directory need not be ours.
 */
#include "path.h"

#include <errno.h>
#include <string.h>

#include "../gate.h"
#include "../memory.h"
#include "os_error.h"
#include "system.h"
#include "text.h"

static uint16_t lower(uint16_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint16_t)(c + ('a' - 'A')) : c;
}

static bool has_drive(const uint16_t *path)
{
	return lower(path[0]) >= 'a' && lower(path[0]) <= 'z' && path[1] == ':';
}

static bool has_server(const uint16_t *path)
{
	return ward__is_slash(path[0]) && ward__is_slash(path[1]);
}

/* Behind the next @n parts of @path, each with the slash before it. */
static const uint16_t *skip_parts(const uint16_t *path, int n)
{
	for (; n > 0 && *path; n--) {
		path += ward__is_slash(*path);
		while (*path && !ward__is_slash(*path))
			path++;
	}
	return path;
}

/* How much of the full path @base a path like "\x" keeps: "C:", "\\server\share". */
static size_t root_length(const uint16_t *base)
{
	const uint16_t *at = base;
	bool is_unc;

	if (!has_server(base))
		return has_drive(base) ? 2 : 0;
	at += 2;
	if ((at[0] == '?' || at[0] == '.') && ward__is_slash(at[1])) {
		at += 2;
		is_unc = lower(at[0]) == 'u' && lower(at[1]) == 'n' &&
		         lower(at[2]) == 'c' && ward__is_slash(at[3]);
		at = skip_parts(is_unc ? at + 4 : at, is_unc ? 2 : 1);
	} else {
		at = skip_parts(at, 2);
	}
	return (size_t)(at - base);
}

static uint16_t *join(const uint16_t *base, size_t n, const uint16_t *file)
{
	size_t length = ward__utf16_length(file);
	uint16_t *path = ward__alloc((n + length + 2) * sizeof(*path));

	if (!path)
		return NULL;
	memcpy(path, base, n * sizeof(*path));
	if (n > 0 && !ward__is_slash(path[n - 1]) && !ward__is_slash(*file))
		path[n++] = '\\';
	memcpy(path + n, file, length * sizeof(*path));
	return path;
}

/* "." and ".." gone, slashes turned, dots and blanks at the end gone, as Windows does. */
static int tidy(uint16_t **ret, const uint16_t *path)
{
	DWORD n, size = 0;
	uint16_t *full = NULL;
	int r = ward__gate("GetFullPathNameW");

	if (r < 0)
		return r;
	while ((n = GetFullPathNameW(path, size, full, NULL)) >= size) {
		ward__free(full);
		size = n + 1;
		full = ward__alloc(size * sizeof(*full));
		if (!full)
			return -ENOMEM;
	}
	if (n == 0) {
		r = ward__last_error();
		ward__free(full);
		return r;
	}
	*ret = full;
	return 0;
}

int ward__path_from(uint16_t **ret, const uint16_t *base, const uint16_t *file)
{
	size_t keep = ward__utf16_length(base);
	uint16_t *path;
	int r;

	if (!*file)
		return -ENOENT;
	if (has_server(file) || (has_drive(file) && ward__is_slash(file[2])))
		return tidy(ret, file);
	if (has_drive(file)) {
		if (!has_drive(base) || lower(base[0]) != lower(file[0]))
			return tidy(ret, file);   /* that drive's directory is ours */
		file += 2;
	} else if (ward__is_slash(*file)) {
		keep = root_length(base);
	}
	path = join(base, keep, file);
	if (!path)
		return -ENOMEM;
	r = tidy(ret, path);
	ward__free(path);
	return r;
}

int ward__path_here(uint16_t **ret)
{
	static const uint16_t here[] = { '.', 0 };

	return tidy(ret, here);
}

/* ---------------------------------------------------------------------------- names */

const uint16_t *ward__path_name(const uint16_t *path)
{
	const uint16_t *name = has_drive(path) ? path + 2 : path;

	for (; *path; path++)
		if (ward__is_slash(*path))
			name = path + 1;
	return name;
}

/* Windows drops dots and blanks at the end of a name. */
static size_t without_end(const uint16_t *name, size_t n)
{
	while (n > 0 && (name[n - 1] == '.' || name[n - 1] == ' '))
		n--;
	return n;
}

static bool ends_with(const uint16_t *name, size_t n, const char *ending)
{
	size_t length = strlen(ending);

	n = without_end(name, n);
	if (n < length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (lower(name[n - length + i]) != (unsigned char)ending[i])
			return false;
	return true;
}

bool ward__path_ends_with(const uint16_t *name, const char *ending)
{
	return ends_with(name, ward__utf16_length(name), ending);
}

static size_t before(const uint16_t *name, uint16_t end)
{
	size_t n = 0;

	while (name[n] && name[n] != end)
		n++;
	return n;
}

bool ward__path_is_batch(const uint16_t *path)
{
	const uint16_t *name = ward__path_name(path);
	size_t whole = ward__utf16_length(name), file = before(name, ':');

	return ends_with(name, whole, ".bat") || ends_with(name, whole, ".cmd") ||
	       ends_with(name, file, ".bat") || ends_with(name, file, ".cmd");
}

static bool is_name(const uint16_t *name, size_t n, const char *device)
{
	return n == strlen(device) && ends_with(name, n, device);
}

/* COM0..COM9, LPT0..LPT9, and the same with a superscript one, two or three. */
static bool is_port(const uint16_t *name, size_t n)
{
	bool is_digit = n == 4 && ((name[3] >= '0' && name[3] <= '9') ||
	                           name[3] == 0xB9 || name[3] == 0xB2 || name[3] == 0xB3);

	return is_digit && (is_name(name, 3, "com") || is_name(name, 3, "lpt"));
}

bool ward__path_is_device(const uint16_t *path)
{
	static const char *const devices[] = { "con", "prn", "aux", "nul", "conin$",
		                               "conout$" };
	const uint16_t *name = ward__path_name(path);
	size_t dot = before(name, '.'), colon = before(name, ':');
	size_t n = without_end(name, dot < colon ? dot : colon);

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (is_name(name, n, devices[i]))
			return true;
	return is_port(name, n);
}
