/* SPDX-License-Identifier: MIT */
/*
 * What a set refuses: options that make no sense, structs of no or an unknown size, and
 * nothing at all where something must be.
 */
#include "set.h"

/* ------------------------------------------------------------------------ of the set */

static void refuse_set(const struct ward_set_opts *opts, int code)
{
	struct ward_set *untouched = (struct ward_set *)&code, *set = untouched;

	CHECK_EQ(ward_set_new(&set, opts), code);
	CHECK(set == untouched);
}

TEST(options_of_a_set_that_make_no_sense_are_refused)
{
	refuse_set(&(struct ward_set_opts){ .size = 0 }, -EINVAL);
	refuse_set(&(struct ward_set_opts){ .size = sizeof(struct ward_set_opts) - 1 },
	           -EINVAL);
	refuse_set(WARD_SET_OPTS(.flags = 1), -EINVAL);
	refuse_set(WARD_SET_OPTS(.flags = UINT64_C(1) << 63), -EINVAL);
	refuse_set(WARD_SET_OPTS(.reserved0 = 1), -EINVAL);
	refuse_set(WARD_SET_OPTS(.reserved = { 0, 0, 0, 1 }), -EINVAL);
	CHECK_EQ(ward_set_new(NULL, NULL), -EINVAL);
}

TEST(options_of_a_set_may_grow)
{
	struct {
		struct ward_set_opts now;
		uint64_t later[4];
	} opts = { .now = { .size = sizeof(opts), .max_alive = 3 } };
	struct ward_set *set = NULL;

	REQUIRE_EQ(ward_set_new(&set, &opts.now), 0);
	ward_set_close(set);
	opts.later[3] = 1;
	refuse_set(&opts.now, -E2BIG);
}

TEST(no_set_and_no_ward_are_refused)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("0");
	struct ward_event e = WARD_EVENT_INIT;

	CHECK_EQ(ward_set_add(NULL, w, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_set_add(set, NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_set_remove(NULL, w), -EINVAL);
	CHECK_EQ(ward_set_remove(set, NULL), -EINVAL);
	CHECK_EQ(ward_set_spawn(NULL, CHILD("exit", "0"), NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_set_spawn(set, NULL, NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_set_wait(NULL, 0, &e), -EINVAL);
	CHECK_EQ(ward_set_wait(set, 0, NULL), -EINVAL);
	CHECK_EQ(ward_set_count(NULL), -EINVAL);
	CHECK_EQ(ward_set_wake(NULL), -EINVAL);
	CHECK_EQ(ward_set_stop(NULL, w, NULL, 0), -EINVAL);
	CHECK_EQ(ward_set_stop(set, NULL, NULL, 0), -EINVAL);
	CHECK_EQ(ward_set_deadline(NULL, w, 1), -EINVAL);
	CHECK_EQ(ward_set_deadline(set, NULL, 1), -EINVAL);
	CHECK_EQ(ward_set_fd(NULL), -EINVAL);
	close_empty(set);
	ward_close(w);
}

/* ---------------------------------------------------------------------- of watching */

/* By both ways into the set; it is as it was. */
static void refuse_watch_with(const char *what, const struct ward_watch_opts *opts,
                              int code)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("0");
	bool held = CHECK_EQ(ward_set_add(set, w, NULL, opts), code);

	held = CHECK_EQ(ward_set_spawn(set, CHILD("exit", "0"), NULL, NULL, opts),
	                code) && held;
	if (!held)
		check_note("... with %s", what);
	close_empty(set);
	ward_close(w);
}

#define REFUSE_WATCH(...) \
	refuse_watch_with(#__VA_ARGS__, WARD_WATCH_OPTS(__VA_ARGS__), -EINVAL)

TEST(options_of_watching_that_make_no_sense_are_refused)
{
	static const struct ward_stop_step steps[2] = { { SIGTERM, 0, 1 },
		                                        { .signal = -1 } };
	static const struct ward_watch_opts no_size = { .size = 0 };
	static const struct ward_watch_opts small = { .size = sizeof(small) - 8 };

	refuse_watch_with("no size", &no_size, -EINVAL);
	refuse_watch_with("too small a size", &small, -EINVAL);
	REFUSE_WATCH(.flags = WARD_WATCH_OUTPUT | WARD_WATCH_LINES);
	REFUSE_WATCH(.flags = 1u << 20);
	REFUSE_WATCH(.flags = UINT64_C(1) << 63);
	REFUSE_WATCH(.reserved = { 1 });
	REFUSE_WATCH(.reserved = { 0, 0, 0, 1 });
	REFUSE_WATCH(.timeout_ns = 1, .stop = NULL, .n_stop = 1);
	REFUSE_WATCH(.timeout_ns = 1, .stop = steps, .n_stop = 2);
	REFUSE_WATCH(.timeout_ns = -1);
	REFUSE_WATCH(.flags = WARD_WATCH_TELL, .stop = steps, .n_stop = 1);
	REFUSE_WATCH(.flags = WARD_WATCH_OUTPUT, .line_limit = 10);
}

TEST(options_of_watching_may_grow)
{
	struct {
		struct ward_watch_opts now;
		uint64_t later[4];
	} opts = { .now = { .size = sizeof(opts) } };
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("0");

	add_or_fail(set, w, NULL, &opts.now);
	expect_ended(set, w, 0);
	opts.later[0] = 1;
	refuse_watch_with("a tail", &opts.now, -E2BIG);
	close_empty(set);
	ward_close(w);
}

TEST(a_start_on_a_thread_is_for_ward_set_spawn_without_a_death_signal)
{
	const struct ward_watch_opts *opts = WARD_WATCH_OPTS(.flags = WARD_WATCH_THREAD);
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("0");

	CHECK_EQ(ward_set_add(set, w, NULL, opts), -EINVAL);
	CHECK_EQ(ward_set_spawn(set, CHILD("exit", "0"),
	                        WARD_SPAWN_OPTS(.death_signal = SIGTERM), NULL, opts),
	         -EINVAL);
	close_empty(set);
	ward_close(w);
}

TEST(a_start_that_makes_no_sense_is_refused_or_fails)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	int r;

	CHECK_EQ(ward_set_spawn(set, (const char *const[]){ NULL }, NULL, NULL, NULL),
	         -EINVAL);
	CHECK_EQ(ward_set_spawn(set, CHILD("exit", "0"),
	                        &(struct ward_spawn_opts){ .size = 0 }, NULL, NULL),
	         -EINVAL);
	r = ward_set_spawn(set, CHILD("exit", "0"),
	                   WARD_SPAWN_OPTS(.flags = UINT64_C(1) << 63), NULL, NULL);
	if (r == 0) {
		e = expect_event(set, NULL, WARD_EVENT_FAILED);
		CHECK_EQ(e.code, -EINVAL);
		CHECK_EQ(e.step, WARD_STEP_OPTIONS);
	} else {
		CHECK_EQ(r, -EINVAL);
	}
	close_empty(set);
}

/* ------------------------------------------------------------------------- of events */

TEST(an_event_without_a_size_is_refused_and_nothing_is_lost)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("6");
	struct ward_event e = { .size = 0 };

	add_or_fail(set, w, NULL, NULL);
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), -EINVAL);
	e.size = sizeof(e) - 8;
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), -EINVAL);
	expect_ended(set, w, 6);
	close_empty(set);
	ward_close(w);
}

TEST(events_may_grow_and_what_the_library_does_not_know_is_left_alone)
{
	struct {
		struct ward_event now;
		unsigned char later[64];
	} e;
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = ended_or_fail("6");

	memset(&e, 0x55, sizeof(e));
	e.now = (struct ward_event)WARD_EVENT_INIT;
	e.now.size = sizeof(e);
	add_or_fail(set, w, NULL, NULL);
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e.now), 1);
	CHECK_EQ(e.now.size, sizeof(e));
	check_exited(&e.now.exit, 6);
	CHECK_EQ(e.later[0], 0x55);
	CHECK_EQ(e.later[63], 0x55);
	close_empty(set);
	ward_close(w);
}

TEST(an_event_is_written_only_when_there_is_one)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT, before;

	memset(&e, 0x55, sizeof(e));
	e.size = sizeof(e);
	e.buffer = &e;
	e.room = 0;
	before = e;
	CHECK_EQ(ward_set_wait(set, 0, &e), 0);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(1), &e), 0);
	CHECK_EQ(memcmp(&e, &before, sizeof(e)), 0);
	ward_set_close(set);
}

TEST(a_descriptor_is_lent_where_there_are_any)
{
	struct ward_set *set = set_or_fail(NULL);
	int fd = ward_set_fd(set);

	if (HOST_POSIX)
		CHECK(fd >= 0);
	else
		CHECK_EQ(fd, -ENOTSUP);
	ward_set_close(set);
}
