/* SPDX-License-Identifier: MIT */
/*
 * Asking about a job: who is in it, what it has used; freezing it; its descriptor. Groups
 * can be signalled, but the system cannot list them without racing against strangers, so
 * what is held by groups alone answers -ENOTSUP.
 */
#include "job.h"

#include <errno.h>

#include "call.h"
#include "list.h"
#include "signal_name.h"
#include "sized.h"

/* ---------------------------------------------------------------------------- members */

static int members(struct ward_job *job, struct ward__list *list)
{
	int r = -ENOTSUP;

	if (!job->by_groups)
		r = ward__job_each(job->held, ward__list_append, list);
	return r == -EOWNERDEAD ? -ENOTSUP : r;
}

int ward_job_members(struct ward_job *job, struct ward ***ret, size_t *n)
{
	struct ward__list list = { 0 };
	struct ward__call call;
	int r;

	if (!job || !ret || !n)
		return -EINVAL;
	call = ward__call_begin();
	r = members(job, &list);
	if (r == 0) {
		*ret = list.wards;
		*n = list.n;
	} else {
		ward_job_members_free(list.wards, list.n);
	}
	ward__call_end(&call);
	return r;
}

static int64_t count(struct ward_job *job)
{
	int64_t r = -ENOTSUP;

	if (!job->by_groups)
		r = ward__job_count(job->held);
	return r == -EOWNERDEAD ? -ENOTSUP : r;
}

int64_t ward__job_count_now(struct ward_job *job)
{
	int64_t n = count(job);

	return n < 0 ? -1 : n;
}

int64_t ward_job_count(struct ward_job *job)
{
	struct ward__call call;
	int64_t r;

	if (!job)
		return -EINVAL;
	call = ward__call_begin();
	r = count(job);
	ward__call_end(&call);
	return r;
}

/* ----------------------------------------------------------------------------- usage */

static int usage(struct ward_job *job, struct ward_job_usage *ret)
{
	int r = -EOWNERDEAD;

	*ret = (struct ward_job_usage){ sizeof(*ret), -1, -1, -1, -1, -1, -1, -1, -1 };
	if (!job->by_groups)
		r = ward__job_usage(job->held, ret);
	return r == -EOWNERDEAD ? 0 : r; /* nothing can be told */
}

int ward_job_usage(struct ward_job *job, struct ward_job_usage *ret)
{
	struct ward_job_usage mine;
	struct ward__call call;
	int r;

	if (!job || !ret || ward__sized_check(ret, sizeof(mine)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	r = usage(job, &mine);
	if (r == 0)
		ward__sized_write(ret, &mine, sizeof(mine));
	ward__call_end(&call);
	return r;
}

/* ---------------------------------------------------------------------- freeze, thaw */

static int freeze(struct ward_job *job, bool is_frozen)
{
	struct ward__call call;
	int r = -EOWNERDEAD;

	if (!job)
		return -EINVAL;
	call = ward__call_begin();
	if (!job->by_groups)
		r = ward__job_freeze(job->held, is_frozen);
	if (r == -EOWNERDEAD)
		r = ward__groups_signal(
			job, ward__signal_by_name(is_frozen ? "STOP" : "CONT"));
	ward__call_end(&call);
	return r == -ESRCH ? 0 : r;
}

int ward_job_freeze(struct ward_job *job)
{
	return freeze(job, true);
}

int ward_job_thaw(struct ward_job *job)
{
	return freeze(job, false);
}

/* ------------------------------------------------------------------------ descriptor */

int ward_job_poll_fd(struct ward_job *job)
{
	struct ward__call call;
	int r = -ENOTSUP;

	if (!job)
		return -EINVAL;
	call = ward__call_begin();
	if (!job->by_groups)
		r = ward__job_poll_fd(job->held);
	ward__call_end(&call);
	return r == -EOWNERDEAD ? -ENOTSUP : r;
}
