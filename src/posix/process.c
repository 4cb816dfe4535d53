/* SPDX-License-Identifier: MIT */
/*
 * The porting contract on any system that has fork, exec and waitid: a child is held by
 * its number, which stays its own until it is collected, and its end is told by a waiter
 * (unix/waiter.h). Strangers cannot be held; what can be known of one is that its number
 * is in use now, which the caller has to ask for (WARD_OPEN_WEAK).
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"
#include "../unix/ending.h"
#include "../unix/fork.h"
#include "../unix/pipe.h"
#include "../unix/plan.h"
#include "../unix/poll.h"
#include "../unix/socket.h"
#include "../unix/waiter.h"

struct ward__process {
	pthread_mutex_t lock; /* ending, and the number while it is used as a name */
	pid_t pid;
	bool child;
	struct ward__waiter *waiter;  /* of a child */
	atomic_bool ended;
	struct ward__ending ending;
};

/* --------------------------------------------------------------------- system calls */

/*
 * POSIX got pipe2 in 2024; a fork between the two calls inherits the pipe until its exec.
 */
int ward__pipe(int ends[2])
{
	int r = ward__gate("pipe2");

	if (r < 0)
		return r;
	if (pipe(ends) < 0)
		return -errno;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

/* The only place that looks for a child; never a wildcard. */
int ward__peek_child(pid_t pid, bool block)
{
	siginfo_t info;
	int r;

	if (pid <= 0)
		return -ECHILD;
	do
		r = waitid(P_PID, (id_t)pid, &info,
		           WEXITED | WNOWAIT | (block ? 0 : WNOHANG));
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* The only place that collects one. 1 collected, 0 not yet. */
static int collect(pid_t pid, int options, struct ward__ending *ret)
{
	struct rusage usage;
	int status, r = ward__gate("waitid");

	if (r < 0)
		return r;
	do
		r = wait4(pid, &status, options, &usage);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r < 0 ? -errno : 0;
	*ret = (struct ward__ending){ .has_usage = true, .usage = usage };
	ward__ending_from_status(ret, status);
	return 1;
}

void ward__collect_failed(pid_t pid)
{
	struct ward__ending ending;

	for (int tries = 0; tries < 3 && collect(pid, 0, &ending) < 0; tries++)
		;
}

/* The only place that signals. 0, 1 and -1 mean whole groups, init and everybody. */
static int send_signal(pid_t pid, int sig, bool group)
{
	int r = ward__gate("kill");

	if (r < 0)
		return r;
	if (pid <= 1)
		return -EINVAL;
	return kill(group ? -pid : pid, sig) < 0 ? -errno : 0;
}

/* poll counts milliseconds: a part of one is waited for as a whole one. */
static int poll_ms(int64_t deadline)
{
	int64_t left, ms;

	if (deadline < 0)
		return -1;
	left = deadline - ward__now();
	if (left <= 0)
		return 0;
	ms = (left - 1) / WARD_NS_PER_MS + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

int ward__poll(struct pollfd *fds, size_t n, int64_t deadline)
{
	for (;;) {
		int r = ward__gate("ppoll");

		if (r < 0)
			return r;
		r = poll(fds, (nfds_t)n, poll_ms(deadline));
		if (r > 0 || (r == 0 && deadline >= 0 && ward__now() >= deadline))
			return r;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

/* --------------------------------------------------------------------- hold, let go */

static struct ward__process *new_process(pid_t pid, bool child)
{
	struct ward__process *p = ward__alloc(sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->pid = pid;
	p->child = child;
	return p;
}

void ward__process_free(struct ward__process *p)
{
	ward__waiter_drop(p->waiter);
	pthread_mutex_destroy(&p->lock);
	ward__free(p);
}

static int start(struct ward__process *p, const struct ward__start *request,
                 struct ward_error *error)
{
	struct ward__plan plan;
	int r = ward__plan_make(&plan, request, error);

	if (r < 0)
		return r;
	r = ward__waiter_new(&p->waiter);
	if (r < 0)
		ward__fail(error, WARD_STEP_HOLD, r, -1, NULL);
	else
		r = ward__fork_start(&p->pid, &plan, NULL, NULL, error);
	ward__plan_free(&plan);
	if (r == 0)
		ward__waiter_watch(p->waiter, p->pid);
	return r;
}

int ward__process_spawn(struct ward__process **ret, const struct ward__start *request,
                        struct ward_error *error)
{
	struct ward__process *p = new_process(0, true);
	int r;

	if (!p)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	r = start(p, request, error);
	if (r < 0)
		ward__process_free(p);
	else
		*ret = p;
	return r;
}

static int open_stranger(struct ward__process **ret, pid_t pid, uint32_t flags)
{
	if (flags & WARD_OPEN_CHILD)
		return -ECHILD;
	if (getpgid(pid) < 0 && errno == ESRCH)
		return -ESRCH;
	if (!(flags & WARD_OPEN_WEAK))
		return -ENOTSUP;
	*ret = new_process(pid, false);
	return *ret ? 0 : -ENOMEM;
}

int ward__process_open(struct ward__process **ret, int64_t pid, uint32_t flags)
{
	struct ward__process *p;
	int r;

	if (pid > INT_MAX)
		return -EINVAL;
	if (ward__peek_child((pid_t)pid, false) < 0)
		return open_stranger(ret, (pid_t)pid, flags);
	p = new_process((pid_t)pid, true);
	if (!p)
		return -ENOMEM;
	r = ward__waiter_new(&p->waiter);
	if (r < 0) {
		ward__process_free(p);
		return r;
	}
	ward__waiter_watch(p->waiter, p->pid);
	*ret = p;
	return 0;
}

int ward__process_open_id(struct ward__process **ret, const struct ward_id *id)
{
	(void)ret;
	(void)id;
	return -ENOTSUP;
}

int64_t ward__process_pid(const struct ward__process *p)
{
	return p->pid;
}

int ward__process_hold(const struct ward__process *p)
{
	return p->child ? WARD_HOLD_CHILD : WARD_HOLD_PID;
}

/* ------------------------------------------------------------------------------ end */

/*
 * With the lock held. The waiter need not have told yet: its look is not disturbed by the
 * child being collected under it.
 */
static int try_collect(struct ward__process *p)
{
	int r;

	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return 1;
	if (!p->child)
		return -ENOTSUP;
	r = collect(p->pid, WNOHANG, &p->ending);
	if (r == -ECHILD)
		p->ending = (struct ward__ending){ .lost = true };
	if (r == -ECHILD || r > 0)
		atomic_store_explicit(&p->ended, true, memory_order_release);
	return r == -ECHILD ? 1 : r;
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

int ward__process_sleep(struct ward__process *const p[], size_t n, int64_t deadline)
{
	struct pollfd few[64], *fds = few;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (atomic_load_explicit(&p[i]->ended, memory_order_relaxed))
			return 1;
		if (!p[i]->child)
			return -ENOTSUP;
	}
	if (n > 64)
		fds = ward__alloc(n * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = ward__waiter_fd(p[i]->waiter),
			                  .events = POLLIN };
	r = ward__poll(fds, n, deadline);
	if (fds != few)
		ward__free(fds);
	return r > 0 ? 1 : r;
}

int ward__process_poll_fd(struct ward__process *p)
{
	return p->child ? ward__waiter_fd(p->waiter) : -ENOTSUP;
}

/* --------------------------------------------------------------------------- signal */

static int signal_pinned(struct ward__process *p, int sig, bool group)
{
	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return -ESRCH;
	if (p->child && ward__peek_child(p->pid, false) < 0)
		return -ESRCH;                    /* collected by somebody else */
	if (!p->child && group)
		return -ENOTSUP;
	if (group && getpgid(p->pid) != p->pid)
		return -ESRCH;                    /* it leads no group */
	return send_signal(p->pid, sig, group);
}

/* The lock keeps our own waits from freeing the number meanwhile. */
int ward__process_signal(struct ward__process *p, int sig, bool group)
{
	int r;

	pthread_mutex_lock(&p->lock);
	r = signal_pinned(p, sig, group);
	pthread_mutex_unlock(&p->lock);
	return r;
}

/* ---------------------------------------------------------------------------- facts */

/* Beyond its number POSIX knows nothing by which a process could be told from another. */
int ward__process_identity(struct ward__process *p, struct ward_id *ret)
{
	(void)p;
	(void)ret;
	return -ENOTSUP;
}

static void fill_info(const struct ward__process *p, struct ward_info *info)
{
	*info = (struct ward_info){ .size = sizeof(*info), .pid = p->pid };
	info->ppid = p->child ? getpid() : -1;
	info->pgid = getpgid(p->pid);
	info->sid = getsid(p->pid);
	info->state = p->child && ward__waiter_done(p->waiter) ? WARD_STATE_ENDED :
	                                                         WARD_STATE_UNKNOWN;
	info->threads = -1;
	info->uid = info->euid = info->suid = UINT32_MAX;
	info->gid = info->egid = info->sgid = UINT32_MAX;
	info->start_unix_ns = info->user_ns = info->system_ns = -1;
	info->rss_bytes = info->virtual_bytes = info->cgroup_id = -1;
}

int ward__process_info(struct ward__process *p, struct ward_info *ret)
{
	bool there;

	pthread_mutex_lock(&p->lock);
	there = !atomic_load_explicit(&p->ended, memory_order_relaxed) &&
	        (!p->child || ward__peek_child(p->pid, false) == 0);
	if (there)
		fill_info(p, ret);
	pthread_mutex_unlock(&p->lock);
	return there ? 0 : -ESRCH;
}

/* ---------------------------------------------------------- to and from others: not */

int ward__socket_added_fd(void)
{
	return -1;
}

int ward__process_send(struct ward__process *p, int socket, int64_t deadline)
{
	(void)p;
	(void)socket;
	(void)deadline;
	return -ENOTSUP;
}

int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline)
{
	(void)ret;
	(void)socket;
	(void)deadline;
	return -ENOTSUP;
}

int ward__process_peer(struct ward__process **ret, int socket)
{
	(void)ret;
	(void)socket;
	return -ENOTSUP;
}
