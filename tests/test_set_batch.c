/* SPDX-License-Identifier: MIT */
/*
 * What happens to a ward while a batch of events is handled: events are fetched many at a
 * time and handed out one by one, and in between everything may be removed and closed.
 */
#include "set.h"

enum { BATCH = 60 };

typedef int order_fn(int i);

static int forward(int i)
{
	return i;
}

static int backward(int i)
{
	return BATCH - 1 - i;
}

static int mixed(int i)
{
	return i * 37 % BATCH;
}

/* The crowd has ended; the first event of it makes us drop all others in some order. */
static void check_dropped_at_first(order_fn *order, bool closing)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(BATCH);
	struct ward_event e;
	int first;

	crowd_add(&c, set, NULL);
	crowd_until_ended(&c);
	e = next_event(set, NULL, 0);
	first = crowd_index(&c, &e);
	for (int i = 0; i < BATCH; i++) {
		int k = order(i);

		if (k != first && !closing)
			CHECK_EQ(ward_set_remove(set, c.w[k]), 0);
		if (closing) {
			ward_close(c.w[k]);
			c.w[k] = NULL;
		}
	}
	close_empty(set);
	crowd_end(&c);
}

TEST(wards_may_be_removed_in_the_middle_of_a_batch_in_any_order)
{
	check_dropped_at_first(forward, false);
	check_dropped_at_first(backward, false);
	check_dropped_at_first(mixed, false);
}

TEST(wards_may_be_closed_in_the_middle_of_a_batch_in_any_order)
{
	check_dropped_at_first(forward, true);
	check_dropped_at_first(backward, true);
	check_dropped_at_first(mixed, true);
}

/* With each event goes another one, which may have been told of or not. */
TEST(of_two_wards_one_may_be_closed_at_the_event_of_the_other)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(BATCH);
	int told = 0;

	crowd_add(&c, set, NULL);
	crowd_until_ended(&c);
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, NULL, 0);
		int i = crowd_index(&c, &e), other = BATCH - 1 - i;

		CHECK(c.w[i] != NULL && e.ward == c.w[i]);
		check_exited(&e.exit, i);
		ward_close(c.w[other]);
		c.w[other] = NULL;
		told++;
	}
	CHECK_EQ(told, BATCH / 2);
	close_empty(set);
	crowd_end(&c);
}

TEST(what_is_closed_and_replaced_in_a_batch_is_not_mistaken_for_the_new_one)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(BATCH);
	struct talk t;
	int k;

	crowd_add(&c, set, NULL);
	crowd_until_ended(&c);
	next_event(set, NULL, 0);
	for (k = 0; k < BATCH; k++) {
		ward_close(c.w[k]);
		c.w[k] = NULL;
	}
	/* Its memory, its descriptor and its place may be those of one that is gone. */
	t = stays("77");
	add_or_fail(set, t.w, &t, NULL);
	expect_nothing(set);
	talk_let_go(&t);
	expect_ended(set, t.w, 77);
	close_empty(set);
	talk_end(&t);
	crowd_end(&c);
}

TEST(a_set_may_be_closed_in_the_middle_of_a_batch)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(BATCH);

	crowd_add(&c, set, NULL);
	crowd_until_ended(&c);
	next_event(set, NULL, 0);
	ward_set_close(set);
	crowd_end(&c);
}
