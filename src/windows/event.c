/* SPDX-License-Identifier: MIT */
/*
 * <ward_windows.h>: HANDLEs in and out, and the end of a process told to any loop. What
 * is hard is to stop telling: a wait of the thread pool must be gone before its HANDLE
 * is closed, and a killed process may outlive its last ward (it waits to be collected),
 * but no packet may come after ward_close.
 */
#include "ward_windows.h"

#include <errno.h>

#include "../call.h"
#include "../gate.h"
#include "../handle.h"
#include "../memory.h"
#include "../open.h"
#include "os_error.h"
#include "process.h"
#include "system.h"

/* One wait of the thread pool, and what it tells whom. */
struct ward__watch {
	HANDLE wait;
	HANDLE event;                 /* to set; else: */
	struct ward *ward;
	HANDLE port;
	ULONG_PTR key;
	OVERLAPPED *overlapped;
};

static void CALLBACK tell_event(void *of, BOOLEAN timed_out)
{
	const struct ward__watch *watch = of;

	(void)timed_out;
	SetEvent(watch->event);
}

/*
 * The lock is the one that ward_close takes when it kills: once it has had it, no packet
 * is on its way, and none comes after it.
 */
static void CALLBACK tell_port(void *of, BOOLEAN timed_out)
{
	const struct ward__watch *watch = of;
	struct ward *w = watch->ward;

	(void)timed_out;
	AcquireSRWLockShared(&w->process->lock);
	if (atomic_load_explicit(&w->owners, memory_order_relaxed) > 0)
		PostQueuedCompletionStatus(watch->port, 0, watch->key, watch->overlapped);
	ReleaseSRWLockShared(&w->process->lock);
}

static int start_watch(struct ward__watch **ret, const struct ward__watch *what,
                       HANDLE process, WAITORTIMERCALLBACK tell)
{
	struct ward__watch *watch = ward__alloc(sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	*watch = *what;
	if (ward__gate("RegisterWaitForSingleObject") < 0 ||
	    !RegisterWaitForSingleObject(&watch->wait, process, tell, watch, INFINITE,
	                                 WT_EXECUTEONLYONCE)) {
		ward__free(watch);
		return -ENOMEM;
	}
	*ret = watch;
	return 0;
}

/* Blocks while its callback runs, which is never for long, and never in the callback. */
static void stop_watch(struct ward__watch *watch)
{
	if (watch)
		UnregisterWaitEx(watch->wait, INVALID_HANDLE_VALUE);
	ward__free(watch);
}

void ward__process_unwatch(struct ward__process *p)
{
	stop_watch(p->watch);
	stop_watch(p->post);
	if (p->event)
		CloseHandle(p->event);
}

/* ------------------------------------------------------------------------------ event */

static int new_event(HANDLE *ret, bool is_set)
{
	int r = ward__gate("CreateEventW");

	if (r < 0)
		return r;
	*ret = CreateEventW(NULL, TRUE, is_set, NULL);
	return *ret ? 0 : -ENOMEM;
}

/* With the lock held. */
static int make_event(struct ward__process *p)
{
	struct ward__watch what = { .event = NULL };
	int r, over = ward__process_is_over(p);

	if (over < 0)
		return over;
	r = new_event(&what.event, over > 0);
	if (r == 0 && !over)
		r = start_watch(&p->watch, &what, p->handle, tell_event);
	if (r == 0)
		p->event = what.event;
	else if (what.event)
		CloseHandle(what.event);
	return r;
}

int ward_windows_event(struct ward *w, void **ret)
{
	struct ward__process *p;
	struct ward__call call;
	int r = 0;

	if (!w || !ret)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	p = w->process;
	AcquireSRWLockExclusive(&p->lock);
	if (!p->event)
		r = make_event(p);
	if (r == 0)
		*ret = p->event;
	ReleaseSRWLockExclusive(&p->lock);
	ward__leave(w);
	ward__call_end(&call);
	return r;
}

/* ------------------------------------------------------------------------------- port */

/*
 * With the lock held. One way for processes that have ended and that have not: the pool
 * tells of both.
 */
static int make_post(struct ward *w, const struct ward__watch *what)
{
	struct ward__process *p = w->process;

	return p->post ? -EBUSY : start_watch(&p->post, what, p->handle, tell_port);
}

int ward_windows_post(struct ward *w, void *port, uintptr_t key, void *overlapped)
{
	const struct ward__watch what = {
		.ward = w, .port = port, .key = key, .overlapped = overlapped
	};
	struct ward__call call;
	int r;

	if (!w || !port || port == INVALID_HANDLE_VALUE)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	AcquireSRWLockExclusive(&w->process->lock);
	r = make_post(w, &what);
	ReleaseSRWLockExclusive(&w->process->lock);
	ward__leave(w);
	ward__call_end(&call);
	return r;
}

/* ----------------------------------------------------------------------- take, lend */

/* Is it a process, and may we ask and wait? A wait does not tell one from an event. */
static int check_rights(HANDLE handle)
{
	DWORD code;

	if ((intptr_t)handle <= 0 && (intptr_t)handle >= -6)
		return -EBADF;            /* a pseudo handle, or none */
	if (!GetExitCodeProcess(handle, &code))
		return ward__last_error();
	if (WaitForSingleObject(handle, 0) == WAIT_FAILED)
		return ward__last_error();
	return 0;
}

static int take(struct ward__process **ret, const void *what)
{
	HANDLE handle = *(void *const *)what;
	int r = check_rights(handle);

	return r < 0 ? r : ward__process_adopt(ret, handle);
}

int ward_windows_take(struct ward **ret, void *handle)
{
	if (!ret || !handle)
		return -EINVAL;
	return ward__open_with(ret, take, &handle);
}

void *ward_windows_handle(const struct ward *w)
{
	return w ? w->process->handle : NULL;
}
