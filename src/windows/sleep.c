/* SPDX-License-Identifier: MIT */
/*
 * Sleeping until something has come: the end of a process, bytes, room for bytes, or a
 * HANDLE of the caller's that was set. Windows waits for 64 handles at once; for more,
 * the thread pool watches each of them and sets one event. What is hard: a handle of the
 * caller's may be one that the wait itself resets, so that who was woken by it must
 * remember it; one of a channel tells only that a look is worth while. Its clock ticks in
 * milliseconds and may be early by some, so that ours decides when a deadline has come.
 */
#include "sleep.h"

#include <errno.h>

#include "../gate.h"
#include "../memory.h"
#include "channel.h"
#include "os_error.h"
#include "process.h"

enum { LONGEST_MS = 0x7FFFFFFF };

/* What is waited for: handles, and whose they are. */
struct waits {
	HANDLE *handles;
	struct ward__event **owners;
	size_t n;
};

DWORD ward__milliseconds(int64_t deadline)
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

/* ---------------------------------------------------------------------------- to look */

/* The same handle twice in one wait is not allowed; the same ward twice is. */
static void add(struct waits *waits, HANDLE handle, struct ward__event *owner)
{
	size_t first = waits->n - waits->n % MAXIMUM_WAIT_OBJECTS;

	for (size_t i = first; i < waits->n; i++)
		if (waits->handles[i] == handle)
			return;
	waits->handles[waits->n] = handle;
	waits->owners[waits->n++] = owner;
}

static HANDLE handle_of(const struct ward__event *e)
{
	return e->process ? e->process->handle : (HANDLE)(intptr_t)e->descriptor;
}

static void look_at_channel(struct ward__event *e, struct waits *waits)
{
	HANDLE events[WARD__CHANNEL_EVENTS];
	size_t n;

	e->ready = ward__channel_is_ready(e->channel, e->wants, events, &n);
	for (size_t i = 0; !e->ready && i < n; i++)
		add(waits, events[i], e);
}

static bool is_known_to_have_ended(const struct ward__process *p)
{
	return p && atomic_load_explicit(&p->ended, memory_order_relaxed);
}

static void look_at_handle(struct ward__event *e, bool ask, struct waits *waits)
{
	HANDLE handle = handle_of(e);

	e->ready = is_known_to_have_ended(e->process) ||
	           (ask && WaitForSingleObject(handle, 0) == WAIT_OBJECT_0);
	if (!e->ready)
		add(waits, handle, e);
}

/*
 * Mark what is there, and list the handles of what is not. Those that only the system
 * knows of are asked for one by one when @ask says so.
 */
static int look(struct ward__event events[], size_t n, bool ask, struct waits *waits)
{
	int found = 0;

	waits->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct ward__event *e = &events[i];

		if (!e->ready && e->channel)
			look_at_channel(e, waits);
		else if (!e->ready)
			look_at_handle(e, ask, waits);
		found += e->ready;
	}
	return found;
}

/* A channel is looked at again: another thread may have been quicker. */
static void woken_by(struct ward__event *e)
{
	if (!e->channel)
		e->ready = true;
}

/* ------------------------------------------------------------------------- up to 64 */

/* Its index; -ETIMEDOUT. */
static int64_t wait_once(const HANDLE *handles, size_t n, DWORD ms)
{
	DWORD woken;
	int r = ward__gate("WaitForMultipleObjects");

	if (r < 0)
		return r;
	woken = WaitForMultipleObjects((DWORD)n, handles, FALSE, ms);
	if (woken == WAIT_FAILED)
		return ward__last_error();
	if (woken == WAIT_TIMEOUT)
		return -ETIMEDOUT;
	return woken >= WAIT_ABANDONED_0 ? woken - WAIT_ABANDONED_0 :
	                                   woken - WAIT_OBJECT_0;
}

static int64_t wait_until(const HANDLE *handles, size_t n, int64_t deadline)
{
	for (;;) {
		DWORD ms = ward__milliseconds(deadline);
		int64_t r = wait_once(handles, n, ms);

		if (r != -ETIMEDOUT || ms == 0)
			return r;
	}
}

static int wait_few(const struct waits *waits, int64_t deadline)
{
	int64_t r = wait_until(waits->handles, waits->n, deadline);

	if (r >= 0)
		woken_by(waits->owners[r]);
	return r < 0 ? (int)r : 0;
}

static int wait_for_nothing(int64_t deadline)
{
	DWORD ms;

	while ((ms = ward__milliseconds(deadline)) > 0)
		Sleep(ms);
	return -ETIMEDOUT;
}

/* ----------------------------------------------------------------------------- more */

/* One handle that the pool watches. */
struct watch {
	HANDLE wait;
	HANDLE event; /* to set */
	LONG came;
};

static void CALLBACK tell(void *of, BOOLEAN timed_out)
{
	struct watch *watch = of;

	(void)timed_out;
	InterlockedExchange(&watch->came, 1);
	SetEvent(watch->event);
}

static int watch(struct watch *watch, HANDLE handle, HANDLE event)
{
	int r = ward__gate("RegisterWaitForSingleObject");

	watch->event = event;
	if (r < 0)
		return r;
	if (!RegisterWaitForSingleObject(&watch->wait, handle, tell, watch, INFINITE,
	                                 WT_EXECUTEONLYONCE))
		return -ENOMEM;
	return 0;
}

static int wait_watched(const struct waits *waits, int64_t deadline, HANDLE event,
                        struct watch *watches)
{
	size_t watched = 0;
	int64_t r = 0;

	while (r == 0 && watched < waits->n) {
		r = watch(&watches[watched], waits->handles[watched], event);
		watched += r == 0;
	}
	if (r == 0)
		r = wait_until(&event, 1, deadline);
	/* Until none of the callbacks runs any more. */
	for (size_t i = 0; i < watched; i++) {
		UnregisterWaitEx(watches[i].wait, INVALID_HANDLE_VALUE);
		if (watches[i].came)
			woken_by(waits->owners[i]);
	}
	return (int)r;
}

/* What came before we slept costs no watches. */
static int64_t poll_in_groups(const struct waits *waits)
{
	int64_t r = -ETIMEDOUT;

	for (size_t i = 0; r == -ETIMEDOUT && i < waits->n; i += MAXIMUM_WAIT_OBJECTS) {
		size_t n = waits->n - i;

		r = wait_once(waits->handles + i,
		              n < MAXIMUM_WAIT_OBJECTS ? n : MAXIMUM_WAIT_OBJECTS, 0);
		if (r >= 0)
			r += (int64_t)i;
	}
	return r;
}

static int wait_many(const struct waits *waits, int64_t deadline)
{
	struct watch *watches;
	HANDLE event;
	int64_t found = poll_in_groups(waits);
	int r;

	if (found >= 0)
		woken_by(waits->owners[found]);
	if (found != -ETIMEDOUT)
		return found < 0 ? (int)found : 0;
	r = ward__gate("CreateEventW");
	if (r < 0)
		return r;
	event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!event)
		return -ENOMEM;
	watches = ward__alloc(waits->n * sizeof(*watches));
	r = watches ? wait_watched(waits, deadline, event, watches) : -ENOMEM;
	ward__free(watches);
	CloseHandle(event);
	return r;
}

/* -------------------------------------------------------------------------- the whole */

static int wait_for(const struct waits *waits, int64_t deadline)
{
	if (waits->n == 0)
		return wait_for_nothing(deadline);
	return waits->n <= MAXIMUM_WAIT_OBJECTS ? wait_few(waits, deadline) :
	                                          wait_many(waits, deadline);
}

static int sleep_with(struct ward__event events[], size_t n, int64_t deadline,
                      struct waits *waits)
{
	int r = 0, found = look(events, n, false, waits);

	while (r == 0 && found == 0) {
		r = wait_for(waits, deadline);
		found = r == 0 || r == -ETIMEDOUT ? look(events, n, true, waits) : 0;
	}
	if (found > 0)
		look(events, n, true, waits);
	if (r < 0 && r != -ETIMEDOUT)
		return r;
	return found > 0;
}

/* A channel may have one event for each direction. */
static size_t room_for(const struct ward__event events[], size_t n)
{
	size_t room = n;

	for (size_t i = 0; i < n; i++)
		room += events[i].channel != NULL;
	return room;
}

int ward__sleep(struct ward__event events[], size_t n, int64_t deadline)
{
	HANDLE few[MAXIMUM_WAIT_OBJECTS];
	struct ward__event *few_owners[MAXIMUM_WAIT_OBJECTS];
	struct waits waits = { few, few_owners, 0 };
	size_t room = room_for(events, n);
	char *memory = NULL;
	int r;

	for (size_t i = 0; i < n; i++)
		events[i].ready = false;
	if (room > MAXIMUM_WAIT_OBJECTS) {
		memory = ward__alloc(room *
		                     (sizeof(*waits.handles) + sizeof(*waits.owners)));
		if (!memory)
			return -ENOMEM;
		waits.handles = (HANDLE *)memory;
		waits.owners = (struct ward__event **)(memory + room * sizeof(HANDLE));
	}
	r = sleep_with(events, n, deadline, &waits);
	ward__free(memory);
	return r;
}
