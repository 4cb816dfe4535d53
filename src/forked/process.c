/* SPDX-License-Identifier: MIT */
/*
 * The porting contract where a process is held by its number: an own child's stays its
 * own until it is collected, which happens here and under a lock; a stranger's may be
 * given away at any time, so that its start is compared each time. How the end is noticed
 * (watch.h) and what else is known (facts.h) is each system's.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "process.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../deadline.h"
#include "../memory.h"
#include "../unix/sleep.h"
#include "../unix/plan.h"
#include "../unix/poll.h"
#include "facts.h"
#include "job_kept.h"
#include "number.h"

/* A sleep of a millisecond may be one of twenty where the clock ticks slowly. */
enum { YIELDS = 50, SLEEPS = 5 };

/* --------------------------------------------------------------------- hold, let go */

static struct ward__process *new_process(pid_t pid, bool child)
{
	struct ward__process *p = ward__alloc(sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->pid = pid;
	p->owner = getpid();
	p->child = child;
	return p;
}

void ward__process_free(struct ward__process *p)
{
	ward__watch_drop(p->watch);
	ward__keeper_drop(p->keeper);
	ward__ending_drop(&p->ending);
	pthread_mutex_destroy(&p->lock);
	ward__free(p);
}

void ward__process_lock(struct ward__process *p)
{
	pthread_mutex_lock(&p->lock);
}

void ward__process_unlock(struct ward__process *p)
{
	pthread_mutex_unlock(&p->lock);
}

int ward__process_adopt(struct ward__process **ret, struct ward__watch *watch, pid_t pid)
{
	struct ward__process *p = new_process(pid, ward__is_child(pid));

	if (!p)
		return -ENOMEM;
	p->watch = watch;
	*ret = p;
	return 0;
}

/*
 * Best while it cannot have ended yet: some systems forget the start of a zombie. Without
 * it there is no identity; that is no reason to give the child up.
 */
static int note_start(void *arg, pid_t pid)
{
	struct ward__process *p = arg;
	struct ward__facts facts;

	if (ward__facts_read(pid, &facts) == 0)
		p->start = facts.start;
	return 0;
}

static int start_watched(struct ward__process *p, struct ward__plan *plan,
                         struct ward_error *error)
{
	int r = ward__watch_new(&p->watch);

	if (r < 0)
		return ward__fail(error, WARD_STEP_HOLD, r, -1, NULL);
	return ward__watch_start(p->watch, &p->pid, plan, note_start, p, error);
}

static int start_kept(struct ward__process *p, struct ward__plan *plan,
                      const struct ward__keeping *what, struct ward_error *error)
{
	int r = ward__watch_reserve(&p->watch);

	p->child = false;
	if (r < 0)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	r = ward__keeper_start(&p->keeper, &p->pid, plan, what, note_start, p, error);
	if (r == 0 && p->watch) {
		ward__watch_take(p->watch, p->keeper->child);
		p->keeper->child = -1;
	}
	return r;
}

static int start_in_job(struct ward__process *p, struct ward__plan *plan,
                        const struct ward__keeping *what, struct ward_error *error)
{
	struct ward__job *job = plan->start->job;
	int r = ward__kept_reserve(job);

	if (r < 0)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	r = start_kept(p, plan, what, error);
	ward__kept_put(job, r == 0 ? p->keeper : NULL);
	return r;
}

static int start_plan(struct ward__process *p, struct ward__plan *plan,
                      struct ward_error *error)
{
	const struct ward__keeping alone = { .kill = true };
	struct ward__keeping what;

	if (ward__job_keeping(plan->start->job, &what))
		return start_in_job(p, plan, &what, error);
	p->dies = plan->opts->on_owner_death == WARD_KILL && ward__watch_kills();
	if (plan->opts->on_owner_death == WARD_KILL && !p->dies)
		return start_kept(p, plan, &alone, error);
	return start_watched(p, plan, error);
}

int ward__process_spawn(struct ward__process **ret, const struct ward__start *request,
                        struct ward_error *error)
{
	struct ward__process *p = new_process(0, true);
	struct ward__plan plan;
	int r;

	if (!p)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	r = ward__plan_make(&plan, request, error);
	if (r == 0) {
		r = start_plan(p, &plan, error);
		ward__plan_free(&plan);
	}
	if (r < 0)
		ward__process_free(p);
	else
		*ret = p;
	return r;
}

bool ward__facts_same(const struct ward__facts *facts, uint64_t start)
{
	uint64_t apart = facts->start > start ? facts->start - start :
	                                        start - facts->start;

	/* With another time of the boot to be taken off, rounding may differ by one. */
	return facts->start != 0 && start != 0 && (apart == 0 || apart == 1000);
}

/* Watched, if that is possible, and by the end of it still the process of that start. */
static int watch_stranger(struct ward__process *p, uint64_t start)
{
	struct ward__facts facts;
	int r = ward__watch_new(&p->watch);

	if (r < 0)
		return r;
	r = ward__watch_process(p->watch, p->pid, false);
	if (r < 0 && (r != -EACCES || !p->weak))
		return r;
	if (r < 0) {
		ward__watch_drop(p->watch);
		p->watch = NULL;
	}
	r = ward__facts_read(p->pid, &facts);
	if (r < 0)
		return r;
	p->start = start;
	return ward__facts_same(&facts, start) ? 0 : -ESRCH;
}

static int open_stranger(struct ward__process **ret, pid_t pid, uint64_t start, bool weak)
{
	struct ward__process *p = new_process(pid, false);
	int r;

	if (!p)
		return -ENOMEM;
	p->weak = weak;
	r = watch_stranger(p, start);
	if (r < 0)
		ward__process_free(p);
	else
		*ret = p;
	return r;
}

static int open_child(struct ward__process **ret, pid_t pid)
{
	struct ward__process *p = new_process(pid, true);
	int r;

	if (!p)
		return -ENOMEM;
	r = ward__watch_new(&p->watch);
	if (r == 0)
		r = ward__watch_process(p->watch, pid, true);
	if (r < 0) {
		ward__process_free(p);
		return r;
	}
	note_start(p, pid);
	*ret = p;
	return 0;
}

/* Nothing but the number, on a system that knows no more. */
static int open_number(struct ward__process **ret, pid_t pid, bool weak)
{
	if (getpgid(pid) < 0 && errno == ESRCH)
		return -ESRCH;
	if (!weak)
		return -ENOTSUP;
	*ret = new_process(pid, false);
	if (!*ret)
		return -ENOMEM;
	(*ret)->weak = true;
	return 0;
}

int ward__process_open(struct ward__process **ret, int64_t pid, uint32_t flags)
{
	bool weak = flags & WARD_OPEN_WEAK;
	struct ward__facts facts;
	int r;

	if (pid > INT_MAX)
		return -EINVAL;
	if (ward__is_child((pid_t)pid))
		return open_child(ret, (pid_t)pid);
	if (flags & WARD_OPEN_CHILD)
		return -ECHILD;
	r = ward__facts_read((pid_t)pid, &facts);
	if (r == -ENOTSUP)
		return open_number(ret, (pid_t)pid, weak);
	return r < 0 ? r : open_stranger(ret, (pid_t)pid, facts.start, weak);
}

static int check_boot(const struct ward_id *id)
{
	uint8_t boot[16];

	if (!id->has_boot)
		return 0;
	if (!ward__facts_boot(boot))
		return -ENOTSUP;
	for (size_t i = 0; i < sizeof(boot); i++)
		if (boot[i] != id->boot[i])
			return -ESRCH;
	return 0;
}

int ward__process_open_id(struct ward__process **ret, const struct ward_id *id)
{
	struct ward__facts facts;
	int r;

	if (id->kind != WARD_ID_START)
		return -ENOTSUP;
	if (id->pid < 1 || id->pid > INT_MAX)
		return -ESRCH;
	r = ward__facts_read((pid_t)id->pid, &facts);
	if (r == 0)
		r = check_boot(id);
	if (r < 0)
		return r;
	if (!ward__facts_same(&facts, id->number))
		return -ESRCH;
	/* From here to its being collected a child's number cannot change its meaning. */
	if (!ward__is_child((pid_t)id->pid))
		return open_stranger(ret, (pid_t)id->pid, id->number, false);
	r = open_child(ret, (pid_t)id->pid);
	if (r == 0 && (*ret)->start == 0)
		(*ret)->start = id->number;
	return r;
}

int64_t ward__process_pid(const struct ward__process *p)
{
	return p->pid;
}

int ward__process_owner_death(const struct ward__process *p)
{
	if (p->dies)
		return WARD_DEATH_KERNEL;
	return p->keeper && p->keeper->what.kill ? WARD_DEATH_KEEPER : WARD_DEATH_LEAVES;
}

int ward__process_hold(const struct ward__process *p)
{
	if (ward__process_is_handle(p))
		return WARD_HOLD_KERNEL;
	return p->child || p->keeper ? WARD_HOLD_CHILD : WARD_HOLD_PID;
}

/* ------------------------------------------------------------------------------ end */

/*
 * Nothing of it is to be collected by us (any more); what the notice said is all there
 * is. A child that is gone has ended, told or not.
 */
static int recover(struct ward__process *p)
{
	int status;

	if ((!p->child || ward__watch_is_handle(p->watch)) && !ward__watch_done(p->watch))
		return 0;
	p->ending = (struct ward__ending){ .lost = true };
	if (ward__watch_status(p->watch, &status)) {
		p->ending.lost = false;
		ward__ending_from_status(&p->ending, status);
	}
	return 1;
}

/* Others first; then, should they need longer than that, asleep. */
static void rest(int tries)
{
	const struct timespec a_while = { 0, WARD_NS_PER_MS };

	if (tries < YIELDS)
		sched_yield();
	else
		nanosleep(&a_while, NULL);
}

/*
 * A kqueue tells of the end before the child can be collected, while its memory is given
 * back: it is waited for here, once, so that nobody has to come again. What takes longer
 * is held back by a debugger.
 */
static int collect_told(struct ward__process *p)
{
	int r = ward__collect(p->pid, WNOHANG, &p->ending), told = atomic_load(&p->told);

	if (r != 0 || (told == 0 && !ward__watch_done(p->watch)))
		return r;
	for (int tries = 0; told < 2 && r == 0 && tries < YIELDS + SLEEPS; tries++) {
		rest(tries);
		r = ward__collect(p->pid, WNOHANG, &p->ending);
	}
	if (r == 0 && atomic_fetch_add(&p->told, 1) == 0)
		atomic_store(&p->told, 2);
	return r;
}

/*
 * In a forked copy of the program that started it nothing is known of a child that is
 * held by its number: it is not a child there, and its watch stayed behind.
 */
static bool is_anothers(const struct ward__process *p)
{
	return p->child && !ward__process_is_handle(p) && getpid() != p->owner;
}

/*
 * A keeper that was killed has said nothing. Its child is a stranger from then on: what a
 * handle tells of it is exact all the same, and without one all that can be told is that
 * nothing will be.
 */
static int collect_kept(struct ward__process *p)
{
	int r = ward__keeper_ended(p->keeper, &p->ending);

	if (r == 0)
		atomic_store(&p->told, 0);
	if (r >= 0)
		return r;
	ward__keeper_collect(p->keeper, false);
	if (ward__process_is_handle(p)) {
		atomic_store(&p->stray, true);
		return recover(p);
	}
	p->ending = (struct ward__ending){ .lost = true };
	return 1;
}

static int collect(struct ward__process *p)
{
	int r = -ECHILD;

	if (ward__process_is_kept(p))
		return collect_kept(p);
	if (!p->watch)
		return -ENOTSUP;
	if (is_anothers(p))
		return -ECHILD;
	if (p->child)
		r = collect_told(p);
	return r == -ECHILD ? recover(p) : r;
}

/* With the lock held. The watch need not have told yet. */
static int try_collect(struct ward__process *p)
{
	int r;

	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return 1;
	r = collect(p);
	if (r > 0)
		atomic_store_explicit(&p->ended, true, memory_order_release);
	return r;
}

int ward__process_end(struct ward__process *p, struct ward_exit *ret)
{
	int r;

	pthread_mutex_lock(&p->lock);
	r = try_collect(p);
	pthread_mutex_unlock(&p->lock);
	if (r > 0)
		ward__ending_exit(&p->ending, ret);
	return r;
}

const struct ward__ending *ward__process_ending(struct ward__process *p)
{
	return atomic_load_explicit(&p->ended, memory_order_acquire) ? &p->ending : NULL;
}

/*
 * A child whose end was told and that cannot be collected (a debugger has it) is not
 * polled, for it would be ready for ever: it is tried again after a pause that grows.
 */
static int64_t pause_after(int told)
{
	return WARD_NS_PER_MS << (told < 8 ? told - 2 : 6);
}

int ward__process_await(struct ward__process *p, struct pollfd *one, int64_t *until)
{
	int told = atomic_load(&p->told);

	*one = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (atomic_load_explicit(&p->ended, memory_order_relaxed) || told == 1)
		return 1;
	if (!p->watch && !p->keeper)
		return -ENOTSUP;
	if (is_anothers(p))
		return -ECHILD;
	if (told == 0) {
		one->fd = ward__process_fd(p);
		return 0;
	}
	*until = ward__earlier(*until, ward__now() + pause_after(told));
	return 0;
}

void ward__process_woken(struct ward__process *p, int events)
{
	(void)events;
	atomic_compare_exchange_strong(&p->told, &(int){ 0 }, 1);
}

int ward__process_poll_fd(struct ward__process *p)
{
	return p->watch || p->keeper ? ward__process_fd(p) : -ENOTSUP;
}
