/* SPDX-License-Identifier: MIT */
/*
 * The host's part of a start under a keeper. Two processes are on their way at once, in
 * our memory and our table of descriptors, and either may be killed at any step: what the
 * keeper has written down by then tells which of them are there, and none may stay when
 * it was not done. Where the keeper's program cannot be run (no files in memory, or none
 * that may be executed; another processor; memory that is not shared) the keeper is a
 * copy of the host instead (keeper_fork.c).
 */
#define _GNU_SOURCE 1
#include "keeper_start.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "../unix/poll.h"
#include "../unix/self.h"
#include "keeper_birth.h"
#include "keeper_fork.h"
#include "keeper_image.h"
#include "pidfd.h"
#include "probe.h"
#include "stack.h"

enum { END_S = 10 };

static void give_words(struct ward__keeper_birth *birth, const char *group)
{
	birth->words[WARD__KEEPER_PROC] = "/proc/";
	birth->words[WARD__KEEPER_TASK] = "/task/";
	birth->words[WARD__KEEPER_CHILDREN] = "/children";
	birth->words[WARD__KEEPER_STAT] = "/stat";
	birth->words[WARD__KEEPER_ONE] = "1";
	birth->words[WARD__KEEPER_GROUP] = group;
}

static int flags_of(const struct ward__keeping *what)
{
	return (what->tree ? WARD__KEEP_TREE : 0) |
	       (what->namespace ? WARD__KEEP_NAMESPACE : 0) |
	       (what->kill ? WARD__KEEP_KILL : 0);
}

/* -------------------------------------------------------------------------- reserve */

static int reserve_stacks(struct ward__cradle *cradle)
{
	cradle->stack = ward__stack_get();
	cradle->birth.stack = ward__stack_get();
	return cradle->stack && cradle->birth.stack ? 0 : -ENOMEM;
}

/* What the keeper is to know its owner by, and what it is given to talk. */
static int reserve(struct ward__cradle *cradle, const struct ward__keeping *what)
{
	int64_t *numbers = cradle->birth.numbers;
	int r = ward__keeper_new(&cradle->keeper, what, &cradle->theirs);

	if (r < 0)
		return r;
	cradle->owner_fd = ward__can(WARD__PIDFD_OPEN) ? ward__pidfd_open(getpid()) : -1;
	if (cradle->owner_fd == -EMFILE || cradle->owner_fd == -ENFILE ||
	    cradle->owner_fd == -ENOMEM)
		return cradle->owner_fd;
	numbers[WARD__KEEPER_FLAGS] = flags_of(what);
	numbers[WARD__KEEPER_SOCKET] = cradle->theirs.socket;
	numbers[WARD__KEEPER_EMPTY] = cradle->theirs.empty;
	numbers[WARD__KEEPER_OWNER_FD] = cradle->owner_fd < 0 ? -1 : cradle->owner_fd;
	numbers[WARD__KEEPER_OWNER] = what->namespace ? 0 : getpid();
	return 0;
}

static void free_cradle(struct ward__cradle *cradle)
{
	const int fds[] = { cradle->owner_fd, cradle->birth.image };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	ward__keeper_close_ends(&cradle->theirs);
	if (cradle->stack)
		ward__stack_put(cradle->stack);
	if (cradle->birth.stack)
		ward__stack_put(cradle->birth.stack);
	ward__keeper_drop(cradle->keeper);
}

static void prepare(struct ward__cradle *cradle)
{
	struct ward__keeper_birth *birth = &cradle->birth;

	cradle->theirs = (struct ward__keeper_ends){ -1, -1 };
	cradle->owner_fd = -1;
	for (int i = 0; i < WARD__KEEPER_NUMBERS; i++)
		birth->numbers[i] = -1;
	birth->numbers[WARD__KEEPER_SIGNAL] = 0;
	birth->image = birth->child_fd = -1;
	birth->report.number = -1;
}

/* ----------------------------------------------------------------------------- make */

/* By its handle, for good: nobody else knows of it. */
static void collect_keeper(struct ward__cradle *cradle)
{
	ward__keeper_collect(cradle->keeper, true);
}

static void forget_keeper(struct ward__keeper *k)
{
	if (k->pidfd >= 0)
		close(k->pidfd);
	k->pidfd = -1;
	k->base.pid = 0;
	k->base.collected = false;
}

void ward__cradle_end_child(int pidfd)
{
	struct pollfd one = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		return;
	ward__pidfd_signal(pidfd, SIGKILL, false);
	ward__poll(&one, 1, ward__deadline(END_S * WARD_NS_PER_S));
	close(pidfd);
}

/* Nothing stays of it; the child is gone once it is seen to be, as it uses our memory. */
static void undo(struct ward__cradle *cradle)
{
	if (cradle->keeper->base.pid > 0)
		collect_keeper(cradle);
	forget_keeper(cradle->keeper);
	ward__cradle_end_child(cradle->birth.child_fd);
	cradle->birth.child_fd = -1;
}

static int make(struct ward__cradle *cradle, uint64_t flags)
{
	struct ward__keeper *k = cradle->keeper;
	long pid = ward__make_shared(flags | CLONE_FILES, cradle->stack,
	                             ward__keeper_born, &cradle->birth, &k->pidfd);

	if (pid < 0)
		return (int)pid;
	k->base.pid = (pid_t)pid;
	return 0;
}

static void name_users(struct ward__keeper_birth *birth)
{
	snprintf(birth->uids, sizeof(birth->uids), "%u %u 1", geteuid(), geteuid());
	snprintf(birth->gids, sizeof(birth->gids), "%u %u 1", getegid(), getegid());
}

/* Without the privilege for a pid namespace a user namespace gives it. */
static int make_keeper(struct ward__cradle *cradle)
{
	int r;

	cradle->birth.uids[0] = '\0';
	if (!cradle->keeper->what.namespace)
		return make(cradle, 0);
	r = make(cradle, CLONE_NEWPID);
	if (r != -EPERM)
		return r;
	name_users(&cradle->birth);
	return make(cradle, CLONE_NEWPID | CLONE_NEWUSER);
}

/* With all signals blocked. */
static int make_quietly(struct ward__cradle *cradle, struct ward__plan *plan)
{
	struct ward__mask before;
	int r = ward__sys_block_signals(&before);

	if (r < 0)
		return r;
	if (plan) {
		ward__plan_mask(plan, &before);
		plan->mask_is_set = true;
		plan->handlers_cleared = false;
	}
	r = make_keeper(cradle);
	for (int tries = 0; tries < 3 && ward__sys_set_mask(&before) < 0; tries++)
		;
	return r;
}

/* -------------------------------------------------------------------------- verdict */

/* 0: both run. -ENOSYS with no step in @error: another way may do. */
static int verdict(struct ward__cradle *cradle, struct ward_error *error)
{
	const struct ward__keeper_birth *birth = &cradle->birth;
	const struct ward__report *child = &cradle->child.report, *own = &birth->report;

	if (own->code == 0 && birth->done)
		return 0;
	if (birth->child && child->code < 0) {
		/* The child takes its own table first of all: nothing was run yet. */
		if (child->step == WARD_STEP_CLOSE && ward__is_refusal(child->code))
			return -ENOSYS;
		return ward__fail_report(error, child);
	}
	if (own->code == -ECHILD || own->code == 0)
		return ward__fail(error, WARD_STEP_PROCESS, -ECANCELED, -1, NULL);
	if (birth->done)
		ward__cannot(WARD__KEEPER_IMAGE);
	else if (birth->child_pid == 0 && ward__is_refusal(own->code))
		return -ENOSYS;
	return ward__fail_report(error, own);
}

static bool is_refused(int r, const struct ward_error *error)
{
	return r == -ENOSYS && error->step == WARD_STEP_NONE;
}

static int start_own_program(struct ward__cradle *cradle, struct ward__plan *plan,
                             struct ward_error *error)
{
	int r = cradle->birth.image = ward__keeper_image();

	if (ward__is_refusal(r) || r == -ENOTSUP || r == -EACCES) {
		ward__cannot(WARD__KEEPER_IMAGE);
		return -ENOSYS;
	}
	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	r = reserve_stacks(cradle);
	if (r < 0)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	r = make_quietly(cradle, plan);
	if (ward__is_refusal(r))
		return -ENOSYS;
	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	r = verdict(cradle, error);
	if (r < 0)
		undo(cradle);
	return r;
}

/* ---------------------------------------------------------------------------- start */

static bool can_share(const struct ward__plan *plan)
{
	return (!plan || plan->unshare || (plan->opts->flags & WARD_SPAWN_INHERIT_FDS)) &&
	       ward__can(WARD__UNSHARE_TABLE) && ward__can(WARD__SHARED_MEMORY) &&
	       ward__can(WARD__PIDFD) && ward__can(WARD__KEEPER_IMAGE);
}

static int start_by(struct ward__cradle *cradle, struct ward__plan *plan,
                    struct ward_error *error)
{
	int r = -ENOSYS;

	if (can_share(plan))
		r = start_own_program(cradle, plan, error);
	if (!is_refused(r, error))
		return r;
	if (cradle->birth.image >= 0)
		close(cradle->birth.image);
	cradle->birth.image = -1;
	return ward__keeper_fork(cradle, plan, error);
}

static void hand_over(struct ward__started *ret, struct ward__cradle *cradle)
{
	struct ward__keeper_birth *birth = &cradle->birth;

	*ret = (struct ward__started){ .pid = birth->child_pid,
		                       .pidfd = birth->child_fd,
		                       .keeper = cradle->keeper };
	/* Its number in a namespace is not its number here. */
	if (cradle->keeper->what.namespace)
		ret->pid = (pid_t)ward__pidfd_pid(birth->child_fd);
	if (ret->pid < 0)
		ret->pid = 0;
	cradle->keeper = NULL;
}

int ward__start_kept(struct ward__started *ret, struct ward__plan *plan,
                     const struct ward__keeping *what, struct ward_error *error)
{
	struct ward__cradle cradle = { .child.plan = plan };
	int r;

	prepare(&cradle);
	give_words(&cradle.birth, "");
	cradle.birth.child = &cradle.child;
	cradle.child.report.number = -1;
	cradle.birth.numbers[WARD__KEEPER_SIGNAL] = plan->death_signal;
	plan->self = -1;
	plan->death_signal = what->kill ? SIGKILL : plan->death_signal;
	plan->unshare = !(plan->opts->flags & WARD_SPAWN_INHERIT_FDS) &&
	                ward__can(WARD__UNSHARE_TABLE);
	r = reserve(&cradle, what);
	if (r < 0)
		r = ward__fail(error, r == -ENOMEM ? WARD_STEP_MEMORY : WARD_STEP_HOLD, r,
		               -1, NULL);
	else
		r = start_by(&cradle, plan, error);
	if (is_refused(r, error))
		r = ward__fail(error, WARD_STEP_PROCESS, -ENOTSUP, -1, NULL);
	if (r == 0)
		hand_over(ret, &cradle);
	free_cradle(&cradle);
	return r;
}

static int watch(struct ward__cradle *cradle, bool kill, struct ward_error *error)
{
	const struct ward__keeping what = { .kill = kill };
	int r = reserve(cradle, &what);

	if (r < 0)
		return r;
	cradle->birth.numbers[WARD__KEEPER_FLAGS] |= WARD__KEEP_WATCH;
	cradle->keeper->watches = true;
	return start_by(cradle, NULL, error);
}

static int start_childless(struct ward__keeper **ret, int kill_fd, int parent_fd,
                           const char *name)
{
	struct ward_error error = { .size = sizeof(error) };
	struct ward__cradle cradle = { 0 };
	int r;

	prepare(&cradle);
	give_words(&cradle.birth, name);
	cradle.birth.numbers[WARD__KEEPER_KILL_FD] = kill_fd;
	cradle.birth.numbers[WARD__KEEPER_PARENT_FD] = parent_fd;
	r = watch(&cradle, kill_fd >= 0, &error);
	if (is_refused(r, &error))
		r = -ENOTSUP;
	if (r == 0) {
		*ret = cradle.keeper;
		cradle.keeper = NULL;
	}
	free_cradle(&cradle);
	return r;
}

int ward__keeper_watch(struct ward__keeper **ret, int kill_fd, int parent_fd,
                       const char *name)
{
	return start_childless(ret, kill_fd, parent_fd, name);
}

int ward__keeper_stay(struct ward__keeper **ret)
{
	return start_childless(ret, -1, -1, "");
}

/* ---------------------------------------------------------------------------- probe */

int ward__keeper_try(struct ward__keeper **ret)
{
	struct ward_error error = { .size = sizeof(error) };
	const struct ward__keeping what = { .kill = false };
	struct ward__cradle cradle = { 0 };
	int r;

	prepare(&cradle);
	give_words(&cradle.birth, "");
	r = reserve(&cradle, &what);
	cradle.birth.numbers[WARD__KEEPER_FLAGS] |= WARD__KEEP_WATCH;
	if (r == 0)
		cradle.keeper->watches = true;
	if (r == 0)
		r = start_own_program(&cradle, NULL, &error);
	if (r == 0) {
		*ret = cradle.keeper;
		cradle.keeper = NULL;
	}
	free_cradle(&cradle);
	return r;
}
