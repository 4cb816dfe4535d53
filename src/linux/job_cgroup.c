/* SPDX-License-Identifier: MIT */
/*
 * A job in a cgroup of its own (cgroup.h). What is hard: many threads, event loops and
 * sets sleep on one descriptor for "empty", but the kernel's news is taken away from all
 * of them by the first who reads it. So they sleep on an epoll: while the group is known
 * to be empty it is asked for more than news, for what is always true, and stays
 * readable.
 */
#define _GNU_SOURCE 1
#include "job_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "../memory.h"
#include "../unix/poll.h"
#include "cgroup.h"
#include "cgroup_file.h"
#include "keeper_start.h"
#include "process.h"

/* How long a freeze may take; how long closing may wait so that the group can go, too. */
enum { FREEZE_MS = 1000, CLOSE_MS = 1000 };

struct state {
	struct ward__cgroup cgroup;
	pthread_mutex_t lock;         /* of the news */
	int loop;                     /* epoll: readable when a look is worth it */
	bool raised;                  /* it is, whatever the news */
	struct ward__keeper *watcher; /* for our end; NULL: it is no matter */
	atomic_bool barren;           /* nobody can be born in it */
	atomic_bool killed;           /* and nothing was started since */
};

static struct ward__cgroup *cgroup_of(const struct ward__job *job)
{
	struct state *state = job->state;

	return &state->cgroup;
}

/* ------------------------------------------------------------------------------- news */

static int watch(struct state *state, int how, bool raise)
{
	struct epoll_event event = { .events = EPOLLPRI | (raise ? EPOLLIN : 0) };
	int r = ward__gate("epoll_ctl");

	if (r == 0 && epoll_ctl(state->loop, how, state->cgroup.events, &event) < 0)
		r = -errno;
	if (r == 0)
		state->raised = raise;
	return r;
}

static int open_loop(struct state *state)
{
	int r = ward__gate("epoll_create1");

	if (r < 0)
		return r;
	state->loop = epoll_create1(EPOLL_CLOEXEC);
	if (state->loop < 0)
		return -errno;
	r = watch(state, EPOLL_CTL_ADD, true);
	if (r < 0)
		close(state->loop);
	return r;
}

/*
 * The file of a removed group has news for ever: so has an empty one, and so that is
 * what it is.
 */
static int look(struct state *state)
{
	int populated, r = 0;

	pthread_mutex_lock(&state->lock);
	populated = ward__cgroup_populated(&state->cgroup);
	if (populated >= 0 && state->raised == (populated == 1))
		r = watch(state, EPOLL_CTL_MOD, populated == 0);
	pthread_mutex_unlock(&state->lock);
	if (populated < 0)
		return populated;
	return r < 0 ? r : populated == 0;
}

/* ------------------------------------------------------------------------------- life */

/*
 * Whoever is to kill them when we are gone: it lives in our own group, not in this one.
 * It has but one write for that, so the kernel must have what to write to.
 */
static int start_watcher(struct state *state, struct ward__why *why)
{
	struct ward__cgroup *cgroup = &state->cgroup;
	int parent, r;

	if (cgroup->kill < 0)
		return ward__why(why, -ENOTSUP,
		                 "this kernel has no cgroup.kill for the owner's end");
	parent = ward__cgroup_open(cgroup->dir, "..", O_RDONLY | O_DIRECTORY);
	if (parent < 0)
		return parent;
	r = ward__keeper_watch(&state->watcher, cgroup->kill, parent, cgroup->name);
	close(parent);
	if (r == -ENOTSUP)
		ward__why(why, r, "nobody can be started to watch for the owner's end");
	return r;
}

static int make_state(struct state *state, const struct ward_job_opts *opts,
                      struct ward__why *why)
{
	const struct ward__cgroup_limits limits = { .memory = opts->memory_max,
		                                    .processes = opts->pids_max,
		                                    .cpu = opts->cpu_max };
	int r = ward__cgroup_new(&state->cgroup, &limits, why);

	if (r < 0)
		return r;
	r = open_loop(state);
	if (r < 0)
		goto drop_cgroup;
	if (opts->on_owner_death == WARD_KILL)
		r = start_watcher(state, why);
	if (r == 0)
		return 0;
	close(state->loop);
drop_cgroup:
	ward__cgroup_remove(&state->cgroup);
	ward__cgroup_close(&state->cgroup);
	return r;
}

static int make(struct ward__job *job, const struct ward_job_opts *opts,
                struct ward__reason *reason)
{
	struct state *state = ward__alloc(sizeof(*state));
	struct ward__why why = { "" };
	int r;

	if (!state)
		return -ENOMEM;
	pthread_mutex_init(&state->lock, NULL);
	r = make_state(state, opts, &why);
	if (r < 0) {
		snprintf(reason->text, sizeof(reason->text), "%s", why.text);
		pthread_mutex_destroy(&state->lock);
		ward__free(state);
		return r;
	}
	job->state = state;
	return 0;
}

/* The killed need a moment to go; what they leave is removed with the group. */
static void wait_a_moment(struct state *state)
{
	struct pollfd news = { .fd = state->loop, .events = POLLIN };
	int64_t deadline = ward__deadline(CLOSE_MS * WARD_NS_PER_MS);

	while (look(state) == 0 && ward__poll(&news, 1, deadline) > 0)
		;
}

/* Who is still in it, if anybody, is about to go. */
static bool is_ending(const struct ward__job *job, struct state *state)
{
	return job->on_close != WARD_LEAVE ||
	       atomic_load_explicit(&state->killed, memory_order_relaxed) ||
	       ward__cgroup_count(&state->cgroup) == 0;
}

/* A forked copy has only its descriptors to give back. */
static void drop(struct ward__job *job)
{
	struct state *state = job->state;

	if (state->watcher && job->owner == getpid())
		ward__keeper_end(state->watcher);
	ward__keeper_drop(state->watcher);
	if (job->owner == getpid()) {
		if (look(state) == 0 && is_ending(job, state))
			wait_a_moment(state);
		ward__cgroup_remove(&state->cgroup);
	}
	ward__cgroup_close(&state->cgroup);
	close(state->loop);
	pthread_mutex_destroy(&state->lock);
	ward__free(state);
}

int ward__job_cgroup_dir(const struct ward__job *job)
{
	struct state *state;

	if (!job || job->by != &ward__job_by_cgroup)
		return -1;
	state = job->state;
	atomic_store_explicit(&state->killed, false, memory_order_relaxed);
	return state->cgroup.dir;
}

const struct ward__cgroup *ward__job_cgroup_attached(const struct ward__job *job)
{
	const struct ward__cgroup *cgroup;

	if (!job || job->by != &ward__job_by_cgroup)
		return NULL;
	cgroup = cgroup_of(job);
	return cgroup->scope ? cgroup : NULL;
}

bool ward__job_cgroup_can_bear(const struct ward__job *job)
{
	struct state *state = job->state;

	return !atomic_load_explicit(&state->barren, memory_order_relaxed);
}

void ward__job_cgroup_cannot_bear(struct ward__job *job)
{
	struct state *state = job->state;

	atomic_store_explicit(&state->barren, true, memory_order_relaxed);
}

/* ------------------------------------------------------------------------------ calls */

static int add_locked(struct ward__job *job, struct ward__process *p)
{
	bool pinned = p->child && ward__process_is_there(p);

	if (atomic_load_explicit(&p->ended, memory_order_acquire) ||
	    (p->child && !pinned))
		return -ESRCH;
	if (p->pid == getpid())
		return -EINVAL;           /* it would be killed with the others */
	return ward__cgroup_adopt(cgroup_of(job), p->pid, p->pidfd, pinned);
}

/* Under the lock no wait of ours frees the number meanwhile. */
static int add(struct ward__job *job, struct ward__process *p)
{
	int r;

	ward__process_lock(p);
	r = add_locked(job, p);
	ward__process_unlock(p);
	return r;
}

static int send_signal(struct ward__job *job, int sig)
{
	int64_t n = ward__cgroup_signal(cgroup_of(job), sig);

	return n > 0 ? 0 : n < 0 ? (int)n : -ESRCH;
}

static int kill_all(struct ward__job *job)
{
	struct state *state = job->state;

	atomic_store_explicit(&state->killed, true, memory_order_relaxed);
	return ward__cgroup_kill(cgroup_of(job));
}

static int freeze(struct ward__job *job, bool is_frozen)
{
	int r;

	if (is_frozen)
		return ward__cgroup_freeze(cgroup_of(job),
		                           ward__deadline(FREEZE_MS * WARD_NS_PER_MS));
	r = ward__cgroup_thaw(cgroup_of(job));
	if (r == 0)
		send_signal(job, SIGCONT);
	return r;
}

static int usage(struct ward__job *job, struct ward_job_usage *ret)
{
	return ward__cgroup_usage(cgroup_of(job), ret);
}

static int is_empty(struct ward__job *job)
{
	return look(job->state);
}

static int await(struct ward__job *job, int64_t *descriptor, int64_t *until)
{
	struct state *state = job->state;

	(void)until;
	*descriptor = state->loop;
	return 0;
}

static int poll_fd(struct ward__job *job)
{
	struct state *state = job->state;

	return state->loop;
}

struct visit {
	int (*fn)(struct ward__process *p, void *arg);
	void *arg;
};

static int give(void *arg, pid_t pid, int pidfd)
{
	const struct visit *visit = arg;
	struct ward__process *p;
	int r = ward__process_adopt(&p, pidfd, pid);

	if (r < 0) {
		close(pidfd);
		return r;
	}
	return visit->fn(p, visit->arg);
}

static int each(struct ward__job *job, int (*fn)(struct ward__process *p, void *arg),
                void *arg)
{
	struct visit visit = { fn, arg };

	return ward__cgroup_each(cgroup_of(job), give, &visit);
}

static int64_t count(struct ward__job *job)
{
	return ward__cgroup_count(cgroup_of(job));
}

const struct ward__means ward__job_by_cgroup = {
	.means = WARD_MEANS_CGROUP,
	.limits = true,
	.owner_death = true,
	.make = make,
	.drop = drop,
	.add = add,
	.signal = send_signal,
	.kill = kill_all,
	.freeze = freeze,
	.usage = usage,
	.is_empty = is_empty,
	.await = await,
	.poll_fd = poll_fd,
	.each = each,
	.count = count,
};
