/* SPDX-License-Identifier: MIT */
/*
 * The life of a job: made with the means that the system has, entered by starts, closed.
 * Each question goes to what holds it, and to the groups of its wards when nothing else
 * does, or does any more: a keeper can be killed at any time.
 */
#include "job.h"

#include <errno.h>
#include <string.h>

#include "call.h"
#include "fail.h"
#include "memory.h"
#include "set.h"
#include "signal_name.h"
#include "sized.h"

enum { CLOSE_WAITS_S = 10 };

void ward_job_opts_init_sized(struct ward_job_opts *opts, size_t size)
{
	memset(opts, 0, size);
	opts->size = size;
}

static const struct {
	const char *name;
	int strength;
} all_means[WARD_MEANS_COUNT_] = {
	[WARD_MEANS_GROUP] = { "group", WARD_STRENGTH_GROUP },
	[WARD_MEANS_KEEPER] = { "keeper", WARD_STRENGTH_TREE },
	[WARD_MEANS_REAPER] = { "reaper", WARD_STRENGTH_TREE },
	[WARD_MEANS_PIDNS] = { "pidns", WARD_STRENGTH_KERNEL },
	[WARD_MEANS_CGROUP] = { "cgroup", WARD_STRENGTH_KERNEL },
	[WARD_MEANS_OBJECT] = { "object", WARD_STRENGTH_KERNEL },
};

static const char *const strengths[] = { NULL, "group", "tree", "kernel" };

const char *ward_means_name(int means)
{
	return means > 0 && means < WARD_MEANS_COUNT_ ? all_means[means].name : NULL;
}

const char *ward_strength_name(int strength)
{
	return strength > 0 && strength <= WARD_STRENGTH_KERNEL ? strengths[strength] :
	                                                          NULL;
}

int ward__strength_of(int means)
{
	return all_means[means].strength;
}

/* -------------------------------------------------------------------- how it is held */

int ward_job_means(struct ward_job *job)
{
	return job ? ward__job_means(job->held) : -EINVAL;
}

int ward_job_strength(struct ward_job *job)
{
	return job ? ward__strength_of(ward__job_means(job->held)) : -EINVAL;
}

/* Those that the system does not hold, or may cease to. */
static bool needs_groups(int means)
{
	return means == WARD_MEANS_GROUP || means == WARD_MEANS_KEEPER ||
	       means == WARD_MEANS_REAPER;
}

/* ---------------------------------------------------------------------------- starts */

static int enter(struct ward_job *job, struct ward_spawn_opts *opts)
{
	const uint64_t own = WARD_SPAWN_SESSION | WARD_SPAWN_PGROUP;

	if (job->by_groups && opts->pgroup != 0)
		return -EINVAL; /* that group is not ours to end */
	if (!(opts->flags & own) && !(job->flags & WARD_JOB_SHARE_GROUP))
		opts->flags |= WARD_SPAWN_PGROUP;
	return job->keeps_groups ? ward__groups_reserve(job) : 0;
}

static void leave(struct ward_job *job, struct ward *w)
{
	if (job->keeps_groups)
		ward__groups_fill(job, w);
}

/* ------------------------------------------------------------------------ new, close */

static int check(const struct ward_job_opts *o)
{
	bool by_group = o->means == WARD_MEANS_GROUP;

	if ((o->flags & ~(uint64_t)WARD_JOB_SHARE_GROUP) ||
	    !ward__all_zero(o->reserved, 6))
		return -EINVAL;
	if (o->means >= WARD_MEANS_COUNT_ || o->at_least > WARD_STRENGTH_KERNEL ||
	    o->on_close > WARD_KILL_WAIT || o->on_owner_death > WARD_KILL)
		return -EINVAL;
	return by_group && (o->flags & WARD_JOB_SHARE_GROUP) ? -EINVAL : 0;
}

static int read_opts(struct ward_job_opts *ret, const struct ward_job_opts *opts)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	if (!opts)
		return 0;
	r = ward__sized_read(ret, sizeof(*ret), opts, sizeof(*ret));
	if (r == 0 && ward__sized_check(ret->error, sizeof(struct ward_error)) < 0) {
		ret->error = NULL;
		r = -EINVAL;
	}
	return r < 0 ? r : check(ret);
}

static int make(struct ward_job **ret, const struct ward_job_opts *opts,
                struct ward_error *error)
{
	struct ward_job *job = ward__alloc(sizeof(*job));
	int r;

	if (!job) {
		error->step = WARD_STEP_MEMORY;
		return -ENOMEM;
	}
	r = ward__job_new(&job->held, opts, error);
	if (r < 0) {
		ward__free(job);
		return r;
	}
	job->flags = opts->flags;
	job->on_close = opts->on_close;
	job->on_owner_death = opts->on_owner_death;
	job->by_groups = ward__job_means(job->held) == WARD_MEANS_GROUP;
	job->keeps_groups = needs_groups(ward__job_means(job->held));
	job->enter = enter;
	job->leave = leave;
	job->send = ward__job_send;
	*ret = job;
	return 0;
}

int ward_job_new(struct ward_job **ret, const struct ward_job_opts *opts)
{
	struct ward_error error = { .size = sizeof(error), .number = -1 };
	struct ward_job_opts whole;
	struct ward__call call = ward__call_begin();
	int r = read_opts(&whole, opts);

	if (r == 0 && !ret)
		r = -EINVAL;
	if (r < 0)
		error.step = WARD_STEP_OPTIONS;
	else
		r = make(ret, &whole, &error);
	if (r < 0)
		ward__fail_tell(whole.error, &error, r);
	ward__call_end(&call);
	return r;
}

/* One at a time, since a set may be closing, too. */
static void leave_sets(struct ward_job *job)
{
	struct ward__member *m;

	do {
		struct ward_set *set = NULL;

		ward__job_lock(job->held);
		m = job->members;
		if (m) {
			set = m->set;
			atomic_fetch_add_explicit(&set->users, 1, memory_order_relaxed);
		}
		ward__job_unlock(job->held);
		if (m)
			set->forget_job(set, job);
	} while (m);
}

void ward_job_close(struct ward_job *job)
{
	struct ward__call call;

	if (!job)
		return;
	call = ward__call_begin();
	leave_sets(job);
	if (job->on_close != WARD_LEAVE && ward__job_end_all(job) != -ECHILD &&
	    job->on_close == WARD_KILL_WAIT)
		ward__job_wait(job, ward__deadline(CLOSE_WAITS_S * WARD_NS_PER_S));
	ward__groups_free(job);
	ward__job_free(job->held);
	ward__free(job);
	ward__call_end(&call);
}

/* --------------------------------------------------------------------- signals, ends */

int ward__job_send(struct ward_job *job, int sig)
{
	int r = -EOWNERDEAD;

	if (sig == ward__signal_by_name("KILL"))
		return ward__job_end_all(job);
	if (!job->by_groups)
		r = ward__job_signal(job->held, sig);
	return r == -EOWNERDEAD ? ward__groups_signal(job, sig) : r;
}

int ward__job_end_all(struct ward_job *job)
{
	int r = -EOWNERDEAD;

	if (!job->by_groups)
		r = ward__job_kill(job->held);
	if (r == -EOWNERDEAD)
		r = ward__groups_signal(job, ward__signal_by_name("KILL"));
	return r == -ESRCH ? 0 : r;
}

int ward_job_signal(struct ward_job *job, int sig)
{
	struct ward__call call;
	int r;

	if (!job || sig < 0)
		return -EINVAL;
	call = ward__call_begin();
	r = ward__job_send(job, sig);
	ward__call_end(&call);
	return r;
}

int ward_job_kill(struct ward_job *job)
{
	struct ward__call call;
	int r;

	if (!job)
		return -EINVAL;
	call = ward__call_begin();
	r = ward__job_end_all(job);
	ward__call_end(&call);
	return r;
}

int ward_job_add(struct ward_job *job, struct ward *w)
{
	struct ward__call call;
	int r;

	if (!job || !w)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = job->by_groups ? -ENOTSUP : ward__job_add(job->held, w->process);
	ward__leave(w);
	ward__call_end(&call);
	return r == -EOWNERDEAD ? -ENOTSUP : r;
}
