/* SPDX-License-Identifier: MIT */
/*
 * Signals to a process that is held by its number, and questions about it. Each looks,
 * under the lock that keeps us from freeing the number, whether it is still that process:
 * before a signal, since that cannot be taken back, and after an answer.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "facts.h"
#include "number.h"
#include "process.h"

/* --------------------------------------------------------------------------- signal */

/* A zombie leads its group still, but not every getpgid wants to say so. */
static bool leads_group(pid_t pid)
{
	struct ward__facts facts;

	return getpgid(pid) == pid ||
	       (ward__facts_read(pid, &facts) == 0 && facts.info.pgid == pid);
}

/* A stranger is who it was when it was opened, as far as a look can tell. */
static int check_stranger(struct ward__process *p, bool group)
{
	struct ward__facts facts;
	int r;

	if (!p->weak || group)
		return -ENOTSUP;
	r = p->start != 0 ? ward__facts_read(p->pid, &facts) : 0;
	if (r < 0)
		return r;
	return p->start == 0 || ward__facts_same(&facts, p->start) ? 0 : -ESRCH;
}

/*
 * A child that is known to have ended takes signals without effect, so none is sent: if
 * somebody else has collected it meanwhile, a newcomer may have its number.
 */
static bool has_ended(const struct ward__process *p)
{
	return p->child && p->watch && ward__watch_done(p->watch);
}

static bool is_signal(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	return sig == 0 || sigaddset(&set, sig) == 0;
}

static int signal_pinned(struct ward__process *p, int sig, bool group)
{
	bool handle = ward__process_is_handle(p);
	int r = 0;

	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return -ESRCH;
	if (handle && !group)
		return ward__watch_signal(p->watch, sig);
	if (p->child && !ward__is_child(p->pid))
		return -ESRCH;                    /* collected by somebody else */
	if (!p->child && !handle)
		r = check_stranger(p, group);
	if (r < 0)
		return r;
	if (!group && is_signal(sig) && has_ended(p))
		return 0;
	if (group && !leads_group(p->pid))
		return -ESRCH;
	r = ward__kill(p->pid, sig, group);
	/* Some kernels find no zombie to signal; it takes signals without effect. */
	return r == -ESRCH && p->child && !group && ward__is_child(p->pid) ? 0 : r;
}

/* Its keeper was killed; the number is its own only where there is a handle. */
static int signal_stray(struct ward__process *p, int sig, bool group)
{
	int r = -ENOTSUP;

	pthread_mutex_lock(&p->lock);
	if (ward__process_is_handle(p))
		r = signal_pinned(p, sig, group);
	pthread_mutex_unlock(&p->lock);
	return r;
}

/* Its keeper alone collects it. Once it has, and we have not heard: a zombie to us. */
static int signal_kept(struct ward__process *p, int sig, bool group)
{
	struct ward__ending ending = { 0 };
	int r;

	if (!is_signal(sig))
		return -EINVAL;
	if (atomic_load(&p->ended))
		return -ESRCH;
	r = ward__keeper_ask(p->keeper, group ? WARD__ASK_GROUP : WARD__ASK_CHILD, sig,
	                     NULL);
	if (r != -ESRCH && r != -EOWNERDEAD)
		return r;
	if (ward__keeper_ended(p->keeper, &ending) > 0) {
		ward__ending_drop(&ending);
		return group ? -ESRCH : 0;
	}
	return r == -EOWNERDEAD ? signal_stray(p, sig, group) : r;
}

bool ward__process_keeps_group(struct ward__process *p)
{
	(void)p;
	return false;
}

/*
 * To ask about a number that may be another's by now harms nobody. Who has collected its
 * leader is no matter.
 */
int ward__process_group_is_empty(struct ward__process *p)
{
	if (!atomic_load_explicit(&p->ended, memory_order_acquire) &&
	    (!p->child || ward__is_child(p->pid)))
		return 0;
	return ward__kill(p->pid, 0, true) == -ESRCH ? 1 : -ENOTSUP;
}

/* The lock keeps our own waits from freeing the number meanwhile. */
int ward__process_signal(struct ward__process *p, int sig, bool group)
{
	int r;

	if (ward__process_is_kept(p))
		return signal_kept(p, sig, group);
	pthread_mutex_lock(&p->lock);
	r = signal_pinned(p, sig, group);
	pthread_mutex_unlock(&p->lock);
	return r;
}

/* ---------------------------------------------------------------------------- facts */

void ward__facts_unknown(struct ward_info *info, pid_t pid)
{
	*info = (struct ward_info){ .size = sizeof(*info), .pid = pid };
	info->ppid = info->pgid = info->sid = -1;
	info->state = WARD_STATE_UNKNOWN;
	info->threads = -1;
	info->uid = info->euid = info->suid = UINT32_MAX;
	info->gid = info->egid = info->sgid = UINT32_MAX;
	info->start_unix_ns = info->user_ns = info->system_ns = -1;
	info->rss_bytes = info->virtual_bytes = info->cgroup_id = -1;
}

/* What POSIX has to say of a number. */
static void fill_plain(const struct ward__process *p, struct ward_info *info)
{
	ward__facts_unknown(info, p->pid);
	info->ppid = p->child ? getpid() : -1;
	info->pgid = getpgid(p->pid);
	info->sid = getsid(p->pid);
	if (p->child && p->watch && ward__watch_done(p->watch))
		info->state = WARD_STATE_ENDED;
}

/* With the lock held: facts that are those of this process, or -ESRCH. */
static int read_facts(struct ward__process *p, struct ward__facts *ret)
{
	int r;

	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return -ESRCH;
	r = ward__facts_read(p->pid, ret);
	if (r == -ENOTSUP) {
		fill_plain(p, &ret->info);
		ret->start = 0;
		r = 0;
	}
	if (r < 0)
		return r;
	if (p->child)
		return ward__is_child(p->pid) ? 0 : -ESRCH;
	if (p->keeper && !ward__process_is_handle(p)) {
		r = ward__keeper_ask(p->keeper, WARD__ASK_CHILD, 0, NULL);
		return r == 0 || r == -EPERM ? 0 : -ESRCH;
	}
	if (ward__process_hold(p) == WARD_HOLD_KERNEL || p->start == 0)
		return 0;
	return ward__facts_same(ret, p->start) ? 0 : -ESRCH;
}

int ward__process_info(struct ward__process *p, struct ward_info *ret)
{
	struct ward__facts facts;
	int r;

	pthread_mutex_lock(&p->lock);
	r = read_facts(p, &facts);
	pthread_mutex_unlock(&p->lock);
	if (r == 0)
		*ret = facts.info;
	return r;
}

int ward__process_identity(struct ward__process *p, struct ward_id *ret)
{
	struct ward__facts facts;
	uint64_t number;
	int r = -ESRCH;

	pthread_mutex_lock(&p->lock);
	if (p->start == 0 && ward__facts_read(getpid(), &facts) == -ENOTSUP)
		r = -ENOTSUP;
	else if (p->start == 0 && read_facts(p, &facts) == 0)
		p->start = facts.start;
	number = p->start;
	pthread_mutex_unlock(&p->lock);
	if (number == 0)
		return r;
	*ret = (struct ward_id){ .size = sizeof(*ret), .pid = p->pid,
		                 .kind = WARD_ID_START, .number = number };
	ret->has_boot = ward__facts_boot(ret->boot);
	return 0;
}

/* Nothing here lists the children of a process without a race. */
int ward__process_each_below(struct ward__process *p,
                             int (*take)(struct ward__process *p, void *arg), void *arg)
{
	(void)p, (void)take, (void)arg;
	return -ENOTSUP;
}
