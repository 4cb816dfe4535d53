/* SPDX-License-Identifier: MIT */
/*
 * A model of kqueue(2), as far as processes, process descriptors and timers go: an epoll
 * of pidfds. A queue is not inherited by fork; an exit is told before the process can be
 * collected, as these kernels do; and OpenBSD and NetBSD do not find a process that has
 * ended, even while it is an uncollected child.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define EV_EOF 0x8000

enum { QUEUES = 65536, NOTES = 4, EARLY_NS = 1000000 };

int __real_close(int fd);

struct note {
	struct kevent event;
	int fd; /* what the epoll looks at; 0: no note */
	int64_t seen_ns;                      /* when poll(2) was first told of it */
};

/* By the number of its descriptor. */
struct queue {
	bool open;
	struct note notes[NOTES];
};

static struct queue queues[QUEUES];
static int highest = -1;
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

static void drop_note(int queue, struct note *note)
{
	/* A closed descriptor leaves an epoll only with its last copy. */
	epoll_ctl(queue, EPOLL_CTL_DEL, note->fd, NULL);
	__real_close(note->fd);
	note->fd = 0;
}

static void drop_queue(int fd)
{
	for (int i = 0; i < NOTES; i++)
		if (queues[fd].notes[i].fd)
			drop_note(fd, &queues[fd].notes[i]);
	queues[fd].open = false;
}

void model_kqueue_close(int fd)
{
	if (fd < 0 || fd >= QUEUES)
		return;
	pthread_mutex_lock(&lock);
	if (queues[fd].open)
		drop_queue(fd);
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
		for (int i = 0; i < NOTES; i++)
			if (queues[fd].notes[i].fd)
				__real_close(queues[fd].notes[i].fd);
		__real_close(fd);
		memset(&queues[fd], 0, sizeof(queues[fd]));
	}
	highest = -1;
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

static int attach_timer(const struct kevent *change)
{
	int64_t ms = change->data;
	struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };
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
	default:
		return -EINVAL;
	}
}

static struct note *find(struct queue *queue, const struct kevent *change)
{
	for (int i = 0; i < NOTES; i++) {
		struct note *note = &queue->notes[i];

		if (note->fd && note->event.ident == change->ident &&
		    note->event.filter == change->filter)
			return note;
	}
	return NULL;
}

static int add(int fd, const struct kevent *change)
{
	struct epoll_event wanted = { .events = EPOLLIN };
	struct queue *queue = &queues[fd];
	struct note *note = queue->notes;
	int r;

	if (!(change->flags & EV_ADD))
		return -ENOENT;
	if (find(queue, change))
		return 0;
	while (note < queue->notes + NOTES && note->fd)
		note++;
	if (note == queue->notes + NOTES)
		return -ENOMEM;
	r = attach(change);
	if (r < 0)
		return r;
	*note = (struct note){ .event = *change, .fd = r };
	wanted.data.u32 = (uint32_t)(note - queue->notes);
	epoll_ctl(fd, EPOLL_CTL_ADD, r, &wanted);
	return 0;
}

/* -------------------------------------------------------------------------- events */

static void see(struct note *note)
{
	if (note->fd && note->event.filter == EVFILT_PROC && !note->seen_ns &&
	    model_pidfd_has_ended(note->fd))
		note->seen_ns = now_ns();
}

void model_kqueue_seen(int fd)
{
	if (fd < 0 || fd >= QUEUES)
		return;
	pthread_mutex_lock(&lock);
	for (int i = 0; queues[fd].open && i < NOTES; i++)
		see(&queues[fd].notes[i]);
	pthread_mutex_unlock(&lock);
}

bool model_is_too_early(pid_t pid)
{
	int64_t now = now_ns();
	bool early = false;

	pthread_mutex_lock(&lock);
	for (int fd = 0; fd <= highest && !early; fd++) {
		for (int i = 0; queues[fd].open && i < NOTES; i++) {
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
	if (note->event.filter == EVFILT_TIMER)
		return;
	ret->flags |= EV_EOF | EV_ONESHOT;
	ret->fflags = note->event.fflags & NOTE_EXIT;
	ret->data = model_pidfd_status(note->fd, note->event.filter == EVFILT_PROC ?
	                                                 (pid_t)note->event.ident :
	                                                 model_described(note->fd));
}

/* Asked with the lock held: nobody waits for long here. */
static int take(int fd, struct kevent *events, int n)
{
	struct epoll_event ready[NOTES];
	int got = epoll_wait(fd, ready, n < NOTES ? n : NOTES, 0);

	for (int i = 0; i < got; i++) {
		struct note *note = &queues[fd].notes[ready[i].data.u32];

		tell(note, &events[i]);
		drop_note(fd, note);          /* all that is known here is told once */
	}
	return got;
}

static int change_all(int fd, const struct kevent *changes, int n)
{
	int r = queues[fd].open ? 0 : -EBADF;

	for (int i = 0; r == 0 && i < n; i++)
		r = add(fd, &changes[i]);
	return r;
}

/* With a time of zero, or no room for events: that is all that is asked for. */
int kevent(int fd, const struct kevent *changes, int n_changes, struct kevent *events,
           int n_events, const struct timespec *timeout)
{
	int r;

	(void)timeout;
	if (fd < 0 || fd >= QUEUES) {
		errno = EBADF;
		return -1;
	}
	pthread_mutex_lock(&lock);
	r = change_all(fd, changes, n_changes);
	if (r == 0 && n_events > 0)
		r = take(fd, events, n_events);
	pthread_mutex_unlock(&lock);
	if (r < 0)
		errno = -r;
	return r < 0 ? -1 : r;
}
