/* SPDX-License-Identifier: MIT */
/*
 * Making the child. The ladder: clone3, libc's clone with CLONE_PIDFD, libc's clone
 * with a child that opens its own pidfd, fork with an error pipe; each rung is taken
 * when the one before is refused, and a refusal is remembered. On the first three the
 * child borrows our memory and our thread waits until it has exec'ed (CLONE_VFORK),
 * which costs the same for a parent of any size; it tells failures by writing into our
 * memory. A handler must not run in such a child, on our memory: clone3 clears the
 * handlers, for the others all signals are blocked meanwhile.
 */
#define _GNU_SOURCE 1
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/child.h"
#include "../unix/fork.h"
#include "../unix/pipe.h"
#include "cgroup_file.h"
#include "clone3.h"
#include "job_cgroup.h"
#include "pidfd.h"
#include "probe.h"
#include "reopen.h"
#include "stack.h"
#include "usher.h"

/* One start, while it is under way. */
struct birth {
	struct ward__childhood child; /* the child's part of it */
	struct ward__started started;
	int job;                      /* the cgroup of its job; -1: ours */
	bool into;                    /* it can be born there */
	struct ward__usher usher;     /* it has to ask to enter it */
	char *stack;
	struct ward__reopen reopen;
};

int ward__pipe(int ends[2])
{
	int r = ward__gate("pipe2");

	return r < 0 ? r : pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
}

/* ---------------------------------------------------------------------------- rungs */

/* Pids and negative errnos alike; the pidfd goes into @birth->started. */
typedef long rung_fn(struct birth *birth);

static int shared_flags(const struct ward__plan *plan)
{
	return CLONE_VM | CLONE_VFORK | (plan->unshare ? CLONE_FILES : 0);
}

static long rung_clone3(struct birth *birth)
{
	bool pidfd = ward__can(WARD__PIDFD);
	bool into = birth->job >= 0 && birth->child.plan->join < 0;
	struct kernel_clone_args args = {
		.flags = (uint64_t)shared_flags(birth->child.plan) |
		         KERNEL_CLONE_CLEAR_SIGHAND | (pidfd ? KERNEL_CLONE_PIDFD : 0) |
		         (into ? KERNEL_CLONE_INTO_CGROUP : 0),
		.pidfd = pidfd ? (uint64_t)(uintptr_t)&birth->started.pidfd : 0,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)birth->stack,
		.stack_size = WARD__STACK_SIZE,
		.cgroup = into ? (uint64_t)birth->job : 0,
	};
	int r = ward__gate("clone3");

	if (r == 0 && into)
		r = ward__gate("clone3_cgroup");
	return r < 0 ? r : ward__clone3(&args, ward__child_run, &birth->child);
}

static long libc_clone(struct birth *birth, int flags)
{
	int pid = clone(ward__child_run, birth->stack + WARD__STACK_SIZE, flags | SIGCHLD,
	                &birth->child, &birth->started.pidfd);

	return pid < 0 ? -errno : pid;
}

static long rung_clone_pidfd(struct birth *birth)
{
	int r = ward__gate("clone_pidfd");

	if (r < 0)
		return r;
	return libc_clone(birth,
	                  shared_flags(birth->child.plan) | (int)KERNEL_CLONE_PIDFD);
}

static long rung_clone(struct birth *birth)
{
	int r = ward__gate("clone");

	return r < 0 ? r : libc_clone(birth, shared_flags(birth->child.plan));
}

/* ---------------------------------------------------- what must be there beforehand */

/* Without pidfds a waiter is reserved while failing is still harmless. */
static int reserve(struct birth *birth)
{
	if (birth->started.waiter || ward__can(WARD__PIDFD_OPEN))
		return 0;
	return ward__waiter_new(&birth->started.waiter);
}

/* ------------------------------------------------------------------ after the birth */

/*
 * By its handle where there is one; the number is safe only while nobody else collects.
 */
static void collect(const struct ward__started *child)
{
	int r = -EINVAL;

	if (child->pidfd >= 0)
		do
			r = ward__waitid(child->pidfd, 0, 0, NULL);
		while (r == -EINTR);
	if (r < 0 && r != -ECHILD)
		ward__collect_failed(child->pid);
}

void ward__collect_failed(pid_t pid)
{
	int tries = 3, r;

	do
		r = ward__waitid(-1, pid, 0, NULL);
	while (r == -EINTR || (r < 0 && r != -ECHILD && --tries > 0));
}

static void undo(struct birth *birth)
{
	ward__usher_end(&birth->usher, birth->child.plan);
	collect(&birth->started);
	if (birth->started.pidfd >= 0)
		close(birth->started.pidfd);
	birth->started.pidfd = -1;
}

/* 0: exec'ed. A child that is silent at another step was killed on its way. */
static int verdict(struct birth *birth, struct ward_error *error)
{
	const struct ward__report *report = &birth->child.report;

	if (report->code < 0)
		return ward__fail_report(error, report);
	if (report->step != WARD_STEP_EXEC)
		return ward__fail(error, report->step ? report->step : WARD_STEP_PROCESS,
		                  -ECANCELED, -1, NULL);
	return 0;
}

/* No rung leaves a child that is not held; should one do so, the child may not stay. */
static int hold(struct birth *birth, struct ward_error *error)
{
	struct ward__started *child = &birth->started;

	if (child->pidfd >= 0)
		return 0;
	if (child->waiter) {
		ward__waiter_watch(child->waiter, child->pid);
		return 0;
	}
	ward__kill(child->pid, SIGKILL, false);
	ward__collect_failed(child->pid);
	return ward__fail(error, WARD_STEP_HOLD, -ENOTSUP, -1, NULL);
}

/* --------------------------------------------------------------------------- ladder */

static void reset(struct birth *birth)
{
	birth->child.report = (struct ward__report){ .number = -1 };
	birth->child.plan->n_spares = 0;
	birth->child.plan->self = -1;
	birth->started.pidfd = -1;
	birth->started.pid = -1;
}

/* The child enters its job itself, by what is opened for it now. */
static int prepare_join(struct birth *birth)
{
	int fd;

	if (birth->job < 0 || birth->child.plan->join >= 0)
		return 0;
	if (birth->usher.group)
		return ward__usher_start(&birth->usher, birth->child.plan);
	fd = ward__cgroup_open(birth->job, "cgroup.procs", O_WRONLY);
	if (fd >= 0)
		birth->child.plan->join = fd;
	return fd < 0 ? fd : 0;
}

/* Codes that say nothing but that the job is not there, or not to be entered. */
static bool is_about_job(const struct birth *birth, long code)
{
	return birth->job >= 0 && (code == -EACCES || code == -EBUSY || code == -ENODEV ||
	                           code == -ENOENT);
}

/* clone3 without INTO_CGROUP may still be there. */
static long climb_and_join(struct birth *birth, long code)
{
	long pid;

	reset(birth);
	if (prepare_join(birth) < 0)
		return code;
	pid = rung_clone3(birth);
	if (!ward__is_refusal((int)pid) && code != -EOPNOTSUPP)
		ward__cannot(WARD__INTO_CGROUP);
	return pid;
}

/* -ENOSYS after a refusal: try the next rung. */
static int climb(struct birth *birth, rung_fn *rung, struct ward_error *error)
{
	bool into = rung == rung_clone3 && birth->into && ward__can(WARD__INTO_CGROUP);
	int r = into ? 0 : prepare_join(birth);
	long pid;

	if (r < 0)
		return ward__fail(error, WARD_STEP_JOB, r, -1, NULL);
	reset(birth);
	pid = rung(birth);
	if (into && birth->job >= 0 && ward__is_refusal((int)pid))
		pid = climb_and_join(birth, pid);
	if (is_about_job(birth, pid))
		return ward__fail(error, WARD_STEP_JOB, (int)pid, -1, NULL);
	if (ward__is_refusal((int)pid))
		return -ENOSYS;
	if (pid == -EMFILE || pid == -ENFILE)
		return ward__fail(error, WARD_STEP_HOLD, (int)pid, -1, NULL);
	if (pid < 0)
		return ward__fail(error, WARD_STEP_PROCESS, (int)pid, -1, NULL);
	birth->started.pid = (pid_t)pid;
	if (birth->child.plan->self >= 0)
		birth->started.pidfd = birth->child.plan->self;
	return 0;
}

/*
 * The kernel has no close_range, or not for us: the child gets a whole table next time.
 */
static bool refused_table(const struct birth *birth)
{
	return birth->child.plan->unshare &&
	       birth->child.report.step == WARD_STEP_CLOSE &&
	       ward__is_refusal(birth->child.report.code);
}

/*
 * A pipe of ours could not be opened anew (no /proc, or not for us): it is given as it
 * is.
 */
static bool refused_reopen(const struct birth *birth)
{
	const struct ward__report *report = &birth->child.report;
	const char *path = report->path;

	for (size_t i = 0; report->code < 0 && i < birth->reopen.n; i++)
		if (report->step == WARD_STEP_OPEN && path == birth->reopen.paths[i])
			return true;
	return false;
}

static int climb_again(struct birth *birth, rung_fn *rung, struct ward_error *error)
{
	undo(birth);
	return climb(birth, rung, error);
}

/*
 * Newer kernels (6.18) kill at once who is born in a group when that, or the one that its
 * parent is in, was ever killed by cgroup.kill: they compare the counts of kills of the
 * two. Who enters it later is spared. A child that was really killed before its first
 * step, and is made again, is one that was started after that.
 */
static bool killed_at_birth(const struct birth *birth)
{
	const struct ward__report *report = &birth->child.report;

	return birth->job >= 0 && birth->into && birth->child.plan->join < 0 &&
	       report->code == 0 && report->step == WARD_STEP_NONE;
}

/* One rung, to the end: exec'ed or gone. */
static int attempt(struct birth *birth, rung_fn *rung, struct ward_error *error)
{
	int r = climb(birth, rung, error);

	if (r == 0 && killed_at_birth(birth)) {
		birth->into = false;
		ward__job_cgroup_cannot_bear(birth->child.plan->start->job);
		r = climb_again(birth, rung, error);
	}
	if (r < 0)
		return r;
	if (refused_table(birth)) {
		undo(birth);
		ward__cannot(WARD__UNSHARE_TABLE);
		birth->child.plan->unshare = false;
		r = birth->child.plan->hold_self ? -ENOSYS : climb(birth, rung, error);
		if (r < 0)
			return r;
	}
	if (refused_reopen(birth)) {
		ward__cannot(WARD__REOPEN);
		ward__reopen_undo(&birth->reopen, birth->child.plan);
		r = climb_again(birth, rung, error);
		if (r < 0)
			return r;
	}
	r = verdict(birth, error);
	if (r < 0) {
		undo(birth);
		return r;
	}
	return hold(birth, error);
}

static int attempt_reserved(struct birth *birth, rung_fn *rung, struct ward_error *error)
{
	int r = reserve(birth);

	return r < 0 ? ward__fail(error, WARD_STEP_HOLD, r, -1, NULL) :
	               attempt(birth, rung, error);
}

/* All rungs were refused so far, and nothing else went wrong. */
static bool is_refused(int r, const struct ward_error *error)
{
	return r == -ENOSYS && error->step == WARD_STEP_NONE;
}

/*
 * No signal is blocked for this one: the kernel takes the handlers away as it makes the
 * child, so none can run on our memory, and the child sets its mask itself.
 */
static int start_by_clone3(struct birth *birth, struct ward_error *error)
{
	int r = -ENOSYS;

	if (!ward__can(WARD__CLONE3))
		return r;
	ward__sys_empty_mask(&birth->child.plan->mask);
	birth->child.plan->handlers_cleared = true;
	r = ward__can(WARD__PIDFD) ? attempt(birth, rung_clone3, error) :
	                             attempt_reserved(birth, rung_clone3, error);
	if (is_refused(r, error))
		ward__cannot(WARD__CLONE3);
	return r;
}

/*
 * Without a pidfd from the kernel the child makes its own, in the table that it still
 * shares with us: asked for by us, afterwards, it might find the child gone, or no
 * number free.
 */
static int climb_plain_clone(struct birth *birth, struct ward_error *error)
{
	struct ward__plan *plan = birth->child.plan;
	int r;

	plan->hold_self = ward__can(WARD__PIDFD_OPEN);
	r = plan->hold_self && !plan->unshare ?
	            -ENOSYS :
	            attempt_reserved(birth, rung_clone, error);
	plan->hold_self = false;
	return r;
}

/* With signals blocked. */
static int climb_clone(struct birth *birth, struct ward_error *error)
{
	int r;

	if (!ward__can(WARD__SHARED_MEMORY))
		return -ENOSYS;
	if (ward__can(WARD__PIDFD) && ward__can(WARD__CLONE_PIDFD)) {
		r = attempt(birth, rung_clone_pidfd, error);
		if (!is_refused(r, error))
			return r;
		ward__cannot(WARD__CLONE_PIDFD);
	}
	return climb_plain_clone(birth, error);
}

static int start_by_clone(struct birth *birth, struct ward_error *error)
{
	struct ward__mask before;
	int r = ward__sys_block_signals(&before);

	if (r < 0)
		return ward__fail(error, WARD_STEP_SIGNALS, r, -1, NULL);
	birth->child.plan->handlers_cleared = false;
	ward__plan_mask(birth->child.plan, &before);
	r = climb_clone(birth, error);
	for (int tries = 0; tries < 3 && ward__sys_set_mask(&before) < 0; tries++)
		;
	return r;
}

static int start_shared(struct birth *birth, struct ward_error *error)
{
	int r;

	birth->stack = ward__stack_get();
	if (!birth->stack)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	r = start_by_clone3(birth, error);
	if (is_refused(r, error))
		r = start_by_clone(birth, error);
	ward__stack_put(birth->stack);
	return r;
}

/* While the child waits to be let go. */
static int hold_forked(void *arg, pid_t pid)
{
	struct birth *birth = arg;
	int fd = ward__pidfd_open(pid);

	if (fd == -ENOSYS || fd == -EPERM)
		ward__cannot(WARD__PIDFD_OPEN);   /* the next start reserves a waiter */
	birth->started.pidfd = fd;
	return fd < 0 ? fd : 0;
}

static int start_forked(struct birth *birth, struct ward_error *error)
{
	struct ward__started *child = &birth->started;
	int r;

	reset(birth);
	ward__reopen_undo(&birth->reopen, birth->child.plan);
	birth->child.plan->unshare = false;
	birth->child.plan->handlers_cleared = false;
	r = prepare_join(birth);
	if (r < 0)
		return ward__fail(error, WARD_STEP_JOB, r, -1, NULL);
	r = reserve(birth);
	if (r < 0)
		return ward__fail(error, WARD_STEP_HOLD, r, -1, NULL);
	r = ward__fork_start(&child->pid, birth->child.plan,
	                     child->waiter ? NULL : hold_forked, birth, error);
	if (r == 0)
		return hold(birth, error);
	if (child->pidfd >= 0)
		close(child->pidfd);
	return r;
}

int ward__start(struct ward__started *ret, struct ward__plan *plan,
                struct ward_error *error)
{
	struct birth birth = { .child.plan = plan,
		               .started = { .pidfd = -1 },
		               .job = ward__job_cgroup_dir(plan->start->job) };
	int r;

	birth.usher.group = ward__job_cgroup_attached(plan->start->job);
	birth.into = birth.job >= 0 && !birth.usher.group &&
	             ward__job_cgroup_can_bear(plan->start->job);
	plan->unshare = !(plan->opts->flags & WARD_SPAWN_INHERIT_FDS) &&
	                ward__can(WARD__UNSHARE_TABLE);
	ward__reopen_plan(&birth.reopen, plan);
	r = start_shared(&birth, error);
	if (is_refused(r, error))
		r = start_forked(&birth, error);
	ward__usher_end(&birth.usher, plan);
	if (plan->join >= 0)
		close(plan->join);
	if (r < 0 || birth.started.pidfd >= 0) {
		ward__waiter_drop(birth.started.waiter);
		birth.started.waiter = NULL;
	}
	if (r == 0)
		*ret = birth.started;
	return r;
}
