/* SPDX-License-Identifier: MIT */
/*
 * Measure all lanes, batch by batch. Rounds are counted through all batches, and a lane
 * that took no part in a round has no value there: so a ratio of two lanes is over the
 * rounds in which both were alive, and where there are none it goes by way of the
 * references, which are in each batch.
 */
#include "many.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MIN = 5, ROUNDS_MAX = 5000, EVERY_MAX = 20, TRIAL = 3 };
static const double block_ns = 40e6;          /* a block is to take no longer */

struct batch {
	struct lane *lanes[LANES_MAX];
	int n, number, rounds;
	bool is_first;
};

/* For the start of all children of one: some time, and as much as any loop of others
 * needs for each. */
static const int64_t patience_ns = 30000000000, patience_for_each_ns = 3000000;
static const char too_slow[] = "to start so many takes minutes";

/* ----------------------------------------------------------------- keepers of a batch */

static const char *serves(const struct lane *lane, const struct settings *settings)
{
	return lane->by == &posix_watcher ? settings->posix : "/proc/self/exe";
}

static int ask(struct lane *lane, const struct order *order, struct answer *ret)
{
	int r = keeper_ask(&lane->keeper, order, ret);

	if (r < 0) {
		lane->error = r;
		if (r == -ETIME)
			lane->why = too_slow;
		keeper_stop(&lane->keeper);
	}
	return r;
}

static int grow(struct lane *lane, const struct settings *settings, struct answer *ret)
{
	struct order order = {
		.what = ORDER_GROW,
		.count = lane->n,
		.room = lane->n,
		.table = settings->limits.table,
		.until_ns = now_ns() + patience_ns + lane->n * patience_for_each_ns,
	};

	progress_text(lane->by->name, "starting", lane->n);
	return ask(lane, &order, ret);
}

static void bring_up(struct lane *lane, const struct settings *settings)
{
	struct answer answer = { 0 };

	lane->error = keeper_start(&lane->keeper, serves(lane, settings), lane->by,
	                           settings->cpu);
	if (lane->error || grow(lane, settings, &answer) < 0)
		return;
	lane->threads = answer.threads;
	lane->start_ns = answer.ns / answer.count;
	lane->heap = answer.heap;
	lane->fds = answer.fds;
}

/*
 * How much of it makes a block, and how often it takes part, by what the quickest of some
 * ends costs. Whoever is quick has blocks of the same size: the first end of one finds
 * the caches cold, so that shorter ones cost more.
 */
static void pace(struct lane *lane)
{
	struct order order = { .what = ORDER_ENDS, .count = lane->n < TRIAL ? 1 : TRIAL };
	double cost = INFINITY, fits;
	struct answer answer;
	uint32_t i;

	if (lane->error || lane->keeper.pid == 0 || ask(lane, &order, &answer) < 0)
		return;
	for (i = 0; i < answer.count; i++)
		cost = fmin(cost, answer.ns_of[i].wall);
	fits = fmax(1, fmin(block_ns / cost, fmin(BLOCK_MAX, lane->n)));
	lane->block = (int)fits;
	lane->every = (int)fmin(EVERY_MAX, fmax(1, cost * fits / block_ns));
}

/* ----------------------------------------------------------------------------- rounds */

static void note(struct quantity *q, const struct series *block, int round)
{
	size_t i;

	for (i = 0; i < block->n; i++)
		series_add(&q->all, block->value[i]);
	while (q->rounds.n < (size_t)round)
		series_add(&q->rounds, NAN);
	series_add(&q->rounds, series_quantile(block, 0.5));
}

struct block {
	struct series wall, cpu, late;
};

static void gather(struct block *block, const struct answer *answer)
{
	uint32_t i;

	for (i = 0; i < answer->count; i++) {
		series_add(&block->wall, answer->ns_of[i].wall);
		series_add(&block->cpu, answer->ns_of[i].cpu);
		series_add(&block->late, answer->ns_of[i].late);
	}
}

static void write_raw(const struct lane *lane, const struct block *block, int round,
		      FILE *raw)
{
	size_t i;

	for (i = 0; raw && i < block->wall.n; i++)
		fprintf(raw, "%s\t%u\t%d\t%.0f\t%.0f\t%.0f\n", lane->by->name,
		        (unsigned)lane->n, round, block->wall.value[i],
		        block->cpu.value[i], block->late.value[i]);
}

/* Who has but one child does its block one by one. */
static void take_part(struct lane *lane, int round, const struct settings *settings)
{
	struct order order = { .what = ORDER_ENDS, .count = (uint32_t)lane->block };
	int times = lane->n == 1 ? BLOCK_MAX : 1;
	struct block block = { 0 };
	struct answer answer;

	while (times-- > 0 && ask(lane, &order, &answer) == 0)
		gather(&block, &answer);
	if (lane->error == 0) {
		note(&lane->wall, &block.wall, round);
		note(&lane->cpu, &block.cpu, round);
		note(&lane->late, &block.late, round);
		write_raw(lane, &block, round, settings->raw);
	}
	free(block.wall.value);
	free(block.cpu.value);
	free(block.late.value);
}

static void in_order(const struct batch *b, int order[LANES_MAX])
{
	int i;

	for (i = 0; i < b->n; i++)
		order[i] = i;
	shuffle(order, b->n);
}

static void round_run(const struct batch *b, int round, const struct settings *settings)
{
	int order[LANES_MAX] = { 0 }, i;
	struct lane *lane;

	in_order(b, order);
	for (i = 0; i < b->n; i++) {
		lane = b->lanes[order[i]];
		if (lane->error == 0 && b->rounds % lane->every == 0)
			take_part(lane, round, settings);
	}
}

static void run_rounds(struct batch *b, int *round, const struct settings *settings)
{
	int64_t begin = now_ns();
	double elapsed = 0;
	char name[32];

	snprintf(name, sizeof(name), "batch %d", b->number + 1);
	while (b->rounds < ROUNDS_MIN ||
	       (elapsed < settings->seconds && b->rounds < ROUNDS_MAX)) {
		progress(name, b->rounds, elapsed, settings->seconds);
		round_run(b, *round, settings);
		b->rounds++;
		++*round;
		elapsed = (double)(now_ns() - begin) / 1e9;
	}
}

/* ----------------------------------------------------------------------------- bursts */

static int bursts_of(const struct lane *lane)
{
	return lane->n < 10 ? 0 : lane->n <= 100 ? 20 : lane->n <= 1000 ? 5 : 1;
}

static void burst(struct lane *lane, bool again, const struct settings *settings)
{
	struct order order = { .what = ORDER_BURST };
	struct answer answer;

	progress_text(lane->by->name, "ending", lane->n);
	if (ask(lane, &order, &answer) < 0)
		return;
	series_add(&lane->burst_wall, answer.ns / answer.count);
	series_add(&lane->burst_cpu, answer.cpu_ns / answer.count);
	if (again)
		grow(lane, settings, &answer);
}

static void run_bursts(const struct batch *b, const struct settings *settings)
{
	int order[LANES_MAX] = { 0 }, i, k;
	bool any = true;
	struct lane *lane;

	for (k = 0; any; k++) {
		any = false;
		in_order(b, order);
		for (i = 0; i < b->n; i++) {
			lane = b->lanes[order[i]];
			if (lane->error || k >= bursts_of(lane) ||
			    (lane->is_reference && !b->is_first))
				continue;
			burst(lane, k + 1 < bursts_of(lane), settings);
			any = true;
		}
	}
}

/* ----------------------------------------------------------------------- all of them */

/* Who was too slow with fewer is not tried. */
static bool is_hopeless(const struct levels *l, const struct lane *lane)
{
	int i;

	for (i = 0; i < l->n_lanes; i++)
		if (l->lanes[i].by == lane->by && l->lanes[i].n < lane->n &&
		    l->lanes[i].why == too_slow)
			return true;
	return false;
}

static void gather_batch(struct levels *l, struct batch *b)
{
	struct lane *lane;
	int i;

	for (i = 0; i < l->n_lanes; i++) {
		lane = &l->lanes[i];
		if (is_hopeless(l, lane))
			lane->why = too_slow;
		if (lane->error == 0 && !lane->why &&
		    (lane->batch == b->number || lane->is_reference))
			b->lanes[b->n++] = lane;
	}
}

/* The references alone tell nothing new. */
static bool is_worth_it(const struct batch *b)
{
	int i;

	for (i = 0; i < b->n; i++)
		if (!b->lanes[i]->error && !(b->lanes[i]->is_reference && !b->is_first))
			return true;
	return false;
}

static void batch_measure(struct levels *l, int number, int *round,
			  const struct settings *settings)
{
	struct batch b = { .number = number, .is_first = number == 0 };
	int i;

	gather_batch(l, &b);
	for (i = 0; i < b.n && is_worth_it(&b); i++)
		bring_up(b.lanes[i], settings);
	for (i = 0; i < b.n; i++)
		pace(b.lanes[i]);
	if (is_worth_it(&b)) {
		run_rounds(&b, round, settings);
		run_bursts(&b, settings);
	}
	for (i = 0; i < b.n; i++)
		keeper_stop(&b.lanes[i]->keeper);
	progress(NULL, 0, 0, 0);
}

void levels_measure(struct levels *ret, const struct settings *settings)
{
	int i, round = 0;

	memset(ret, 0, sizeof(*ret));
	levels_plan(ret, settings);
	for (i = 0; i < ret->n_batches; i++)
		batch_measure(ret, i, &round, settings);
}

/* ------------------------------------------------------------------------------ looks */

const struct lane *levels_lane(const struct levels *l, const struct watcher *by,
			       uint32_t n)
{
	int i;

	for (i = 0; i < l->n_lanes; i++)
		if (l->lanes[i].by == by && l->lanes[i].n == n && !l->lanes[i].error &&
		    !l->lanes[i].why)
			return &l->lanes[i];
	return NULL;
}

const struct quantity *lane_quantity(const struct lane *lane, int quantity)
{
	if (quantity == WALL)
		return &lane->wall;
	return quantity == CPU ? &lane->cpu : &lane->late;
}

static struct ratio direct(const struct lane *a, const struct lane *b, int quantity)
{
	return series_ratio(&lane_quantity(a, quantity)->rounds,
	                    &lane_quantity(b, quantity)->rounds);
}

struct ratio levels_ratio(const struct levels *l, const struct lane *a,
			  const struct lane *b, int quantity)
{
	struct ratio r = { 0, NAN, NAN, NAN }, to_a, to_b;
	const struct lane *reference = levels_lane(l, &epoll_watcher, 100);

	if (!a || !b)
		return r;
	r = direct(a, b, quantity);
	if (r.n || !reference)
		return r;
	to_a = direct(a, reference, quantity);
	to_b = direct(b, reference, quantity);
	if (!to_a.n || !to_b.n)
		return r;
	r.n = to_a.n < to_b.n ? to_a.n : to_b.n;
	r.median = to_a.median / to_b.median;
	r.low = to_a.low / to_b.high;
	r.high = to_a.high / to_b.low;
	return r;
}
