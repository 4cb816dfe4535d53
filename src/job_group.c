/* SPDX-License-Identifier: MIT */
/*
 * The process groups of a job's wards. A group outlives its leader, and so the job keeps
 * each ward until its group is empty: the system reaches the group through what holds the
 * leader, and never by a number that may be another's.
 */
#include "job.h"

#include <errno.h>
#include <string.h>

#include "memory.h"
#include "signal_name.h"

/* Nobody is in it and nobody can come. What cannot be told is kept. */
static bool is_over(struct ward *w)
{
	return ward__process_signal(w->process, 0, true) == -ESRCH &&
	       ward__process_signal(w->process, 0, false) == -ESRCH;
}

static void prune(struct ward__groups *groups)
{
	size_t kept = 0;

	for (size_t i = 0; i < groups->n; i++) {
		struct ward *w = groups->wards[i];

		if (is_over(w))
			ward__leave(w);
		else
			groups->wards[kept++] = w;
	}
	groups->n = kept;
}

static int grow(struct ward__groups *groups)
{
	size_t room = groups->room ? 2 * groups->room : 4;
	struct ward **wards = ward__alloc(room * sizeof(struct ward *));

	if (!wards)
		return -ENOMEM;
	if (groups->n > 0)
		memcpy(wards, groups->wards, groups->n * sizeof(struct ward *));
	ward__free(groups->wards);
	groups->wards = wards;
	groups->room = room;
	return 0;
}

/* What is over is looked for when there is no room, so that many starts stay cheap. */
int ward__groups_reserve(struct ward_job *job)
{
	struct ward__groups *groups = &job->groups;
	int r = 0;

	ward__job_lock(job->held);
	if (groups->n + groups->reserved == groups->room) {
		prune(groups);
		if (groups->n + groups->reserved >= groups->room / 2)
			r = grow(groups);
	}
	if (r == 0)
		groups->reserved++;
	groups->are_killed = false;
	ward__job_unlock(job->held);
	return r;
}

void ward__groups_fill(struct ward_job *job, struct ward *w)
{
	ward__job_lock(job->held);
	job->groups.reserved--;
	if (w) {
		if (job->by_groups)
			atomic_store(&w->grouped, WARD__GROUP_LED);
		ward__enter(w);
		job->groups.wards[job->groups.n++] = w;
	}
	ward__job_unlock(job->held);
}

/* The better of two answers: somebody got it, then somebody may not get it. */
static int better(int a, int b)
{
	if (a == 0 || b == 0)
		return 0;
	return a == -ESRCH ? b : a;
}

int ward__groups_signal(struct ward_job *job, int sig)
{
	struct ward__groups *groups = &job->groups;
	int r = -ESRCH;

	ward__job_lock(job->held);
	groups->are_killed |= sig == ward__signal_by_name("KILL");
	for (size_t i = 0; i < groups->n; i++) {
		struct ward__process *p = groups->wards[i]->process;
		int sent = ward__process_signal(p, sig, true);

		/* It may lead no group: it was told to stay in another. */
		if (sent == -ESRCH)
			sent = ward__process_signal(p, sig, false);
		r = better(r, sent);
	}
	ward__job_unlock(job->held);
	return r;
}

/*
 * A leader that has ended is in its group until it is collected: by us, who remember how
 * it ended, unless its owner has left it to the program. But where nobody reaches the
 * group without it that has to wait for KILL.
 */
static void collect(struct ward_job *job, struct ward *w)
{
	struct ward_exit exit = WARD_EXIT_INIT;
	bool is_ours = atomic_load_explicit(&w->owners, memory_order_relaxed) > 0 ||
	               atomic_load(&w->grouped) == WARD__GROUP_LEFT;

	if (is_ours && (job->groups.are_killed || ward__process_keeps_group(w->process)))
		ward__end(w, &exit);
}

int ward__groups_are_empty(struct ward_job *job)
{
	struct ward__groups *groups = &job->groups;
	int r = 1;

	ward__job_lock(job->held);
	for (size_t i = 0; i < groups->n && r != 0; i++) {
		int one;

		collect(job, groups->wards[i]);
		one = ward__process_group_is_empty(groups->wards[i]->process);
		r = one == 1 ? r : one;
	}
	ward__job_unlock(job->held);
	return r;
}

static void give_up(struct ward *w)
{
	struct ward_exit exit = WARD_EXIT_INIT;

	if (atomic_exchange(&w->grouped, WARD__GROUP_NONE) == WARD__GROUP_LEFT)
		ward__end(w, &exit);
	ward__leave(w);
}

void ward__groups_free(struct ward_job *job)
{
	for (size_t i = 0; i < job->groups.n; i++)
		give_up(job->groups.wards[i]);
	ward__free(job->groups.wards);
}
