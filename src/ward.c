/* SPDX-License-Identifier: MIT */
/*
 * The life of a ward: made, shared, closed. The hard part is a close while other threads
 * are inside a call: owners are counted apart from calls under way, the last owner
 * decides what befalls the process, and whoever leaves last frees the memory.
 */
#include "handle.h"

#include <errno.h>

#include "call.h"
#include "memory.h"
#include "set.h"
#include "signal_name.h"
#include "stream.h"

#define WARD_TEXT_(x) #x
#define WARD_TEXT(x) WARD_TEXT_(x)

const char *ward_version(void)
{
	return WARD_TEXT(WARD_VERSION_MAJOR) "." WARD_TEXT(
		WARD_VERSION_MINOR) "." WARD_TEXT(WARD_VERSION_PATCH);
}

struct ward *ward__new(void)
{
	struct ward *w = ward__alloc(sizeof(*w));

	if (!w)
		return NULL;
	atomic_init(&w->owners, 1);
	atomic_init(&w->users, 1);
	atomic_init(&w->wall, -1);
	w->started = -1;
	return w;
}

void ward__delete(struct ward *w)
{
	if (w->process)
		ward__process_free(w->process);
	ward__streams_free(w->streams);
	ward__free(w);
}

void ward__enter(struct ward *w)
{
	atomic_fetch_add_explicit(&w->users, 1, memory_order_relaxed);
}

void ward__leave(struct ward *w)
{
	if (atomic_fetch_sub_explicit(&w->users, 1, memory_order_acq_rel) == 1)
		ward__delete(w);
}

struct ward *ward_ref(struct ward *w)
{
	if (w)
		atomic_fetch_add_explicit(&w->owners, 1, memory_order_relaxed);
	return w;
}

/*
 * What it takes to sleep may be missing for now; it was killed, and ends all the same. A
 * copy of the program that was forked off has no child there to wait for.
 */
static void wait_killed(struct ward *w)
{
	struct ward_exit exit = WARD_EXIT_INIT;
	int r;

	do
		r = ward__wait(w, WARD_FOREVER, NULL);
	while (r < 0 && r != -ECHILD && r != -ENOTSUP && ward__end(w, &exit) == 0);
}

/* What we may not kill any more would be waited for for ever. */
void ward__kill_or_leave(struct ward *w)
{
	const int sig = ward__signal_by_name("KILL");

	if (w->on_close != WARD_LEAVE &&
	    ward__process_signal(w->process, sig, false) == -EPERM)
		w->on_close = WARD_LEAVE;
}

/*
 * Its job would not find its group without it, and is to collect it if it has ended. Who
 * has not ended is the program's to collect, in a job and out of it.
 */
static bool is_left_to_job(struct ward *w)
{
	struct ward__event end = { .process = w->process, .descriptor = -1 };
	int led = WARD__GROUP_LED;

	if (atomic_load_explicit(&w->grouped, memory_order_relaxed) != led ||
	    w->on_close != WARD_LEAVE || ward__process_keeps_group(w->process))
		return false;
	return ward__sleep(&end, 1, ward__deadline(0)) != 1 ||
	       atomic_compare_exchange_strong(&w->grouped, &led, WARD__GROUP_LEFT);
}

/* Returns true when the ward was given away to the orphans. */
static bool settle(struct ward *w)
{
	struct ward_exit exit = WARD_EXIT_INIT;

	ward__kill_or_leave(w);
	ward__streams_close(w->streams);
	if (w->on_close == WARD_KILL_WAIT)
		wait_killed(w);
	if (!w->spawned || is_left_to_job(w) || ward__end(w, &exit) != 0 ||
	    w->on_close == WARD_LEAVE)
		return false;
	ward__orphan_add(w);
	return true;
}

/* One of the sets that it is in, which stays while we use it; NULL: it is in none. */
static struct ward_set *use_a_set(struct ward *w)
{
	struct ward__member *m;
	struct ward_set *set = NULL;

	ward__process_lock(w->process);
	m = atomic_load_explicit(&w->members, memory_order_relaxed);
	if (m) {
		set = m->set;
		atomic_fetch_add_explicit(&set->users, 1, memory_order_relaxed);
	}
	ward__process_unlock(w->process);
	return set;
}

/*
 * One at a time, since a set may be closing, too. The lock is taken even if it is in none
 * any more: who took it out may be about to give up the lock, which is freed with it.
 */
static void leave_sets(struct ward *w)
{
	struct ward_set *set;

	while ((set = use_a_set(w)) != NULL)
		set->forget(set, w);
}

void ward_close(struct ward *w)
{
	struct ward__call call;

	if (!w)
		return;
	call = ward__call_begin();
	if (atomic_fetch_sub_explicit(&w->owners, 1, memory_order_acq_rel) == 1) {
		leave_sets(w);
		if (!settle(w))
			ward__leave(w);
	}
	ward__orphans_collect();
	ward__call_end(&call);
}

int64_t ward_pid(const struct ward *w)
{
	return w ? ward__process_pid(w->process) : -EINVAL;
}

int ward_hold(const struct ward *w)
{
	return w ? ward__process_hold(w->process) : -EINVAL;
}

int ward_owner_death(const struct ward *w)
{
	if (!w)
		return -EINVAL;
	return w->ends_with_job ? WARD_DEATH_JOB : ward__process_owner_death(w->process);
}
