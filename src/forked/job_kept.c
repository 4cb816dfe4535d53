/* SPDX-License-Identifier: MIT */
/*
 * Jobs that keepers hold (unix/kept.h), each with all that descends from its ward where
 * the system makes it the parent of orphans. Where there is no such system a job is one
 * of groups, and its wards have keepers only to end those with their owner. A keeper that
 * was killed stays in the job, so that it is told again and again (-EOWNERDEAD).
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "job_kept.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unix/host.h"
#include "keeper.h"
#include "keeping.h"

bool ward__job_keeping(const struct ward__job *job, struct ward__keeping *ret)
{
	const struct ward__kept *kept;

	if (!job || (job->by != &ward__job_reaper && job->by != &ward__job_kept_group))
		return false;
	kept = job->state;
	*ret = kept->what;
	return ret->tree || ret->kill;
}

/* ------------------------------------------------------------------------ all of them */

static int64_t ns_of(struct timeval t)
{
	return (int64_t)t.tv_sec * WARD_NS_PER_S + (int64_t)t.tv_usec * 1000;
}

static void tell(const struct ward__keeper_answer *answer, struct ward__kept_answer *ret)
{
	const struct rusage *usage = &answer->usage;

	ret->members = answer->members;
	ret->signalled = answer->signalled;
	ret->refused = answer->refused;
	ret->usage.user_ns = ns_of(usage->ru_utime);
	ret->usage.system_ns = ns_of(usage->ru_stime);
	ret->usage.max_rss_bytes = (int64_t)usage->ru_maxrss * ward__maxrss_unit();
}

static int look_at_tree(struct ward__keeper *k, struct ward__kept_answer *ret)
{
	struct ward__keeper_answer last;
	int r = ward__keeper_is_empty(k, &last);

	if (r > 0)
		tell(&last, ret);
	return r;
}

/* Of a keeper for a group it is the end of its child that ends its work. */
int ward__kept_look(struct ward__keeper *k, struct ward__kept_answer *ret)
{
	struct ward__ending ending = { 0 };
	int r;

	if (k->what.tree)
		return look_at_tree(k, ret);
	r = ward__keeper_ended(k, &ending);
	ward__ending_drop(&ending);
	return r != 0;
}

int ward__kept_ask(struct ward__keeper *k, int what, int signal,
                   struct ward__kept_answer *ret)
{
	struct ward__keeper_answer answer;
	int r = ward__keeper_ask(k, what, signal, &answer);

	/* It went because nothing is left, or somebody killed it. */
	if (r == -EOWNERDEAD)
		return ward__kept_look(k, ret) > 0 ? 1 : -EOWNERDEAD;
	if (r == 0)
		tell(&answer, ret);
	return r;
}

/* Blocks of input and output have no size that a program could know. */
static int usage(struct ward__job *job, struct ward_job_usage *ret)
{
	int r = ward__kept_usage(job, ret);

	if (r == 0)
		ret->read_bytes = ret->written_bytes = -1;
	return r;
}

/* ------------------------------------------------------------------------------- life */

static int make(struct ward__job *job, const struct ward_job_opts *opts, bool tree)
{
	const struct ward__keeping what = { .tree = tree, .group = !tree,
		                            .kill = opts->on_owner_death == WARD_KILL };

	return ward__kept_new(job, &what);
}

static int make_reaper(struct ward__job *job, const struct ward_job_opts *opts,
                       struct ward__reason *reason)
{
	const char *why = ward__reaper_shortcoming();

	if (!why)
		return make(job, opts, true);
	snprintf(reason->text, sizeof(reason->text), "%s", why);
	return -ENOTSUP;
}

static int make_group(struct ward__job *job, const struct ward_job_opts *opts,
                      struct ward__reason *reason)
{
	(void)reason;
	return make(job, opts, false);
}

/* A forked copy has no such queue. */
static void drop(struct ward__job *job)
{
	struct ward__kept *kept = job->state;

	if (kept->queue >= 0 && getpid() == job->owner)
		close(kept->queue);
	ward__kept_free(kept);
}

const struct ward__means ward__job_reaper = {
	.means = WARD_MEANS_REAPER,
	.make = make_reaper,
	.drop = drop,
	.signal = ward__kept_signal,
	.usage = usage,
	.count = ward__kept_count,
	WARD__KEPT_CALLS,
};

const struct ward__means ward__job_kept_group = {
	.means = WARD_MEANS_GROUP,
	.owner_death = true,
	.make = make_group,
	.drop = drop,
};
