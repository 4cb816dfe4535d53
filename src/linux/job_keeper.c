/* SPDX-License-Identifier: MIT */
/*
 * Jobs that keepers hold (unix/kept.h): each keeper has a ward with all that descends
 * from it, as parent of all orphans or as the first process of a pid namespace. One that
 * was killed is lost, which is remembered; the others go on.
 */
#define _GNU_SOURCE 1
#include "job_keeper.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../gate.h"
#include "keeper.h"
#include "keeper_able.h"

bool ward__job_keeping(const struct ward__job *job, struct ward__keeping *ret)
{
	const struct ward__kept *kept;

	if (!job || (job->by != &ward__job_keeper && job->by != &ward__job_pidns))
		return false;
	kept = job->state;
	*ret = kept->what;
	return true;
}

/* ---------------------------------------------------------------------- all of them */

int ward__kept_queue(void)
{
	int r = ward__gate("epoll_create1");

	if (r < 0)
		return r;
	r = epoll_create1(EPOLL_CLOEXEC);
	return r < 0 ? -errno : r;
}

void ward__kept_queue_put(int queue, int fd, bool is_in)
{
	struct epoll_event event = { .events = EPOLLIN };

	epoll_ctl(queue, is_in ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event);
}

static int64_t ns_of(long sec, long usec)
{
	return sec * WARD_NS_PER_S + usec * INT64_C(1000);
}

static void tell(const struct ward__keeper_answer *answer, struct ward__kept_answer *ret)
{
	const struct kernel_rusage *usage = &answer->usage;

	ret->members = answer->members;
	ret->signalled = answer->signalled;
	ret->refused = answer->refused;
	ret->usage.user_ns = ns_of(usage->utime.sec, usage->utime.usec);
	ret->usage.system_ns = ns_of(usage->stime.sec, usage->stime.usec);
	ret->usage.max_rss_bytes = usage->maxrss * INT64_C(1024);
	ret->usage.read_bytes = usage->inblock * INT64_C(512);
	ret->usage.written_bytes = usage->oublock * INT64_C(512);
}

int ward__kept_look(struct ward__keeper *k, struct ward__kept_answer *ret)
{
	struct ward__keeper_answer last = { 0 };
	int r = ward__keeper_is_empty(k, &last);

	ret->lost = r == -EOWNERDEAD;
	if (ret->lost)
		return 1;
	tell(&last, ret);
	return r;
}

int ward__kept_ask(struct ward__keeper *k, int what, int signal,
                   struct ward__kept_answer *ret)
{
	struct ward__keeper_answer answer = { 0 };
	int r = ward__keeper_ask(k, what, signal, &answer);

	/*
	 * It went because nothing is left, or somebody killed it. 0: its namespace is
	 * still ending, after its last word.
	 */
	if (r == -EOWNERDEAD)
		return ward__kept_look(k, ret);
	if (r == 0)
		tell(&answer, ret);
	return r;
}

/* ----------------------------------------------------------------------- namespaces */

/* Inside of one the keeper has no list of its own. */

struct sending {
	int sig;
	struct ward__kept_answer sum;
};

static int send_one(struct ward__keeper *k, void *arg)
{
	struct sending *to = arg;

	return ward__keeper_signal_members(k, to->sig, &to->sum.signalled,
	                                   &to->sum.refused);
}

static int signal_members(struct ward__job *job, int sig)
{
	struct sending to = { .sig = sig };
	int r = ward__kept_visit(job, send_one, &to);

	return r < 0 ? r : ward__kept_verdict(&to.sum);
}

static int count_one(struct ward__process *p, void *arg)
{
	++*(int64_t *)arg;
	ward__process_free(p);
	return 0;
}

static int64_t count_members(struct ward__job *job)
{
	int64_t n = 0;
	int r = ward__kept_each(job, count_one, &n);

	return r < 0 ? r : n;
}

static int usage_of_members(struct ward__job *job, struct ward_job_usage *ret)
{
	int r = ward__kept_usage(job, ret);
	int64_t n = r == 0 ? count_members(job) : 0;

	if (r == 0)
		ret->processes = n < 0 ? -1 : n;
	return r;
}

/* ----------------------------------------------------------------------------- life */

/* Before anything is started in it: can there be keepers, and do they see their trees? */
static int make(struct ward__job *job, const struct ward_job_opts *opts, bool namespace,
                struct ward__reason *reason)
{
	const struct ward__keeping what = { .tree = !namespace, .namespace = namespace,
		                            .kill = opts->on_owner_death == WARD_KILL };
	const char *why = "";
	int r = ward__keeper_able(namespace, &why);

	if (r == 0)
		return ward__kept_new(job, &what);
	snprintf(reason->text, sizeof(reason->text), "%s", why);
	return r;
}

static int make_keeper(struct ward__job *job, const struct ward_job_opts *opts,
                       struct ward__reason *reason)
{
	return make(job, opts, false, reason);
}

static int make_pidns(struct ward__job *job, const struct ward_job_opts *opts,
                      struct ward__reason *reason)
{
	return make(job, opts, true, reason);
}

static void drop(struct ward__job *job)
{
	struct ward__kept *kept = job->state;

	if (kept->queue >= 0)
		close(kept->queue);
	ward__kept_free(kept);
}

const struct ward__means ward__job_keeper = {
	.means = WARD_MEANS_KEEPER,
	.make = make_keeper,
	.drop = drop,
	.signal = ward__kept_signal,
	.usage = ward__kept_usage,
	.count = ward__kept_count,
	WARD__KEPT_CALLS,
};

const struct ward__means ward__job_pidns = {
	.means = WARD_MEANS_PIDNS,
	.when_asked_for = true,
	.make = make_pidns,
	.drop = drop,
	.signal = signal_members,
	.usage = usage_of_members,
	.count = count_members,
	WARD__KEPT_CALLS,
};
