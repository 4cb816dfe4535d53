/* SPDX-License-Identifier: MIT */
/*
 * Waiting on a set. The poller is asked for a batch; what it tells of becomes a queue,
 * and each call takes one event from that. Starts and the clock have their turn before
 * each sleep. Any number of threads may be here, of which each sleeps with the lock given
 * up.
 */
#include <errno.h>

#include "call.h"
#include "set.h"
#include "sized.h"

enum { BATCH = 64 };

static struct ward__member *take_first(struct ward_set *set)
{
	struct ward__member *m = set->queue.first;

	if (!m)
		return NULL;
	set->queue.first = m->next;
	if (!m->next)
		set->queue.end = &set->queue.first;
	m->next = NULL;
	m->flags &= ~(uint32_t)WARD__MEMBER_QUEUED;
	return m;
}

/* It goes to the end of the queue, so that one that talks all the time keeps no one else
 * from being heard. */
static int event_of_queue(struct ward_set *set, struct ward_event *ret)
{
	struct ward__member *m;
	int r = 0;

	while (r == 0 && (m = take_first(set)) != NULL) {
		if (!m->ward) {
			ward__set_vacate(set, m);
			continue;
		}
		r = ward__member_event(set, m, ret);
		if (m->ward && ward__member_has_more(m))
			ward__set_queue(set, m);
	}
	return r;
}

static int sleep_until(struct ward_set *set, int64_t deadline)
{
	uint64_t tokens[BATCH];
	int n;

	/* Alone, we know what we sleep for; a second one tells the poller for both. */
	if (set->sleeping++ > 0 || set->alarm >= 0)
		ward__set_alarm(set);
	deadline = ward__earlier(deadline, ward__set_due(set));
	set->unasked = 0;
	ward__poller_unlock(set->poller);
	n = ward__poller_wait(set->poller, tokens, BATCH, deadline);
	ward__poller_lock(set->poller);
	set->sleeping--;
	for (int i = 0; i < n; i++)
		ward__set_told(set, tokens[i]);
	return n;
}

static int wait_for_event(struct ward_set *set, int64_t deadline, struct ward_event *ret)
{
	uint64_t wakes = set->wakes;
	bool is_last = false;

	for (;;) {
		int64_t now = ward__now();
		int r = 0;

		ward__clock_run(set, now);
		ward__set_ask(set, now);
		ward__set_start(set);
		/* Some may have something to tell without end: others shall be heard. */
		if (set->queue.first && set->unasked++ >= BATCH)
			r = sleep_until(set, now);
		if (r >= 0)
			r = ward__set_event(set, ret);
		if (r == 0)
			r = event_of_queue(set, ret);
		if (r != 0 || set->wakes != wakes || is_last)
			return r;
		r = sleep_until(set, deadline);
		if (r < 0)
			return r;
		is_last = ward__is_due(deadline);
	}
}

/* One that is to return is one less to be woken, whatever it returns. */
static int wait_on(struct ward_set *set, int64_t deadline, struct ward_event *ret)
{
	uint64_t wakes = set->wakes;
	int r;

	if (set->is_woken) {
		set->is_woken = false;
		return 0;
	}
	set->waiting++;
	r = wait_for_event(set, deadline, ret);
	set->waiting--;
	if (set->wakes != wakes && set->to_wake > 0)
		set->to_wake--;
	return r;
}

int ward_set_wait(struct ward_set *set, int64_t timeout_ns, struct ward_event *ret)
{
	struct ward__call call;
	int r;

	if (!ret || ward__sized_check(ret, sizeof(*ret)) < 0 ||
	    (!ret->buffer && ret->room > 0))
		return -EINVAL;
	r = ward__set_begin(set, &call);
	if (r < 0)
		return r;
	r = wait_on(set, ward__deadline(timeout_ns), ret);
	ward__set_end(set, &call);
	return r;
}
