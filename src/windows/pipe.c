/* SPDX-License-Identifier: MIT */
/*
 * Pipes. An anonymous pipe of Windows cannot be waited for, so that those with an end of
 * ours are named ones. What is hard about a name is that others could use it: this one
 * is of 128 random bits, the pipe has one instance that must be the first of its name
 * (or the making fails), nobody from another machine may open it, and its one other end
 * is opened at once: from then on the name leads nowhere.
 */
#include "pipe.h"

#include <errno.h>
#include <io.h>
#include <ntsecapi.h>

#include "../gate.h"
#include "descriptor.h"
#include "os_error.h"

#ifdef _MSC_VER
#pragma comment(lib, "advapi32")
#endif

#define PREFIX L"\\\\.\\pipe\\ward-"

struct name {
	wchar_t text[sizeof(PREFIX) / sizeof(wchar_t) + WARD__UNGUESSABLE];
};

/* ------------------------------------------------------------------------ a named one */

int ward__unguessable(wchar_t to[WARD__UNGUESSABLE])
{
	static const wchar_t digits[] = L"0123456789abcdef";
	unsigned char bytes[WARD__UNGUESSABLE / 2];
	int r = ward__gate("RtlGenRandom");

	if (r < 0)
		return r;
	if (!RtlGenRandom(bytes, sizeof(bytes)))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = L'\0';
	return 0;
}

static int make_name(struct name *ret)
{
	wchar_t *to = ret->text;

	for (const wchar_t *from = PREFIX; *from; from++)
		*to++ = *from;
	return ward__unguessable(to);
}

static int make_ours(HANDLE *ret, const struct name *name, unsigned wants)
{
	DWORD mode = FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE;
	int r = ward__gate("CreateNamedPipeW");

	if (r < 0)
		return r;
	mode |= wants & WARD__READ ? PIPE_ACCESS_INBOUND : 0;
	mode |= wants & WARD__WRITE ? PIPE_ACCESS_OUTBOUND : 0;
	*ret = CreateNamedPipeW(name->text, mode,
	                        PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT |
	                                PIPE_REJECT_REMOTE_CLIENTS,
	                        1, WARD__PIPE_SIZE, WARD__PIPE_SIZE, 0, NULL);
	return *ret == INVALID_HANDLE_VALUE ? ward__last_error() : 0;
}

/* With the right to ask what it is, and to set how it is read, as runtimes do. */
static int open_theirs(HANDLE *ret, const struct name *name, unsigned wants)
{
	DWORD access = 0;
	int r = ward__gate("CreateFileW");

	if (r < 0)
		return r;
	access |= wants & WARD__READ ? GENERIC_WRITE | FILE_READ_ATTRIBUTES : 0;
	access |= wants & WARD__WRITE ? GENERIC_READ | FILE_WRITE_ATTRIBUTES : 0;
	*ret = CreateFileW(name->text, access, 0, NULL, OPEN_EXISTING,
	                   SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
	return *ret == INVALID_HANDLE_VALUE ? ward__last_error() : 0;
}

int ward__pipe_make(struct ward__pipe *ret, unsigned wants)
{
	struct ward__pipe pipe = { NULL, NULL };
	struct name name;
	int r = make_name(&name);

	if (r == 0)
		r = make_ours(&pipe.ours, &name, wants);
	if (r < 0)
		return r;
	r = open_theirs(&pipe.theirs, &name, wants);
	if (r < 0)
		CloseHandle(pipe.ours);
	else
		*ret = pipe;
	return r;
}

/* ------------------------------------------------------------------------------ sides */

struct ward_stdio ward__side_of(HANDLE handle)
{
	return (struct ward_stdio){ .kind = WARD_FD_HANDLE,
		                    .handle = (uint64_t)(uintptr_t)handle };
}

/* Neither end is ours to wait for: an anonymous one will do. */
int ward__pipe_between(struct ward_stdio *writer, struct ward_stdio *reader)
{
	HANDLE from, to;
	int r = ward__gate("CreatePipe");

	if (r < 0)
		return r;
	if (!CreatePipe(&from, &to, NULL, WARD__PIPE_SIZE))
		return ward__last_error();
	*writer = ward__side_of(to);
	*reader = ward__side_of(from);
	return 0;
}

void ward__side_close(struct ward_stdio *child)
{
	if (child->kind == WARD_FD_GIVEN)
		_close(child->fd);
	else if (child->kind == WARD_FD_HANDLE && !ward__is_terminal(child))
		CloseHandle((HANDLE)(uintptr_t)child->handle);
	else
		return;
	*child = (struct ward_stdio){ .kind = WARD_FD_CLOSED };
}
