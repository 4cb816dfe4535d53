/* SPDX-License-Identifier: MIT */
/*
 * A job in a set: told of once, when it is empty. What the system lends tells when that
 * is worth a question; where it lends nothing (groups) the job is asked now and then.
 */
#include <errno.h>

#include "call.h"
#include "job.h"
#include "set.h"
#include "sized.h"

static struct ward__member *find(const struct ward_set *set, const struct ward_job *job)
{
	struct ward__member *m = job->members;

	while (m && m->set != set)
		m = m->sibling;
	return m;
}

static struct ward__member *find_locked(struct ward_set *set, struct ward_job *job)
{
	struct ward__member *m;

	ward__job_lock(job->held);
	m = find(set, job);
	ward__job_unlock(job->held);
	return m;
}

static void unlink_from_job(struct ward__member *m)
{
	struct ward_job *job = m->job;
	struct ward__member **at = &job->members;

	ward__job_lock(job->held);
	while (*at != m)
		at = &(*at)->sibling;
	*at = m->sibling;
	ward__job_unlock(job->held);
}

/* What has lost a part of its containment is asked, too: nobody tells of groups. */
static void arm(struct ward_set *set, struct ward__member *m)
{
	if (m->news < 0 || ward__job_means(m->job->held) == WARD_MEANS_GROUP)
		ward__member_ask_later(set, m);
	else
		ward__member_arm(set, m);
}

static int event(struct ward_set *set, struct ward__member *m, struct ward_event *ret)
{
	struct ward_event e = ward__event_blank(ret, WARD_EVENT_EMPTY);
	int r = ward__job_look(m->job);

	m->flags &= ~(uint32_t)WARD__MEMBER_TOLD;
	if (r == 0 || r == -ENOMEM) {
		arm(set, m);
		return 0;
	}
	e.job = m->job;
	e.cookie = m->cookie;
	e.code = r < 0 ? r : 0;
	e.flags = WARD_EVENT_LAST;
	ward__set_leave(set, m);
	ward__sized_write(ret, &e, sizeof(e));
	return 1;
}

static const struct ward__job_in_set in_set = { unlink_from_job, event };

static void link_to_job(struct ward__member *m, struct ward_job *job)
{
	ward__job_lock(job->held);
	job->in_set = &in_set;
	m->sibling = job->members;
	job->members = m;
	ward__job_unlock(job->held);
}

/* By ward_job_close. */
static void forget(struct ward_set *set, struct ward_job *job)
{
	struct ward__member *m;

	ward__set_lock(set);
	m = find_locked(set, job);
	if (m)
		ward__set_leave(set, m);
	if (ward__poller_is_ours(set->poller))
		ward__set_alarm(set);
	ward__set_unlock(set);
	ward__set_release(set);
}

/* ----------------------------------------------------------------------------- users */

/* Once, so that it is the same when the poller is told to forget it. */
static int find_news(struct ward_job *job, int32_t *ret)
{
	int64_t descriptor = -1, until = -1;
	int r = ward__job_poll_fd(job->held);

	if (r >= 0)
		descriptor = r;
	else if (r == -ENOTSUP)
		r = ward__job_await(job->held, &descriptor, &until);
	if (r < 0 && r != -ENOTSUP && r != -EOWNERDEAD)
		return r;
	*ret = (int32_t)descriptor;
	return 0;
}

static int add(struct ward_set *set, struct ward_job *job, void *cookie, int32_t news)
{
	struct ward__member *m = ward__set_place(set);
	int r = 0;

	if (!m)
		return -ENOMEM;
	m->job = job;
	m->flags = WARD__MEMBER_JOB;
	m->news = news;
	m->cookie = cookie;
	set->forget_job = forget;
	link_to_job(m, job);
	set->n_members++;
	if (news >= 0)
		r = ward__set_watch(set, m);
	if (r < 0) {
		ward__set_leave(set, m);
		return r;
	}
	/* It may be empty already, of which nobody tells. */
	m->flags |= WARD__MEMBER_TOLD;
	ward__set_queue(set, m);
	return 0;
}

int ward_set_add_job(struct ward_set *set, struct ward_job *job, void *cookie)
{
	struct ward__call call;
	int32_t news = -1;
	int r = job ? ward__set_begin(set, &call) : -EINVAL;

	if (r < 0)
		return r;
	if (find_locked(set, job))
		r = -EEXIST;
	if (r == 0)
		r = find_news(job, &news);
	if (r == 0)
		r = add(set, job, cookie, news);
	ward__set_end(set, &call);
	return r;
}

int ward_set_remove_job(struct ward_set *set, struct ward_job *job)
{
	struct ward__member *m;
	struct ward__call call;
	int r = job ? ward__set_begin(set, &call) : -EINVAL;

	if (r < 0)
		return r;
	m = find_locked(set, job);
	if (m)
		ward__set_leave(set, m);
	ward__set_end(set, &call);
	return m ? 0 : -ENOENT;
}
