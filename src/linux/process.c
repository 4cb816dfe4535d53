/* SPDX-License-Identifier: MIT */
/*
 * The porting contract on Linux: taking hold, and letting go. A process is held by a
 * pidfd; where the kernel has none, or a filter forbids it, a child is held by its
 * number and a waiter (unix/waiter.c), and a stranger by its number alone if the caller
 * accepts that.
 */
#define _GNU_SOURCE 1
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../handle.h"
#include "../memory.h"
#include "../open.h"
#include "job_keeper.h"
#include "keeper_start.h"
#include "pidfd.h"
#include "probe.h"
#include "proc.h"
#include "start.h"
#include "ward_linux.h"

struct ward__process *ward__process_new(void)
{
	struct ward__process *p = ward__alloc(sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->pidfd = p->loop_fd = -1;
	return p;
}

void ward__process_free(struct ward__process *p)
{
	if (p->pidfd >= 0)
		close(p->pidfd);
	if (p->loop_fd >= 0)
		close(p->loop_fd);
	ward__waiter_drop(p->waiter);
	ward__keeper_drop(p->keeper);
	ward__ending_drop(&p->ending);
	ward__free(p->id);
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

int64_t ward__process_pid(const struct ward__process *p)
{
	return p->pid;
}

/* As strong as its weakest use: a filter may forbid signals through the pidfd. */
int ward__process_hold(const struct ward__process *p)
{
	if (p->pidfd >= 0 && ward__can(WARD__PIDFD_SIGNAL))
		return WARD_HOLD_KERNEL;
	return p->child || p->keeper ? WARD_HOLD_CHILD : WARD_HOLD_PID;
}

int ward__process_owner_death(const struct ward__process *p)
{
	return p->keeper && p->keeper->what.kill ? WARD_DEATH_KEEPER : WARD_DEATH_LEAVES;
}

/* A pidfd that cannot be signalled tells of the collecting late; before 6.9 never. */
bool ward__process_is_there(const struct ward__process *p)
{
	int r = p->pidfd >= 0 ? ward__pidfd_signal(p->pidfd, 0, false) : -ENOSYS;

	if (r != -ENOSYS && ward__can(WARD__PIDFD_SIGNAL))
		return r != -ESRCH;
	if (p->keeper)
		return ward__keeper_ask(p->keeper, WARD__ASK_CHILD, 0, NULL) == 0;
	if (p->child)
		return ward__peek_child(p->pid, false) == 0;
	return p->pidfd >= 0 && !(ward__poll_now(p->pidfd, 0) & POLLHUP);
}

/* ---------------------------------------------------------------------------- spawn */

static int start_in_job(struct ward__started *child, struct ward__plan *plan,
                        const struct ward__keeping *what, struct ward_error *error)
{
	struct ward__job *job = plan->start->job;
	int r = ward__kept_reserve(job);

	if (r < 0)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	r = ward__start_kept(child, plan, what, error);
	ward__kept_put(job, r == 0 ? child->keeper : NULL);
	return r;
}

static int start_plan(struct ward__started *child, struct ward__plan *plan,
                      struct ward_error *error)
{
	const struct ward__keeping alone = { .kill = true };
	struct ward__keeping what;

	if (ward__job_keeping(plan->start->job, &what))
		return start_in_job(child, plan, &what, error);
	if (plan->opts->on_owner_death == WARD_KILL)
		return ward__start_kept(child, plan, &alone, error);
	return ward__start(child, plan, error);
}

int ward__process_spawn(struct ward__process **ret, const struct ward__start *start,
                        struct ward_error *error)
{
	struct ward__process *p = ward__process_new();
	struct ward__started child;
	struct ward__plan plan;
	int r;

	if (!p)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	r = ward__plan_make(&plan, start, error);
	if (r < 0)
		goto free_process;
	r = start_plan(&child, &plan, error);
	ward__plan_free(&plan);
	if (r < 0)
		goto free_process;
	p->pid = child.pid;
	p->pidfd = child.pidfd;
	p->waiter = child.waiter;
	p->owner = p->waiter ? getpid() : 0;
	p->keeper = child.keeper;
	p->child = !p->keeper;
	*ret = p;
	return 0;

free_process:
	ward__process_free(p);
	return r;
}

/* ----------------------------------------------------------------------------- open */

static bool is_child(int pidfd, pid_t pid)
{
	bool by_fd = pidfd >= 0 && ward__can(WARD__PIDFD_WAIT);

	if (!by_fd && pid <= 0)
		return false;
	return ward__waitid(by_fd ? pidfd : -1, pid, WNOHANG | WNOWAIT, NULL) >= 0;
}

int ward__process_adopt(struct ward__process **ret, int pidfd, pid_t pid)
{
	struct ward__process *p = ward__process_new();

	if (!p)
		return -ENOMEM;
	p->pidfd = pidfd;
	p->pid = pid;
	p->child = is_child(pidfd, pid);
	*ret = p;
	return 0;
}

static bool is_thread(int64_t pid)
{
	int64_t group = ward__proc_tgid(pid);

	return group > 0 && group != pid;
}

/*
 * Why pidfd_open said EINVAL or ENOENT for a pid in range: a thread's id, or a process
 * that is just being collected, which some kernels confuse.
 */
static int explain_open(int code, int64_t pid)
{
	if (code != -EINVAL && code != -ENOENT)
		return code;
	return is_thread(pid) ? -EINVAL : -ESRCH;
}

static int open_number(struct ward__process **ret, pid_t pid, uint32_t flags)
{
	bool child = is_child(-1, pid);
	struct ward__process *p;
	int r = 0;

	if (!child && is_thread(pid))
		return -EINVAL;
	if (!child && (flags & WARD_OPEN_CHILD))
		return -ECHILD;
	if (!child && !(flags & WARD_OPEN_WEAK))
		return -ENOTSUP;
	p = ward__process_new();
	if (!p)
		return -ENOMEM;
	p->pid = pid;
	p->child = child;
	if (child)
		r = ward__waiter_new(&p->waiter);
	else
		r = ward__process_identify(p); /* to be compared before a signal */
	if (r < 0) {
		ward__process_free(p);
		return r;
	}
	if (child) {
		p->owner = getpid();
		ward__waiter_watch(p->waiter, pid);
	}
	*ret = p;
	return 0;
}

int ward__process_open(struct ward__process **ret, int64_t pid, uint32_t flags)
{
	int fd, r;

	if (pid > INT_MAX)
		return -EINVAL;
	if (!ward__can(WARD__PIDFD_OPEN))
		return open_number(ret, (pid_t)pid, flags);
	fd = ward__pidfd_open(pid);
	if (fd == -ENOSYS || fd == -EPERM) {
		/*
		 * A filter that came after the first question; the call knows no EPERM.
		 */
		ward__cannot(WARD__PIDFD_OPEN);
		return open_number(ret, (pid_t)pid, flags);
	}
	if (fd < 0)
		return explain_open(fd, pid);
	if ((flags & WARD_OPEN_CHILD) && !is_child(fd, (pid_t)pid))
		r = -ECHILD;
	else
		r = ward__process_adopt(ret, fd, (pid_t)pid);
	if (r < 0)
		close(fd);
	return r;
}

/* ------------------------------------------------------------------- <ward_linux.h> */

static int take_pidfd(struct ward__process **ret, const void *what)
{
	int fd = *(const int *)what;
	int r = ward__can(WARD__PIDFD) ? ward__pidfd_check(fd) : -ENOTSUP;
	int64_t pid;

	if (r < 0)
		return r;
	pid = ward__pidfd_pid(fd);
	return ward__process_adopt(ret, fd, pid > 0 ? (pid_t)pid : 0);
}

int ward_pidfd_take(struct ward **ret, int pidfd)
{
	if (!ret)
		return -EINVAL;
	return ward__open_with(ret, take_pidfd, &pidfd);
}

int ward_pidfd(const struct ward *w)
{
	if (!w)
		return -EINVAL;
	return w->process->pidfd >= 0 ? w->process->pidfd : -ENOTSUP;
}

int ward_pidfd_dup(const struct ward *w)
{
	int before = errno, fd = ward_pidfd(w);

	if (fd < 0)
		return fd;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		fd = -errno;
	errno = before;
	return fd;
}
