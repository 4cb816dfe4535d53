/* SPDX-License-Identifier: MIT */
/*
 * The death pipe and its waiter. Two parties share the struct, the ward and the thread,
 * and either may be done first: the last one frees it. The write end is closed by
 * whoever comes first to it, so a ward that is dropped early leaks no descriptor while
 * its child lives on.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "waiter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"
#include "pipe.h"

enum { DROPPED = -1, UNDECIDED = 0 };

struct ward__waiter {
	pthread_mutex_t lock;
	pthread_cond_t decided;
	pid_t pid;                    /* UNDECIDED until watch or drop */
	int owners;
	int read_end, write_end;      /* write_end -1 when closed */
	atomic_bool done;
};

/* With the lock held. */
static void close_write_end(struct ward__waiter *waiter)
{
	if (waiter->write_end >= 0)
		close(waiter->write_end);
	waiter->write_end = -1;
}

static void free_waiter(struct ward__waiter *waiter)
{
	pthread_cond_destroy(&waiter->decided);
	pthread_mutex_destroy(&waiter->lock);
	ward__free(waiter);
}

static void leave(struct ward__waiter *waiter)
{
	bool last;

	pthread_mutex_lock(&waiter->lock);
	close_write_end(waiter);
	last = --waiter->owners == 0;
	pthread_mutex_unlock(&waiter->lock);
	if (last)
		free_waiter(waiter);
}

static pid_t await_decision(struct ward__waiter *waiter)
{
	pid_t pid;

	pthread_mutex_lock(&waiter->lock);
	while (waiter->pid == UNDECIDED)
		pthread_cond_wait(&waiter->decided, &waiter->lock);
	pid = waiter->pid;
	pthread_mutex_unlock(&waiter->lock);
	return pid;
}

/*
 * A byte, and not only the end of file: a copy of us that somebody forked holds the write
 * end as well. With all signals blocked here, a reader that is gone is no SIGPIPE.
 */
static void tell(struct ward__waiter *waiter)
{
	pthread_mutex_lock(&waiter->lock);
	while (waiter->write_end >= 0 && write(waiter->write_end, "", 1) < 0 &&
	       errno == EINTR)
		;
	pthread_mutex_unlock(&waiter->lock);
}

/*
 * Until it has ended, or is no child of ours any more; a call that fails is made again.
 */
static void look(pid_t pid)
{
	int tries = 3, r;

	do
		r = ward__peek_child(pid, true);
	while (r < 0 && r != -ECHILD && --tries > 0);
}

static void wait_for_child(void *arg)
{
	struct ward__waiter *waiter = arg;
	pid_t pid = await_decision(waiter);

	if (pid != DROPPED) {
		look(pid);
		atomic_store_explicit(&waiter->done, true, memory_order_release);
		tell(waiter);
	}
	leave(waiter);
}

int ward__waiter_new(struct ward__waiter **ret)
{
	struct ward__waiter *waiter = ward__alloc(sizeof(*waiter));
	int ends[2], r;

	if (!waiter)
		return -ENOMEM;
	r = ward__pipe(ends);
	if (r < 0)
		goto free_memory;
	waiter->read_end = ends[0];
	waiter->write_end = ends[1];
	waiter->owners = 2;
	pthread_mutex_init(&waiter->lock, NULL);
	pthread_cond_init(&waiter->decided, NULL);
	r = ward__thread_start(wait_for_child, waiter);
	if (r < 0)
		goto close_pipe;
	*ret = waiter;
	return 0;

close_pipe:
	close(ends[0]);
	close(ends[1]);
	pthread_cond_destroy(&waiter->decided);
	pthread_mutex_destroy(&waiter->lock);
free_memory:
	ward__free(waiter);
	return r;
}

static void decide(struct ward__waiter *waiter, pid_t pid)
{
	pthread_mutex_lock(&waiter->lock);
	if (waiter->pid == UNDECIDED)
		waiter->pid = pid;
	pthread_cond_signal(&waiter->decided);
	pthread_mutex_unlock(&waiter->lock);
}

void ward__waiter_watch(struct ward__waiter *waiter, pid_t pid)
{
	decide(waiter, pid);
}

void ward__waiter_drop(struct ward__waiter *waiter)
{
	if (!waiter)
		return;
	decide(waiter, DROPPED);
	close(waiter->read_end);
	leave(waiter);
}

int ward__waiter_fd(const struct ward__waiter *waiter)
{
	return waiter->read_end;
}

bool ward__waiter_done(const struct ward__waiter *waiter)
{
	return atomic_load_explicit(&waiter->done, memory_order_acquire);
}
