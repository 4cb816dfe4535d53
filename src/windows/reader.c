/* SPDX-License-Identifier: MIT */
/*
 * One read is under way at any time, into a buffer of ours, or its bytes wait there to be
 * given out: so the event is as good as poll, set for as long as there is something to
 * take. What is hard: Windows cancels a read when the thread that began it ends. Nothing
 * was read then, and whoever comes next begins it again. And whoever empties the buffer
 * begins the next read at once, or another thread that sleeps on the event would sleep
 * for ever.
 */
#include "reader.h"

#include <errno.h>
#include <string.h>

#include "../gate.h"
#include "../platform.h"
#include "os_error.h"
#include "pipe.h"

enum { IDLE = 0, UNDER_WAY, FULL, ENDED, FAILED };

/*
 * An event whose lowest bit is set keeps the completion away from a port, should the
 * handle belong to one (a socket's is shared with a writer). It is the same event.
 */
static HANDLE marked(HANDLE event)
{
	return (HANDLE)((ULONG_PTR)event | 1);
}

static void fail(struct ward__reader *r, int code)
{
	r->state = FAILED;
	r->code = code;
	SetEvent(r->event);
}

static void settle(struct ward__reader *r, DWORD os_error)
{
	switch (os_error) {
	case ERROR_BROKEN_PIPE:
	case ERROR_PIPE_NOT_CONNECTED:
	case ERROR_NO_DATA:
	case ERROR_HANDLE_EOF:
		r->state = ENDED;
		SetEvent(r->event);
		break;
	case ERROR_OPERATION_ABORTED:
		r->state = IDLE;
		break;
	case ERROR_NOT_ENOUGH_QUOTA:
		fail(r, -ENOMEM);
		break;
	default:
		fail(r, ward__error_code(os_error));
		break;
	}
}

/* One that is done at once has set the event, and is collected as any other. */
static void begin(struct ward__reader *r)
{
	int code = ward__gate("ReadFile");
	DWORD os_error;

	if (code < 0) {
		fail(r, code);
		return;
	}
	r->operation = (OVERLAPPED){ .hEvent = marked(r->event) };
	r->state = UNDER_WAY;
	if (ReadFile(r->handle, r->buf, WARD__PIPE_SIZE, NULL, &r->operation))
		return;
	os_error = GetLastError();
	if (os_error != ERROR_IO_PENDING)
		settle(r, os_error);
}

/* A read of no bytes is somebody's write of none, and not the end. */
static void collect(struct ward__reader *r)
{
	DWORD n = 0;

	if (!GetOverlappedResult(r->handle, &r->operation, &n, FALSE)) {
		settle(r, GetLastError());
		return;
	}
	r->state = n > 0 ? FULL : IDLE;
	r->at = 0;
	r->end = n;
}

/*
 * To where there is something to say, or to wait for. Only the event tells that a read is
 * over: its result is there a moment earlier, while the system has yet to set the event,
 * which would then be that of the next read.
 */
static void advance(struct ward__reader *r)
{
	do {
		if (r->state == IDLE)
			begin(r);
		if (r->state != UNDER_WAY ||
		    WaitForSingleObject(r->event, 0) != WAIT_OBJECT_0)
			return;
		collect(r);
	} while (r->state == IDLE);
}

int64_t ward__reader_look(struct ward__reader *r, const char **ret)
{
	advance(r);
	switch (r->state) {
	case FULL:
		*ret = r->buf + r->at;
		return (int64_t)(r->end - r->at);
	case ENDED:
		return 0;
	case FAILED:
		r->state = IDLE;
		return r->code;
	default:
		return -EAGAIN;
	}
}

void ward__reader_skip(struct ward__reader *r, size_t size)
{
	r->at += size;
	if (r->at == r->end)
		begin(r);
}

int64_t ward__reader_take(struct ward__reader *r, void *buf, size_t size)
{
	const char *from = r->buf;
	int64_t n = ward__reader_look(r, &from);

	if (n <= 0)
		return n;
	if ((uint64_t)n > size)
		n = (int64_t)size;
	memcpy(buf, from, (size_t)n);
	ward__reader_skip(r, (size_t)n);
	return n;
}

bool ward__reader_is_ready(struct ward__reader *r)
{
	advance(r);
	return r->state != UNDER_WAY;
}

/* ----------------------------------------------------------------------- its own life */

int ward__reader_open(struct ward__reader *r, HANDLE handle)
{
	int code = ward__gate("CreateEventW");

	if (code < 0)
		return code;
	r->event = CreateEventW(NULL, TRUE, TRUE, NULL);
	if (!r->event)
		return -ENOMEM;
	r->buf = ward__block_resize(NULL, 0, WARD__PIPE_SIZE);
	if (!r->buf) {
		CloseHandle(r->event);
		return -ENOMEM;
	}
	r->handle = handle;
	r->state = IDLE;
	return 0;
}

/* The system writes into our memory until the read is over, cancelled or not. */
void ward__reader_close(struct ward__reader *r)
{
	if (!r->handle)
		return;
	if (r->state == UNDER_WAY) {
		CancelIoEx(r->handle, &r->operation);
		WaitForSingleObject(r->event, INFINITE);
	}
	CloseHandle(r->event);
	ward__block_free(r->buf, WARD__PIPE_SIZE);
	r->handle = NULL;
}
