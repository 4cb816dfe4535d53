/* SPDX-License-Identifier: MIT */
/*
 * Output that goes to a descriptor of the caller's. What is a file, or the null device,
 * is written to at once. A pipe or a console of somebody's blocks for as long as it likes
 * and can neither be asked nor be waited for: a thread of the pool writes to it, of a
 * duplicate, for the caller may close his own while the write is under way. When the
 * time is up such a write is cancelled; should it not have begun yet, it does not. Only
 * in between is it left to end by itself, when its reader reads or goes.
 */
#include "mover.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"
#include "descriptor.h"
#include "os_error.h"
#include "pipe.h"

enum { GRACE_MS = 100 };

struct ward__mover {
	int fd; /* of a file; else -1, and: */
	HANDLE to;
	TP_WORK *work;
	HANDLE event; /* set unless a write is under way */
	char *buf;
	SRWLOCK lock;

	/* With the lock: */
	size_t size;   /* of what is under way; 0: nothing is */
	HANDLE thread; /* that is at it */
	bool closed;
	int code;
};

/* ------------------------------------------------------------------------------ files */

/*
 * By the runtime, which alone knows whether it appends. It would also change bytes that
 * are text to it; these are not.
 */
static int64_t write_file(int fd, const char *data, size_t size)
{
	int mode, n, r = ward__gate("_write");

	if (r < 0)
		return r;
	mode = _setmode(fd, _O_BINARY);
	n = _write(fd, data, (unsigned)size);
	r = n < 0 ? -errno : 0;
	if (mode != -1 && mode != _O_BINARY)
		_setmode(fd, mode);
	if (r < 0)
		return r;
	return n > 0 ? n : -ENOSPC;
}

/* ------------------------------------------------------------------------- the others */

static void dispose(struct ward__mover *m)
{
	if (m->work)
		CloseThreadpoolWork(m->work);
	if (m->event)
		CloseHandle(m->event);
	if (m->to)
		CloseHandle(m->to);
	ward__block_free(m->buf, WARD__PIPE_SIZE);
	ward__free(m);
}

/* False: there is nothing to write any more. */
static bool begin(struct ward__mover *m)
{
	HANDLE self = GetCurrentProcess();
	bool go_on;

	AcquireSRWLockExclusive(&m->lock);
	go_on = !m->closed;
	if (go_on && !DuplicateHandle(self, GetCurrentThread(), self, &m->thread,
	                              THREAD_TERMINATE, FALSE, 0))
		m->thread = NULL;
	ReleaseSRWLockExclusive(&m->lock);
	return go_on;
}

static int write_all(const struct ward__mover *m)
{
	DWORD n = 0;

	for (size_t at = 0; at < m->size; at += n) {
		int r = ward__gate("WriteFile");

		if (r < 0)
			return r;
		if (!WriteFile(m->to, m->buf + at, (DWORD)(m->size - at), &n, NULL))
			return ward__last_error();
		if (n == 0)
			return -ENOSPC;
	}
	return 0;
}

static void CALLBACK write_on(TP_CALLBACK_INSTANCE *instance, void *of, TP_WORK *work)
{
	struct ward__mover *m = of;
	bool closed;
	int r;

	(void)work;
	CallbackMayRunLong(instance);
	r = begin(m) ? write_all(m) : 0;
	AcquireSRWLockExclusive(&m->lock);
	if (m->thread)
		CloseHandle(m->thread);
	m->thread = NULL;
	m->size = 0;
	m->code = r;
	closed = m->closed;
	SetEvent(m->event);
	ReleaseSRWLockExclusive(&m->lock);
	if (closed)
		dispose(m);
}

static int64_t put_to_pool(struct ward__mover *m, const char *data, size_t size)
{
	size_t n = size < WARD__PIPE_SIZE ? size : WARD__PIPE_SIZE;

	memcpy(m->buf, data, n);
	AcquireSRWLockExclusive(&m->lock);
	m->size = n;
	ResetEvent(m->event);
	ReleaseSRWLockExclusive(&m->lock);
	SubmitThreadpoolWork(m->work);
	return (int64_t)n;
}

/* ------------------------------------------------------------------------------ users */

int ward__mover_ask(struct ward__mover *m)
{
	int r;

	AcquireSRWLockExclusive(&m->lock);
	r = m->size > 0 ? -EAGAIN : m->code;
	ReleaseSRWLockExclusive(&m->lock);
	return r;
}

HANDLE ward__mover_event(const struct ward__mover *m)
{
	return m->event;
}

int64_t ward__mover_put(struct ward__mover *m, const char *data, size_t size)
{
	return m->fd >= 0 ? write_file(m->fd, data, size) : put_to_pool(m, data, size);
}

/* ----------------------------------------------------------------------- its own life */

static bool never_blocks(HANDLE handle)
{
	DWORD mode;

	switch (GetFileType(handle)) {
	case FILE_TYPE_DISK:
		return true;
	case FILE_TYPE_CHAR:
		return !GetConsoleMode(handle, &mode);
	default:
		return false;
	}
}

static int reserve(struct ward__mover *m, HANDLE to)
{
	int r = ward__gate("DuplicateHandle");

	if (r < 0)
		return r;
	if (!DuplicateHandle(GetCurrentProcess(), to, GetCurrentProcess(), &m->to, 0,
	                     FALSE, DUPLICATE_SAME_ACCESS))
		return ward__last_error();
	m->buf = ward__block_resize(NULL, 0, WARD__PIPE_SIZE);
	if (ward__gate("CreateEventW") == 0)
		m->event = CreateEventW(NULL, TRUE, TRUE, NULL);
	if (ward__gate("CreateThreadpoolWork") == 0)
		m->work = CreateThreadpoolWork(write_on, m, NULL);
	return m->buf && m->event && m->work ? 0 : -ENOMEM;
}

int ward__mover_open(struct ward__mover **ret, int fd)
{
	HANDLE to = ward__descriptor_handle(fd);
	struct ward__mover *m;
	int r = 0;

	if (!to)
		return -EBADF;
	m = ward__alloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	InitializeSRWLock(&m->lock);
	m->fd = fd;
	if (!never_blocks(to)) {
		m->fd = -1;
		r = reserve(m, to);
	}
	if (r < 0)
		dispose(m);
	else
		*ret = m;
	return r;
}

void ward__mover_close(struct ward__mover *m)
{
	bool under_way;

	if (!m)
		return;
	if (m->fd >= 0) {
		dispose(m);
		return;
	}
	/* One that does not block is over by then. */
	WaitForSingleObject(m->event, GRACE_MS);
	AcquireSRWLockExclusive(&m->lock);
	m->closed = true;
	under_way = m->size > 0;
	if (under_way && m->thread)
		CancelSynchronousIo(m->thread);
	ReleaseSRWLockExclusive(&m->lock);
	if (under_way)
		return;
	WaitForThreadpoolWorkCallbacks(m->work, FALSE);
	dispose(m);
}

size_t ward__mover_held(struct ward__mover *m)
{
	size_t size;

	AcquireSRWLockExclusive(&m->lock);
	size = m->size;
	ReleaseSRWLockExclusive(&m->lock);
	return size;
}
