/* SPDX-License-Identifier: MIT */
/*
 * Choosing the means of a job, and handing every call to them. What they cannot do for
 * want of rights, of a file system or of a kernel new enough is no failure yet: the next
 * means is tried, and when none is left all their reasons are told.
 */
#include "job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../fail.h"
#include "../job.h"
#include "../memory.h"

/* ----------------------------------------------------------------------------- choice */

/* Another means may still do; anything else is a failure of this moment. */
static bool is_lack(int code)
{
	return code == -ENOTSUP || code == -ENOSYS || code == -EACCES || code == -EPERM ||
	       code == -EROFS || code == -ENOENT;
}

static bool is_meant(const struct ward__means *by, const struct ward_job_opts *opts)
{
	if (opts->means != WARD_MEANS_BEST)
		return (uint32_t)by->means == opts->means;
	return !by->when_asked_for;
}

/* NULL: it can do all of it. */
static const char *shortcoming(const struct ward__means *by,
                               const struct ward_job_opts *opts)
{
	if (ward__strength_of(by->means) < (int)opts->at_least)
		return "not strong enough";
	if (!by->limits && (opts->memory_max || opts->pids_max || opts->cpu_max))
		return "cannot limit memory, processes or processor time";
	if (!by->owner_death && opts->on_owner_death != WARD_LEAVE)
		return "cannot end with its owner";
	if (by->means == WARD_MEANS_GROUP && (opts->flags & WARD_JOB_SHARE_GROUP))
		return "is a group of its own";
	return NULL;
}

static int try(struct ward__job *job, const struct ward__means *by,
               const struct ward_job_opts *opts, struct ward__reason *reason)
{
	const char *why = shortcoming(by, opts);
	int r;

	reason->text[0] = '\0';
	if (why) {
		snprintf(reason->text, sizeof(reason->text), "%s", why);
		return -ENOTSUP;
	}
	r = by->make ? by->make(job, opts, reason) : 0;
	if (r == 0) {
		job->by = by;
		atomic_store(&job->means, by->means);
	}
	return r;
}

/* "cgroup: it is read-only; keeper: not strong enough" */
static void add_reason(struct ward_error *error, const struct ward__means *by, int code,
                       const struct ward__reason *reason)
{
	size_t used = strlen(error->path);

	snprintf(error->path + used, sizeof(error->path) - used, "%s%s: %s",
	         used ? "; " : "", ward_means_name(by->means),
	         reason->text[0] ? reason->text : ward_strerror(code));
}

static int choose(struct ward__job *job, const struct ward_job_opts *opts,
                  struct ward_error *error)
{
	struct ward__reason reason;
	int r = -ENOTSUP, first = 0;

	error->step = WARD_STEP_JOB;
	error->path[0] = '\0';
	for (size_t i = 0; ward__job_known[i]; i++) {
		const struct ward__means *by = ward__job_known[i];

		if (!is_meant(by, opts))
			continue;
		r = try(job, by, opts, &reason);
		if (r == 0)
			return 0;
		add_reason(error, by, r, &reason);
		if (!is_lack(r))
			return r;
		first = first ? first : r;
	}
	if (first)
		return first;
	snprintf(error->path, sizeof(error->path), "%s: this system has no such means",
	         ward_means_name((int)opts->means) ? ward_means_name((int)opts->means) :
	                                             "any");
	return -ENOTSUP;
}

/* ------------------------------------------------------------------------------- life */

int ward__job_new(struct ward__job **ret, const struct ward_job_opts *opts,
                  struct ward_error *error)
{
	struct ward__job *job = ward__alloc(sizeof(*job));
	int r;

	if (!job)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	pthread_mutex_init(&job->lock, NULL);
	job->owner = getpid();
	job->on_close = opts->on_close;
	job->on_owner_death = opts->on_owner_death;
	r = choose(job, opts, error);
	if (r < 0) {
		pthread_mutex_destroy(&job->lock);
		ward__free(job);
		return r;
	}
	*ret = job;
	return 0;
}

void ward__job_free(struct ward__job *job)
{
	if (job->by->drop)
		job->by->drop(job);
	pthread_mutex_destroy(&job->lock);
	ward__free(job);
}

int ward__job_means(struct ward__job *job)
{
	return atomic_load_explicit(&job->means, memory_order_relaxed);
}

void ward__job_lock(struct ward__job *job)
{
	pthread_mutex_lock(&job->lock);
}

void ward__job_unlock(struct ward__job *job)
{
	pthread_mutex_unlock(&job->lock);
}

/* ------------------------------------------------------------------------------ calls */

/* 0, or why the means is not asked. */
static int refusal(const struct ward__job *job, bool has_it)
{
	if (getpid() != job->owner)
		return -ECHILD;
	return has_it ? 0 : -ENOTSUP;
}

static int told(struct ward__job *job, int r)
{
	if (r == -EOWNERDEAD)
		atomic_store(&job->means, WARD_MEANS_GROUP);
	return r;
}

#define ASK(job, what, ...)                                                   \
	do {                                                                  \
		int no_ = refusal((job), (job)->by->what != NULL);            \
                                                                              \
		return no_ ? no_ : told((job), (job)->by->what(__VA_ARGS__)); \
	} while (0)

int ward__job_add(struct ward__job *job, struct ward__process *p)
{
	ASK(job, add, job, p);
}

int ward__job_signal(struct ward__job *job, int sig)
{
	ASK(job, signal, job, sig);
}

int ward__job_kill(struct ward__job *job)
{
	ASK(job, kill, job);
}

int ward__job_freeze(struct ward__job *job, bool is_frozen)
{
	ASK(job, freeze, job, is_frozen);
}

int ward__job_usage(struct ward__job *job, struct ward_job_usage *ret)
{
	ASK(job, usage, job, ret);
}

int ward__job_is_empty(struct ward__job *job)
{
	ASK(job, is_empty, job);
}

int ward__job_await(struct ward__job *job, int64_t *descriptor, int64_t *until)
{
	ASK(job, await, job, descriptor, until);
}

int ward__job_poll_fd(struct ward__job *job)
{
	ASK(job, poll_fd, job);
}

int ward__job_each(struct ward__job *job, int (*fn)(struct ward__process *p, void *arg),
                   void *arg)
{
	ASK(job, each, job, fn, arg);
}

int64_t ward__job_count(struct ward__job *job)
{
	int no = refusal(job, job->by->count != NULL);

	return no ? no : job->by->count(job);
}
