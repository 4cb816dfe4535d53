/* SPDX-License-Identifier: MIT */
/*
 * A list of what has come, and all the ways to learn that it is not empty: a condition
 * variable for our own waits, an event and a packet to a port for other loops. It is a
 * list and not a completion port of ours because nothing here may fail once a child is
 * watched: a port needs memory for each packet, no packet can be taken back when what it
 * tells of is removed, and an alarm would need one for every thread that sleeps. What is
 * hard is that the event is neither set too late nor reset too early: it changes with
 * the lock that the list and the alarm change with, and nowhere else.
 */
#include "telling.h"

#include <errno.h>

#include "../deadline.h"
#include "../gate.h"
#include "os_error.h"
#include "sleep.h"

enum { IDLE = 0, EXPECTED, TO_BE_TOLD };
enum { NS_PER_TICK = 100, AGAIN_NS = 10000000 };

/* ---------------------------------------------------------------- all with the lock */

static bool is_empty(const struct ward__telling *t)
{
	return t->ring.after == &t->ring;
}

static bool is_worth_a_wait(const struct ward__telling *t)
{
	return !is_empty(t) || ward__is_due(t->alarm);
}

static void link_last(struct ward__telling *t, struct ward__told *it)
{
	it->after = &t->ring;
	it->before = t->ring.before;
	it->before->after = it;
	t->ring.before = it;
}

static void take_out(struct ward__told *it)
{
	it->before->after = it->after;
	it->after->before = it->before;
	it->state = IDLE;
}

static void set_event(struct ward__telling *t, bool is_set)
{
	if (!t->event || t->is_set == is_set)
		return;
	t->is_set = is_set;
	if (is_set)
		SetEvent(t->event);
	else
		ResetEvent(t->event);
}

/* One that the port does not take, for want of memory, is owed still. */
static int post(struct ward__telling *t)
{
	const struct ward__packet *p = &t->packet;
	int r = ward__gate("PostQueuedCompletionStatus");

	if (r < 0)
		return r;
	if (!PostQueuedCompletionStatus(p->port, 0, p->key, p->overlapped))
		return ward__last_error();
	t->packet.port = NULL;
	return 0;
}

/* The timer rings in so many nanoseconds. */
static void start_timer(struct ward__telling *t, int64_t ns)
{
	ULARGE_INTEGER due;
	FILETIME time;

	/* From now on, where negative. */
	due.QuadPart = (ULONGLONG)-(ns / NS_PER_TICK + 1);
	time.dwLowDateTime = due.LowPart;
	time.dwHighDateTime = due.HighPart;
	SetThreadpoolTimer(t->timer, &time, 0, 0);
}

/* For the loops outside; our own waits look at the clock themselves. */
static void set_timer(struct ward__telling *t)
{
	int64_t left = t->alarm < 0 ? 0 : t->alarm - ward__now();

	if (t->timer && left > 0)
		start_timer(t, left);
	else if (t->timer)
		SetThreadpoolTimer(t->timer, NULL, 0, 0);
}

/* Tell the loops outside what has become of the list and the alarm. */
static void show(struct ward__telling *t)
{
	bool is_worth;

	if (!t->event && !t->packet.port)
		return;
	is_worth = is_worth_a_wait(t);
	set_event(t, is_worth);
	if (is_worth && t->packet.port && post(t) < 0)
		start_timer(t, AGAIN_NS);
}

static int take(struct ward__telling *t, uint64_t *tokens, size_t n)
{
	int taken = 0;

	while ((size_t)taken < n && !is_empty(t)) {
		struct ward__told *it = t->ring.after;

		tokens[taken++] = it->token;
		take_out(it);
	}
	return taken;
}

/* --------------------------------------------------------------------- what has come */

bool ward__telling_expect(struct ward__telling *t, struct ward__told *it)
{
	bool was_idle;

	AcquireSRWLockExclusive(&t->lock);
	was_idle = it->state == IDLE;
	if (was_idle)
		it->state = EXPECTED;
	ReleaseSRWLockExclusive(&t->lock);
	return was_idle;
}

void ward__telling_tell(struct ward__telling *t, struct ward__told *it)
{
	AcquireSRWLockExclusive(&t->lock);
	if (it->state == EXPECTED) {
		it->state = TO_BE_TOLD;
		link_last(t, it);
		show(t);
	}
	ReleaseSRWLockExclusive(&t->lock);
	WakeConditionVariable(&t->changed);
}

void ward__telling_forget(struct ward__telling *t, struct ward__told *it)
{
	AcquireSRWLockExclusive(&t->lock);
	if (it->state == TO_BE_TOLD) {
		take_out(it);
		show(t);
	}
	it->state = IDLE;
	ReleaseSRWLockExclusive(&t->lock);
}

/* -------------------------------------------------------------------------- our waits */

/* 0: look again; -ETIMEDOUT. */
static int sleep_once(struct ward__telling *t, int64_t deadline)
{
	DWORD ms = ward__milliseconds(ward__earlier(deadline, t->alarm));
	int r;

	if (ms == 0)
		return -ETIMEDOUT;
	r = ward__gate("SleepConditionVariableSRW");
	if (r < 0)
		return r;
	if (!SleepConditionVariableSRW(&t->changed, &t->lock, ms, 0) &&
	    GetLastError() != ERROR_TIMEOUT)
		return ward__last_error();
	return 0;
}

/* What one does not take is another's: each wake is of one thread. */
int ward__telling_wait(struct ward__telling *t, uint64_t *tokens, size_t n,
                       int64_t deadline)
{
	bool is_more;
	int taken, r = 0;

	AcquireSRWLockExclusive(&t->lock);
	while (r == 0 && !is_worth_a_wait(t))
		r = sleep_once(t, deadline);
	taken = take(t, tokens, n);
	if (taken > 0)
		show(t);
	is_more = !is_empty(t);
	ReleaseSRWLockExclusive(&t->lock);
	if (is_more)
		WakeConditionVariable(&t->changed);
	return taken > 0 || r == -ETIMEDOUT ? taken : r;
}

void ward__telling_alarm(struct ward__telling *t, int64_t when)
{
	bool is_new, is_sooner;

	AcquireSRWLockExclusive(&t->lock);
	is_new = t->alarm != when;
	is_sooner = is_new && when >= 0 && ward__earlier(t->alarm, when) == when;
	t->alarm = when;
	if (is_new) {
		set_timer(t);
		show(t);
	}
	ReleaseSRWLockExclusive(&t->lock);
	if (is_sooner)
		WakeAllConditionVariable(&t->changed);
}

/* -------------------------------------------------------------------- loops outside */

/* Its clock is not ours: one that comes early is set again. And a packet is owed. */
static void CALLBACK ring_alarm(TP_CALLBACK_INSTANCE *instance, void *of, TP_TIMER *timer)
{
	struct ward__telling *t = of;

	(void)instance;
	(void)timer;
	AcquireSRWLockExclusive(&t->lock);
	if (!ward__is_due(t->alarm))
		set_timer(t);
	show(t);
	ReleaseSRWLockExclusive(&t->lock);
}

/* With the lock. */
static int make_timer(struct ward__telling *t)
{
	int r;

	if (t->timer)
		return 0;
	r = ward__gate("CreateThreadpoolTimer");
	if (r < 0)
		return r;
	t->timer = CreateThreadpoolTimer(ring_alarm, t, NULL);
	if (!t->timer)
		return -ENOMEM;
	set_timer(t);
	return 0;
}

/* With the lock. */
static int make_event(struct ward__telling *t)
{
	int r = make_timer(t);

	if (r == 0)
		r = ward__gate("CreateEventW");
	if (r < 0)
		return r;
	t->event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!t->event)
		return -ENOMEM;
	show(t);
	return 0;
}

int ward__telling_event(struct ward__telling *t, HANDLE *ret)
{
	int r;

	AcquireSRWLockExclusive(&t->lock);
	r = t->event ? 0 : make_event(t);
	if (r == 0)
		*ret = t->event;
	ReleaseSRWLockExclusive(&t->lock);
	return r;
}

/* With the lock. */
static int owe(struct ward__telling *t, const struct ward__packet *packet)
{
	int r;

	if (t->packet.port)
		return -EBUSY;
	r = make_timer(t);
	if (r < 0)
		return r;
	t->packet = *packet;
	if (is_worth_a_wait(t))
		r = post(t);
	if (r < 0)
		t->packet.port = NULL;
	return r;
}

int ward__telling_post(struct ward__telling *t, const struct ward__packet *packet)
{
	int r;

	AcquireSRWLockExclusive(&t->lock);
	r = owe(t, packet);
	ReleaseSRWLockExclusive(&t->lock);
	return r;
}

/* ----------------------------------------------------------------------- its own life */

void ward__telling_open(struct ward__telling *t)
{
	InitializeSRWLock(&t->lock);
	InitializeConditionVariable(&t->changed);
	t->ring.before = t->ring.after = &t->ring;
	t->alarm = -1;
}

/* Without alarm and packet the timer's callback does not set it again. */
void ward__telling_close(struct ward__telling *t)
{
	AcquireSRWLockExclusive(&t->lock);
	t->alarm = -1;
	t->packet.port = NULL;
	set_timer(t);
	ReleaseSRWLockExclusive(&t->lock);
	if (t->timer) {
		WaitForThreadpoolTimerCallbacks(t->timer, TRUE);
		CloseThreadpoolTimer(t->timer);
	}
	if (t->event)
		CloseHandle(t->event);
}
