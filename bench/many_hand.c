/* SPDX-License-Identifier: MIT */
/*
 * What is done with one hold: grow, let children end one by one, let all end at once.
 * What is measured of an end begins when the child was told to: neither that word nor the
 * start of its successor is in the parent's processor time.
 */
#include "many.h"

#include <dirent.h>
#include <malloc.h>
#include <time.h>
#include <unistd.h>

/* Of the process, since a watcher may have a thread of its own; but where holds are
 * spread over threads, of each of those. */
static _Thread_local clockid_t clock_ = CLOCK_PROCESS_CPUTIME_ID;

void own_cpu_is_thread(void)
{
	clock_ = CLOCK_THREAD_CPUTIME_ID;
}

int64_t own_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(clock_, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t heap_bytes(void)
{
	struct mallinfo2 heap = mallinfo2();

	return heap.uordblks + heap.hblkhd;
}

static size_t count_fds(void)
{
	DIR *dir = opendir("/proc/thread-self/fd");
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static void settle_range(const struct hold *h, uint32_t from, uint32_t to)
{
	uint32_t slot;

	for (slot = from; slot + 1 < to; slot++)
		while (!__atomic_load_n(&h->slots[slot].ready, __ATOMIC_ACQUIRE))
			hold_settle(h, &slot, 1);
	slot = to - 1;
	hold_settle(h, &slot, 1);
}

void hand_grow(struct hold *h, const struct order *order, struct answer *ret)
{
	size_t heap = heap_bytes(), fds = count_fds();
	uint32_t before = h->n, count = order->count;
	int64_t begin = now_ns();

	ret->error = hold_grow(h, count, order->until_ns);
	if (ret->error || count <= before)
		return;
	ret->ns = (double)(now_ns() - begin);
	ret->count = count - before;
	settle_range(h, before, count);
	ret->heap = ((double)heap_bytes() - (double)heap) / ret->count;
	ret->fds = ((double)count_fds() - (double)fds) / ret->count;
}

/* The same children for every watcher. */
static uint32_t draw(uint32_t n)
{
	static _Thread_local uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 32) * n >> 32);
}

static int wait_until_told(struct hold *h, uint64_t told)
{
	int r = 0;

	while (r >= 0 && h->told < told)
		r = h->by->wait(h);
	return r < 0 ? r : 0;
}

static uint32_t in_ns(int64_t ns)
{
	return ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

static int end_one(struct hold *h, uint32_t slot, struct answer *ret)
{
	int64_t begin, cpu, end;
	int r;

	begin = now_ns();
	hold_let_end(h, slot);
	cpu = own_cpu_ns();
	r = wait_until_told(h, h->told + 1);
	cpu = own_cpu_ns() - cpu;
	end = now_ns();
	ret->ns_of[ret->count].wall = in_ns(end - begin);
	ret->ns_of[ret->count].cpu = in_ns(cpu);
	ret->ns_of[ret->count].late = in_ns(h->told_ns - h->slots[slot].ended_ns);
	ret->count++;
	return r;
}

static int start_again(struct hold *h, uint32_t slot)
{
	h->slots[slot] = (struct slot){ 0 };
	return h->by->start(h, slot);
}

/* The first of a block that are not there yet: what has ended before is to stay out. */
static uint32_t draw_another(const struct hold *h, const uint32_t drawn[], uint32_t n)
{
	uint32_t slot, i;

	do {
		slot = draw(h->n);
		for (i = 0; i < n && drawn[i] != slot; i++)
			;
	} while (i < n);
	return slot;
}

void hand_ends(struct hold *h, uint32_t count, struct answer *ret)
{
	uint32_t drawn[BLOCK_MAX], i;

	if (count > h->n)
		count = h->n;
	for (i = 0; i < count && ret->error == 0; i++) {
		drawn[i] = draw_another(h, drawn, i);
		ret->error = end_one(h, drawn[i], ret);
	}
	for (i = 0; i < count && ret->error == 0; i++)
		ret->error = start_again(h, drawn[i]);
	if (ret->error == 0)
		hold_settle(h, drawn, count);
}

void hand_burst(struct hold *h, struct answer *ret)
{
	uint64_t told = h->told + h->n;
	int64_t begin = now_ns(), cpu;
	uint32_t slot;

	for (slot = 0; slot < h->n; slot++)
		hold_let_end(h, slot);
	cpu = own_cpu_ns();
	ret->error = wait_until_told(h, told);
	ret->cpu_ns = (double)(own_cpu_ns() - cpu);
	ret->ns = (double)(now_ns() - begin);
	ret->count = h->n;
	for (slot = 0; slot < h->n; slot++)
		h->slots[slot] = (struct slot){ 0 };
	h->n = 0;
}
