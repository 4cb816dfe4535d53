/* SPDX-License-Identifier: MIT */
/*
 * Sleeping until a process has ended. Windows waits for 64 handles at once; for more,
 * the thread pool watches each of them and sets one event. Its clock ticks in
 * milliseconds and may be early by some, so that ours decides when a deadline has come.
 */
#include <errno.h>

#include "../gate.h"
#include "../memory.h"
#include "os_error.h"
#include "process.h"
#include "system.h"

enum { LONGEST_MS = 0x7FFFFFFF };

/*
 * What the system is to wait for: a part of a millisecond is waited for as a whole one.
 */
static DWORD milliseconds(int64_t deadline)
{
	int64_t left, ms;

	if (deadline < 0)
		return INFINITE;
	left = deadline - ward__now();
	if (left <= 0)
		return 0;
	ms = (left - 1) / WARD_NS_PER_MS + 1;
	return ms > LONGEST_MS ? LONGEST_MS : (DWORD)ms;
}

/* 1: one of them is set; 0: deadline. */
static int wait_for(const HANDLE *handles, DWORD n, int64_t deadline)
{
	for (;;) {
		DWORD ms = milliseconds(deadline), woken;
		int r = ward__gate("WaitForMultipleObjects");

		if (r < 0)
			return r;
		woken = WaitForMultipleObjects(n, handles, FALSE, ms);
		if (woken == WAIT_FAILED)
			return ward__last_error();
		if (woken != WAIT_TIMEOUT)
			return 1;
		if (ms == 0)
			return 0;
	}
}

/* ------------------------------------------------------------------------- up to 64 */

/* The same handle twice is not allowed; the same ward twice is. */
static DWORD add_handle(HANDLE *handles, DWORD n, HANDLE handle)
{
	for (DWORD i = 0; i < n; i++)
		if (handles[i] == handle)
			return n;
	handles[n] = handle;
	return n + 1;
}

static int sleep_few(struct ward__process *const p[], size_t n, int64_t deadline)
{
	HANDLE handles[MAXIMUM_WAIT_OBJECTS];
	DWORD count = 0;

	for (size_t i = 0; i < n; i++)
		count = add_handle(handles, count, p[i]->handle);
	return wait_for(handles, count, deadline);
}

/* ----------------------------------------------------------------------------- more */

static void CALLBACK set_event(void *event, BOOLEAN timed_out)
{
	(void)timed_out;
	SetEvent(event);
}

static int watch(HANDLE *ret, HANDLE handle, HANDLE event)
{
	int r = ward__gate("RegisterWaitForSingleObject");

	if (r < 0)
		return r;
	if (!RegisterWaitForSingleObject(ret, handle, set_event, event, INFINITE,
	                                 WT_EXECUTEONLYONCE))
		return -ENOMEM;
	return 0;
}

/* Until none of the callbacks runs any more: the event is closed after this. */
static void unwatch_all(const HANDLE *waits, size_t n)
{
	for (size_t i = 0; i < n; i++)
		UnregisterWaitEx(waits[i], INVALID_HANDLE_VALUE);
}

static int sleep_watched(struct ward__process *const p[], size_t n, int64_t deadline,
                         HANDLE event, HANDLE *waits)
{
	size_t watched = 0;
	int r = 0;

	while (r == 0 && watched < n) {
		r = watch(&waits[watched], p[watched]->handle, event);
		watched += r == 0;
	}
	if (r == 0)
		r = wait_for(&event, 1, deadline);
	unwatch_all(waits, watched);
	return r;
}

static int sleep_many(struct ward__process *const p[], size_t n, int64_t deadline)
{
	HANDLE *waits, event;
	int r = ward__gate("CreateEventW");

	if (r < 0)
		return r;
	event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!event)
		return -ENOMEM;
	waits = ward__alloc(n * sizeof(HANDLE));
	r = waits ? sleep_watched(p, n, deadline, event, waits) : -ENOMEM;
	ward__free(waits);
	CloseHandle(event);
	return r;
}

int ward__process_sleep(struct ward__process *const p[], size_t n, int64_t deadline)
{
	for (size_t i = 0; i < n; i++)
		if (atomic_load_explicit(&p[i]->ended, memory_order_relaxed))
			return 1;
	return n <= MAXIMUM_WAIT_OBJECTS ? sleep_few(p, n, deadline) :
	                                   sleep_many(p, n, deadline);
}
