/* SPDX-License-Identifier: MIT */
/*
 * Which numbers of children are tried, with whom, and who is alive together. Numbers that
 * the machine has no room for are cut down to what it has; who cannot have so many says
 * why.
 */
#include "many.h"

#include <string.h>

enum { FIRST_OF_THEIR_OWN = 10000, REFERENCE = 100, LEVELS_MAX = 8 };

static const uint32_t usual[] = { 1, REFERENCE, 1000, 10000, 100000 };

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What is left for one batch when the references have theirs. */
static uint32_t batch_room(const struct settings *settings)
{
	uint32_t room = settings->limits.children;

	return room > 4 * REFERENCE ? room - 4 * REFERENCE : 0;
}

/* Below 10,000 as they are; from there on as much as fits, in thousands. */
static uint32_t fit(uint32_t n, uint32_t room)
{
	return n <= room ? n : room >= FIRST_OF_THEIR_OWN ? room / 1000 * 1000 : 0;
}

static int list_levels(uint32_t levels[LEVELS_MAX], const struct settings *settings)
{
	uint32_t room = batch_room(settings), n, last = 0;
	size_t i;
	int k = 0;

	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		n = fit(smaller(usual[i], settings->most), room);
		if (n > last)
			levels[k++] = last = n;
	}
	n = fit(settings->most, room);
	if (n > last)
		levels[k++] = n;
	return k;
}

static const char *reason_against(const struct watcher *by, uint32_t n,
				  const struct settings *settings)
{
	if (by->takes_fds && !by->spreads && n > settings->limits.table)
		return "more than one descriptor table holds";
	if (by->most && n > by->most)
		return "more than it can have";
	return NULL;
}

static void add_lane(struct levels *l, const struct watcher *by, uint32_t n,
		     const struct settings *settings)
{
	struct lane *lane = &l->lanes[l->n_lanes++];

	memset(lane, 0, sizeof(*lane));
	lane->by = by;
	lane->n = n;
	lane->batch = -1;
	lane->why = reason_against(by, n, settings);
	lane->is_reference = n == REFERENCE &&
	                     (by == &epoll_watcher || by == &ward_watcher);
}

static bool takes_part(const struct watcher *by, const struct settings *settings)
{
	if (by == &posix_watcher)
		return settings->posix != NULL;
	return !(by->is_peer && settings->no_peers);
}

/* In their order; a new batch where one is full, and for each of the great levels. */
static void make_batches(struct levels *l, uint32_t room)
{
	uint32_t sum = 0, level = 1;
	struct lane *lane;
	int i;

	l->n_batches = 1;
	for (i = 0; i < l->n_lanes; i++) {
		lane = &l->lanes[i];
		if (lane->why)
			continue;
		if (sum > 0 && (sum + lane->n > room ||
		                (lane->n != level && lane->n >= FIRST_OF_THEIR_OWN))) {
			l->n_batches++;
			sum = 0;
		}
		level = lane->n;
		sum += lane->n;
		lane->batch = l->n_batches - 1;
	}
}

void levels_plan(struct levels *l, const struct settings *settings)
{
	uint32_t levels[LEVELS_MAX];
	int n_levels, i, k;

	n_levels = list_levels(levels, settings);
	for (i = 0; i < n_levels; i++)
		for (k = 0; watchers[k]; k++)
			if (takes_part(watchers[k], settings))
				add_lane(l, watchers[k], levels[i], settings);
	make_batches(l, batch_room(settings));
}
