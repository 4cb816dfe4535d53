/* SPDX-License-Identifier: MIT */
/*
 * A keeper as a child of ours: of it nobody else knows, so we have to collect it, also
 * when it outlives its handles.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "keeper.h"

#include "self.h"

static ward__left_list left_behind;

static struct ward__keeper_base *base_of(struct ward__keeper *k)
{
	return (struct ward__keeper_base *)k;
}

void ward__keeper_begin(struct ward__keeper *k)
{
	struct ward__keeper_base *base = base_of(k);

	base->host = ward__self();
	atomic_init(&base->users, 1);
	pthread_mutex_init(&base->lock, NULL);
}

struct ward__keeper *ward__keeper_ref(struct ward__keeper *k)
{
	atomic_fetch_add_explicit(&base_of(k)->users, 1, memory_order_relaxed);
	return k;
}

static bool is_ours(const struct ward__keeper_base *base)
{
	return base->pid > 0 && base->host == ward__self();
}

void ward__keeper_collect(struct ward__keeper *k, bool block)
{
	struct ward__keeper_base *base = base_of(k);

	if (!is_ours(base))
		return;
	pthread_mutex_lock(&base->lock);
	if (!base->collected)
		base->collected = ward__keeper_was_collected(k, block);
	pthread_mutex_unlock(&base->lock);
}

static bool go(struct ward__left *one)
{
	struct ward__keeper *k = (struct ward__keeper *)one;
	struct ward__keeper_base *base = base_of(k);

	ward__keeper_collect(k, false);
	if (is_ours(base) && !base->collected)
		return false;
	pthread_mutex_destroy(&base->lock);
	ward__keeper_free(k);
	return true;
}

/* (One that outlives us watches for our end: nobody said that it should not.) */
void ward__keeper_drop(struct ward__keeper *k)
{
	struct ward__keeper_base *base;

	if (!k)
		return;
	base = base_of(k);
	if (atomic_fetch_sub_explicit(&base->users, 1, memory_order_acq_rel) != 1)
		return;
	ward__left_try(&left_behind, go);
	ward__keeper_collect(k, false);
	if (is_ours(base) && !base->collected)
		ward__keeper_await_end(k);
	if (!go(&base->left))
		ward__left_add(&left_behind, &base->left);
}
