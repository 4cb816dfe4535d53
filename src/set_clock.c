/* SPDX-License-Identifier: MIT */
/*
 * The clock of a set: deadlines, and the steps of stopping after them, in a heap whose
 * first is the next that is due. Room for a member is reserved before it is watched, so
 * that the clock never fails.
 */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "memory.h"
#include "set.h"
#include "stop.h"

/* ------------------------------------------------------------------------------ heap */

int ward__clock_reserve(struct ward_set *set)
{
	struct ward__member **heap;
	size_t room;

	if (set->heap_reserved < set->heap_room) {
		set->heap_reserved++;
		return 0;
	}
	room = set->heap_room ? 2 * set->heap_room : 16;
	heap = ward__alloc(room * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	if (set->heap_size > 0)
		memcpy(heap, set->heap, set->heap_size * sizeof(*heap));
	ward__free(set->heap);
	set->heap = heap;
	set->heap_room = room;
	set->heap_reserved++;
	return 0;
}

void ward__clock_release(struct ward_set *set)
{
	set->heap_reserved--;
}

static void put(struct ward_set *set, size_t at, struct ward__member *m)
{
	set->heap[at] = m;
	m->care->heap_index = at;
}

static void sift_up(struct ward_set *set, size_t at)
{
	struct ward__member *m = set->heap[at];

	while (at > 0) {
		struct ward__member *above = set->heap[(at - 1) / 2];

		if (above->care->due <= m->care->due)
			break;
		put(set, at, above);
		at = (at - 1) / 2;
	}
	put(set, at, m);
}

static void sift_down(struct ward_set *set, size_t at)
{
	struct ward__member *m = set->heap[at];
	size_t below;

	while ((below = 2 * at + 1) < set->heap_size) {
		if (below + 1 < set->heap_size &&
		    set->heap[below + 1]->care->due < set->heap[below]->care->due)
			below++;
		if (m->care->due <= set->heap[below]->care->due)
			break;
		put(set, at, set->heap[below]);
		at = below;
	}
	put(set, at, m);
}

void ward__clock_clear(struct ward_set *set, struct ward__member *m)
{
	struct ward__member *last;
	size_t at;

	if (!m->care || m->care->heap_index == SIZE_MAX)
		return;
	at = m->care->heap_index;
	m->care->heap_index = SIZE_MAX;
	last = set->heap[--set->heap_size];
	if (last == m)
		return;
	put(set, at, last);
	sift_up(set, at);
	sift_down(set, last->care->heap_index);
}

void ward__clock_set(struct ward_set *set, struct ward__member *m, int64_t due)
{
	ward__clock_clear(set, m);
	if (due < 0)
		return;
	m->care->due = due;
	put(set, set->heap_size++, m);
	sift_up(set, m->care->heap_index);
}

int64_t ward__clock_next(const struct ward_set *set)
{
	return set->heap_size > 0 ? set->heap[0]->care->due : -1;
}

/* --------------------------------------------------------------------------- stopping */

/*
 * What the first step that could be sent came to. A step that the system cannot send is
 * passed over; one that fails has its time like any other.
 */
static int next_step(struct ward_set *set, struct ward__member *m)
{
	struct ward__care *care = m->care;
	int r = 0;

	ward__clock_clear(set, m);
	while (care->step < care->n_steps) {
		const struct ward_stop_step *step = &care->steps[care->step++];

		r = ward__stop_send(m->ward, step);
		if (r == -ENOTSUP && care->step < care->n_steps)
			continue;
		ward__clock_set(set, m, ward__deadline(step->timeout_ns));
		break;
	}
	return r;
}

/* Also when nobody has been told yet: there is nobody to signal any more. */
static bool has_ended(const struct ward__member *m)
{
	struct ward_exit exit = WARD_EXIT_INIT;

	return (m->flags & WARD__MEMBER_OVER) || ward__end(m->ward, &exit) > 0;
}

static void run_off(struct ward_set *set, struct ward__member *m)
{
	ward__clock_clear(set, m);
	/* It ended before we were there to look. */
	if (has_ended(m)) {
		m->flags |= WARD__MEMBER_TOLD;
		ward__set_queue(set, m);
		return;
	}
	if (m->care->is_stopping) {
		next_step(set, m);
		return;
	}
	m->flags |= WARD__MEMBER_DEADLINE;
	ward__set_queue(set, m);
	if (m->care->flags & WARD_WATCH_TELL)
		return;
	m->care->is_stopping = true;
	next_step(set, m);
}

void ward__clock_run(struct ward_set *set, int64_t now)
{
	while (set->heap_size > 0 && set->heap[0]->care->due <= now)
		run_off(set, set->heap[0]);
}

/* -------------------------------------------------------------------------------- API */

/* A member that was added without any care gets some. */
static int need_care(struct ward_set *set, struct ward__member *m)
{
	const struct ward_watch_opts none = { .size = sizeof(none) };

	return m->care ? 0 : ward__care_make(&m->care, set, &none, 0);
}

static int stop(struct ward_set *set, struct ward__member *m,
                const struct ward_stop_step steps[], size_t n)
{
	int r = has_ended(m) ? -ESRCH : need_care(set, m);

	if (r == 0 && n > 0)
		r = ward__care_steps(m->care, steps, n);
	if (r < 0)
		return r;
	if (n == 0)
		ward__care_gentle(m->care);
	m->care->is_stopping = true;
	m->care->step = 0;
	return next_step(set, m);
}

int ward_set_stop(struct ward_set *set, struct ward *w,
                  const struct ward_stop_step steps[], size_t n)
{
	struct ward__member *m;
	struct ward__call call;
	int r;

	if (!w || ward__stop_check(steps, n) < 0)
		return -EINVAL;
	r = ward__set_begin(set, &call);
	if (r < 0)
		return r;
	m = ward__set_find(set, w);
	r = m ? stop(set, m, steps, n) : -ENOENT;
	ward__set_end(set, &call);
	return r;
}

static int put_off(struct ward_set *set, struct ward__member *m, int64_t timeout_ns)
{
	int r = need_care(set, m);

	if (r < 0)
		return r;
	if (m->care->is_stopping || (m->flags & WARD__MEMBER_DEADLINE))
		return -EALREADY;
	ward__clock_set(set, m, ward__deadline(timeout_ns));
	return 0;
}

int ward_set_deadline(struct ward_set *set, struct ward *w, int64_t timeout_ns)
{
	struct ward__member *m;
	struct ward__call call;
	int r = w ? ward__set_begin(set, &call) : -EINVAL;

	if (r < 0)
		return r;
	m = ward__set_find(set, w);
	if (!m)
		r = -ENOENT;
	else
		r = m->flags & WARD__MEMBER_OVER ? -ESRCH : put_off(set, m, timeout_ns);
	ward__set_end(set, &call);
	return r;
}
