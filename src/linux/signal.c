/* SPDX-License-Identifier: MIT */
/*
 * Signals through the pidfd. Where that is refused, a number may be used for a child
 * only: under the lock, after a look that the child is still uncollected, so that the
 * number is still its own.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "../gate.h"
#include "keeper.h"
#include "pidfd.h"
#include "probe.h"
#include "proc.h"
#include "process.h"

static bool has_ended(struct ward__process *p)
{
	return atomic_load_explicit(&p->ended, memory_order_acquire);
}

/* A mere number: at least its start time has to be the one it had when it was opened. */
static bool is_same(const struct ward__process *p)
{
	uint64_t start;

	return ward__proc_start(p->pid, &start) == 0 && start == p->id->number;
}

/* With the lock held, so that no wait of ours frees the number meanwhile. */
static int signal_pinned(struct ward__process *p, int sig, bool group)
{
	if (has_ended(p))
		return -ESRCH;
	if (p->child && ward__peek_child(p->pid, false) < 0)
		return -ESRCH;                    /* collected by somebody else */
	if (!p->child && (p->pidfd >= 0 || group))
		return -ENOTSUP;
	if (!p->child && !is_same(p))
		return -ESRCH;
	if (group && getpgid(p->pid) != p->pid)
		return -ESRCH;                    /* it leads no group */
	return ward__kill(p->pid, sig, group);
}

static int signal_by_number(struct ward__process *p, int sig, bool group)
{
	int r;

	/* Its parent knows whether the number is still its own. */
	if (p->keeper && !atomic_load_explicit(&p->stray, memory_order_relaxed)) {
		r = ward__keeper_ask(p->keeper, group ? WARD__ASK_GROUP : WARD__ASK_CHILD,
		                     sig, NULL);
		if (r == -EOWNERDEAD)
			r = ward__keeper_has_told(p->keeper) ? -ESRCH : -ENOTSUP;
		return r;
	}

	pthread_mutex_lock(&p->lock);
	r = signal_pinned(p, sig, group);
	pthread_mutex_unlock(&p->lock);
	return r;
}

/* EINVAL for a signal that exists: PIDFD_SIGNAL_PROCESS_GROUP came with 6.9. */
static bool is_no_group_call(int r, int sig)
{
	return r == -ENOSYS || (r == -EINVAL && sig <= KERNEL_SIGNALS);
}

/*
 * EPERM may be the process's owner or a filter that came late: ask about no process at
 * all.
 */
static bool is_filtered(int r)
{
	if (r != -ENOSYS &&
	    (r != -EPERM || ward__pidfd_signal(INT_MAX, 0, false) != -EPERM))
		return false;
	ward__cannot(WARD__PIDFD_SIGNAL);
	return true;
}

int ward__process_signal(struct ward__process *p, int sig, bool group)
{
	bool by_fd = p->pidfd >= 0 && ward__can(WARD__PIDFD_SIGNAL);
	int r;

	if (!group && has_ended(p))
		return -ESRCH;
	if (!by_fd)
		return signal_by_number(p, sig, group);
	r = ward__pidfd_signal(p->pidfd, sig, group);
	if (is_filtered(r) || (group && is_no_group_call(r, sig)))
		return signal_by_number(p, sig, group);
	return r;
}

bool ward__process_keeps_group(struct ward__process *p)
{
	int r;

	if (p->pidfd < 0 || !ward__can(WARD__PIDFD_SIGNAL))
		return false;
	r = ward__pidfd_signal(p->pidfd, 0, true);
	return !is_filtered(r) && !is_no_group_call(r, 0);
}

/*
 * To ask about a number that may be another's by now harms nobody. Who has collected its
 * leader is no matter.
 */
int ward__process_group_is_empty(struct ward__process *p)
{
	if (ward__process_keeps_group(p))
		return ward__process_signal(p, 0, true) == -ESRCH;
	if (!has_ended(p) && ward__process_is_there(p))
		return 0;
	return ward__kill(p->pid, 0, true) == -ESRCH ? 1 : -ENOTSUP;
}
