/* SPDX-License-Identifier: MIT */
/*
 * Pseudo consoles (ConPTY), which Windows has since 1809: its functions are looked up. A
 * helper process of the system, conhost.exe, is the console; it reads keys from one pipe
 * and draws to another. What is hard: it goes on living when nobody is attached any more,
 * so that its output would not end: it is closed when the child that it was made for has
 * ended, as a terminal hangs up when its session's leader does. And to close one can
 * block, on Windows before 11 24H2 until it has drawn its last and all attached programs
 * have gone: only threads of the pool do it. All that this takes is made before the
 * child.
 */
#include "terminal.h"

#include <errno.h>
#include <string.h>

#include "../gate.h"
#include "../memory.h"
#include "os_error.h"

enum { ROWS = 24, COLUMNS = 80, MOST = 32767 };

typedef HRESULT(WINAPI *create_fn)(COORD, HANDLE, HANDLE, DWORD, void **);
typedef HRESULT(WINAPI *resize_fn)(void *, COORD);
typedef void(WINAPI *close_fn)(void *);

struct calls {
	create_fn create;
	resize_fn resize;
	close_fn close;
};

struct ward__terminal {
	struct calls calls;
	TP_WAIT *wait; /* for the end of the child */
	TP_WORK *work; /* what is left to do when it is closed */
	HANDLE process;
	SRWLOCK lock;
	void *console; /* with the lock; NULL: hung up */
};

/* -------------------------------------------------------------------------- the calls */

static bool find(void *ret, size_t size, const char *name)
{
	HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
	FARPROC found = NULL;

	if (kernel && ward__gate(name) == 0)
		found = GetProcAddress(kernel, name);
	memcpy(ret, &found, size);
	return found != NULL;
}

static bool find_calls(struct calls *ret)
{
	return find(&ret->create, sizeof(ret->create), "CreatePseudoConsole") &&
	       find(&ret->resize, sizeof(ret->resize), "ResizePseudoConsole") &&
	       find(&ret->close, sizeof(ret->close), "ClosePseudoConsole");
}

/* A HRESULT is most often an error of Windows in other clothes. */
static int code_of(HRESULT result)
{
	if (result >= 0)
		return 0;
	if (result == E_NOTIMPL)
		return -ENOTSUP;
	if (HRESULT_FACILITY(result) == FACILITY_WIN32)
		return ward__error_code((uint32_t)HRESULT_CODE(result));
	return -EIO;
}

/* ------------------------------------------------------------------------- hanging up */

static void hang_up(struct ward__terminal *t)
{
	void *console;

	AcquireSRWLockExclusive(&t->lock);
	console = t->console;
	t->console = NULL;
	ReleaseSRWLockExclusive(&t->lock);
	if (console)
		t->calls.close(console);
}

static void CALLBACK child_ended(TP_CALLBACK_INSTANCE *instance, void *of, TP_WAIT *wait,
                                 TP_WAIT_RESULT result)
{
	(void)wait;
	(void)result;
	CallbackMayRunLong(instance);
	hang_up(of);
}

static void dispose(struct ward__terminal *t)
{
	hang_up(t);
	if (t->process)
		CloseHandle(t->process);
	if (t->wait)
		CloseThreadpoolWait(t->wait);
	if (t->work)
		CloseThreadpoolWork(t->work);
	ward__free(t);
}

static void CALLBACK closed(TP_CALLBACK_INSTANCE *instance, void *of, TP_WORK *work)
{
	struct ward__terminal *t = of;

	(void)work;
	CallbackMayRunLong(instance);
	WaitForThreadpoolWaitCallbacks(t->wait, TRUE);
	dispose(t);
}

void ward__terminal_close(struct ward__terminal *t)
{
	if (!t)
		return;
	SetThreadpoolWait(t->wait, NULL, NULL);
	SubmitThreadpoolWork(t->work);
}

/* ----------------------------------------------------------------------------- making */

/* Both fail for want of memory only. */
static int reserve(struct ward__terminal *t)
{
	if (ward__gate("CreateThreadpoolWait") == 0)
		t->wait = CreateThreadpoolWait(child_ended, t, NULL);
	if (ward__gate("CreateThreadpoolWork") == 0)
		t->work = CreateThreadpoolWork(closed, t, NULL);
	return t->wait && t->work ? 0 : -ENOMEM;
}

static int create(struct ward__terminal *t, COORD size, HANDLE in, HANDLE out)
{
	void *console = NULL;
	int r = ward__gate("CreatePseudoConsole");

	if (r < 0)
		return r;
	r = code_of(t->calls.create(size, in, out, 0, &console));
	if (r == 0)
		t->console = console;
	return r;
}

/* Its modes are set by the programs that use it, and by nobody else. */
static int check(COORD *size, const struct ward_pty_opts *opts)
{
	int rows = opts && opts->rows ? opts->rows : ROWS;
	int columns = opts && opts->columns ? opts->columns : COLUMNS;

	if (opts && opts->flags)
		return -ENOTSUP;
	if (rows > MOST || columns > MOST)
		return -EINVAL;
	size->X = (SHORT)columns;
	size->Y = (SHORT)rows;
	return 0;
}

int ward__terminal_open(struct ward__terminal **ret, HANDLE in, HANDLE out,
                        const struct ward_pty_opts *opts)
{
	struct ward__terminal *t;
	struct calls calls;
	COORD size;
	int r = check(&size, opts);

	if (r < 0)
		return r;
	if (!find_calls(&calls))
		return -ENOTSUP;
	t = ward__alloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->calls = calls;
	InitializeSRWLock(&t->lock);
	r = reserve(t);
	if (r == 0)
		r = create(t, size, in, out);
	if (r < 0)
		dispose(t);
	else
		*ret = t;
	return r;
}

/* ------------------------------------------------------------------------------ using */

int ward__terminal_resize(struct ward__terminal *t, int rows, int columns)
{
	const COORD size = { (SHORT)columns, (SHORT)rows };
	int r;

	if (rows < 1 || columns < 1 || rows > MOST || columns > MOST)
		return -EINVAL;
	r = ward__gate("ResizePseudoConsole");
	if (r < 0)
		return r;
	AcquireSRWLockExclusive(&t->lock);
	if (t->console)
		r = code_of(t->calls.resize(t->console, size));
	ReleaseSRWLockExclusive(&t->lock);
	return r;
}

void *ward__terminal_console(const struct ward__terminal *t)
{
	return t->console;
}

int ward__terminal_follow(struct ward__terminal *t, HANDLE process)
{
	int r = ward__gate("DuplicateHandle");

	if (r < 0)
		return r;
	if (!DuplicateHandle(GetCurrentProcess(), process, GetCurrentProcess(),
	                     &t->process, SYNCHRONIZE, FALSE, 0))
		return ward__last_error();
	SetThreadpoolWait(t->wait, t->process, NULL);
	return 0;
}
