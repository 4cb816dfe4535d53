/* SPDX-License-Identifier: MIT */
/*
 * How it ended, and sleeping until that can be told. Readiness and status are two
 * things: a pidfd is readable when the process is a zombie, but
 *  - a debugger may hold the zombie back, then waitid says "not yet";
 *  - somebody else (SIGCHLD ignored, a wait for any child, the real parent) may collect
 *    it: waitid says ECHILD, and the kernel tells the status to all from 6.15 on, but
 *    only once the collecting is done, which POLLHUP announces (6.9). So what sleep
 *    waits for depends on what the last try found.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "../unix/sleep.h"
#include "keeper.h"
#include "pidfd.h"
#include "probe.h"
#include "process.h"

enum { FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 64 };

/* -------------------------------------------------------------------------- collect */

static int finish(struct ward__process *p, const struct ward__ending *ending)
{
	p->ending = *ending;
	atomic_store_explicit(&p->ended, true, memory_order_release);
	return 1;
}

static int finish_lost(struct ward__process *p)
{
	return finish(p, &(struct ward__ending){ .lost = true });
}

/* Collected by somebody, or about to be: what does the kernel tell everybody? */
static int recover(struct ward__process *p)
{
	struct ward__ending ending = { 0 };
	int events = ward__poll_now(p->pidfd, POLLIN), status;
	uint64_t number;

	if (!(events & (POLLIN | POLLHUP)))
		return 0;
	if (!ward__pidfd_number(p->pidfd, &number))
		return finish_lost(p); /* before 6.9 there is no POLLHUP to wait for */
	if (!(events & POLLHUP)) {
		atomic_store_explicit(&p->watch, WARD__WATCH_REAPED,
		                      memory_order_relaxed);
		return 0;
	}
	if (ward__pidfd_status(p->pidfd, &status) < 0)
		return finish_lost(p);
	ward__ending_from_status(&ending, status);
	return finish(p, &ending);
}

static void suspect_tracer(struct ward__process *p)
{
	if (!atomic_load_explicit(&p->woken, memory_order_relaxed))
		return;
	atomic_store_explicit(&p->pause_ms, FIRST_PAUSE_MS, memory_order_relaxed);
	atomic_store_explicit(&p->watch, WARD__WATCH_TRACED, memory_order_relaxed);
	atomic_store_explicit(&p->woken, false, memory_order_relaxed);
}

/*
 * Has somebody collected it? POLLHUP says so from 6.9 on; before that a signal has nobody
 * to go to. Where both are silent its own number is all that is left to ask.
 */
static bool is_collected(const struct ward__process *p, int events)
{
	return (events & POLLHUP) || ward__pidfd_signal(p->pidfd, 0, false) == -ESRCH;
}

/*
 * By the pidfd; by its number where that is refused (before 5.4, or by a filter), which
 * is safe as long as nobody has collected the child.
 */
static int wait_child(struct ward__process *p, struct ward__ending *ending)
{
	int r = -ENOSYS;

	if (ward__can(WARD__PIDFD_WAIT))
		r = ward__waitid(p->pidfd, 0, WNOHANG, ending);
	if (r != -ENOSYS && r != -EPERM)
		return r;
	ward__cannot(WARD__PIDFD_WAIT);
	r = ward__poll_now(p->pidfd, POLLIN);
	if (!(r & POLLIN))
		return 0;
	return is_collected(p, r) ? -ECHILD : ward__waitid(-1, p->pid, WNOHANG, ending);
}

static int collect_child(struct ward__process *p)
{
	struct ward__ending ending;
	int r;

	r = wait_child(p, &ending);
	if (r > 0)
		return finish(p, &ending);
	if (r == -ECHILD)
		return recover(p);
	if (r == 0)
		suspect_tracer(p);
	return r;
}

/* The waiter need not have told yet: collecting the child does not disturb its look. */
static int collect_watched(struct ward__process *p)
{
	struct ward__ending ending;
	int r;

	/* A forked copy of us has no such child, and its waiter stayed behind. */
	if (getpid() != p->owner)
		return -ECHILD;
	r = ward__waitid(-1, p->pid, WNOHANG, &ending);
	if (r > 0)
		return finish(p, &ending);
	if (r == 0 && ward__waiter_done(p->waiter))
		suspect_tracer(p);        /* it spoke, and there is nothing to be had */
	return r == -ECHILD ? finish_lost(p) : r;
}

/* Is it the keeper that will tell? */
static bool is_kept(const struct ward__process *p)
{
	return p->keeper && !atomic_load_explicit(&p->stray, memory_order_relaxed);
}

static void watch_pidfd_instead(struct ward__process *p);

/*
 * A keeper that was killed has said nothing: its child is a stranger from then on, whose
 * status the kernel may tell all the same.
 */
static int collect_kept(struct ward__process *p)
{
	struct ward__ending ending;
	int r = ward__keeper_ended(p->keeper, &ending);

	if (r > 0)
		return finish(p, &ending);
	if (r == 0)
		return 0;
	ward__keeper_collect(p->keeper, false);
	if (p->pidfd < 0)
		return finish_lost(p);
	atomic_store_explicit(&p->stray, true, memory_order_relaxed);
	if (p->loop_fd >= 0)
		watch_pidfd_instead(p);
	return recover(p);
}

static int collect(struct ward__process *p)
{
	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return 1;
	if (is_kept(p))
		return collect_kept(p);
	if (p->waiter)
		return collect_watched(p);
	if (p->pidfd < 0)
		return -ENOTSUP;
	return p->child ? collect_child(p) : recover(p);
}

int ward__process_end(struct ward__process *p, struct ward_exit *ret)
{
	int r = 1;

	if (!atomic_load_explicit(&p->ended, memory_order_acquire)) {
		pthread_mutex_lock(&p->lock);
		r = collect(p);
		pthread_mutex_unlock(&p->lock);
	}
	if (r > 0)
		ward__ending_exit(&p->ending, ret);
	return r == -EINTR || r == -EAGAIN ? 0 : r;
}

const struct ward__ending *ward__process_ending(struct ward__process *p)
{
	return atomic_load_explicit(&p->ended, memory_order_acquire) ? &p->ending : NULL;
}

/* ---------------------------------------------------------------------------- sleep */

static int watch_of(struct ward__process *p)
{
	return atomic_load_explicit(&p->watch, memory_order_relaxed);
}

/*
 * What to poll for. Before 6.9 a stranger's end is all there is; so watch is END there.
 */
static struct pollfd poll_for(struct ward__process *p)
{
	if (p->waiter && watch_of(p) == WARD__WATCH_TRACED)
		return (struct pollfd){ .fd = -1 };
	if (p->waiter)
		return (struct pollfd){ .fd = ward__waiter_fd(p->waiter),
			                .events = POLLIN };
	if (is_kept(p))
		return (struct pollfd){ .fd = p->keeper->socket, .events = POLLIN };
	return (struct pollfd){ .fd = p->pidfd,
		                .events = watch_of(p) == WARD__WATCH_END ? POLLIN : 0 };
}

/* Each pause is twice as long as the one before. */
static int64_t next_pause(struct ward__process *p)
{
	int pause = atomic_load_explicit(&p->pause_ms, memory_order_relaxed);

	if (pause < LONGEST_PAUSE_MS)
		atomic_store_explicit(&p->pause_ms, (unsigned char)(2 * pause),
		                      memory_order_relaxed);
	return ward__now() + pause * WARD_NS_PER_MS;
}

int ward__process_await(struct ward__process *p, struct pollfd *one, int64_t *until)
{
	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return 1;
	if (p->pidfd < 0 && !p->waiter && !p->keeper)
		return -ENOTSUP;
	if (p->waiter && getpid() != p->owner)
		return -ECHILD;
	*one = poll_for(p);
	if (watch_of(p) != WARD__WATCH_TRACED)
		return 0;
	*until = ward__earlier(*until, next_pause(p));
	return 0;
}

void ward__process_woken(struct ward__process *p, int events)
{
	if (events & POLLIN)
		atomic_store_explicit(&p->woken, true, memory_order_relaxed);
}

/* ---------------------------------------------------------------------- event loops */

/*
 * A stranger's pidfd is readable while it is a zombie, which may last; an epoll that
 * watches for nothing but POLLHUP is readable when its status can be told.
 */
static int watch_pidfd(int loop_fd, int pidfd)
{
	struct epoll_event reaped = { .events = 0 };

	return epoll_ctl(loop_fd, EPOLL_CTL_ADD, pidfd, &reaped) < 0 ? -errno : 0;
}

static int watch_keeper(int loop_fd, const struct ward__keeper *k)
{
	struct epoll_event told = { .events = EPOLLIN };

	return epoll_ctl(loop_fd, EPOLL_CTL_ADD, k->socket, &told) < 0 ? -errno : 0;
}

/* The end of the conversation is no end of the process. */
static void watch_pidfd_instead(struct ward__process *p)
{
	epoll_ctl(p->loop_fd, EPOLL_CTL_DEL, p->keeper->socket, NULL);
	watch_pidfd(p->loop_fd, p->pidfd);
}

static int make_loop_fd(struct ward__process *p)
{
	int fd = ward__gate("epoll_create1"), r;

	if (fd < 0)
		return fd;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = is_kept(p) ? watch_keeper(fd, p->keeper) : watch_pidfd(fd, p->pidfd);
	if (r == 0)
		return p->loop_fd = fd;
	close(fd);
	return r;
}

int ward__process_poll_fd(struct ward__process *p)
{
	uint64_t number;
	int r;

	if (p->waiter)
		return ward__waiter_fd(p->waiter);
	if (p->pidfd < 0)
		return p->keeper ? p->keeper->socket : -ENOTSUP;
	if (p->child || !ward__pidfd_number(p->pidfd, &number))
		return p->keeper ? p->keeper->socket : p->pidfd;
	pthread_mutex_lock(&p->lock);
	r = p->loop_fd >= 0 ? p->loop_fd : make_loop_fd(p);
	pthread_mutex_unlock(&p->lock);
	return r;
}
