/* SPDX-License-Identifier: MIT */
/*
 * Carry out an order with all children of a keeper. As many as fit into one descriptor
 * table are one hold, of the main thread. More of them are spread over threads that each
 * leave the common table first: growing and single ends go from one thread to the next,
 * so that only one works at a time, a burst is for all of them at once.
 */
#include "many.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

enum { HANDS_MAX = 32 };

struct hand {
	struct hold hold;
	struct order order;
	struct answer answer;
	pthread_t thread;
	sem_t go, done;
};

static struct hand hands[HANDS_MAX];
static int n_hands, next_hand;

static void act(struct hand *hand)
{
	memset(&hand->answer, 0, sizeof(hand->answer));
	switch (hand->order.what) {
	case ORDER_GROW:
		hand_grow(&hand->hold, &hand->order, &hand->answer);
		break;
	case ORDER_ENDS:
		hand_ends(&hand->hold, hand->order.count, &hand->answer);
		break;
	default:
		hand_burst(&hand->hold, &hand->answer);
		break;
	}
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0 && errno == EINTR)
		;
}

/* A thread with a table of its own. What it inherits of the others' is little: they have
 * not started anything yet. */
static void *work(void *arg)
{
	struct hand *hand = arg;
	int r;

	own_cpu_is_thread();
	r = unshare(CLONE_FILES) < 0 ? -errno : 0;
	if (r == 0)
		r = hold_open(&hand->hold, hand->hold.by, hand->hold.room);
	hand->answer.error = r;
	sem_post(&hand->done);
	for (;;) {
		wait_for(&hand->go);
		act(hand);
		sem_post(&hand->done);
	}
	return NULL;
}

static int hire(struct hand *hand)
{
	sem_init(&hand->go, 0, 0);
	sem_init(&hand->done, 0, 0);
	if (pthread_create(&hand->thread, NULL, work, hand) != 0)
		return -EAGAIN;
	wait_for(&hand->done);
	return hand->answer.error;
}

static int prepare(const struct watcher *by, const struct order *order)
{
	uint32_t room = order->room;
	int i, r = 0;

	n_hands = by->spreads ? (int)((room + order->table - 1) / order->table) : 1;
	if (n_hands > HANDS_MAX)
		return -EMFILE;
	if (n_hands == 1)
		return hold_open(&hands[0].hold, by, room);
	for (i = 0; i < n_hands && r == 0; i++) {
		hands[i].hold.by = by;
		hands[i].hold.room = (room + (uint32_t)n_hands - 1) / (uint32_t)n_hands;
		r = hire(&hands[i]);
	}
	return r;
}

static void take_share(struct hand *hand, const struct order *order)
{
	uint32_t i = (uint32_t)(hand - hands), n = (uint32_t)n_hands;

	hand->order = *order;
	if (order->what == ORDER_GROW)
		hand->order.count = order->count / n + (i < order->count % n ? 1 : 0);
}

static void add(struct answer *to, const struct answer *share)
{
	to->error = to->error ? to->error : share->error;
	to->heap += share->heap / n_hands;
	to->fds += share->fds / n_hands;
	to->ns += share->ns;
	to->count += share->count;
}

static void one_after_the_other(const struct order *order, struct answer *ret)
{
	int i;

	for (i = 0; i < n_hands && ret->error == 0; i++) {
		take_share(&hands[i], order);
		sem_post(&hands[i].go);
		wait_for(&hands[i].done);
		add(ret, &hands[i].answer);
	}
}

static void all_at_once(const struct order *order, struct answer *ret)
{
	int64_t begin = now_ns();
	int i;

	for (i = 0; i < n_hands; i++) {
		take_share(&hands[i], order);
		sem_post(&hands[i].go);
	}
	for (i = 0; i < n_hands; i++) {
		wait_for(&hands[i].done);
		add(ret, &hands[i].answer);
		ret->cpu_ns += hands[i].answer.cpu_ns;
	}
	ret->ns = (double)(now_ns() - begin);
}

static void by_all(const struct order *order, struct answer *ret)
{
	if (n_hands == 1) {
		hands[0].order = *order;
		act(&hands[0]);
		*ret = hands[0].answer;
	} else if (order->what == ORDER_ENDS) {
		next_hand = (next_hand + 1) % n_hands;
		take_share(&hands[next_hand], order);
		sem_post(&hands[next_hand].go);
		wait_for(&hands[next_hand].done);
		*ret = hands[next_hand].answer;
	} else if (order->what == ORDER_GROW) {
		one_after_the_other(order, ret);
	} else {
		all_at_once(order, ret);
	}
	ret->threads = n_hands;
}

/* --------------------------------------------------------------------------- stints */

struct stinter {
	const struct watcher *by;
	struct stint stint;
	int cpu, error;
	pthread_t thread;
};

static void *do_stint(void *arg)
{
	struct stinter *s = arg;

	s->error = cpu_pin(s->cpu);
	if (s->error == 0)
		s->error = s->by->stint(&s->stint);
	return NULL;
}

static void all_stints(const struct watcher *by, const struct order *order,
		       struct answer *ret)
{
	struct stinter all[THREADS_MAX] = { 0 };
	int64_t cpu = own_cpu_ns();
	uint64_t started = 0;
	int i, n = 0;

	for (; n < order->threads && ret->error == 0; n++) {
		all[n].by = by;
		all[n].cpu = order->cpus[n];
		all[n].stint.stack = more_memory(STACK_BYTES);
		all[n].stint.until_ns = now_ns() + order->window_ns;
		if (!all[n].stint.stack ||
		    pthread_create(&all[n].thread, NULL, do_stint, &all[n]) != 0) {
			ret->error = -EAGAIN;
			break;
		}
	}
	for (i = 0; i < n; i++) {
		pthread_join(all[i].thread, NULL);
		ret->count += (uint32_t)all[i].stint.ended;
		started += all[i].stint.all;
		ret->error = ret->error ? ret->error : all[i].error;
	}
	ret->cpu_ns = (double)(own_cpu_ns() - cpu) / (started ? (double)started : 1);
	ret->ns = (double)order->window_ns;
}

void order_carry_out(const struct watcher *by, const struct order *order,
		     struct answer *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (order->what == ORDER_STINT) {
		all_stints(by, order, ret);
		return;
	}
	if (n_hands == 0)
		ret->error = prepare(by, order);
	if (ret->error == 0)
		by_all(order, ret);
}
