/* SPDX-License-Identifier: MIT */
/*
 * Inside a parent: carry out one block of starts, in the serving thread or in several at
 * once. Threads of a block start together at a barrier, after one start each that is not
 * counted, because a fresh thread may have to make what it later keeps (a stack).
 */
#include "bench.h"

#include <errno.h>
#include <pthread.h>

struct worker {
	const struct order *order;
	pthread_barrier_t *barrier;
	pthread_t thread;
	char *stack;
	int error;
	int64_t begin, end;
	uint32_t *ns;                         /* room for order->count */
};

static _Alignas(64) char stacks[THREADS_MAX][STACK_BYTES];

static void run_all(struct worker *worker)
{
	const struct order *order = worker->order;
	const struct contestant *who = &contestants[order->contestant];
	int64_t before, after;
	int i;

	worker->begin = after = now_ns();
	for (i = 0; i < order->count && !worker->error; i++) {
		before = after;
		worker->error = who->run(order->argv, worker->stack);
		after = now_ns();
		worker->ns[i] = (uint32_t)(after - before);
	}
	worker->end = after;
}

static void *run_in_thread(void *arg)
{
	struct worker *worker = arg;

	worker->error = contestants[worker->order->contestant].run(worker->order->argv,
	                                                            worker->stack);
	pthread_barrier_wait(worker->barrier);
	run_all(worker);
	return NULL;
}

static void start_threads(struct worker worker[], int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (pthread_create(&worker[i].thread, NULL, run_in_thread, &worker[i]))
			die("pthread_create");
	for (i = 0; i < n; i++)
		pthread_join(worker[i].thread, NULL);
}

static void gather(const struct worker worker[], int n, struct block *ret)
{
	int64_t begin = worker[0].begin, end = worker[0].end;
	int i;

	for (i = 0; i < n; i++) {
		if (worker[i].error)
			ret->error = worker[i].error;
		begin = worker[i].begin < begin ? worker[i].begin : begin;
		end = worker[i].end > end ? worker[i].end : end;
	}
	ret->wall_ns = end - begin;
}

void workload_run(const struct order *order, int threads, struct block *ret)
{
	struct worker worker[THREADS_MAX] = { 0 };
	int n = threads ? threads : 1, i;
	pthread_barrier_t barrier;

	pthread_barrier_init(&barrier, NULL, (unsigned)n);
	for (i = 0; i < n; i++) {
		worker[i].order = order;
		worker[i].barrier = &barrier;
		worker[i].stack = stacks[i];
		worker[i].ns = &ret->ns[i * order->count];
	}
	ret->error = 0;
	ret->count = n * order->count;
	if (threads)
		start_threads(worker, n);
	else
		run_all(&worker[0]);
	gather(worker, n, ret);
	pthread_barrier_destroy(&barrier);
}
