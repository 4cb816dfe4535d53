/* SPDX-License-Identifier: MIT */
/*
 * Showing output while it comes: chunks, lines, pieces of lines, and callbacks that fail
 * or come back.
 */
#include "run.h"

/* ------------------------------------------------------------------------- callbacks */

/* What came, in a form to be compared: each call is "fd:text/flags ". */
struct log {
	char text[4096];
	size_t len;
	uint64_t bytes, sum;
	int calls, fail_at, code;
	size_t longest;
};

static int note_call(struct log *log, int fd, const void *data, size_t size, char end)
{
	char *to = log->text + log->len;
	size_t room = sizeof(log->text) - log->len;

	if (size < 40 && room > 60)
		log->len += (size_t)snprintf(to, room, "%d:%.*s%c ", fd, (int)size,
		                             (const char *)data, end);
	log->bytes += size;
	log->longest = size > log->longest ? size : log->longest;
	return ++log->calls == log->fail_at ? log->code : 0;
}

static int on_chunk(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	struct log *log = context;

	CHECK(stage == 0);
	CHECK(size > 0);
	log->sum = pattern_sum(log->sum, data, size);
	return note_call(log, fd, data, size, '|');
}

static int on_line(void *context, int64_t stage, int fd, const char *line, size_t size,
                   uint32_t flags)
{
	struct log *log = context;

	CHECK(stage == 0);
	CHECK((flags & ~(uint32_t)(WARD_LINE_MORE | WARD_LINE_OPEN)) == 0);
	return note_call(log, fd, line, size,
	                 flags & WARD_LINE_MORE ? '+' :
	                 flags & WARD_LINE_OPEN ? '?' :
	                                          '.');
}

static struct ward_result run_lines(struct log *log, const char *const argv[],
                                    size_t line_limit)
{
	memset(log, 0, sizeof(*log));
	return run_or_fail(argv, WARD_RUN_OPTS(.out = { .on_line = on_line,
	                                                .line_limit = line_limit },
	                                       .context = log));
}

TEST(chunks_are_all_that_came)
{
	struct log log = { .sum = PATTERN_SUM };
	struct ward_result r = run_or_fail(
		PLAY("fill", "1", "1000000"),
		WARD_RUN_OPTS(.out = { .on_chunk = on_chunk }, .context = &log));

	check_pattern(&r.out, 1000000);
	CHECK_EQ(log.bytes, 1000000);
	CHECK(log.sum == pattern_sum_of(1000000));
	ward_result_free(&r);
}

TEST(chunks_beyond_the_limit_are_shown_too)
{
	struct log log = { .sum = PATTERN_SUM };
	struct ward_result r =
		run_or_fail(PLAY("fill", "1", "100000"),
	                    WARD_RUN_OPTS(.out = { .on_chunk = on_chunk, .limit = 10 },
	                                  .context = &log));

	CHECK_EQ(r.out.size, 10);
	CHECK(log.sum == pattern_sum_of(100000));
	ward_result_free(&r);
}

TEST(chunks_of_output_that_goes_nowhere_are_shown)
{
	struct log log = { .sum = PATTERN_SUM };
	struct ward_result r = run_or_fail(
		PLAY("fill", "1", "100000"),
		WARD_RUN_OPTS(.out = { .on_chunk = on_chunk, .to = WARD_TO_NOWHERE },
	                      .context = &log));

	CHECK(r.out.data == NULL);
	CHECK(log.sum == pattern_sum_of(100000));
	ward_result_free(&r);
}

TEST(both_streams_are_shown_under_their_numbers)
{
	struct log log = { .sum = 0 };
	struct ward_result r = run_or_fail(PLAY("out", "a\n", "err", "b\n"),
	                                   WARD_RUN_OPTS(.out = { .on_line = on_line },
	                                                 .err = { .on_line = on_line },
	                                                 .context = &log));

	CHECK(strstr(log.text, "1:a. ") != NULL);
	CHECK(strstr(log.text, "2:b. ") != NULL);
	CHECK_EQ(log.calls, 2);
	ward_result_free(&r);
}

TEST(lines_come_without_their_newline)
{
	struct log log;
	struct ward_result r = run_lines(&log, PLAY("out", "one\ntwo\n\n\nthree\r\n"), 0);

	CHECK_STR(log.text, "1:one. 1:two. 1:. 1:. 1:three\r. ");
	check_text(&r.out, "one\ntwo\n\n\nthree\r\n");
	ward_result_free(&r);
}

TEST(the_last_line_comes_without_a_newline_too)
{
	struct log log;
	struct ward_result r = run_lines(&log, PLAY("out", "one\ntwo"), 0);

	CHECK_STR(log.text, "1:one. 1:two? ");
	ward_result_free(&r);
	r = run_lines(&log, PLAY("out", ""), 0);
	CHECK_STR(log.text, "");
	ward_result_free(&r);
}

TEST(lines_are_put_together_from_bytes)
{
	struct log log;
	struct ward_result r =
		run_lines(&log, PLAY("bytes", "1", "first line\n\nsecond\nrest"), 0);

	CHECK_STR(log.text, "1:first line. 1:. 1:second. 1:rest? ");
	ward_result_free(&r);
}

TEST(a_long_line_comes_in_pieces)
{
	struct log log;
	struct ward_result r = run_lines(&log, PLAY("out", "abcdefghij\nk\n"), 4);

	CHECK_STR(log.text, "1:abcd+ 1:efgh+ 1:ij. 1:k. ");
	ward_result_free(&r);
	r = run_lines(&log, PLAY("bytes", "1", "abcdefghij\nk\n"), 4);
	CHECK_STR(log.text, "1:abcd+ 1:efgh+ 1:ij. 1:k. ");
	ward_result_free(&r);
}

/* Whether a full piece is the end of its line is known with the next byte. */
TEST(a_line_of_just_the_limit_is_told_from_a_longer_one)
{
	struct log log;
	struct ward_result r = run_lines(&log, PLAY("out", "abcd\nefgh"), 4);
	bool whole = strcmp(log.text, "1:abcd. 1:efgh? ") == 0;
	bool pieces = strcmp(log.text, "1:abcd+ 1:. 1:efgh+ 1:? ") == 0;

	if (!CHECK(whole || pieces))
		check_note("%s", log.text);
	ward_result_free(&r);
}

TEST(much_without_a_newline_comes_in_pieces_of_the_limit)
{
	struct log log;
	struct ward_result r = run_lines(&log, PLAY("letters", "1", "3000000"), 0);

	CHECK_EQ(log.bytes, 3000000);
	CHECK_EQ(log.longest, 65536);
	CHECK(log.calls >= 3000000 / 65536);
	CHECK_EQ(r.out.size, 3000000);
	ward_result_free(&r);
}

TEST(many_lines_are_all_shown)
{
	struct log log;
	struct ward_result r = run_lines(&log, PLAY("fill", "1", "500000"), 0);
	uint64_t newlines = 0;

	for (size_t i = 0; i < r.out.size; i++)
		newlines += r.out.data[i] == '\n';
	check_pattern(&r.out, 500000);
	CHECK_EQ(log.bytes + newlines, 500000);
	CHECK_EQ(log.calls, newlines + (r.out.data[r.out.size - 1] != '\n'));
	ward_result_free(&r);
}

TEST(lines_beyond_the_limit_are_shown_whole)
{
	struct log log = { .len = 0 };
	struct ward_result r =
		run_or_fail(PLAY("out", "one\ntwo\nthree\n"),
	                    WARD_RUN_OPTS(.out = { .on_line = on_line, .limit = 5 },
	                                  .context = &log));

	check_text(&r.out, "one\nt");
	CHECK_STR(log.text, "1:one. 1:two. 1:three. ");
	ward_result_free(&r);
}

/* [bounded] A gibibyte, and no newline in it. */
TEST(one_line_may_be_longer_than_memory)
{
	uint64_t size = (uint64_t)check_scaled(1024) << 20;
	struct log log = { .len = 0 };
	struct ward_result r;
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)size);
	r = run_or_fail(
		PLAY("letters", "1", number),
		WARD_RUN_OPTS(.out = { .on_line = on_line, .to = WARD_TO_NOWHERE },
	                      .context = &log));
	CHECK_EQ(r.out.total, size);
	CHECK_EQ(log.bytes, size);
	CHECK_EQ(log.longest, 65536);
	ward_result_free(&r);
}

/* --------------------------------------------------------------- callbacks that fail */

static void check_callback_fails(const struct ward_run_opts *opts,
                                 const char *const argv[])
{
	struct log log = { .fail_at = 1, .code = -EXDEV };
	struct ward_run_opts own = *opts;
	struct gate g;

	gate_make(&g, false);
	own.spawn = &g.opts;
	own.context = &log;
	run_fails(argv, &own, -EXDEV);
	CHECK_EQ(log.calls, 1);
	check_nobody_there(&g);
	gate_end(&g);
}

TEST(what_a_callback_returns_ends_the_run)
{
	check_callback_fails(WARD_RUN_OPTS(.out = { .on_chunk = on_chunk }),
	                     PLAY("out", "x\n", "tick", "2", "1000"));
	check_callback_fails(WARD_RUN_OPTS(.out = { .on_line = on_line }),
	                     PLAY("out", "x\ny\nz\n", "pour", "1"));
	check_callback_fails(WARD_RUN_OPTS(.err = { .on_line = on_line }),
	                     PLAY("err", "x\n", "pour", "2"));
}

TEST(a_program_that_will_not_end_is_killed_when_a_callback_fails)
{
	static const struct ward_stop_step soon[] = { { SIGTERM, 0, WARD_NS_PER_MS } };

	check_callback_fails(
		WARD_RUN_OPTS(.out = { .on_chunk = on_chunk }, .stop = soon, .n_stop = 1),
		PLAY("deaf", "out", "x\n", "pour", "1"));
}

TEST(the_callback_for_the_last_line_can_fail_too)
{
	struct log log = { .fail_at = 1, .code = -EDOM };

	run_fails(PLAY("out", "no newline"),
	          WARD_RUN_OPTS(.out = { .on_line = on_line }, .context = &log), -EDOM);
}

/* ---------------------------------------------------------- callbacks that come back */

static int run_inside(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	struct ward_result r = WARD_RESULT_INIT;
	int *runs = context;

	(void)stage;
	(void)fd;
	(void)data;
	(void)size;
	++*runs;
	if (ward_run(PLAY("cat"), WARD_RUN_OPTS(.input = "inner", .input_size = 5), &r) ==
	    0)
		check_text(&r.out, "inner");
	ward_result_free(&r);
	return r.n_stages == 0 ? 0 : -EIO;
}

TEST(a_callback_may_run_programs_itself)
{
	int runs = 0;
	struct ward_result r = run_or_fail(
		PLAY("fill", "1", "200000"),
		WARD_RUN_OPTS(.out = { .on_chunk = run_inside }, .context = &runs));

	check_pattern(&r.out, 200000);
	CHECK(runs > 0);
	ward_result_free(&r);
}
