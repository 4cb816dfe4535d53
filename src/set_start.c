/* SPDX-License-Identifier: MIT */
/*
 * Starts of a set: a queue, two limits, and patience. What a member needs is reserved
 * when the start is asked for, so that nothing can fail once there is a child. The lock
 * is given up while a program is started, here or on a thread of its own, which may
 * outlive the set.
 */
#include <errno.h>

#include "call.h"
#include "memory.h"
#include "set.h"
#include "sized.h"
#include "spawn_copy.h"

static const int64_t first_pause = WARD_NS_PER_MS, longest_pause = WARD_NS_PER_S;

/* How many are started in one turn, before others have theirs. */
enum { TURN = 16 };

struct ward__launch {
	struct ward__launch *next;
	struct ward_set *set;
	struct ward__member *place;   /* reserved */
	struct ward__care *care;      /* reserved; NULL: none is needed */
	struct ward__spawn_copy *copy;
	void *cookie;
	bool on_thread;
	int code, step;               /* once it has failed */
};

/* -------------------------------------------------------------------------- the queue */

static void list_init(struct ward__launches *list)
{
	list->first = NULL;
	list->end = &list->first;
}

void ward__launches_init(struct ward_set *set)
{
	list_init(&set->launches);
	list_init(&set->failed);
	set->start_at = set->paced_at = -1;
}

static void append(struct ward__launches *list, struct ward__launch *launch)
{
	launch->next = NULL;
	*list->end = launch;
	list->end = &launch->next;
}

static void put_first(struct ward__launches *list, struct ward__launch *launch)
{
	launch->next = list->first;
	if (!list->first)
		list->end = &launch->next;
	list->first = launch;
}

static struct ward__launch *take_first(struct ward__launches *list)
{
	struct ward__launch *launch = list->first;

	if (launch) {
		list->first = launch->next;
		if (!list->first)
			list->end = &list->first;
	}
	return launch;
}

/* What it reserved is given back, unless a member has it. */
static void free_launch(struct ward__launch *launch)
{
	struct ward_set *set = launch->set;

	ward__care_drop(set, launch->care);
	if (launch->place)
		ward__set_vacate(set, launch->place);
	ward__free(launch->copy);
	ward__free(launch);
}

void ward__launches_drop(struct ward_set *set)
{
	struct ward__launch *launch;

	while ((launch = take_first(&set->launches)) != NULL ||
	       (launch = take_first(&set->failed)) != NULL)
		free_launch(launch);
}

/* ----------------------------------------------------------------------------- when */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* -1: nothing is to be started, or not before one has ended. */
int64_t ward__set_start_at(const struct ward_set *set)
{
	if (!set->launches.first ||
	    (set->opts.max_alive > 0 && set->n_alive >= set->opts.max_alive))
		return -1;
	return later(0, later(set->start_at, set->paced_at));
}

static bool may_start(const struct ward_set *set)
{
	int64_t at = ward__set_start_at(set);

	return at == 0 || (at > 0 && at <= ward__now());
}

/* Who is late by less than this catches up. */
static const int64_t late_ns = 100 * WARD_NS_PER_MS;

static void pace(struct ward_set *set)
{
	int64_t now;

	if (set->opts.starts_per_second == 0)
		return;
	now = ward__now();
	set->paced_at = later(set->paced_at, now - late_ns) +
	                WARD_NS_PER_S / set->opts.starts_per_second;
}

/* One of ours is no more: whatever was short may be had again. */
void ward__set_ended(struct ward_set *set)
{
	set->n_alive--;
	set->start_at = -1;
}

/*
 * Is it the system that has none left for now? The child opens and moves descriptors
 * among ours, and what it lacks after that is one of its own limits, as they were asked
 * for.
 */
static bool is_shortage(int code, int step)
{
	if (code == -EAGAIN || code == -ENFILE)
		return true;
	return (code == -ENOMEM || code == -EMFILE) && step <= WARD_STEP_CLOSE;
}

static void slow_down(struct ward_set *set, int code)
{
	if (set->pause == 0)
		set->shortage = code;
	set->pause = set->pause == 0 ? first_pause : 2 * set->pause;
	if (set->pause > longest_pause)
		set->pause = longest_pause;
	set->start_at = ward__now() + set->pause;
}

/* ----------------------------------------------------------------------- the start */

/* The ward is in the set; it is told of as soon as it can be, or asked for. */
static void begin(struct ward_set *set, struct ward__launch *launch, struct ward *w)
{
	struct ward__member *m = launch->place;
	struct ward__care *care = launch->care;

	launch->place = NULL;
	launch->care = NULL;
	ward__set_join(set, m, w);
	m->cookie = launch->cookie;
	m->care = care;
	m->flags |= WARD__MEMBER_OURS | WARD__MEMBER_STARTED;
	if (care)
		ward__care_open(care, w);
	if (ward__set_watch(set, m) < 0)
		ward__member_ask_later(set, m);
	if (care && care->timeout_ns > 0)
		ward__clock_set(set, m, ward__deadline(care->timeout_ns));
	ward__set_queue(set, m);
}

/* With the lock. */
static void settle(struct ward_set *set, struct ward__launch *launch, int r, int step,
                   struct ward *w)
{
	if (r < 0 && is_shortage(r, step)) {
		set->n_alive--;
		slow_down(set, r);
		put_first(&set->launches, launch);
		return;
	}
	set->pause = 0;
	if (r < 0) {
		set->n_alive--;
		launch->code = r;
		launch->step = step;
		append(&set->failed, launch);
		return;
	}
	begin(set, launch, w);
	set->n_launches--;
	free_launch(launch);
}

/* Without the lock. */
static int start(struct ward__launch *launch, struct ward **ret, int *step)
{
	struct ward_spawn_opts opts = launch->copy->opts;
	struct ward_error error = WARD_ERROR_INIT;
	int r;

	opts.error = &error;
	r = ward_spawn(ret, launch->copy->argv, &opts);
	*step = error.step;
	if (r < 0)
		ward__sized_write(launch->copy->opts.error, &error, sizeof(error));
	return r;
}

static void start_here(struct ward_set *set, struct ward__launch *launch)
{
	struct ward *w = NULL;
	int r, step;

	ward__poller_unlock(set->poller);
	r = start(launch, &w, &step);
	ward__poller_lock(set->poller);
	settle(set, launch, r, step, w);
}

/*
 * The set may have been closed meanwhile: then the ward is nobody's. Else the set has its
 * owner, who may close it as soon as the start is told: nothing of it is used after that.
 */
static void start_on_thread(void *arg)
{
	struct ward__launch *launch = arg;
	struct ward_set *set = launch->set;
	struct ward *w = NULL;
	bool is_closed;
	int step, r = start(launch, &w, &step);

	ward__poller_lock(set->poller);
	is_closed = set->is_closed;
	if (is_closed) {
		free_launch(launch);
	} else {
		settle(set, launch, r, step, w);
		atomic_fetch_sub_explicit(&set->users, 1, memory_order_relaxed);
	}
	ward__set_alarm(set);
	ward__poller_unlock(set->poller);
	if (!is_closed)
		return;
	ward_close(w);
	ward__set_release(set);
}

static void start_apart(struct ward_set *set, struct ward__launch *launch)
{
	int r;

	atomic_fetch_add_explicit(&set->users, 1, memory_order_relaxed);
	r = ward__thread_start(start_on_thread, launch);
	if (r == 0)
		return;
	atomic_fetch_sub_explicit(&set->users, 1, memory_order_relaxed);
	settle(set, launch, r, WARD_STEP_PROCESS, NULL);
}

void ward__set_start(struct ward_set *set)
{
	for (int i = 0; i < TURN && may_start(set); i++) {
		struct ward__launch *launch = take_first(&set->launches);

		set->n_alive++;
		pace(set);
		if (launch->on_thread)
			start_apart(set, launch);
		else
			start_here(set, launch);
	}
}

/* ---------------------------------------------------------------------- its events */

static int tell_shortage(struct ward_set *set, struct ward_event *ret)
{
	struct ward_event e = ward__event_blank(ret, WARD_EVENT_DELAYED);

	e.code = set->shortage;
	set->shortage = 0;
	ward__sized_write(ret, &e, sizeof(e));
	return 1;
}

static int tell_failure(struct ward_set *set, struct ward__launch *launch,
                        struct ward_event *ret)
{
	struct ward_event e = ward__event_blank(ret, WARD_EVENT_FAILED);

	e.cookie = launch->cookie;
	e.code = launch->code;
	e.step = launch->step;
	e.flags = WARD_EVENT_LAST;
	set->n_launches--;
	free_launch(launch);
	ward__sized_write(ret, &e, sizeof(e));
	return 1;
}

int ward__set_event(struct ward_set *set, struct ward_event *ret)
{
	struct ward__launch *launch;

	if (set->shortage)
		return tell_shortage(set, ret);
	launch = take_first(&set->failed);
	return launch ? tell_failure(set, launch, ret) : 0;
}

/* -------------------------------------------------------------------------------- API */

static int reserve(struct ward__launch *launch, const struct ward_watch_opts *watch)
{
	const struct ward__spawn_copy *copy = launch->copy;
	int r;

	if (ward__care_is_needed(watch, copy->is_fed)) {
		r = ward__care_make(&launch->care, launch->set, watch, copy->n_channels);
		if (r < 0)
			return r;
	}
	launch->place = ward__set_place(launch->set);
	return launch->place ? 0 : -ENOMEM;
}

static int make(struct ward__launch **ret, struct ward_set *set, const char *const argv[],
                const struct ward_spawn_opts *opts, void *cookie,
                const struct ward_watch_opts *watch)
{
	struct ward__launch *launch = ward__alloc(sizeof(*launch));
	int r;

	if (!launch)
		return -ENOMEM;
	launch->set = set;
	launch->cookie = cookie;
	launch->on_thread = (watch->flags & WARD_WATCH_THREAD) != 0;
	r = ward__spawn_copy(&launch->copy, argv, opts);
	if (r == 0 && launch->on_thread && launch->copy->opts.death_signal)
		r = -EINVAL;
	if (r == 0)
		r = reserve(launch, watch);
	if (r < 0)
		free_launch(launch);
	else
		*ret = launch;
	return r;
}

int ward_set_spawn(struct ward_set *set, const char *const argv[],
                   const struct ward_spawn_opts *opts, void *cookie,
                   const struct ward_watch_opts *watch)
{
	struct ward__launch *launch;
	struct ward_watch_opts whole;
	struct ward__call call;
	int r;

	if (!set)
		return -EINVAL;
	r = ward__watch_read(&whole, watch);
	if (r == 0)
		r = ward__set_begin(set, &call);
	if (r != 0)
		return r;
	r = make(&launch, set, argv, opts, cookie, &whole);
	if (r == 0) {
		set->n_launches++;
		append(&set->launches, launch);
		ward__set_start(set);
	}
	ward__set_end(set, &call);
	return r;
}
