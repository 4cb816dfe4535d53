/* SPDX-License-Identifier: MIT */
/*
 * Programs that behave badly, and those that have to live with them: output that never
 * ends because somebody holds the pipe, input that nobody reads, both directions full at
 * once. Whatever they do, the run ends within its bound and says what was lost.
 */
#include "run.h"

enum { MUCH = 10485760 };

/* ------------------------------------------------------------- a process left behind */

/* A child that ends at once, and leaves a process that holds its stdin, stdout and stderr
 * until the gate opens. */
static struct ward_result run_and_leave(struct gate *g, struct ward_run_opts *opts)
{
	gate_make(g, true);
	opts->spawn = &g->opts;
	return run_or_fail(PLAY("out", "mine", "leave", "3", "exit", "4"), opts);
}

static void end_left_one(struct gate *g)
{
	gate_end(g);
	host_collect_orphans();
}

/* [two-ends] [bounded] The gate is shut all the time: the other one still lives. */
TEST(a_process_left_behind_with_the_output_does_not_hang_a_run)
{
	int64_t begin = host_now_ns();
	struct gate g;
	struct ward_result r =
		run_and_leave(&g, WARD_RUN_OPTS(.drain_ns = MILLISECONDS(200)));

	CHECK(host_now_ns() - begin >= MILLISECONDS(200));
	check_exited(&r.exit, 4);
	check_text(&r.out, "mine");
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.err.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.out.total, 4);
	CHECK_EQ(r.out.lost, 0);
	CHECK_EQ(r.flags, 0);
	ward_result_free(&r);
	end_left_one(&g);
}

/* [two-ends] */
TEST(without_a_word_a_run_reads_on_for_a_second)
{
	int64_t begin = host_now_ns();
	struct gate g;
	struct ward_result r = run_and_leave(&g, WARD_RUN_OPTS(0));

	CHECK(host_now_ns() - begin >= SECONDS(1));
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	check_exited(&r.exit, 4);
	ward_result_free(&r);
	end_left_one(&g);
}

/* [two-ends] */
TEST(a_process_left_behind_does_not_outlast_the_drain_with_input_either)
{
	char *data = pattern_new(MUCH);
	struct gate g;
	struct ward_result r =
		run_and_leave(&g, WARD_RUN_OPTS(.drain_ns = MILLISECONDS(20),
	                                        .input = data, .input_size = MUCH));

	check_exited(&r.exit, 4);
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.flags, WARD_RESULT_INPUT_LEFT);
	ward_result_free(&r);
	end_left_one(&g);
	free(data);
}

static int open_the_gate(void *context, int64_t stage, int fd, const void *data,
                         size_t size)
{
	(void)stage;
	(void)fd;
	(void)data;
	(void)size;
	gate_open(context);
	return 0;
}

/* [two-ends] The one left behind ends because of what the first one wrote. */
TEST(a_run_may_wait_for_the_end_of_the_output_however_late)
{
	struct gate g;
	struct ward_result r =
		run_and_leave(&g, WARD_RUN_OPTS(.drain_ns = WARD_FOREVER, .context = &g,
	                                        .out = { .on_chunk = open_the_gate }));

	check_exited(&r.exit, 4);
	check_text(&r.out, "mine");
	CHECK_EQ(r.out.flags, 0);
	CHECK_EQ(r.err.flags, 0);
	ward_result_free(&r);
	end_left_one(&g);
}

/* Both stay, the program and whom it left behind. Did they come so far in that time? */
static bool is_drain_bounded(const struct ward_run_opts *opts, uint32_t flags)
{
	struct ward_run_opts own = *opts;
	struct ward_result r;
	struct gate g;
	bool came;

	gate_make(&g, true);
	own.spawn = &g.opts;
	r = run_or_fail(PLAY("leave", "3", "out", "mine", "wait", "3"), &own);
	came = r.out.size > 0;
	CHECK_EQ(r.flags, flags);
	if (came) {
		CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
		CHECK_EQ(r.err.flags, WARD_OUTPUT_CUT);
	}
	ward_result_free(&r);
	end_left_one(&g);
	return came;
}

/* On a busy machine a program may need long before it does anything. */
static void check_drain_is_bounded(const struct ward_run_opts *opts, uint32_t flags)
{
	struct ward_run_opts own = *opts;

	while (!is_drain_bounded(&own, flags)) {
		own.timeout_ns *= 2;
		own.idle_timeout_ns *= 2;
	}
}

/* [two-ends] [bounded] The gate is shut all the time. */
TEST(a_drain_without_end_ends_with_the_time_of_the_run)
{
	int64_t slow = able_slowness();

	check_drain_is_bounded(WARD_RUN_OPTS(.timeout_ns = slow * MILLISECONDS(50),
	                                     .drain_ns = WARD_FOREVER),
	                       WARD_RESULT_TIMED_OUT);
	check_drain_is_bounded(WARD_RUN_OPTS(.timeout_ns = slow * SECONDS(1),
	                                     .idle_timeout_ns = slow * MILLISECONDS(50),
	                                     .drain_ns = WARD_FOREVER),
	                       WARD_RESULT_IDLE);
}

/* [two-ends] What is in the pipe already is never cut. */
TEST(what_was_written_before_the_end_is_read_however_short_the_drain)
{
	struct ward_result r =
		run_or_fail(PLAY("fill", "1", "60000", "fill", "2", "60000"),
	                    WARD_RUN_OPTS(.drain_ns = 1));

	check_pattern(&r.out, 60000);
	check_pattern(&r.err, 60000);
	ward_result_free(&r);
}

/* [two-ends] */
TEST(what_is_in_a_pipe_that_somebody_holds_is_read)
{
	struct ward_result r;
	struct gate g;

	gate_make(&g, true);
	r = run_or_fail(PLAY("leave", "3", "fill", "1", "60000"),
	                WARD_RUN_OPTS(.drain_ns = 1, .spawn = &g.opts));
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.out.size, 60000);
	CHECK_EQ(pattern_match(r.out.data, r.out.size, 0), 60000);
	ward_result_free(&r);
	end_left_one(&g);
}

/* [two-ends] One who writes for ever after our program's end. */
TEST(a_process_left_behind_that_goes_on_writing_is_cut)
{
	struct ward_result r;
	struct gate g;

	if (!HOST_POSIX)
		SKIP("there is no shell that is everywhere");
	gate_make(&g, true);
	r = run_or_fail(
		ARGV("/bin/sh", "-c", "\"$0\" play pour 1 & echo begun >&2",
	             check_child()),
		WARD_RUN_OPTS(.drain_ns = MILLISECONDS(100), .spawn = &g.opts,
	                      .out = { .limit = 100000, .keep = WARD_KEEP_TAIL }));
	check_exited(&r.exit, 0);
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.out.size, 100000);
	ward_result_free(&r);
	end_left_one(&g);
}

/* ----------------------------------------------------------------- ends of their own */

/* [two-ends] Its output has ended long ago; what the run waits for is its end. */
TEST(a_program_that_closes_its_output_may_live_on)
{
	struct ward_result r;
	struct gate g;

	gate_make(&g, true);
	r = run_or_fail(PLAY("close", "1", "err", "closed", "wait", "3", "exit", "5"),
	                WARD_RUN_OPTS(.spawn = &g.opts, .context = &g,
	                              .err = { .on_chunk = open_the_gate }));
	check_exited(&r.exit, 5);
	check_text(&r.out, "");
	CHECK_EQ(r.out.flags, 0);
	ward_result_free(&r);
	gate_end(&g);
}

/* [two-ends] [bounded] */
TEST(a_program_that_closes_all_and_lives_on_can_be_stopped)
{
	struct ward_result r;
	struct gate g;

	gate_make(&g, true);
	r = run_or_fail(PLAY("close", "0", "close", "1", "close", "2", "wait", "3"),
	                WARD_RUN_OPTS(.spawn = &g.opts, .timeout_ns = MILLISECONDS(100)));
	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	check_signaled(&r.exit, ASKED_SIGNAL);
	ward_result_free(&r);
	gate_end(&g);
}

/* ------------------------------------------------------------------------ full pipes */

static struct ward_result run_with_much(const char *const argv[])
{
	char *data = pattern_new(MUCH);
	struct ward_result r =
		run_or_fail(argv, WARD_RUN_OPTS(.input = data, .input_size = MUCH));

	free(data);
	return r;
}

TEST(errors_that_fill_their_pipe_before_any_output_block_nobody)
{
	struct ward_result r =
		run_or_fail(PLAY("fill", "2", "65537", "fill", "1", "10"), NULL);

	check_pattern(&r.err, 65537);
	check_pattern(&r.out, 10);
	ward_result_free(&r);
}

TEST(both_directions_may_be_full_at_once)
{
	struct ward_result r = run_with_much(PLAY("cat"));

	check_pattern(&r.out, MUCH);
	CHECK_EQ(r.input_written, MUCH);
	check_exited(&r.exit, 0);
	ward_result_free(&r);
}

TEST(a_program_may_write_much_before_it_reads)
{
	struct ward_result r =
		run_with_much(PLAY("fill", "1", "3000000", "fill", "2", "65537", "cat"));

	CHECK_EQ(r.out.size, 3000000 + MUCH);
	CHECK_EQ(pattern_match(r.out.data, 3000000, 0), 3000000);
	CHECK_EQ(pattern_match(r.out.data + 3000000, MUCH, 0), MUCH);
	check_pattern(&r.err, 65537);
	ward_result_free(&r);
}

/* ----------------------------------------------------------- input that is left over */

TEST(a_program_may_leave_all_of_its_input)
{
	struct ward_result r = run_with_much(PLAY("out", "no thanks", "exit", "0"));

	check_exited(&r.exit, 0);
	check_text(&r.out, "no thanks");
	CHECK_EQ(r.flags, WARD_RESULT_INPUT_LEFT);
	CHECK(r.input_written < MUCH);
	CHECK_EQ(ward_result_ok(&r, NULL, 0), 1);
	ward_result_free(&r);
}

TEST(a_program_may_close_its_input_and_go_on)
{
	struct ward_result r =
		run_with_much(PLAY("eat", "100000", "close", "0", "fill", "1", "200000"));

	check_exited(&r.exit, 0);
	check_pattern(&r.out, 200000);
	CHECK_EQ(r.flags, WARD_RESULT_INPUT_LEFT);
	ward_result_free(&r);
}

TEST(a_program_that_is_gone_before_its_input_ends_is_no_failure)
{
	int rounds = check_scaled(50);

	for (int i = 0; i < rounds; i++) {
		struct ward_result r = run_with_much(PLAY("exit", "0"));

		check_exited(&r.exit, 0);
		CHECK_EQ(r.flags, WARD_RESULT_INPUT_LEFT);
		ward_result_free(&r);
	}
}

/* -------------------------------------------------------------------- slow consumers */

struct reader {
	int fd;
	uint64_t size, sum;
};

/* In small pieces and long breaks at first, then without. */
static void *read_slowly(void *arg)
{
	struct reader *reader = arg;
	unsigned char buf[4096];
	int64_t n;

	for (int i = 0; (n = host_read(reader->fd, buf, sizeof(buf))) > 0; i++) {
		reader->sum = pattern_sum(reader->sum, buf, (size_t)n);
		reader->size += (uint64_t)n;
		if (i < 100)
			host_yield();
	}
	return arg;
}

TEST(one_who_takes_output_slowly_gets_all_of_it)
{
	struct reader reader = { .sum = PATTERN_SUM };
	struct host_thread thread;
	struct ward_result r;
	int ends[2];

	make_pipe(ends);
	reader.fd = ends[0];
	host_thread_start(&thread, read_slowly, &reader);
	r = run_or_fail(PLAY("fill", "1", "2000000"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1] }));
	close(ends[1]);
	host_thread_join(&thread);
	close(ends[0]);
	check_exited(&r.exit, 0);
	CHECK_EQ(r.out.total, 2000000);
	CHECK_EQ(r.out.lost, 0);
	CHECK_EQ(reader.size, 2000000);
	CHECK(reader.sum == pattern_sum_of(2000000));
	ward_result_free(&r);
}

struct late_reader {
	struct gate gate;
	struct reader reader;
};

/* Not before the program has ended, and the drain is over as well. */
static void *read_late(void *arg)
{
	struct late_reader *late = arg;
	char nothing[8];

	read_all(late->gate.ours, nothing, sizeof(nothing));
	for (int i = 0; i < 100; i++)
		host_yield();
	return read_slowly(&late->reader);
}

/* [two-ends] The drain is for a pipe that somebody else holds, and nobody does. More than
 * one pipe takes is on its way. */
TEST(one_who_takes_output_long_after_the_end_gets_all_of_it)
{
	struct late_reader late = { .reader = { .sum = PATTERN_SUM } };
	struct host_thread thread;
	struct ward_pipeline *p = NULL;
	struct ward_result r = WARD_RESULT_INIT;
	const struct ward_stage stage = { .argv = PLAY("fill", "1", "100000") };
	int ends[2];

	make_pipe(ends);
	late.reader.fd = ends[0];
	gate_make(&late.gate, false);
	REQUIRE_EQ(ward_pipeline_start(
			   &p, &stage, 1,
			   WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1] },
	                                 .spawn = &late.gate.opts, .drain_ns = 1)),
	           0);
	gate_given(&late.gate);
	host_thread_start(&thread, read_late, &late);
	CHECK_EQ(ward_pipeline_wait(p, SECONDS(50), &r), 1);
	close(ends[1]);
	host_thread_join(&thread);
	CHECK_EQ(r.out.flags, 0);
	CHECK_EQ(late.reader.size, 100000);
	CHECK(late.reader.sum == pattern_sum_of(100000));
	ward_result_free(&r);
	ward_pipeline_close(p);
	gate_end(&late.gate);
	close(ends[0]);
}

static int take_slowly(void *context, int64_t stage, int fd, const void *data,
                       size_t size)
{
	struct reader *reader = context;

	(void)stage;
	(void)fd;
	reader->sum = pattern_sum(reader->sum, data, size);
	reader->size += size;
	host_yield();
	return 0;
}

TEST(a_callback_that_takes_its_time_gets_all_of_it)
{
	struct reader reader = { .sum = PATTERN_SUM };
	struct ward_result r = run_or_fail(
		PLAY("fill", "1", "2000000"),
		WARD_RUN_OPTS(.out = { .on_chunk = take_slowly }, .context = &reader));

	check_pattern(&r.out, 2000000);
	CHECK(reader.sum == pattern_sum_of(2000000));
	ward_result_free(&r);
}
