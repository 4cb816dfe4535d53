/* SPDX-License-Identifier: MIT */
/*
 * A model of kqueue(2), as far as processes, process descriptors, readiness and timers
 * go: an epoll of pidfds, of copies of descriptors, and of timers. A queue is not
 * inherited by fork; what is closed leaves the queues; an exit is told before the process
 * can be collected, as these kernels do; OpenBSD and NetBSD do not find a process that
 * has ended, even while it is an uncollected child; and nobody may ask whether a pipe can
 * be written to that has no reader any more.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define EV_EOF 0x8000

enum { QUEUES = 65536, BATCH = 64, EARLY_NS = 1000000, NSECONDS = 8 };

int __real_close(int fd);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

struct note {
	struct kevent event;
	int fd; /* what the epoll looks at; 0: no note */
	int64_t seen_ns;                      /* when poll(2) was first told of it */
};

/* By the number of its descriptor. */
struct queue {
	bool open;
	struct note *notes;
	int room;
};

static struct queue queues[QUEUES];
static int highest = -1;
static int notes_of[QUEUES]; /* how many there are of each descriptor */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --------------------------------------------------------------------- open, close */

int kqueue(void)
{
	int fd = epoll_create1(0);            /* it is not CLOEXEC */

	if (fd < 0)
		return -1;
	if (fd >= QUEUES) {
		__real_close(fd);
		errno = EMFILE;
		return -1;
	}
	pthread_mutex_lock(&lock);
	memset(&queues[fd], 0, sizeof(queues[fd]));
	queues[fd].open = true;
	if (fd > highest)
		highest = fd;
	pthread_mutex_unlock(&lock);
	return fd;
}

static bool is_of_descriptor(const struct note *note)
{
	return note->event.filter == EVFILT_READ || note->event.filter == EVFILT_WRITE ||
	       note->event.filter == EVFILT_PROCDESC;
}

static void drop_note(int queue, struct note *note)
{
	/* A closed descriptor leaves an epoll only with its last copy. */
	epoll_ctl(queue, EPOLL_CTL_DEL, note->fd, NULL);
	__real_close(note->fd);
	note->fd = 0;
	if (is_of_descriptor(note))
		notes_of[note->event.ident]--;
}

static void drop_queue(int fd)
{
	for (int i = 0; i < queues[fd].room; i++)
		if (queues[fd].notes[i].fd)
			drop_note(fd, &queues[fd].notes[i]);
	free(queues[fd].notes);
	queues[fd] = (struct queue){ .open = false };
}

/* It leaves all queues. */
static void forget(int fd)
{
	for (int q = 0; q <= highest && notes_of[fd] > 0; q++) {
		for (int i = 0; i < queues[q].room; i++) {
			struct note *note = &queues[q].notes[i];

			if (note->fd && is_of_descriptor(note) &&
			    note->event.ident == (uintptr_t)fd)
				drop_note(q, note);
		}
	}
}

void model_kqueue_close(int fd)
{
	if (fd < 0 || fd >= QUEUES)
		return;
	pthread_mutex_lock(&lock);
	if (queues[fd].open)
		drop_queue(fd);
	forget(fd);
	pthread_mutex_unlock(&lock);
}

/* ---------------------------------------------------------------------------- fork */

void model_fork_before(void)
{
	pthread_mutex_lock(&lock);
}

void model_fork_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* The epoll is shared with the parent: nothing is taken out of it. */
void model_fork_child(void)
{
	for (int fd = 0; fd <= highest; fd++) {
		if (!queues[fd].open)
			continue;
		for (int i = 0; i < queues[fd].room; i++)
			if (queues[fd].notes[i].fd)
				__real_close(queues[fd].notes[i].fd);
		__real_close(fd);
		memset(&queues[fd], 0, sizeof(queues[fd]));
	}
	highest = -1;
	memset(notes_of, 0, sizeof(notes_of));
	model_reaper_forget();
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(model_fork_before, model_fork_parent, model_fork_child);
}

/* -------------------------------------------------------------------------- change */

/* Each: a descriptor to look at, or a negative errno. */
static int attach_process(const struct kevent *change)
{
	pid_t pid = (pid_t)change->ident;
	struct model_facts facts;
	int fd = model_pidfd(pid);

	if (fd < 0)
		return -errno;
	if (MODEL_IS != MODEL_FREEBSD && model_pidfd_has_ended(fd)) {
		__real_close(fd);
		return -ESRCH;
	}
	if (MODEL_IS != MODEL_FREEBSD && geteuid() != 0 &&
	    model_facts_read(pid, &facts) && facts.uid[0] != getuid()) {
		__real_close(fd);
		return -EACCES;
	}
	return model_hide(fd);
}

static int attach_descriptor(const struct kevent *change)
{
	int fd;

	if (MODEL_IS != MODEL_FREEBSD || !model_is_pidfd((int)change->ident))
		return -EINVAL;
	fd = dup((int)change->ident);
	return fd < 0 ? -errno : model_hide(fd);
}

/* Of any kind, a kqueue among them. */
static int attach_readiness(const struct kevent *change)
{
	struct pollfd one = { .fd = (int)change->ident, .events = POLLOUT };
	int fd;

	if (change->filter == EVFILT_WRITE && __real_poll(&one, 1, 0) > 0 &&
	    (one.revents & POLLERR))
		return MODEL_IS == MODEL_NETBSD ? -EBADF : -EPIPE;
	fd = dup((int)change->ident);
	return fd < 0 ? -errno : model_hide(fd);
}

static int attach_timer(const struct kevent *change)
{
	int64_t ns = change->fflags & NSECONDS ? change->data : change->data * 1000000;
	struct itimerspec when = { .it_value = { ns / 1000000000, ns % 1000000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	timerfd_settime(fd, 0, &when, NULL);
	return model_hide(fd);
}

static int attach(const struct kevent *change)
{
	switch (change->filter) {
	case EVFILT_PROC:
		return attach_process(change);
	case EVFILT_PROCDESC:
		return attach_descriptor(change);
	case EVFILT_TIMER:
		return attach_timer(change);
	case EVFILT_READ:
	case EVFILT_WRITE:
		return attach_readiness(change);
	default:
		return -EINVAL;
	}
}

static struct note *find(struct queue *queue, const struct kevent *change)
{
	for (int i = 0; i < queue->room; i++) {
		struct note *note = &queue->notes[i];

		if (note->fd && note->event.ident == change->ident &&
		    note->event.filter == change->filter)
			return note;
	}
	return NULL;
}

/* A free place; NULL: no memory. */
static struct note *place(struct queue *queue)
{
	int room = queue->room, more = room ? room : 4;
	struct note *notes;

	for (int i = 0; i < room; i++)
		if (!queue->notes[i].fd)
			return &queue->notes[i];
	notes = realloc(queue->notes, (size_t)(room + more) * sizeof(*notes));
	if (!notes)
		return NULL;
	memset(notes + room, 0, (size_t)more * sizeof(*notes));
	queue->notes = notes;
	queue->room = room + more;
	return &notes[room];
}

static int add(int fd, const struct kevent *change)
{
	bool writes = change->filter == EVFILT_WRITE;
	struct epoll_event wanted = { .events = writes ? EPOLLOUT : EPOLLIN };
	struct queue *queue = &queues[fd];
	struct note *note = find(queue, change);
	int r;

	if (note)
		return 0;
	note = place(queue);
	if (!note)
		return -ENOMEM;
	r = attach(change);
	if (r < 0)
		return r;
	wanted.data.u32 = (uint32_t)(note - queue->notes);
	if (epoll_ctl(fd, EPOLL_CTL_ADD, r, &wanted) < 0) {
		__real_close(r);
		return -EINVAL;
	}
	*note = (struct note){ .event = *change, .fd = r };
	if (is_of_descriptor(note))
		notes_of[change->ident]++;
	return 0;
}

static int change_one(int fd, const struct kevent *change)
{
	struct note *note = find(&queues[fd], change);

	if (change->flags & EV_ADD)
		return add(fd, change);
	if (note && (change->flags & EV_DELETE))
		drop_note(fd, note);
	return note ? 0 : -ENOENT;
}

/* -------------------------------------------------------------------------- events */

static void see(struct note *note)
{
	if (note->fd && note->event.filter == EVFILT_PROC && !note->seen_ns &&
	    model_pidfd_has_ended(note->fd))
		note->seen_ns = now_ns();
}

static void see_all(int fd)
{
	for (int i = 0; i < queues[fd].room; i++)
		see(&queues[fd].notes[i]);
}

void model_kqueue_seen(int fd)
{
	if (fd < 0 || fd >= QUEUES)
		return;
	pthread_mutex_lock(&lock);
	see_all(fd);
	pthread_mutex_unlock(&lock);
}

bool model_is_too_early(pid_t pid)
{
	int64_t now = now_ns();
	bool early = false;

	pthread_mutex_lock(&lock);
	for (int fd = 0; fd <= highest && !early; fd++) {
		for (int i = 0; i < queues[fd].room; i++) {
			const struct note *note = &queues[fd].notes[i];

			early = early || (note->fd && note->seen_ns &&
			                  (pid_t)note->event.ident == pid &&
			                  now - note->seen_ns < EARLY_NS);
		}
	}
	pthread_mutex_unlock(&lock);
	return early;
}

static void tell(struct note *note, struct kevent *ret)
{
	*ret = note->event;
	ret->data = 1;
	if (note->event.filter == EVFILT_READ)
		see_all((int)note->event.ident);
	if (note->event.filter != EVFILT_PROC && note->event.filter != EVFILT_PROCDESC)
		return;
	ret->flags |= EV_EOF | EV_ONESHOT;
	ret->fflags = note->event.fflags & NOTE_EXIT;
	ret->data = model_pidfd_status(note->fd, note->event.filter == EVFILT_PROC ?
	                                                 (pid_t)note->event.ident :
	                                                 model_described(note->fd));
}

/* Asked with the lock held: nobody waits here. */
static int take(int fd, struct kevent *events, int n)
{
	struct epoll_event ready[BATCH];
	int got = epoll_wait(fd, ready, n < BATCH ? n : BATCH, 0);

	for (int i = 0; i < got; i++) {
		struct note *note = &queues[fd].notes[ready[i].data.u32];

		tell(note, &events[i]);
		if (events[i].flags & EV_ONESHOT)
			drop_note(fd, note);
	}
	return got;
}

static int change_all(int fd, const struct kevent *changes, int n)
{
	int r = queues[fd].open ? 0 : -EBADF;

	for (int i = 0; r == 0 && i < n; i++)
		r = change_one(fd, &changes[i]);
	return r;
}

static int change_and_take(int fd, const struct kevent *changes, int n_changes,
                           struct kevent *events, int n_events)
{
	int r;

	pthread_mutex_lock(&lock);
	r = change_all(fd, changes, n_changes);
	if (r == 0 && n_events > 0)
		r = take(fd, events, n_events);
	pthread_mutex_unlock(&lock);
	return r;
}

/* 1: there may be something; 0: the time is over. */
static int sleep_until(int fd, int64_t deadline)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	int64_t left = deadline - now_ns();
	int64_t ms = left / 1000000 + 1;
	int r;

	if (left <= 0)
		return 0;
	r = __real_poll(&one, 1, ms > INT_MAX ? INT_MAX : (int)ms);
	return r < 0 ? -errno : 1;
}

int kevent(int fd, const struct kevent *changes, int n_changes, struct kevent *events,
           int n_events, const struct timespec *timeout)
{
	int64_t deadline = INT64_MAX;
	int r;

	if (fd < 0 || fd >= QUEUES) {
		errno = EBADF;
		return -1;
	}
	if (timeout)
		deadline = now_ns() + timeout->tv_sec * 1000000000 + timeout->tv_nsec;
	do {
		r = change_and_take(fd, changes, n_changes, events, n_events);
		if (r != 0 || n_events == 0)
			break;
		n_changes = 0;
		r = sleep_until(fd, deadline);
	} while (r > 0);
	if (r < 0)
		errno = -r;
	return r < 0 ? -1 : r;
}
