/* SPDX-License-Identifier: MIT */
/*
 * Holds: the slots that children and parent share, starts, and the word that lets a
 * single child end. Nothing here is on the heap: what is there is the watcher's, and is
 * measured.
 */
#include "many.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const char *idle_program, *tiny_program;

static const long settle_ns = 200000;

void *more_memory(size_t size)
{
	void *r = mmap(NULL, size, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return r == MAP_FAILED ? NULL : r;
}

static int share_slots(struct hold *h)
{
	size_t size = ((size_t)h->room / SLOTS_IN_PIECE + 1) * SLOT_PIECE_BYTES;

	h->memory = memfd_create("slots", MFD_CLOEXEC);
	if (h->memory < 0 || ftruncate(h->memory, (off_t)size) < 0)
		return -errno;
	h->slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, h->memory, 0);
	return h->slots == MAP_FAILED ? -errno : 0;
}

int hold_open(struct hold *h, const struct watcher *by, uint32_t room)
{
	int r;

	h->by = by;
	h->room = room;
	h->stack = more_memory(STACK_BYTES);
	if (!h->stack)
		return -ENOMEM;
	r = share_slots(h);
	return r < 0 ? r : by->open(h);
}

int hold_grow(struct hold *h, uint32_t count, int64_t until_ns)
{
	int r;

	while (h->n < count) {
		r = now_ns() < until_ns ? h->by->start(h, h->n) : -ETIME;
		if (r < 0)
			return r;
		h->n++;
	}
	return 0;
}

void hold_told(struct hold *h)
{
	h->told_ns = now_ns();
	h->told++;
}

void hold_let_end(struct hold *h, uint32_t slot)
{
	uint32_t *go = &h->slots[slot].go;

	__atomic_store_n(go, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, go, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void hold_settle(const struct hold *h, const uint32_t slots[], size_t n)
{
	struct timespec moment = { .tv_nsec = settle_ns };
	size_t i;

	for (i = 0; i < n; i++)
		while (!__atomic_load_n(&h->slots[slots[i]].ready, __ATOMIC_ACQUIRE))
			nanosleep(&moment, NULL);
	nanosleep(&moment, NULL);
}

void words_of(struct words *ret, uint32_t slot)
{
	snprintf(ret->slot, sizeof(ret->slot), "%u", (unsigned)slot);
	snprintf(ret->parent, sizeof(ret->parent), "%d", (int)getpid());
	ret->argv[0] = idle_program;
	ret->argv[1] = ret->slot;
	ret->argv[2] = ret->parent;
	ret->argv[3] = NULL;
}
