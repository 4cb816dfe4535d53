/* SPDX-License-Identifier: MIT */
/*
 * Programs one after the other, eight at a time: how many a second. A turn is a window in
 * which everybody's threads start and reap as fast as they can; in a round each has one.
 */
#include "many.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { ROUNDS_MIN = 5, ROUNDS_MAX = 1000 };
static const int64_t window_ns = 200000000;

static void add_lane(struct stints *s, const struct watcher *by, int threads,
		     const struct settings *settings)
{
	struct stints_lane *lane = &s->lanes[s->n_lanes++];
	const char *program = by == &posix_watcher ? settings->posix : "/proc/self/exe";

	lane->by = by;
	lane->threads = threads;
	if (threads > 1 && settings->cpu >= 0 && settings->other_cpu < 0)
		lane->error = -ENODEV;
	else
		lane->error = keeper_start(&lane->keeper, program, by, -1);
}

static void add_lanes(struct stints *s, const struct settings *settings)
{
	int i, threads;

	for (threads = 1; threads <= THREADS_MAX; threads++)
		for (i = 0; watchers[i]; i++) {
			if (!watchers[i]->stint ||
			    (watchers[i]->is_peer && settings->no_peers) ||
			    (watchers[i] == &posix_watcher && !settings->posix))
				continue;
			add_lane(s, watchers[i], threads, settings);
		}
}

static void take_turn(struct stints_lane *lane, const struct settings *settings)
{
	struct order order = {
		.what = ORDER_STINT,
		.threads = lane->threads,
		.cpus = { settings->cpu, settings->other_cpu },
		.window_ns = window_ns,
	};
	struct answer answer;

	lane->error = keeper_ask(&lane->keeper, &order, &answer);
	if (lane->error) {
		keeper_stop(&lane->keeper);
		return;
	}
	series_add(&lane->rate, answer.count * 1e9 / answer.ns);
	series_add(&lane->cpu, answer.cpu_ns);
}

static void round_run(struct stints *s, const struct settings *settings)
{
	int order[STINT_LANES_MAX] = { 0 }, i;

	for (i = 0; i < s->n_lanes; i++)
		order[i] = i;
	shuffle(order, s->n_lanes);
	for (i = 0; i < s->n_lanes; i++)
		if (s->lanes[order[i]].error == 0)
			take_turn(&s->lanes[order[i]], settings);
	s->rounds++;
}

void stints_measure(struct stints *ret, const struct settings *settings)
{
	int64_t begin = now_ns();
	double elapsed = 0;
	int i;

	memset(ret, 0, sizeof(*ret));
	add_lanes(ret, settings);
	while (ret->rounds < ROUNDS_MIN ||
	       (elapsed < settings->seconds && ret->rounds < ROUNDS_MAX)) {
		progress("one after the other", ret->rounds, elapsed, settings->seconds);
		round_run(ret, settings);
		elapsed = (double)(now_ns() - begin) / 1e9;
	}
	for (i = 0; i < ret->n_lanes; i++)
		keeper_stop(&ret->lanes[i].keeper);
	progress(NULL, 0, 0, 0);
}

const struct stints_lane *stints_find(const struct stints *s, const struct watcher *by,
				      int threads)
{
	int i;

	for (i = 0; i < s->n_lanes; i++)
		if (s->lanes[i].by == by && s->lanes[i].threads == threads &&
		    !s->lanes[i].error)
			return &s->lanes[i];
	return NULL;
}
