/* SPDX-License-Identifier: MIT */
/*
 * A hash table of what is watched, in chains. It doubles when there are more in it than
 * slots; where there is no memory for that the chains become longer, and nothing fails.
 */
#include "watched.h"

#include <errno.h>

#include "../memory.h"

enum { FIRST_SLOTS = 16 };

/* By the golden ratio, so that tokens in a row fall into slots far apart. */
static struct ward__watched **slot_of(const struct ward__watched_table *table,
                                      uint64_t token)
{
	uint64_t mixed = token * UINT64_C(0x9E3779B97F4A7C15);

	return &table->slots[(size_t)(mixed >> 32) & (table->n_slots - 1)];
}

/* What points at it, or at the NULL where it would be. */
static struct ward__watched **link_of(const struct ward__watched_table *table,
                                      uint64_t token)
{
	struct ward__watched **link = slot_of(table, token);

	while (*link && (*link)->told.token != token)
		link = &(*link)->next;
	return link;
}

static void push(const struct ward__watched_table *table, struct ward__watched *it)
{
	struct ward__watched **slot = slot_of(table, it->told.token);

	it->next = *slot;
	*slot = it;
}

static void grow(struct ward__watched_table *table)
{
	struct ward__watched_table old = *table;

	table->slots = ward__alloc(2 * old.n_slots * sizeof(struct ward__watched *));
	if (!table->slots) {
		*table = old;
		return;
	}
	table->n_slots = 2 * old.n_slots;
	for (size_t i = 0; i < old.n_slots; i++) {
		struct ward__watched *it = old.slots[i], *next;

		for (; it; it = next) {
			next = it->next;
			push(table, it);
		}
	}
	ward__free(old.slots);
}

struct ward__watched *ward__watched_find(const struct ward__watched_table *table,
                                         uint64_t token)
{
	return *link_of(table, token);
}

struct ward__watched *ward__watched_take(struct ward__watched_table *table,
                                         uint64_t token)
{
	struct ward__watched **link = link_of(table, token), *it = *link;

	if (it) {
		*link = it->next;
		table->n--;
	}
	return it;
}

void ward__watched_put(struct ward__watched_table *table, struct ward__watched *it)
{
	if (table->n == table->n_slots)
		grow(table);
	push(table, it);
	table->n++;
}

int ward__watched_open(struct ward__watched_table *table)
{
	table->slots = ward__alloc(FIRST_SLOTS * sizeof(struct ward__watched *));
	table->n_slots = FIRST_SLOTS;
	return table->slots ? 0 : -ENOMEM;
}

void ward__watched_close(struct ward__watched_table *table)
{
	ward__free(table->slots);
}
