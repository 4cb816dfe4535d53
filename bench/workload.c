/* SPDX-License-Identifier: MIT */
/*
 * Inside a parent: carry out one block of starts, in the serving thread or in others at
 * once. The threads live as long as the parent: a new one has caches to warm, and perhaps
 * a CPU to find. They work for a time, not for a number of starts: else the one that ends
 * first leaves the machine to the other, and the tail of the block measures something
 * else. The window opens while all are at work already: being woken is not part of a
 * start.
 */
#include "bench.h"

#include <math.h>
#include <pthread.h>
#include <time.h>

struct worker {
	char *stack;
	int cpu;                              /* where it is pinned; negative: nowhere */
	int error;
	int count;
	int64_t begin, end;                   /* of what was counted */
};

static const int64_t lead_ns = 10000000;      /* at work before the window opens */

static _Alignas(64) char stacks[THREADS_MAX][STACK_BYTES];

static struct {
	int threads;
	pthread_barrier_t barrier;            /* of the workers and the one that serves */
	struct worker worker[THREADS_MAX];
	const struct order *order;
	int64_t open, close;                  /* the window */
} work;

static int start_one(const struct order *order, char *stack)
{
	return contestants[order->contestant].run(order->argv, stack);
}

/* The start in flight as the window opens sets the worker's clock by its end: so only
 * whole starts are counted, and at least one. */
static void fill_window(struct worker *worker)
{
	do {
		worker->error = start_one(work.order, worker->stack);
		worker->begin = now_ns();
	} while (!worker->error && worker->begin < work.open);
	worker->count = 0;
	do {
		if (!worker->error)
			worker->error = start_one(work.order, worker->stack);
		worker->end = now_ns();
		worker->count++;
	} while (!worker->error && worker->end < work.close);
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	worker->error = cpu_pin(worker->cpu);
	pthread_barrier_wait(&work.barrier);
	for (;;) {
		pthread_barrier_wait(&work.barrier);
		fill_window(worker);
		pthread_barrier_wait(&work.barrier);
	}
	return NULL;
}

static int worker_start(int i, int cpu)
{
	struct worker *worker = &work.worker[i];
	pthread_t thread;

	worker->stack = stacks[i];
	worker->cpu = cpu;
	return -pthread_create(&thread, NULL, worker_main, worker);
}

int workload_prepare(int threads, const int cpus[])
{
	int i, r;

	if (threads == 0)
		return 0;
	work.threads = threads;
	pthread_barrier_init(&work.barrier, NULL, (unsigned)threads + 1);
	for (i = 0; i < threads; i++) {
		r = worker_start(i, cpus[i]);
		if (r < 0)
			return r;
	}
	pthread_barrier_wait(&work.barrier);
	for (i = 0; i < threads; i++)
		if (work.worker[i].error)
			return work.worker[i].error;
	return 0;
}

/* What the threads reached together: the sum of their rates. */
static void gather(struct block *ret)
{
	const struct worker *worker;
	double rate = 0;
	int i;

	ret->error = ret->count = 0;
	for (i = 0; i < work.threads; i++) {
		worker = &work.worker[i];
		if (worker->error)
			ret->error = worker->error;
		else
			rate += worker->count / (double)(worker->end - worker->begin);
		ret->count += worker->count;
	}
	ret->ns_a_start = ret->error ? 0 : 1 / rate;
}

static void run_threads(const struct order *order, struct block *ret)
{
	work.order = order;
	work.open = now_ns() + lead_ns;
	work.close = work.open + order->window_ns;
	pthread_barrier_wait(&work.barrier);
	pthread_barrier_wait(&work.barrier);
	gather(ret);
	ret->cpu_ns_a_start = NAN;
}

/* This process's own processor time so far. */
static int64_t cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void run_here(const struct order *order, struct block *ret)
{
	int64_t before, begin, after, cpu = cpu_ns();
	int i;

	ret->error = 0;
	ret->count = order->count;
	begin = after = now_ns();
	for (i = 0; i < order->count && !ret->error; i++) {
		before = after;
		ret->error = start_one(order, stacks[0]);
		after = now_ns();
		ret->ns[i] = (uint32_t)(after - before);
	}
	ret->ns_a_start = (double)(after - begin) / order->count;
	ret->cpu_ns_a_start = (double)(cpu_ns() - cpu) / order->count;
}

void workload_run(const struct order *order, struct block *ret)
{
	if (work.threads)
		run_threads(order, ret);
	else
		run_here(order, ret);
}
