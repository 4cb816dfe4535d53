/* SPDX-License-Identifier: MIT */
/*
 * How much of the output is kept: limits at their very edges, with each policy.
 */
#include "run.h"

enum { LIMIT = 1000 };

static struct ward_run_opts keep(uint32_t how, uint64_t limit)
{
	return *WARD_RUN_OPTS(.out = { .keep = how, .limit = limit });
}

/* The child writes @size bytes of the pattern. */
static struct ward_result run_limited(uint32_t how, uint64_t limit, unsigned size)
{
	struct ward_run_opts opts = keep(how, limit);
	char number[16];

	snprintf(number, sizeof(number), "%u", size);
	return run_or_fail(PLAY("fill", "1", number), &opts);
}

/* @head bytes of the begin were kept, then @tail bytes of the end, of @size in all. */
static void check_ends(const struct ward_output *o, size_t head, size_t tail, size_t size)
{
	REQUIRE_EQ(o->size, head + tail);
	REQUIRE(o->data != NULL);
	CHECK_EQ(o->data[o->size], '\0');
	CHECK_EQ(o->gap, head);
	CHECK_EQ(o->total, size);
	CHECK_EQ(o->lost, size - head - tail);
	CHECK_EQ(pattern_match(o->data, head, 0), head);
	CHECK_EQ(pattern_match(o->data + head, tail, size - tail), tail);
	CHECK_EQ(o->flags, 0);
}

/* ---------------------------------------------------------------------------- limits */

static const unsigned sizes_beyond[] = { LIMIT + 1, 2 * LIMIT - 1, 2 * LIMIT, 777777 };

enum { SIZES_BEYOND = sizeof(sizes_beyond) / sizeof(sizes_beyond[0]) };

TEST(up_to_the_limit_all_is_kept_whatever_the_policy)
{
	for (uint32_t how = WARD_KEEP_HEAD; how <= WARD_KEEP_KILL; how++) {
		for (unsigned size = LIMIT - 1; size <= LIMIT; size++) {
			struct ward_result r = run_limited(how, LIMIT, size);

			check_exited(&r.exit, 0);
			CHECK_EQ(r.flags, 0);
			CHECK_EQ(r.out.size, size);
			CHECK_EQ(r.out.total, size);
			CHECK_EQ(r.out.lost, 0);
			CHECK_EQ(pattern_match(r.out.data, r.out.size, 0), size);
			ward_result_free(&r);
		}
	}
}

TEST(beyond_the_limit_the_begin_is_kept)
{
	for (int i = 0; i < SIZES_BEYOND; i++) {
		struct ward_result r =
			run_limited(WARD_KEEP_HEAD, LIMIT, sizes_beyond[i]);

		check_exited(&r.exit, 0);
		check_ends(&r.out, LIMIT, 0, sizes_beyond[i]);
		ward_result_free(&r);
	}
}

TEST(beyond_the_limit_the_end_is_kept)
{
	for (int i = 0; i < SIZES_BEYOND; i++) {
		struct ward_result r =
			run_limited(WARD_KEEP_TAIL, LIMIT, sizes_beyond[i]);

		check_exited(&r.exit, 0);
		check_ends(&r.out, 0, LIMIT, sizes_beyond[i]);
		ward_result_free(&r);
	}
}

TEST(beyond_the_limit_both_ends_are_kept)
{
	for (int i = 0; i < SIZES_BEYOND; i++) {
		struct ward_result r =
			run_limited(WARD_KEEP_ENDS, LIMIT, sizes_beyond[i]);

		check_exited(&r.exit, 0);
		check_ends(&r.out, LIMIT / 2, LIMIT / 2, sizes_beyond[i]);
		ward_result_free(&r);
	}
}

TEST(an_odd_limit_is_kept_to)
{
	struct ward_result r = run_limited(WARD_KEEP_ENDS, 7, 100);

	check_ends(&r.out, r.out.gap, 7 - r.out.gap, 100);
	CHECK(r.out.gap == 3 || r.out.gap == 4);
	ward_result_free(&r);
	r = run_limited(WARD_KEEP_ENDS, 1, 100);
	CHECK_EQ(r.out.size, 1);
	CHECK_EQ(r.out.lost, 99);
	ward_result_free(&r);
	r = run_limited(WARD_KEEP_TAIL, 1, 100);
	check_ends(&r.out, 0, 1, 100);
	ward_result_free(&r);
}

TEST(the_end_is_kept_of_bytes_that_come_one_by_one)
{
	struct ward_run_opts opts = keep(WARD_KEEP_TAIL, 5);
	struct ward_result r = run_or_fail(PLAY("bytes", "1", "0123456789"), &opts);

	check_text(&r.out, "56789");
	CHECK_EQ(r.out.lost, 5);
	ward_result_free(&r);
	opts = keep(WARD_KEEP_ENDS, 4);
	r = run_or_fail(PLAY("bytes", "1", "0123456789"), &opts);
	check_text(&r.out, "0189");
	CHECK_EQ(r.out.gap, 2);
	CHECK_EQ(r.out.lost, 6);
	ward_result_free(&r);
}

/* A limit counts bytes: what it means to cut there is for those who know the text. */
TEST(a_limit_may_fall_into_the_middle_of_a_character)
{
	struct ward_run_opts opts = keep(WARD_KEEP_HEAD, 2);
	struct ward_result r = run_or_fail(PLAY("out", "\xe2\x82\xac!"), &opts);

	check_text(&r.out, "\xe2\x82");
	CHECK_EQ(r.out.lost, 2);
	ward_result_free(&r);
	opts = keep(WARD_KEEP_TAIL, 2);
	r = run_or_fail(PLAY("out", "\xe2\x82\xac!"), &opts);
	check_text(&r.out, "\xac!");
	ward_result_free(&r);
}

TEST(one_who_closes_at_the_limit_reads_no_more)
{
	struct ward_run_opts opts = keep(WARD_KEEP_CLOSE, LIMIT);
	struct ward_result r = run_or_fail(PLAY("pour", "1"), &opts);

	CHECK_EQ(r.out.size, LIMIT);
	CHECK_EQ(r.out.gap, LIMIT);
	CHECK(r.out.total >= LIMIT);
	CHECK_EQ(r.out.lost, r.out.total - LIMIT);
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.flags, 0);
	CHECK_EQ(r.stopped_by, 0);
	check_lost_its_reader(&r.exit);
	ward_result_free(&r);
}

TEST(one_who_closes_at_the_limit_lets_the_program_go_on)
{
	struct ward_run_opts opts = keep(WARD_KEEP_CLOSE, 3);
	struct ward_result r = run_or_fail(
		PLAY("out", "abcdef", "close", "1", "err", "still here"), &opts);

	check_exited(&r.exit, 0);
	check_text(&r.out, "abc");
	check_text(&r.err, "still here");
	ward_result_free(&r);
}

static int turn_away(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	int *calls = context;

	(void)stage;
	(void)data;
	(void)size;
	CHECK_EQ(fd, 1);
	++*calls;
	return -EPIPE;
}

TEST(a_callback_can_say_that_nobody_is_left_to_read)
{
	int calls = 0;
	struct ward_result r = run_or_fail(
		PLAY("pour", "1"), WARD_RUN_OPTS(.out = { .to = WARD_TO_NOWHERE,
	                                                  .on_chunk = turn_away },
	                                         .context = &calls));

	CHECK_EQ(calls, 1);
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.flags, 0);
	check_lost_its_reader(&r.exit);
	ward_result_free(&r);
}

static int turn_line_away(void *context, int64_t stage, int fd, const char *line,
                          size_t size, uint32_t flags)
{
	(void)flags;
	return turn_away(context, stage, fd, line, size);
}

TEST(what_a_callback_turned_away_has_been_read_and_counts)
{
	struct ward_output_opts ways[] = { { .on_chunk = turn_away },
		                           { .on_line = turn_line_away } };

	for (int i = 0; i < 2; i++) {
		int calls = 0;
		struct ward_result r =
			run_or_fail(PLAY("out", "a\nb\nc\n"),
		                    WARD_RUN_OPTS(.out = ways[i], .context = &calls));

		CHECK_EQ(calls, 1);
		CHECK_EQ(r.out.total, 6);
		CHECK_EQ(r.out.lost, 0);
		CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
		check_text(&r.out, "a\nb\nc\n");
		ward_result_free(&r);
	}
}

TEST(a_callback_that_turns_away_lets_the_program_go_on)
{
	int calls = 0;
	struct ward_result r = run_or_fail(
		PLAY("out", "x", "close", "1", "err", "still here"),
		WARD_RUN_OPTS(.out = { .on_chunk = turn_away }, .context = &calls));

	check_exited(&r.exit, 0);
	check_text(&r.err, "still here");
	ward_result_free(&r);
}

TEST(one_more_than_the_limit_can_stop_the_program)
{
	struct ward_run_opts opts = keep(WARD_KEEP_KILL, LIMIT);
	struct ward_result r =
		run_or_fail(PLAY("fill", "1", "1001", "tick", "2", "1000"), &opts);
	char text[512];

	CHECK_EQ(r.flags, WARD_RESULT_LIMIT);
	check_ends(&r.out, LIMIT, 0, LIMIT + 1);
	check_signaled(&r.exit, ASKED_SIGNAL);
	CHECK_EQ(r.stopped_by, ASKED_SIGNAL);
	CHECK_EQ(ward_result_ok(&r, text, sizeof(text)), 0);
	CHECK(strlen(text) > 10);
	ward_result_free(&r);
}

TEST(each_stream_has_a_limit_of_its_own)
{
	struct ward_result r =
		run_or_fail(PLAY("out", "abcdef", "err", "ABCDEF"),
	                    WARD_RUN_OPTS(.out = { .limit = 2 },
	                                  .err = { .limit = 3, .keep = WARD_KEEP_TAIL }));

	check_text(&r.out, "ab");
	check_text(&r.err, "DEF");
	ward_result_free(&r);
}

TEST(merged_streams_have_one_limit)
{
	struct ward_result r = run_or_fail(
		PLAY("out", "abc", "err", "DEF", "out", "ghi"),
		WARD_RUN_OPTS(.out = { .limit = 5 }, .err = { .to = WARD_TO_OUT }));

	check_text(&r.out, "abcDE");
	CHECK_EQ(r.out.lost, 4);
	ward_result_free(&r);
}

TEST(what_goes_to_a_descriptor_has_a_limit_too)
{
	struct ward_result r;
	char text[16];
	int ends[2];

	make_pipe(ends);
	r = run_or_fail(
		PLAY("out", "abcdef"),
		WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1], .limit = 4 }));
	close(ends[1]);
	read_all(ends[0], text, sizeof(text));
	close(ends[0]);
	CHECK_STR(text, "abcd");
	CHECK_EQ(r.out.total, 6);
	CHECK_EQ(r.out.lost, 2);
	check_exited(&r.exit, 0);
	ward_result_free(&r);
}
