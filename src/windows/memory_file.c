/* SPDX-License-Identifier: MIT */
/*
 * Bytes as a file, and memory for much of them. The file is a temporary one that is
 * opened for nobody else, is gone with its last handle, and is given away by a handle
 * that can only read.
 */
#include <errno.h>
#include <stdlib.h>

#include "../gate.h"
#include "../platform.h"
#include "os_error.h"
#include "pipe.h"
#include "system.h"

enum { MOST_AT_ONCE = 1 << 30, PATH_UNITS = MAX_PATH + 1 + WARD__UNGUESSABLE };

static int make_path(wchar_t path[PATH_UNITS])
{
	DWORD n = GetTempPathW(MAX_PATH, path);

	if (n == 0)
		return ward__last_error();
	if (n > MAX_PATH)
		return -ENAMETOOLONG;
	return ward__unguessable(path + n);
}

static int make(HANDLE *ret)
{
	wchar_t path[PATH_UNITS];
	int r = make_path(path);

	if (r == 0)
		r = ward__gate("CreateFileW");
	if (r < 0)
		return r;
	*ret = CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL,
	                   CREATE_NEW,
	                   FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
	return *ret == INVALID_HANDLE_VALUE ? ward__last_error() : 0;
}

static int fill(HANDLE file, const char *data, size_t size)
{
	LARGE_INTEGER begin = { .QuadPart = 0 };
	DWORD n;

	for (; size > 0; data += n, size -= n) {
		int r = ward__gate("WriteFile");

		if (r < 0)
			return r;
		n = size < MOST_AT_ONCE ? (DWORD)size : MOST_AT_ONCE;
		if (!WriteFile(file, data, n, &n, NULL))
			return ward__last_error();
		if (n == 0)
			return -ENOSPC;
	}
	return SetFilePointerEx(file, begin, NULL, FILE_BEGIN) ? 0 : ward__last_error();
}

/* The same file, but for reading. */
static int narrow(HANDLE *ret, HANDLE file)
{
	int r = ward__gate("DuplicateHandle");

	if (r < 0)
		return r;
	if (!DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), ret,
	                     FILE_GENERIC_READ, FALSE, 0))
		return ward__last_error();
	return 0;
}

int ward__memory_file(struct ward_stdio *child, const void *data, size_t size)
{
	HANDLE file, narrowed;
	int r = make(&file);

	if (r < 0)
		return r;
	r = fill(file, data, size);
	if (r == 0)
		r = narrow(&narrowed, file);
	CloseHandle(file);
	if (r == 0)
		*child = ward__side_of(narrowed);
	return r;
}

/* ----------------------------------------------------------------------------- blocks */

void *ward__block_resize(void *old, size_t size, size_t new_size)
{
	(void)size;
	return ward__gate("malloc") < 0 ? NULL : realloc(old, new_size);
}

void ward__block_free(void *block, size_t size)
{
	(void)size;
	free(block);
}
