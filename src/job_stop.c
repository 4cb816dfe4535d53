/* SPDX-License-Identifier: MIT */
/*
 * Ending a tree step by step, and telling who did not want to. Nothing here waits without
 * bound for a process that cannot be killed: it is told of as a survivor.
 */
#include "job.h"

#include <errno.h>
#include <string.h>

#include "call.h"
#include "signal_name.h"
#include "sized.h"
#include "stop.h"

enum { KILL_WAITS_S = 10, FIRST_PAUSE_MS = 1, LAST_PAUSE_MS = 50 };

/* --------------------------------------------------------------------- wait for empty */

int ward__job_look(struct ward_job *job)
{
	int r = -EOWNERDEAD;

	if (!job->by_groups)
		r = ward__job_is_empty(job->held);
	return r == -EOWNERDEAD ? ward__groups_are_empty(job) : r;
}

/* Groups tell nobody when they are empty: they are asked, less and less often. */
static int sleep_until_news(struct ward_job *job, int64_t deadline, int64_t *pause)
{
	struct ward__event news = { .descriptor = -1, .wants = WARD__READ };
	int64_t until = deadline;
	int r = -EOWNERDEAD;

	if (!job->by_groups)
		r = ward__job_await(job->held, &news.descriptor, &until);
	if (r == -EOWNERDEAD) {
		until = ward__earlier(until, ward__after(ward__now(), *pause));
		if (*pause < LAST_PAUSE_MS * WARD_NS_PER_MS)
			*pause *= 2;
		r = 0;
	}
	return r < 0 ? r : ward__sleep(&news, news.descriptor >= 0, until);
}

int ward__job_wait(struct ward_job *job, int64_t deadline)
{
	int64_t pause = FIRST_PAUSE_MS * WARD_NS_PER_MS;
	int r;

	while ((r = ward__job_look(job)) == 0) {
		if (ward__is_due(deadline))
			return 0;
		r = sleep_until_news(job, deadline, &pause);
		if (r < 0)
			return r;
	}
	return r;
}

int ward_job_wait_empty(struct ward_job *job, int64_t timeout_ns)
{
	struct ward__call call;
	int r;

	if (!job)
		return -EINVAL;
	call = ward__call_begin();
	r = ward__job_wait(job, ward__deadline(timeout_ns));
	ward__call_end(&call);
	return r;
}

/* ------------------------------------------------------------------------ who it was */

struct naming {
	struct ward_job_result *result;
	uint32_t survived;
};

enum {
	MOST_NAMES = sizeof(((struct ward_job_result *)0)->names) /
	             sizeof(struct ward_job_name)
};

static int write_name(struct ward__process *p, void *arg)
{
	struct naming *naming = arg;
	struct ward_job_result *result = naming->result;
	struct ward_job_name *name = &result->names[result->n_names];
	struct ward_info info = WARD_INFO_INIT;

	if (ward__process_info(p, &info) == 0) {
		name->pid = info.pid;
		name->state = info.state;
		name->survived = naming->survived;
		memcpy(name->name, info.name, sizeof(name->name));
		result->n_names++;
	}
	ward__process_free(p);
	return result->n_names == MOST_NAMES;
}

/* The names are for people: who could not be asked for one has none. */
static int64_t note(struct ward_job *job, struct ward_job_result *result, bool survived)
{
	struct naming naming = { result, survived };
	int64_t n = ward__job_count_now(job);

	result->n_names = 0;
	if (n > 0)
		ward__job_each(job->held, write_name, &naming);
	return n;
}

/* ----------------------------------------------------------------------------- steps */

static int take_step(struct ward_job *job, const struct ward_stop_step *step,
                     struct ward_job_result *result)
{
	bool kills = step->signal == ward__signal_by_name("KILL");
	int r = 0;

	if (kills && result->n_killed == 0)
		result->n_killed = note(job, result, false);
	if (step->signal != 0)
		r = ward__job_send(job, step->signal);
	if (step->flags & WARD_STOP_CONTINUE)
		ward__job_send(job, ward__signal_by_name("CONT"));
	/*
	 * Who may not be signalled does not keep us from ending the others; the wait
	 * tells who is left.
	 */
	return r == -ESRCH || r == -EPERM ? 0 : r;
}

static int stop(struct ward_job *job, const struct ward_stop_step steps[], size_t n,
                struct ward_job_result *result)
{
	int r = ward__job_look(job);

	result->n_first = r == 0 ? ward__job_count_now(job) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < n; i++) {
		r = take_step(job, &steps[i], result);
		if (r == -ENOTSUP && i + 1 < n)
			continue;
		if (r == 0)
			r = ward__job_wait(job, ward__deadline(steps[i].timeout_ns));
		if (r != 0)
			return r < 0 ? r : (int)i + 1;
	}
	result->n_survivors = note(job, result, true);
	return -ETIMEDOUT;
}

static int stop_and_tell(struct ward_job *job, const struct ward_stop_step steps[],
                         size_t n, struct ward_job_result *ret)
{
	struct ward_job_result result = { .size = sizeof(result) };
	int r = stop(job, steps, n, &result);

	result.step = r < 0 ? -1 : r;
	result.means = ward__job_means(job->held);
	ward__sized_write(ret, &result, sizeof(result));
	return r;
}

int ward_job_stop(struct ward_job *job, const struct ward_stop_step steps[], size_t n,
                  struct ward_job_result *ret)
{
	struct ward_stop_step gentle[WARD__GENTLE_STEPS];
	struct ward__call call;
	int r;

	if (!job || ward__stop_check(steps, n) < 0 ||
	    ward__stop_has(steps, n, WARD_STOP_GROUP | WARD_STOP_JOB) ||
	    ward__sized_check(ret, sizeof(struct ward_job_result)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	ward__stop_gentle(gentle);
	gentle[WARD__GENTLE_STEPS - 1].timeout_ns = KILL_WAITS_S * WARD_NS_PER_S;
	r = n == 0 ? stop_and_tell(job, gentle, WARD__GENTLE_STEPS, ret) :
	             stop_and_tell(job, steps, n, ret);
	ward__call_end(&call);
	return r;
}
