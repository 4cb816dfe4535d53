/* SPDX-License-Identifier: MIT */
/*
 * Where a descriptor of the child comes from. Whatever it is, what the child inherits
 * is a duplicate, or a file that was opened for it: the caller's own handles stay as
 * they are, for to make one of them inheritable would give it to whatever another
 * thread starts at the same moment.
 */
#include "descriptor.h"

#include <errno.h>
#include <io.h>
#include <stdlib.h>

#include "../gate.h"
#include "../memory.h"
#include "os_error.h"
#include "text.h"

/* None of the system's: those of a program are positive, and even. */
#define TERMINAL (UINT64_MAX - 1000)

/* ------------------------------------------------------------------ of the C runtime */

#if defined(_UCRT) || defined(_MSC_VER)
static void ignore(const wchar_t *a, const wchar_t *b, const wchar_t *c, unsigned d,
                   uintptr_t e)
{
	(void)a, (void)b, (void)c, (void)d, (void)e;
}

/* This runtime ends the program when it is asked for a descriptor that is not open. */
static intptr_t ask_runtime(int fd)
{
	_invalid_parameter_handler before = _set_thread_local_invalid_parameter_handler(
		ignore);
	intptr_t handle = _get_osfhandle(fd);

	_set_thread_local_invalid_parameter_handler(before);
	return handle;
}
#else
static intptr_t ask_runtime(int fd)
{
	return _get_osfhandle(fd);
}
#endif

HANDLE ward__descriptor_handle(int fd)
{
	intptr_t handle = fd < 0 ? -1 : ask_runtime(fd);

	/* -1: not open; -2: one of the first three, with nothing behind it */
	return handle == -1 || handle == -2 ? NULL : (HANDLE)handle;
}

static HANDLE standard_handle(int number)
{
	static const DWORD names[] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
		                       STD_ERROR_HANDLE };
	HANDLE handle = GetStdHandle(names[number]);

	return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

/* A standard one is passed on whether it is inheritable or not: few mean it by that. */
HANDLE ward__inherited_handle(int number)
{
	HANDLE handle;
	DWORD flags;

	if (number <= 2)
		return standard_handle(number);
	handle = ward__descriptor_handle(number);
	if (!handle || !GetHandleInformation(handle, &flags))
		return NULL;
	return flags & HANDLE_FLAG_INHERIT ? handle : NULL;
}

/* ------------------------------------------------------------------------- duplicates */

/* -1 to -6 are no handles but say "this process", "this thread", and their tokens. */
static bool is_pseudo(HANDLE handle)
{
	return (intptr_t)handle >= -6 && (intptr_t)handle <= 0;
}

int ward__handle_duplicate(HANDLE *ret, HANDLE handle)
{
	int r = ward__gate("DuplicateHandle");

	if (r < 0)
		return r;
	if (is_pseudo(handle)) {
		SetLastError(ERROR_INVALID_HANDLE);
		return -EBADF;
	}
	if (!DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), ret, 0,
	                     TRUE, DUPLICATE_SAME_ACCESS))
		return ward__last_error();
	return 0;
}

struct ward_stdio ward__terminal_side(void)
{
	return (struct ward_stdio){ .kind = WARD_FD_HANDLE, .handle = TERMINAL };
}

bool ward__is_terminal(const struct ward_stdio *from)
{
	return from->kind == WARD_FD_HANDLE && from->handle == TERMINAL;
}

static HANDLE given_handle(const struct ward_stdio *from)
{
	return from->kind == WARD_FD_GIVEN ? ward__descriptor_handle(from->fd) :
	                                     (HANDLE)(uintptr_t)from->handle;
}

int ward__slot_check(const struct ward__slot *slot, struct ward_error *error)
{
	uint32_t kind = slot->from->kind;
	HANDLE handle;
	DWORD flags;

	if (kind != WARD_FD_GIVEN && kind != WARD_FD_HANDLE)
		return 0;
	handle = given_handle(slot->from);
	if (!is_pseudo(handle) && GetHandleInformation(handle, &flags))
		return 0;
	SetLastError(ERROR_INVALID_HANDLE);
	return ward__fail_last(error, WARD_STEP_FD, -EBADF, slot->number, NULL);
}

static int open_given(struct ward__slot *slot, struct ward_error *error)
{
	int r = ward__handle_duplicate(&slot->handle, given_handle(slot->from));

	return r < 0 ? ward__fail_last(error, WARD_STEP_FD, r, slot->number, NULL) : 0;
}

/* What the caller has as a standard handle may be long gone: that is closed, then. */
static int open_inherited(struct ward__slot *slot, struct ward_error *error)
{
	HANDLE handle = ward__inherited_handle(slot->number);
	int r = handle ? ward__handle_duplicate(&slot->handle, handle) : 0;

	if (r == 0 || r == -EBADF)
		return 0;
	return ward__fail_last(error, WARD_STEP_FD, r, slot->number, NULL);
}

/* ------------------------------------------------------------------------------ paths */

static uint32_t default_flags(int number)
{
	if (number == 0)
		return WARD_FILE_READ;
	if (number <= 2)
		return WARD_FILE_WRITE | WARD_FILE_CREATE | WARD_FILE_TRUNCATE;
	return WARD_FILE_READ | WARD_FILE_WRITE;
}

enum {
	APPEND_ACCESS = FILE_APPEND_DATA | FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES |
	                READ_CONTROL | SYNCHRONIZE
};

/* Windows truncates only for who may write anywhere; narrow() takes that back. */
static DWORD access_for(uint32_t flags)
{
	DWORD access = 0;

	if (flags & WARD_FILE_APPEND)
		access = flags & WARD_FILE_TRUNCATE ? GENERIC_WRITE : APPEND_ACCESS;
	else if (flags & WARD_FILE_WRITE)
		access = GENERIC_WRITE;
	return flags & WARD_FILE_READ || access == 0 ? access | GENERIC_READ : access;
}

static DWORD disposition_for(uint32_t flags)
{
	if ((flags & WARD_FILE_CREATE) && (flags & WARD_FILE_EXCLUSIVE))
		return CREATE_NEW;
	if (flags & WARD_FILE_CREATE)
		return flags & WARD_FILE_TRUNCATE ? CREATE_ALWAYS : OPEN_ALWAYS;
	return flags & WARD_FILE_TRUNCATE ? TRUNCATE_EXISTING : OPEN_EXISTING;
}

/* A handle that may only append does so at the end, wherever that is by then. */
static int narrow(HANDLE *handle, uint32_t flags)
{
	DWORD access = APPEND_ACCESS | (flags & WARD_FILE_READ ? FILE_GENERIC_READ : 0);
	HANDLE narrowed;
	int r;

	if (!(flags & WARD_FILE_APPEND) || !(flags & WARD_FILE_TRUNCATE))
		return 0;
	r = ward__gate("DuplicateHandle");
	if (r < 0)
		return r;
	if (!DuplicateHandle(GetCurrentProcess(), *handle, GetCurrentProcess(), &narrowed,
	                     access, TRUE, 0))
		return ward__last_error();
	CloseHandle(*handle);
	*handle = narrowed;
	return 0;
}

/* Windows says of a directory that access is denied. */
static int explain(int code, const uint16_t *path)
{
	DWORD attributes = code == -EACCES ? GetFileAttributesW(path) :
	                                     INVALID_FILE_ATTRIBUTES;

	if (attributes == INVALID_FILE_ATTRIBUTES)
		return code;
	return attributes & FILE_ATTRIBUTE_DIRECTORY ? -EISDIR : code;
}

static int open_file(HANDLE *ret, const uint16_t *path, uint32_t flags, uint32_t mode)
{
	SECURITY_ATTRIBUTES inheritable = { sizeof(inheritable), NULL, TRUE };
	bool read_only = mode != 0 && !(mode & 0200);
	HANDLE file;
	int r = ward__gate("CreateFileW");

	if (r < 0)
		return r;
	file = CreateFileW(path, access_for(flags),
	                   FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
	                   &inheritable, disposition_for(flags),
	                   read_only ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL,
	                   NULL);
	if (file == INVALID_HANDLE_VALUE)
		return explain(ward__last_error(), path);
	r = narrow(&file, flags);
	if (r < 0)
		CloseHandle(file);
	else
		*ret = file;
	return r;
}

static int open_path(struct ward__slot *slot, const char *name, uint32_t flags,
                     struct ward_error *error)
{
	uint16_t *path;
	int r = ward__utf16(&path, name);

	if (r < 0)
		return ward__fail(error,
		                  r == -ENOMEM ? WARD_STEP_MEMORY : WARD_STEP_OPEN, r,
		                  slot->number, name);
	r = open_file(&slot->handle, path, flags, slot->from->mode);
	if (r < 0)
		ward__fail_last(error, WARD_STEP_OPEN, r, slot->number, name);
	ward__free(path);
	slot->append = (flags & WARD_FILE_APPEND) != 0;
	return r;
}

int ward__slot_open(struct ward__slot *slot, struct ward_error *error)
{
	const struct ward_stdio *from = slot->from;

	switch (from->kind) {
	case WARD_FD_NULL:
		return open_path(slot, "\\\\.\\NUL", WARD_FILE_READ | WARD_FILE_WRITE,
		                 error);
	case WARD_FD_PATH:
		return open_path(slot, from->path,
		                 from->flags ? from->flags : default_flags(slot->number),
		                 error);
	case WARD_FD_GIVEN:
	case WARD_FD_HANDLE:
		return open_given(slot, error);
	case WARD_FD_INHERIT:
		return open_inherited(slot, error);
	default:
		return 0;
	}
}
