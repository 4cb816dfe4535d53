/* SPDX-License-Identifier: MIT */
/*
 * Sets: made, filled, emptied, closed, and lent to other loops. A set owns nothing but
 * its own memory: wards stay their owners', who may close them at any time.
 */
#include "set.h"

#include <errno.h>

#include "call.h"
#include "memory.h"
#include "sized.h"

/* ------------------------------------------------------------------------------ alarm */

/* When there is something to do though nothing is told; 0: now. */
int64_t ward__set_due(const struct ward_set *set)
{
	if (set->queue.first || set->failed.first || set->shortage || set->to_wake ||
	    (set->is_woken && set->waiting == 0))
		return 0;
	return ward__earlier(ward__earlier(ward__clock_next(set), set->ask_at),
	                     ward__set_start_at(set));
}

/*
 * A wait of one thread alone knows what it sleeps for: only who sleeps already, or has
 * our descriptor, needs to be told.
 */
void ward__set_alarm(struct ward_set *set)
{
	int64_t when = -1;

	if (set->is_lent || set->sleeping > 0)
		when = ward__set_due(set);
	if (when == set->alarm)
		return;
	set->alarm = when;
	ward__poller_alarm(set->poller, when);
}

/* ------------------------------------------------------------------------------- life */

static void queue_init(struct ward__queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

static bool is_ours(const struct ward_set *set)
{
	return ward__poller_is_ours(set->poller);
}

/*
 * In a forked copy there is nobody else to be kept out, and who had the lock stayed
 * behind.
 */
void ward__set_lock(struct ward_set *set)
{
	if (is_ours(set))
		ward__poller_lock(set->poller);
}

void ward__set_unlock(struct ward_set *set)
{
	if (is_ours(set))
		ward__poller_unlock(set->poller);
}

/* By ward_close. */
static void forget(struct ward_set *set, struct ward *w)
{
	struct ward__member *m;

	ward__set_lock(set);
	m = ward__set_find(set, w);
	if (m)
		ward__set_leave(set, m);
	if (is_ours(set))
		ward__set_alarm(set);
	ward__set_unlock(set);
	ward__set_release(set);
}

int ward_set_new(struct ward_set **ret, const struct ward_set_opts *opts)
{
	struct ward_set_opts whole = { .size = sizeof(whole) };
	struct ward__call call;
	struct ward_set *set;
	int r = 0;

	if (opts)
		r = ward__sized_read(&whole, sizeof(whole), opts, sizeof(whole));
	if (r < 0 || !ret || whole.flags || whole.reserved0 ||
	    !ward__all_zero(whole.reserved, 4))
		return r < 0 ? r : -EINVAL;
	call = ward__call_begin();
	set = ward__alloc(sizeof(*set));
	r = set ? ward__poller_new(&set->poller) : -ENOMEM;
	if (r < 0) {
		ward__free(set);
	} else {
		set->forget = forget;
		atomic_init(&set->users, 1);
		set->opts = whole;
		queue_init(&set->queue);
		ward__launches_init(set);
		set->ask_at = set->alarm = -1;
		*ret = set;
	}
	ward__call_end(&call);
	return r;
}

void ward__set_release(struct ward_set *set)
{
	if (atomic_fetch_sub_explicit(&set->users, 1, memory_order_acq_rel) > 1)
		return;
	ward__poller_free(set->poller);
	for (size_t i = 0; i < set->n_blocks; i++)
		ward__free(set->blocks[i]);
	ward__free(set->blocks);
	ward__free(set->heap);
	ward__free(set);
}

int ward__set_begin(struct ward_set *set, struct ward__call *call)
{
	if (!set)
		return -EINVAL;
	if (!is_ours(set))
		return -ECHILD;
	*call = ward__call_begin();
	ward__poller_lock(set->poller);
	return 0;
}

void ward__set_end(struct ward_set *set, const struct ward__call *call)
{
	ward__set_alarm(set);
	ward__poller_unlock(set->poller);
	ward__call_end(call);
}

/* -------------------------------------------------------------------------- members */

static int join(struct ward_set *set, struct ward *w, void *cookie,
                struct ward__care *care, int64_t timeout_ns)
{
	struct ward__member *m = ward__set_place(set);
	int r;

	if (!m)
		return -ENOMEM;
	ward__set_join(set, m, w);
	m->cookie = cookie;
	m->care = care;
	r = ward__set_watch(set, m);
	if (r < 0) {
		m->care = NULL;           /* the caller's */
		ward__set_leave(set, m);
		return r;
	}
	if (timeout_ns > 0)
		ward__clock_set(set, m, ward__deadline(timeout_ns));
	return 0;
}

/* What it needs is there before it is watched. */
static int add(struct ward_set *set, struct ward *w, void *cookie,
               const struct ward_watch_opts *opts)
{
	struct ward__care *care = NULL;
	int r;

	if (ward__care_is_needed(opts, ward__hungry_count(w) > 0)) {
		r = ward__care_make(&care, set, opts,
		                    w->streams ? w->streams->n_streams : 0);
		if (r < 0)
			return r;
		ward__care_open(care, w);
	}
	r = join(set, w, cookie, care, opts->timeout_ns);
	if (r < 0)
		ward__care_drop(set, care);
	return r;
}

int ward_set_add(struct ward_set *set, struct ward *w, void *cookie,
                 const struct ward_watch_opts *opts)
{
	struct ward_watch_opts whole;
	struct ward__call call;
	int r;

	if (!set || !w)
		return -EINVAL;
	r = ward__watch_read(&whole, opts);
	if (r == 0 && (whole.flags & WARD_WATCH_THREAD))
		r = -EINVAL;
	if (r == 0)
		r = ward__set_begin(set, &call);
	if (r != 0)
		return r;
	r = ward__set_find(set, w) ? -EEXIST : add(set, w, cookie, &whole);
	ward__set_end(set, &call);
	return r;
}

int ward_set_remove(struct ward_set *set, struct ward *w)
{
	struct ward__member *m;
	struct ward__call call;
	int r = w ? ward__set_begin(set, &call) : -EINVAL;

	if (r < 0)
		return r;
	m = ward__set_find(set, w);
	if (m)
		ward__set_leave(set, m);
	ward__set_end(set, &call);
	return m ? 0 : -ENOENT;
}

int64_t ward_set_count(struct ward_set *set)
{
	int64_t n;

	if (!set)
		return -EINVAL;
	if (!is_ours(set))
		return -ECHILD;
	ward__poller_lock(set->poller);
	n = set->n_members + (int64_t)set->n_launches + (set->shortage != 0);
	ward__poller_unlock(set->poller);
	return n;
}

/* ------------------------------------------------------------------- for who waits */

int ward_set_wake(struct ward_set *set)
{
	struct ward__call call;
	int r = ward__set_begin(set, &call);

	if (r < 0)
		return r;
	if (set->waiting > 0) {
		set->wakes++;
		set->to_wake = set->waiting;
	} else {
		set->is_woken = true;
	}
	ward__set_end(set, &call);
	return 0;
}

struct ward__poller *ward__set_lend(struct ward_set *set)
{
	ward__poller_lock(set->poller);
	set->is_lent = true;
	ward__set_alarm(set);
	ward__poller_unlock(set->poller);
	return set->poller;
}

int ward_set_fd(struct ward_set *set)
{
	struct ward__call call;
	int r;

	if (!set)
		return -EINVAL;
	if (!is_ours(set))
		return -ECHILD;
	call = ward__call_begin();
	r = ward__poller_fd(set->poller);
	if (r >= 0)
		ward__set_lend(set);
	ward__call_end(&call);
	return r;
}

/* ------------------------------------------------------------------------------ close */

/*
 * Those whose STARTED nobody has taken are nobody's: the list of them, by `sibling`. In a
 * forked copy they are the parent's.
 */
static struct ward__member *leave_all(struct ward_set *set)
{
	struct ward__member *kept = NULL;

	for (size_t i = 0; i < set->n_blocks * WARD__BLOCK; i++) {
		struct ward__member *m = ward__set_at(set, i);
		struct ward *w = m->ward;
		bool is_nobodys = w && (m->flags & WARD__MEMBER_STARTED);

		if (w)
			ward__set_leave(set, m);
		if (is_nobodys && is_ours(set)) {
			m->ward = w;
			m->sibling = kept;
			kept = m;
		}
	}
	return kept;
}

void ward_set_close(struct ward_set *set)
{
	struct ward__member *kept;
	struct ward__call call;

	if (!set)
		return;
	call = ward__call_begin();
	ward__set_lock(set);
	set->is_closed = true;
	kept = leave_all(set);
	ward__launches_drop(set);
	ward__set_unlock(set);
	for (; kept; kept = kept->sibling)
		ward_close(kept->ward);
	ward__set_release(set);
	ward__call_end(&call);
}
