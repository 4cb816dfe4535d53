/* SPDX-License-Identifier: MIT */
/* What the layers above start has a small stack, and nobody joins it. */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "thread.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"

enum { STACK = 128 * 1024 };

struct task {
	void (*fn)(void *);
	void *arg;
};

static void *run(void *arg)
{
	struct task task = *(struct task *)arg;

	ward__free(arg);
	task.fn(task.arg);
	return NULL;
}

static size_t stack_size(void)
{
	long least = sysconf(_SC_THREAD_STACK_MIN);

	return least > STACK ? (size_t)least : STACK;
}

int ward__thread_make(pthread_t *ret, const pthread_attr_t *attr, void *(*fn)(void *),
                      void *arg)
{
	sigset_t all, before;
	int r = ward__gate("pthread_create");

	if (r < 0)
		return r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(ret, attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

/* @stack: 0 for the system's own size. */
static int start_sized(struct task *task, size_t stack)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = -pthread_attr_init(&attr);

	if (r < 0)
		return r;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (stack)
		pthread_attr_setstacksize(&attr, stack);
	r = ward__thread_make(&thread, &attr, run, task);
	pthread_attr_destroy(&attr);
	return r;
}

/*
 * glibc takes the thread-local variables of the whole program off the stack, and says
 * EINVAL where they leave no room.
 */
static int start(struct task *task)
{
	int r = start_sized(task, stack_size());

	return r == -EINVAL ? start_sized(task, 0) : r;
}

int ward__thread_start(void (*fn)(void *), void *arg)
{
	struct task *task = ward__alloc(sizeof(*task));
	int r;

	if (!task)
		return -ENOMEM;
	*task = (struct task){ fn, arg };
	r = start(task);
	if (r < 0)
		ward__free(task);
	return r;
}
