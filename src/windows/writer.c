/* SPDX-License-Identifier: MIT */
/*
 * A write is a copy into a buffer of ours and one overlapped WriteFile of it, mostly done
 * at once. When the pipe is full it stays under way, and its bytes count as written:
 * they are the system's. What is hard is to keep that word. Windows cancels what a thread
 * has begun when the thread ends, and a write that is cut short does not tell how much
 * was read of it; but not on a handle that belongs to a completion port, so ours belongs
 * to that of the thread pool. And a writer that is closed while a write is under way
 * must not cut it: it lives on until the pool tells that the write is over, because it
 * was read or because nobody can read it any more, and goes then. (FlushFileBuffers could
 * wait for it, for ever.) What ends it early is the end of the program.
 */
#include "writer.h"

#include <errno.h>
#include <string.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"
#include "os_error.h"
#include "pipe.h"

struct ward__writer {
	SRWLOCK lock;
	HANDLE handle;
	TP_IO *io;
	HANDLE event; /* set unless a write is under way */
	char *buf;

	/* With the lock: */
	OVERLAPPED operation;
	size_t at, end; /* what of the buffer is under way */
	bool under_way;
	bool ending; /* a write of no bytes comes next */
	bool closed; /* by its owner: free it when nothing is under way */
	int code;    /* what every write says from now on; 0: none */
};

static int code_of(DWORD os_error)
{
	switch (os_error) {
	case ERROR_BROKEN_PIPE:
	case ERROR_PIPE_NOT_CONNECTED:
	case ERROR_NO_DATA:
		return -EPIPE;
	case ERROR_NOT_ENOUGH_QUOTA:
		return -ENOMEM; /* and not EAGAIN: a sleep would not help */
	default:
		return ward__error_code(os_error);
	}
}

/*
 * Begin to write what is left in the buffer. The pool tells of the end of those that are
 * not done at once, and only of them (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS).
 */
static int begin(struct ward__writer *w)
{
	DWORD os_error = ERROR_SUCCESS;

	w->operation = (OVERLAPPED){ .hEvent = NULL };
	w->under_way = true;
	ResetEvent(w->event);
	StartThreadpoolIo(w->io);
	if (!WriteFile(w->handle, w->buf + w->at, (DWORD)(w->end - w->at), NULL,
	               &w->operation))
		os_error = GetLastError();
	if (os_error == ERROR_IO_PENDING)
		return 0;
	CancelThreadpoolIo(w->io);
	w->under_way = false;
	SetEvent(w->event);
	return os_error == ERROR_SUCCESS ? 0 : code_of(os_error);
}

static void begin_end(struct ward__writer *w)
{
	w->ending = false;
	w->at = w->end = 0;
	if (w->code == 0)
		begin(w);
	w->code = -EPIPE;
}

static void dispose(struct ward__writer *w)
{
	if (w->handle)
		CloseHandle(w->handle);
	if (w->io)
		CloseThreadpoolIo(w->io);
	if (w->event)
		CloseHandle(w->event);
	ward__block_free(w->buf, WARD__PIPE_SIZE);
	ward__free(w);
}

/* Something that was under way is over: with @os_error, after @n bytes. */
static void settle(struct ward__writer *w, DWORD os_error, size_t n)
{
	w->under_way = false;
	w->at += n;
	if (os_error == ERROR_OPERATION_ABORTED && w->at < w->end)
		os_error = begin(w) < 0 ? ERROR_BROKEN_PIPE : ERROR_SUCCESS;
	if (os_error != ERROR_SUCCESS && w->code == 0)
		w->code = code_of(os_error);
	if (!w->under_way && w->ending)
		begin_end(w);
	if (!w->under_way)
		SetEvent(w->event);
}

static void CALLBACK tell(TP_CALLBACK_INSTANCE *instance, void *of, void *operation,
                          ULONG os_error, ULONG_PTR n, TP_IO *io)
{
	struct ward__writer *w = of;
	bool is_last;

	(void)instance;
	(void)operation;
	(void)io;
	AcquireSRWLockExclusive(&w->lock);
	settle(w, os_error, n);
	is_last = w->closed && !w->under_way;
	ReleaseSRWLockExclusive(&w->lock);
	if (is_last)
		dispose(w);
}

/* -------------------------------------------------------------------------- its users */

static int64_t put(struct ward__writer *w, const void *data, size_t size)
{
	size_t n = size < WARD__PIPE_SIZE ? size : WARD__PIPE_SIZE;
	int r;

	if (w->code < 0)
		return w->code;
	if (w->under_way)
		return -EAGAIN;
	r = ward__gate("WriteFile");
	if (r < 0)
		return r;
	memcpy(w->buf, data, n);
	w->at = 0;
	w->end = n;
	r = begin(w);
	return r < 0 ? r : (int64_t)n;
}

int64_t ward__writer_put(struct ward__writer *w, const void *data, size_t size)
{
	int64_t r;

	AcquireSRWLockExclusive(&w->lock);
	r = put(w, data, size);
	ReleaseSRWLockExclusive(&w->lock);
	return r;
}

void ward__writer_end(struct ward__writer *w)
{
	AcquireSRWLockExclusive(&w->lock);
	if (w->under_way)
		w->ending = true;
	else
		begin_end(w);
	ReleaseSRWLockExclusive(&w->lock);
}

bool ward__writer_is_ready(struct ward__writer *w)
{
	bool is_ready;

	AcquireSRWLockShared(&w->lock);
	is_ready = !w->under_way || w->code < 0;
	ReleaseSRWLockShared(&w->lock);
	return is_ready;
}

HANDLE ward__writer_event(const struct ward__writer *w)
{
	return w->event;
}

/* ----------------------------------------------------------------------- its own life */

static int reserve(struct ward__writer *w, HANDLE handle)
{
	int r = ward__gate("CreateEventW");

	if (r < 0)
		return r;
	w->event = CreateEventW(NULL, TRUE, TRUE, NULL);
	w->buf = ward__block_resize(NULL, 0, WARD__PIPE_SIZE);
	if (!w->event || !w->buf)
		return -ENOMEM;
	r = ward__gate("CreateThreadpoolIo");
	if (r < 0)
		return r;
	w->io = CreateThreadpoolIo(handle, tell, w, NULL);
	if (!w->io)
		return ward__last_error();
	r = ward__gate("SetFileCompletionNotificationModes");
	if (r < 0)
		return r;
	return SetFileCompletionNotificationModes(handle,
	                                          FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) ?
	               0 :
	               ward__last_error();
}

int ward__writer_open(struct ward__writer **ret, HANDLE handle)
{
	struct ward__writer *w = ward__alloc(sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	InitializeSRWLock(&w->lock);
	r = reserve(w, handle);
	if (r < 0) {
		dispose(w);
		return r;
	}
	w->handle = handle;
	*ret = w;
	return 0;
}

/* A callback that has nothing more to do may still be on its way out. */
void ward__writer_close(struct ward__writer *w)
{
	bool under_way;

	if (!w)
		return;
	AcquireSRWLockExclusive(&w->lock);
	under_way = w->under_way;
	w->closed = true;
	ReleaseSRWLockExclusive(&w->lock);
	if (under_way)
		return;
	WaitForThreadpoolIoCallbacks(w->io, FALSE);
	dispose(w);
}
