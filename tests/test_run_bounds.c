/* SPDX-License-Identifier: MIT */
/*
 * Bounds in time, and how a run that has come to one is stopped. What is hard: the claims
 * are about time, but a busy machine must not break them. So a time-out that is to come
 * is short, one that is not to come is far away, and nothing is asserted of how soon.
 */
#include "run.h"

enum { SOON_MS = 30 };

#define SOON MILLISECONDS(SOON_MS)
#define LATE SECONDS(50)

static const struct ward_stop_step ask_briefly[] = { { SIGTERM, 0, SOON } };

/* Says something, then stays until it is stopped. */
#define STAYS(...) PLAY(__VA_ARGS__, "wait", "3")
#define STAYS_DEAF(...) PLAY("deaf", __VA_ARGS__, "wait", "3")

/* A run of a child that stays at a gate that nobody opens. */
static struct ward_result run_stuck(const char *const argv[],
                                    const struct ward_run_opts *opts)
{
	struct ward_run_opts own = *opts;
	struct ward_result r;
	struct gate g;

	gate_make(&g, true);
	own.spawn = &g.opts;
	r = run_or_fail(argv, &own);
	gate_end(&g);
	return r;
}

static void check_text_says(const struct ward_result *r, const char *word)
{
	char text[1024];

	CHECK_EQ(ward_result_ok(r, text, sizeof(text)), 0);
	if (!CHECK(strstr(text, word) != NULL))
		check_note("%s", text);
}

/* --------------------------------------------------------------------- the whole run */

/* [bounded] */
TEST(a_run_ends_with_its_time)
{
	int64_t begin = host_now_ns();
	struct ward_result r =
		run_stuck(STAYS("out", "so far"), WARD_RUN_OPTS(.timeout_ns = SOON));

	CHECK(host_now_ns() - begin >= SOON);
	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	check_signaled(&r.exit, ASKED_SIGNAL);
	CHECK_EQ(r.stopped_by, ASKED_SIGNAL);
	CHECK_EQ(r.failed, 0);
	ward_result_free(&r);
}

TEST(what_came_before_the_time_was_up_is_kept)
{
	struct ward_result r =
		run_stuck(STAYS("out", "so far", "err", "and there"),
	                  WARD_RUN_OPTS(.idle_timeout_ns = MILLISECONDS(500)));

	CHECK_EQ(r.flags, WARD_RESULT_IDLE);
	check_text(&r.out, "so far");
	check_text(&r.err, "and there");
	check_text_says(&r, "and there");
	ward_result_free(&r);
}

TEST(a_run_that_ends_in_time_is_not_stopped)
{
	struct ward_result r =
		run_or_fail(PLAY("out", "x", "exit", "0"),
	                    WARD_RUN_OPTS(.timeout_ns = LATE, .idle_timeout_ns = LATE));

	check_exited(&r.exit, 0);
	CHECK_EQ(r.flags, 0);
	CHECK_EQ(r.stopped_by, 0);
	ward_result_free(&r);
}

/* A program may come to an orderly end when it is asked to: it is said all the same. */
TEST(a_run_that_was_stopped_has_not_succeeded)
{
	struct ward_result r =
		run_stuck(STAYS("out", ""), WARD_RUN_OPTS(.timeout_ns = SOON));

	r.exit.how = r.stages[0].exit.how = WARD_EXITED;
	r.exit.code = r.stages[0].exit.code = 0;
	r.failed = -1;
	CHECK_EQ(ward_result_ok(&r, NULL, 0), 0);
	check_text_says(&r, "time");
	ward_result_free(&r);
}

/* [bounded] */
TEST(a_program_that_does_not_listen_is_killed)
{
	int64_t late = MILLISECONDS(450) + able_slowness() * MILLISECONDS(50);
	struct ward_result r = run_stuck(STAYS_DEAF("out", "deaf"),
	                                 WARD_RUN_OPTS(.timeout_ns = late,
	                                               .stop = ask_briefly, .n_stop = 1));

	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	check_signaled(&r.exit, SIGKILL);
	CHECK_EQ(r.stopped_by, SIGKILL);
	check_text(&r.out, "deaf");
	ward_result_free(&r);
}

TEST(a_program_can_be_killed_at_once)
{
	static const struct ward_stop_step kill_it[] = { { SIGKILL, 0, WARD_FOREVER } };
	struct ward_result r =
		run_stuck(STAYS("out", ""), WARD_RUN_OPTS(.timeout_ns = SOON,
	                                                  .stop = kill_it, .n_stop = 1));

	check_signaled(&r.exit, SIGKILL);
	CHECK_EQ(r.stopped_by, SIGKILL);
	ward_result_free(&r);
}

TEST(a_step_may_only_wait_before_the_killing)
{
	static const struct ward_stop_step wait_first[] = { { 0, 0, WARD_NS_PER_MS } };
	struct ward_result r = run_stuck(
		STAYS("out", ""),
		WARD_RUN_OPTS(.timeout_ns = SOON, .stop = wait_first, .n_stop = 1));

	check_signaled(&r.exit, SIGKILL);
	CHECK_EQ(r.stopped_by, SIGKILL);
	ward_result_free(&r);
}

#if HOST_POSIX
TEST(steps_are_taken_in_their_order)
{
	static const struct ward_stop_step steps[] = { { SIGTERM, 0, SOON },
		                                       { SIGINT, 0, WARD_FOREVER } };
	struct ward_result r =
		run_stuck(STAYS_DEAF("out", "x"),
	                  WARD_RUN_OPTS(.idle_timeout_ns = MILLISECONDS(500),
	                                .stop = steps, .n_stop = 2));

	check_signaled(&r.exit, SIGINT);
	CHECK_EQ(r.stopped_by, SIGINT);
	ward_result_free(&r);
}

/* `catch` ends in its own way: with 64 and the number of the signal. */
TEST(a_program_may_end_in_its_own_way_when_it_is_stopped)
{
	struct ward_result r =
		run_or_fail(CHILD("catch", "TERM"),
	                    WARD_RUN_OPTS(.idle_timeout_ns = MILLISECONDS(500)));

	check_exited(&r.exit, 64 + SIGTERM);
	CHECK_EQ(r.stopped_by, SIGTERM);
	CHECK_EQ(r.flags, WARD_RESULT_IDLE);
	check_text(&r.out, "ready\n");
	ward_result_free(&r);
}

/* It is continued, so that it sees that it is to end. */
TEST(a_program_that_has_been_stopped_can_be_ended)
{
	struct ward_result r = run_or_fail(
		CHILD("raise", "STOP"), WARD_RUN_OPTS(.timeout_ns = MILLISECONDS(500)));

	check_signaled(&r.exit, SIGTERM);
	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	ward_result_free(&r);
}

/* Who stops a program still reads what it says at its end. */
TEST(what_is_written_while_it_is_stopped_is_kept)
{
	static const char *const script[] = {
		"/bin/sh", "-c",
		"trap 'echo bye; exit 7' TERM; echo hi; while :; do read x; done", NULL
	};
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(0);
	struct ward_result r;
	int ends[2];

	make_pipe(ends);
	spawn.in = (struct ward_stdio)GIVEN(ends[0]);
	r = run_or_fail(script, WARD_RUN_OPTS(.spawn = &spawn,
	                                      .idle_timeout_ns = MILLISECONDS(500)));
	check_exited(&r.exit, 7);
	check_text(&r.out, "hi\nbye\n");
	ward_result_free(&r);
	close(ends[0]);
	close(ends[1]);
}
#endif

/* ------------------------------------------------------------------------------ idle */

/* [bounded] */
TEST(a_program_that_says_nothing_for_too_long_is_stopped)
{
	struct ward_result r =
		run_stuck(STAYS("out", "x"),
	                  WARD_RUN_OPTS(.idle_timeout_ns = SOON, .timeout_ns = LATE));

	CHECK_EQ(r.flags, WARD_RESULT_IDLE);
	check_signaled(&r.exit, ASKED_SIGNAL);
	check_text_says(&r, "output");
	ward_result_free(&r);
}

/* [bounded] A letter each 20 ms keeps it going for twice its idle time, and no longer. */
TEST(each_byte_gives_a_program_more_idle_time_but_not_more_time)
{
	struct ward_result r =
		run_or_fail(PLAY("tick", "1", "20"),
	                    WARD_RUN_OPTS(.idle_timeout_ns = MILLISECONDS(500),
	                                  .timeout_ns = SECONDS(2)));

	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	CHECK(r.out.size > 1);
	ward_result_free(&r);
}

TEST(a_byte_of_either_stream_counts)
{
	struct ward_result r =
		run_or_fail(PLAY("tick", "2", "20"),
	                    WARD_RUN_OPTS(.idle_timeout_ns = MILLISECONDS(500),
	                                  .timeout_ns = SECONDS(2),
	                                  .err = { .to = WARD_TO_NOWHERE }));

	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	CHECK(r.err.total > 1);
	ward_result_free(&r);
}

/* ---------------------------------------------------------------- what is in the way */

/* A child that never reads keeps nobody waiting beyond the time. [bounded] */
TEST(input_that_nobody_reads_does_not_outlast_the_time)
{
	char *data = pattern_new(1000000);
	struct ward_result r = run_stuck(
		STAYS("out", ""),
		WARD_RUN_OPTS(.input = data, .input_size = 1000000, .timeout_ns = SOON));

	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT | WARD_RESULT_INPUT_LEFT);
	ward_result_free(&r);
	free(data);
}

/* Nobody reads the other end of the descriptor that output goes to. [bounded] */
TEST(a_descriptor_that_takes_nothing_does_not_outlast_the_time)
{
	struct ward_result r;
	int ends[2];

	make_pipe(ends);
	r = run_or_fail(PLAY("pour", "1"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1] },
	                              .timeout_ns = MILLISECONDS(500)));
	CHECK(r.flags & WARD_RESULT_TIMED_OUT);
	CHECK(r.out.flags & WARD_OUTPUT_CUT);
	ward_result_free(&r);
	close(ends[0]);
	close(ends[1]);
}
