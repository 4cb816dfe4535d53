/* SPDX-License-Identifier: MIT */
/*
 * Sleeping for many: an epoll, in which everything is told of once (EPOLLONESHOT). What
 * has been told costs nothing more: closing its descriptor takes it out, without a call
 * for it. The alarm is a timer in the same epoll, so that the epoll itself is readable
 * when it has come. After a fork both are the parent's, too, which is why a copy of the
 * program touches neither.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "../memory.h"
#include "../unix/channel.h"
#include "../unix/self.h"
#include "../unix/sleep.h"
#include "keeper.h"
#include "kernel.h"
#include "probe.h"
#include "process.h"

#define ALARM UINT64_MAX /* its token */

enum { BATCH = 64 };

struct ward__poller {
	pthread_mutex_t lock;
	int epoll, timer;
	pid_t owner;
};

bool ward__poller_is_ours(const struct ward__poller *poller)
{
	return poller->owner == ward__self();
}

void ward__poller_lock(struct ward__poller *poller)
{
	pthread_mutex_lock(&poller->lock);
}

void ward__poller_unlock(struct ward__poller *poller)
{
	pthread_mutex_unlock(&poller->lock);
}

int ward__poller_fd(struct ward__poller *poller)
{
	return poller->epoll;
}

/* ---------------------------------------------------------------------------- make */

static int make_epoll(void)
{
	int fd = ward__gate("epoll_create1");

	if (fd == 0)
		fd = epoll_create1(EPOLL_CLOEXEC);
	else
		return fd;
	return fd < 0 ? -errno : fd;
}

static int make_timer(void)
{
	int fd = ward__gate("timerfd_create");

	if (fd == 0)
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	else
		return fd;
	return fd < 0 ? -errno : fd;
}

static int control(struct ward__poller *poller, int op, int fd, uint32_t events,
                   uint64_t token)
{
	struct epoll_event event = { .events = events, .data = { .u64 = token } };
	int r = ward__gate("epoll_ctl");

	if (r < 0)
		return r;
	return epoll_ctl(poller->epoll, op, fd, &event) < 0 ? -errno : 0;
}

static int open_poller(struct ward__poller *poller)
{
	int r = poller->epoll = make_epoll();

	if (r < 0)
		return r;
	r = poller->timer = make_timer();
	if (r < 0)
		goto close_epoll;
	r = control(poller, EPOLL_CTL_ADD, poller->timer, EPOLLIN, ALARM);
	if (r == 0)
		return 0;
	close(poller->timer);
close_epoll:
	close(poller->epoll);
	return r;
}

int ward__poller_new(struct ward__poller **ret)
{
	struct ward__poller *poller = ward__alloc(sizeof(*poller));
	int r;

	if (!poller)
		return -ENOMEM;
	r = open_poller(poller);
	if (r < 0) {
		ward__free(poller);
		return r;
	}
	poller->owner = ward__self();
	pthread_mutex_init(&poller->lock, NULL);
	*ret = poller;
	return 0;
}

void ward__poller_free(struct ward__poller *poller)
{
	if (!poller)
		return;
	close(poller->timer);
	close(poller->epoll);
	pthread_mutex_destroy(&poller->lock);
	ward__free(poller);
}

/* --------------------------------------------------------------------- what to tell */

static uint32_t bits(int events)
{
	return EPOLLONESHOT | (events & POLLIN ? (uint32_t)EPOLLIN : 0) |
	       (events & POLLOUT ? (uint32_t)EPOLLOUT : 0);
}

static int put(struct ward__poller *poller, bool again, const struct ward__event *event,
               uint64_t token, int64_t *until)
{
	struct pollfd one;
	int r = ward__event_await(event, &one, until);

	if (r != 0 || one.fd < 0)
		return r;
	/* It was readable; if there is no status all the same, a debugger has it. */
	if (again && event->process && (one.events & POLLIN))
		ward__process_woken(event->process, POLLIN);
	r = control(poller, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, one.fd,
	            bits(one.events), token);
	/* It was here before, told of, and taken out of the set without a call. */
	if (r == -EEXIST)
		return control(poller, EPOLL_CTL_MOD, one.fd, bits(one.events), token);
	if (r == -ENOENT)
		return control(poller, EPOLL_CTL_ADD, one.fd, bits(one.events), token);
	return r;
}

int ward__poller_add(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	return put(poller, false, event, token, until);
}

int ward__poller_arm(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	return put(poller, true, event, token, until);
}

static int descriptor_of(const struct ward__event *event)
{
	const struct ward__process *p = event->process;

	if (!p)
		return event->channel ? event->channel->fd : (int)event->descriptor;
	return p->waiter ? ward__waiter_fd(p->waiter) : p->pidfd;
}

void ward__poller_remove(struct ward__poller *poller, const struct ward__event *event,
                         uint64_t token, bool armed)
{
	int fd = descriptor_of(event);

	(void)token;
	if (!armed || !ward__poller_is_ours(poller))
		return;
	if (fd >= 0)
		epoll_ctl(poller->epoll, EPOLL_CTL_DEL, fd, NULL);
	/* Which of the two it was may just have changed. */
	if (event->process && event->process->keeper)
		epoll_ctl(poller->epoll, EPOLL_CTL_DEL, event->process->keeper->socket,
		          NULL);
}

/* --------------------------------------------------------------------------- sleep */

struct kernel_timespec {
	int64_t sec, nsec;
};

static int wait_ns(int epoll, struct epoll_event *events, int n, int64_t left)
{
	struct kernel_timespec time = { left / WARD_NS_PER_S, left % WARD_NS_PER_S };
	int r = ward__gate("epoll_pwait2");

	if (r == 0)
		r = (int)syscall(SYS_epoll_pwait2, epoll, events, n, &time, NULL,
		                 (size_t)KERNEL_SIGSET_BYTES);
	else
		return r;
	return r < 0 ? -errno : r;
}

/* A part of a millisecond is waited for as a whole one. */
static int wait_ms(int epoll, struct epoll_event *events, int n, int64_t left)
{
	int64_t ms = left < 0 ? -1 : left == 0 ? 0 : (left - 1) / WARD_NS_PER_MS + 1;
	int r = ward__gate("epoll_wait");

	if (r < 0)
		return r;
	r = epoll_wait(epoll, events, n, ms > INT_MAX ? INT_MAX : (int)ms);
	return r < 0 ? -errno : r;
}

static int wait_once(int epoll, struct epoll_event *events, int n, int64_t left)
{
	int r;

	if (left <= 0 || !ward__can(WARD__EPOLL_NS))
		return wait_ms(epoll, events, n, left);
	r = wait_ns(epoll, events, n, left);
	if (r >= 0 || !ward__is_refusal(r))
		return r;
	ward__cannot(WARD__EPOLL_NS);
	return wait_ms(epoll, events, n, left);
}

/* The alarm is one of them, and alone reason enough to return. */
static int take_tokens(uint64_t *tokens, const struct epoll_event *events, int n)
{
	int taken = 0;

	for (int i = 0; i < n; i++)
		if (events[i].data.u64 != ALARM)
			tokens[taken++] = events[i].data.u64;
	return taken;
}

int ward__poller_wait(struct ward__poller *poller, uint64_t *tokens, size_t n,
                      int64_t deadline)
{
	struct epoll_event events[BATCH];
	int most = n < BATCH ? (int)n : BATCH, r;

	if (!ward__poller_is_ours(poller))
		return -ECHILD;
	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - ward__now();

		r = wait_once(poller->epoll, events, most,
		              deadline >= 0 && left < 0 ? 0 : left);
		if (r > 0)
			return take_tokens(tokens, events, r);
		if (r < 0 && r != -EINTR)
			return r;
		if (ward__is_due(deadline))
			return 0;
	}
}

void ward__poller_alarm(struct ward__poller *poller, int64_t when)
{
	struct itimerspec time = { .it_value = { .tv_nsec = when == 0 } };

	if (when > 0) {
		time.it_value.tv_sec = (time_t)(when / WARD_NS_PER_S);
		time.it_value.tv_nsec = (long)(when % WARD_NS_PER_S);
	}
	timerfd_settime(poller->timer, TFD_TIMER_ABSTIME, &time, NULL);
}
