/* SPDX-License-Identifier: MIT */
/*
 * The members of a set. What is hard is that everybody may leave at any time: a ward that
 * is closed leaves its sets by itself, a member that leaves may still be in the queue of
 * those that have something to tell, and the poller may tell of one that has left. So a
 * place has a generation, and is free again only when nothing refers to it.
 */
#include <errno.h>
#include <string.h>

#include "job.h"
#include "memory.h"
#include "set.h"

/* A token: the place, its generation, and which of its streams (0: the process). */
enum { GENERATION_BITS = 22, TUBE_BITS = 16, MOST_PLACES = 1 << 26 };
#define GENERATION_MASK ((UINT32_C(1) << GENERATION_BITS) - 1)

static uint64_t token_of(const struct ward__member *m, size_t tube)
{
	return (uint64_t)m->place << (GENERATION_BITS + TUBE_BITS) |
	       (uint64_t)(m->generation & GENERATION_MASK) << TUBE_BITS | tube;
}

/* ---------------------------------------------------------------------------- places */

struct ward__member *ward__set_at(const struct ward_set *set, size_t place)
{
	return &set->blocks[place / WARD__BLOCK][place % WARD__BLOCK];
}

static int add_block(struct ward_set *set)
{
	struct ward__member *block;

	if (set->n_blocks == set->blocks_room) {
		size_t room = set->blocks_room ? 2 * set->blocks_room : 8;
		struct ward__member **blocks = ward__alloc(room * sizeof(*blocks));

		if (!blocks)
			return -ENOMEM;
		if (set->n_blocks > 0)
			memcpy(blocks, set->blocks, set->n_blocks * sizeof(*blocks));
		ward__free(set->blocks);
		set->blocks = blocks;
		set->blocks_room = room;
	}
	block = ward__alloc(WARD__BLOCK * sizeof(*block));
	if (!block)
		return -ENOMEM;
	for (uint32_t i = 0; i < WARD__BLOCK; i++) {
		block[i].set = set;
		block[i].place = (uint32_t)(set->n_blocks * WARD__BLOCK) + i;
		block[i].next = i + 1 < WARD__BLOCK ? &block[i + 1] : set->free;
	}
	set->free = block;
	set->blocks[set->n_blocks++] = block;
	return 0;
}

struct ward__member *ward__set_place(struct ward_set *set)
{
	struct ward__member *m;

	if (!set->free && (set->n_blocks >= MOST_PLACES / WARD__BLOCK ||
	                   add_block(set) < 0))
		return NULL;
	m = set->free;
	set->free = m->next;
	m->next = NULL;
	return m;
}

void ward__set_vacate(struct ward_set *set, struct ward__member *m)
{
	m->next = set->free;
	set->free = m;
}

/* ------------------------------------------------------------- a ward and its sets */

static struct ward__member *members_of(const struct ward *w)
{
	return atomic_load_explicit(&w->members, memory_order_relaxed);
}

struct ward__member *ward__set_find(struct ward_set *set, const struct ward *w)
{
	struct ward__member *m;

	ward__process_lock(w->process);
	m = members_of(w);
	while (m && m->set != set)
		m = m->sibling;
	ward__process_unlock(w->process);
	return m;
}

void ward__set_join(struct ward_set *set, struct ward__member *m, struct ward *w)
{
	ward__process_lock(w->process);
	m->sibling = members_of(w);
	atomic_store_explicit(&w->members, m, memory_order_release);
	ward__process_unlock(w->process);
	m->ward = w;
	m->flags = 0;
	set->n_members++;
}

static void unlink_from_ward(struct ward__member *m)
{
	struct ward *w = m->ward;
	struct ward__member *before;

	ward__process_lock(w->process);
	before = members_of(w);
	if (before == m) {
		atomic_store_explicit(&w->members, m->sibling, memory_order_release);
	} else {
		while (before->sibling != m)
			before = before->sibling;
		before->sibling = m->sibling;
	}
	ward__process_unlock(w->process);
}

/* One that is in the queue is not free before it has come to its head. */
void ward__set_leave(struct ward_set *set, struct ward__member *m)
{
	ward__set_unwatch(set, m);
	if (m->flags & WARD__MEMBER_JOB)
		m->job->in_set->unlink(m);
	else
		unlink_from_ward(m);
	if ((m->flags & WARD__MEMBER_OURS) && !(m->flags & WARD__MEMBER_OVER))
		ward__set_ended(set);
	ward__care_drop(set, m->care);
	m->care = NULL;
	m->ward = NULL;
	m->generation++;
	set->n_members--;
	m->flags &= WARD__MEMBER_QUEUED;
	if (!m->flags)
		ward__set_vacate(set, m);
}

/* ------------------------------------------------------------------------ watching */

static struct ward__event event_of(const struct ward__member *m)
{
	if (m->flags & WARD__MEMBER_JOB)
		return (struct ward__event){ .descriptor = m->news,
			                     .wants = WARD__READ };
	return (struct ward__event){ .process = m->ward->process };
}

static struct ward__event event_of_tube(const struct ward__tube *tube)
{
	return (struct ward__event){ .channel = tube->stream->channel,
		                     .wants = tube->wants };
}

/* It is to be asked by then, though nothing may be told. */
static void ask_at(struct ward_set *set, struct ward__member *m, int64_t when)
{
	m->flags |= WARD__MEMBER_ASKED;
	set->ask_at = ward__earlier(set->ask_at, when);
}

static int watch_tubes(struct ward_set *set, struct ward__member *m)
{
	int64_t until = -1;
	int r = 0;

	for (size_t i = 0; r >= 0 && m->care && i < m->care->n_tubes; i++) {
		struct ward__tube *tube = &m->care->tubes[i];
		struct ward__event event = event_of_tube(tube);

		r = ward__poller_add(set->poller, &event, token_of(m, i + 1), &until);
		tube->is_armed = r == 0;
		tube->is_ready = r > 0;
		if (r > 0)
			ward__set_queue(set, m);
	}
	if (until >= 0)
		ask_at(set, m, until);
	return r;
}

int ward__set_watch(struct ward_set *set, struct ward__member *m)
{
	struct ward__event event = event_of(m);
	int64_t until = -1;
	int r = ward__poller_add(set->poller, &event, token_of(m, 0), &until);

	if (r < 0)
		return r;
	m->flags |= r == 0 ? WARD__MEMBER_ARMED : WARD__MEMBER_TOLD;
	if (r > 0)
		ward__set_queue(set, m);
	if (until >= 0)
		ask_at(set, m, until);
	r = watch_tubes(set, m);
	if (r < 0)
		ward__set_unwatch(set, m);
	return r < 0 ? r : 0;
}

static void unwatch_tube(struct ward_set *set, struct ward__member *m, size_t i)
{
	struct ward__tube *tube = &m->care->tubes[i];
	struct ward__event event;

	if (!tube->stream)
		return;
	event = event_of_tube(tube);
	ward__poller_remove(set->poller, &event, token_of(m, i + 1), tube->is_armed);
	tube->is_armed = tube->is_ready = false;
}

void ward__tube_close(struct ward_set *set, struct ward__member *m,
                      struct ward__tube *tube)
{
	if (!tube->stream)
		return;
	unwatch_tube(set, m, (size_t)(tube - m->care->tubes));
	ward__stream_leave(tube->stream);
	tube->stream = NULL;
}

void ward__set_unwatch(struct ward_set *set, struct ward__member *m)
{
	struct ward__event event = event_of(m);

	ward__poller_remove(set->poller, &event, token_of(m, 0),
	                    (m->flags & WARD__MEMBER_ARMED) != 0);
	m->flags &= ~(uint32_t)(WARD__MEMBER_ARMED | WARD__MEMBER_TOLD);
	for (size_t i = 0; m->care && i < m->care->n_tubes; i++)
		unwatch_tube(set, m, i);
	ward__clock_clear(set, m);
}

void ward__member_ask_later(struct ward_set *set, struct ward__member *m)
{
	ask_at(set, m, ward__now() + 10 * WARD_NS_PER_MS);
}

void ward__member_arm(struct ward_set *set, struct ward__member *m)
{
	struct ward__event event = event_of(m);
	int64_t until = -1;
	int r = ward__poller_arm(set->poller, &event, token_of(m, 0), &until);

	if (r == 0)
		m->flags |= WARD__MEMBER_ARMED;
	if (r > 0)
		m->flags |= WARD__MEMBER_TOLD;
	if (r < 0)
		ward__member_ask_later(set, m);
	if (until >= 0)
		ask_at(set, m, until);
}

void ward__tube_arm(struct ward_set *set, struct ward__member *m, struct ward__tube *tube)
{
	struct ward__event event = event_of_tube(tube);
	size_t i = (size_t)(tube - m->care->tubes);
	int64_t until = -1;
	int r = ward__poller_arm(set->poller, &event, token_of(m, i + 1), &until);

	tube->is_armed = r == 0;
	tube->is_ready = r > 0;
	if (r < 0)
		ward__member_ask_later(set, m);
	if (until >= 0)
		ask_at(set, m, until);
}

static void told_tube(struct ward__member *m, size_t tube)
{
	if (!m->care || tube > m->care->n_tubes)
		return;
	m->care->tubes[tube - 1].is_armed = false;
	m->care->tubes[tube - 1].is_ready = true;
}

void ward__set_told(struct ward_set *set, uint64_t token)
{
	size_t place = (size_t)(token >> (GENERATION_BITS + TUBE_BITS));
	size_t tube = token & ((1 << TUBE_BITS) - 1);
	struct ward__member *m;

	if (place >= set->n_blocks * WARD__BLOCK)
		return;
	m = ward__set_at(set, place);
	if (!m->ward || token_of(m, tube) != token)
		return;
	if (tube > 0) {
		told_tube(m, tube);
	} else {
		m->flags &= ~(uint32_t)WARD__MEMBER_ARMED;
		m->flags |= WARD__MEMBER_TOLD;
	}
	ward__set_queue(set, m);
}

/* ----------------------------------------------------------------------------- queue */

void ward__set_queue(struct ward_set *set, struct ward__member *m)
{
	if (m->flags & WARD__MEMBER_QUEUED)
		return;
	m->flags |= WARD__MEMBER_QUEUED;
	m->next = NULL;
	*set->queue.end = m;
	set->queue.end = &m->next;
}


static void ask(struct ward_set *set, struct ward__member *m)
{
	m->flags &= ~(uint32_t)WARD__MEMBER_ASKED;
	m->flags |= WARD__MEMBER_TOLD;
	for (size_t i = 0; m->care && i < m->care->n_tubes; i++) {
		struct ward__tube *tube = &m->care->tubes[i];

		/* Also if it is armed: not all kernels tell of everything. */
		tube->is_ready = tube->stream != NULL;
	}
	ward__set_queue(set, m);
}

/* This is rare (a debugger is at work), so that they are in no list. */
void ward__set_ask(struct ward_set *set, int64_t now)
{
	if (!ward__is_due_at(set->ask_at, now))
		return;
	set->ask_at = -1;
	for (size_t i = 0; i < set->n_blocks * WARD__BLOCK; i++) {
		struct ward__member *m = ward__set_at(set, i);

		if (m->ward && (m->flags & WARD__MEMBER_ASKED))
			ask(set, m);
	}
}
