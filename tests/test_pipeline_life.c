/* SPDX-License-Identifier: MIT */
/*
 * A pipeline while it runs: looked at in small steps, woken, one of its commands killed,
 * stopped as one, given up. Its commands wait at a gate until the test lets them go on.
 */
#include "run.h"

#define STAGE(...)                        \
	{                                 \
		.argv = PLAY(__VA_ARGS__) \
	}

/* A pipeline whose commands have a gate as their descriptor 3. */
struct life {
	struct ward_pipeline *p;
	struct gate gate;
	struct ward_result r;
};

static void life_begin(struct life *l, bool child_reads, const struct ward_stage stages[],
                       size_t n, const struct ward_run_opts *opts)
{
	struct ward_run_opts own = opts ? *opts : *WARD_RUN_OPTS(0);
	struct ward_error error = WARD_ERROR_INIT;
	int r;

	l->p = NULL;
	l->r = (struct ward_result)WARD_RESULT_INIT;
	gate_make(&l->gate, child_reads);
	own.spawn = &l->gate.opts;
	own.error = &error;
	r = ward_pipeline_start(&l->p, stages, n, &own);
	note_failure(r, &error);
	REQUIRE_EQ(r, 0);
	REQUIRE(l->p != NULL);
	gate_given(&l->gate);
}

static void life_to_its_end(struct life *l)
{
	REQUIRE_EQ(ward_pipeline_wait(l->p, SECONDS(50), &l->r), 1);
}

static void life_end(struct life *l)
{
	gate_end(&l->gate);
	ward_result_free(&l->r);
	ward_pipeline_close(l->p);
}

/* ----------------------------------------------------------------------- small steps */

#if HOST_POSIX
TEST(a_waker_that_is_no_descriptor_is_an_error)
{
	const struct ward_stage stage = { .argv = PLAY("deaf", "tick", "1", "10") };
	const int64_t bad[] = { -1, INT64_C(1) << 40, 4000 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ward_pipeline *p = NULL;

		REQUIRE_EQ(ward_pipeline_start(&p, &stage, 1,
		                               WARD_RUN_OPTS(.flags = WARD_RUN_WAKE,
		                                             .wake = bad[i])),
		           0);
		CHECK_EQ(ward_pipeline_wait(p, SECONDS(50), NULL), -EBADF);
		ward_pipeline_close(p);
	}
}
#endif

TEST(looking_again_and_again_gives_the_same_result_as_waiting)
{
	const struct ward_stage stages[] = { STAGE("fill", "1", "3000000"), STAGE("cat"),
		                             STAGE("cat", "err", "done") };
	int64_t timeouts[] = { 0, 1, MILLISECONDS(1) };

	for (int i = 0; i < 3; i++) {
		struct life l;
		int r = 0;

		life_begin(&l, true, stages, 3, NULL);
		while (r == 0) {
			CHECK_EQ(l.r.n_stages, 0);
			r = ward_pipeline_wait(l.p, timeouts[i], &l.r);
		}
		CHECK_EQ(r, 1);
		check_pattern(&l.r.out, 3000000);
		check_text(&l.r.err, "done");
		CHECK_EQ(l.r.failed, -1);
		life_end(&l);
	}
}

/* [bounded] */
TEST(a_wait_ends_with_its_time_and_the_pipeline_goes_on)
{
	const struct ward_stage stages[] = { STAGE("wait", "3", "out", "late"),
		                             STAGE("cat") };
	int64_t begin = host_now_ns();
	struct life l;

	life_begin(&l, true, stages, 2, NULL);
	CHECK_EQ(ward_pipeline_wait(l.p, 0, &l.r), 0);
	CHECK_EQ(ward_pipeline_wait(l.p, MILLISECONDS(50), &l.r), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(50));
	CHECK_EQ(l.r.n_stages, 0);
	gate_open(&l.gate);
	life_to_its_end(&l);
	check_text(&l.r.out, "late");
	CHECK_EQ(l.r.flags, 0);
	life_end(&l);
}

TEST(the_result_is_given_once)
{
	const struct ward_stage stages[] = { STAGE("out", "x"), STAGE("cat") };
	struct ward_result second = WARD_RESULT_INIT;
	struct life l;

	life_begin(&l, true, stages, 2, NULL);
	life_to_its_end(&l);
	check_text(&l.r.out, "x");
	CHECK_EQ(ward_pipeline_wait(l.p, WARD_FOREVER, &second), -EALREADY);
	CHECK_EQ(ward_pipeline_wait(l.p, 0, &second), -EALREADY);
	CHECK_EQ(second.n_stages, 0);
	life_end(&l);
}

TEST(a_wait_whose_result_has_no_size_takes_nothing)
{
	const struct ward_stage stages[] = { STAGE("out", "x"), STAGE("cat") };
	struct life l;

	life_begin(&l, true, stages, 2, NULL);
	l.r.size = 8;
	CHECK_EQ(ward_pipeline_wait(l.p, SECONDS(50), &l.r), -EINVAL);
	l.r.size = sizeof(l.r);
	life_to_its_end(&l);
	check_text(&l.r.out, "x");
	life_end(&l);
}

TEST(the_wards_of_the_commands_are_lent)
{
	const struct ward_stage stages[] = { STAGE("wait", "3"), STAGE("cat") };
	struct life l;
	int64_t pid;

	life_begin(&l, true, stages, 2, NULL);
	REQUIRE(ward_pipeline_ward(l.p, 0) != NULL && ward_pipeline_ward(l.p, 1) != NULL);
	CHECK(ward_pipeline_ward(l.p, 2) == NULL);
	CHECK(ward_pipeline_ward(l.p, SIZE_MAX) == NULL);
	CHECK_EQ(ward_signal(ward_pipeline_ward(l.p, 0), 0), 0);
	pid = ward_pid(ward_pipeline_ward(l.p, 1));
	gate_open(&l.gate);
	life_to_its_end(&l);
	CHECK_EQ(l.r.stages[1].pid, pid);
	life_end(&l);
}

/* ------------------------------------------------------------------------ one killed */

/* Three commands, of which that one is killed while all of them run. */
static void check_kill(size_t i)
{
	const struct ward_stage stages[] = { STAGE("wait", "3"), STAGE("cat"),
		                             STAGE("cat") };
	struct life l;

	life_begin(&l, true, stages, 3, NULL);
	CHECK_EQ(ward_signal(ward_pipeline_ward(l.p, i), SIGKILL), 0);
	REQUIRE_EQ(ward_wait(ward_pipeline_ward(l.p, i), SECONDS(40), NULL), 1);
	gate_open(&l.gate);
	life_to_its_end(&l);
	CHECK_EQ(l.r.failed, i);
	check_signaled(&l.r.exit, SIGKILL);
	for (size_t k = 0; k < 3; k++) {
		if (k == i)
			check_signaled(&l.r.stages[k].exit, SIGKILL);
		else
			check_exited(&l.r.stages[k].exit, 0);
	}
	CHECK_EQ(l.r.flags, 0);
	CHECK_EQ(l.r.stopped_by, 0);
	life_end(&l);
}

TEST(the_first_a_middle_or_the_last_command_may_be_killed)
{
	check_kill(0);
	check_kill(1);
	check_kill(2);
}

TEST(one_that_feeds_a_command_that_was_killed_ends_too)
{
	const struct ward_stage stages[] = { STAGE("pour", "1"),
		                             STAGE("deaf", "wait", "3"), STAGE("cat") };
	struct life l;

	life_begin(&l, true, stages, 3, NULL);
	ward_signal(ward_pipeline_ward(l.p, 1), SIGKILL);
	life_to_its_end(&l);
	check_lost_its_reader(&l.r.stages[0].exit);
	check_signaled(&l.r.stages[1].exit, SIGKILL);
	check_exited(&l.r.stages[2].exit, 0);
	CHECK_EQ(l.r.failed, 0);
	life_end(&l);
}

/* -------------------------------------------------------------------- stopped as one */

static void check_all_were_stopped(struct life *l, size_t n, uint32_t flags)
{
	CHECK_EQ(l->r.flags, flags);
	CHECK_EQ(l->r.stopped_by, ASKED_SIGNAL);
	REQUIRE_EQ(l->r.n_stages, n);
	for (size_t i = 0; i < n; i++)
		check_signaled(&l->r.stages[i].exit, ASKED_SIGNAL);
	CHECK_EQ(l->r.failed, 0);
	CHECK_EQ(ward_result_ok(&l->r, NULL, 0), 0);
}

TEST(a_pipeline_is_stopped_as_one)
{
	const struct ward_stage stages[] = { STAGE("wait", "3"), STAGE("wait", "3"),
		                             STAGE("wait", "3") };
	struct life l;

	life_begin(&l, true, stages, 3, NULL);
	CHECK_EQ(ward_pipeline_stop(l.p), 0);
	CHECK_EQ(ward_pipeline_stop(l.p), 0);
	life_to_its_end(&l);
	check_all_were_stopped(&l, 3, WARD_RESULT_STOPPED);
	life_end(&l);
}

static int stop_it(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	struct life *l = context;

	(void)stage;
	(void)fd;
	(void)data;
	(void)size;
	CHECK_EQ(ward_wait(ward_pipeline_ward(l->p, 0), 0, NULL), 0);
	CHECK_EQ(ward_pipeline_stop(l->p), 0);
	return 0;
}

TEST(a_pipeline_may_be_stopped_by_its_own_callback)
{
	const struct ward_stage stages[] = { STAGE("wait", "3"),
		                             STAGE("out", "x", "wait", "3") };
	struct life l;

	life_begin(&l, true, stages, 2,
	           WARD_RUN_OPTS(.out = { .on_chunk = stop_it }, .context = &l));
	life_to_its_end(&l);
	check_all_were_stopped(&l, 2, WARD_RESULT_STOPPED);
	check_text(&l.r.out, "x");
	life_end(&l);
}

/* [bounded] */
TEST(a_pipeline_ends_with_its_time)
{
	const struct ward_stage stages[] = { STAGE("wait", "3"), STAGE("wait", "3") };
	struct life l;

	life_begin(&l, true, stages, 2, WARD_RUN_OPTS(.timeout_ns = MILLISECONDS(50)));
	life_to_its_end(&l);
	check_all_were_stopped(&l, 2, WARD_RESULT_TIMED_OUT);
	life_end(&l);
}

/* [bounded] Data that only passes between the commands is none that came through here. */
TEST(a_pipeline_that_says_nothing_is_idle)
{
	const struct ward_stage stages[] = { STAGE("tick", "1", "1"),
		                             STAGE("eat", "1000000000") };
	struct life l;

	life_begin(&l, true, stages, 2,
	           WARD_RUN_OPTS(.idle_timeout_ns = MILLISECONDS(200)));
	life_to_its_end(&l);
	CHECK_EQ(l.r.flags, WARD_RESULT_IDLE);
	life_end(&l);
}

/* [two-ends] Its output has not: somebody else holds it, and there is a bound to that. */
TEST(stopping_one_that_has_ended_does_not_wait_for_its_output)
{
	const struct ward_stage stages[] = { STAGE("leave", "3", "out", "x") };
	struct life l;

	life_begin(&l, true, stages, 1, WARD_RUN_OPTS(.drain_ns = MILLISECONDS(20)));
	CHECK_EQ(ward_wait(ward_pipeline_ward(l.p, 0), SECONDS(40), NULL), 1);
	errno = 77;
	CHECK_EQ(ward_pipeline_stop(l.p), 0);
	CHECK_EQ(errno, 77);
	life_to_its_end(&l);
	check_text(&l.r.out, "x");
	CHECK_EQ(l.r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(l.r.flags, 0);
	life_end(&l);
	host_collect_orphans();
}

TEST(stopping_one_that_has_ended_changes_nothing)
{
	const struct ward_stage stages[] = { STAGE("out", "x"), STAGE("cat") };
	struct life l;

	life_begin(&l, true, stages, 2, NULL);
	CHECK_EQ(ward_wait(ward_pipeline_ward(l.p, 1), SECONDS(40), NULL), 1);
	CHECK_EQ(ward_wait(ward_pipeline_ward(l.p, 0), SECONDS(40), NULL), 1);
	CHECK_EQ(ward_pipeline_stop(l.p), 0);
	life_to_its_end(&l);
	check_text(&l.r.out, "x");
	check_exited(&l.r.exit, 0);
	CHECK_EQ(l.r.stopped_by, 0);
	CHECK_EQ(ward_pipeline_stop(l.p), 0);
	life_end(&l);
}

TEST(those_that_do_not_listen_are_killed)
{
	static const struct ward_stop_step ask_briefly[] = { { SIGTERM, 0,
		                                               WARD_NS_PER_MS } };
	const struct ward_stage stages[] = { STAGE("deaf", "out", "x", "wait", "3"),
		                             STAGE("deaf", "cat", "wait", "3") };
	struct life l;

	life_begin(&l, true, stages, 2,
	           WARD_RUN_OPTS(.stop = ask_briefly, .n_stop = 1,
	                         .idle_timeout_ns = SECONDS(1)));
	life_to_its_end(&l);
	check_text(&l.r.out, "x");
	check_signaled(&l.r.stages[0].exit, SIGKILL);
	check_signaled(&l.r.stages[1].exit, SIGKILL);
	CHECK_EQ(l.r.stopped_by, SIGKILL);
	life_end(&l);
}

/* -------------------------------------------------------------------------- given up */

/* [reserve-first] Who gives it up is not waiting for those that will not end. */
TEST(commands_that_still_run_are_killed_with_the_pipeline)
{
	const struct ward_stage stages[] = { STAGE("deaf", "tick", "1", "10"),
		                             STAGE("deaf", "tick", "1", "10"),
		                             STAGE("deaf", "tick", "2", "10") };
	struct life l;

	life_begin(&l, false, stages, 3, NULL);
	CHECK_EQ(ward_pipeline_wait(l.p, MILLISECONDS(20), &l.r), 0);
	ward_pipeline_close(l.p);
	l.p = NULL;
	check_nobody_there(&l.gate);
	life_end(&l);
	ward_pipeline_close(NULL);
}

TEST(a_pipeline_may_be_given_up_before_it_was_waited_for)
{
	const struct ward_stage stages[] = { STAGE("fill", "1", "1000000"),
		                             STAGE("cat") };
	char *data = pattern_new(1000000);
	struct life l;

	life_begin(&l, false, stages, 2, NULL);
	life_end(&l);
	life_begin(&l, false, stages, 1,
	           WARD_RUN_OPTS(.input = data, .input_size = 1000000));
	life_end(&l);
	free(data);
}

TEST(a_pipeline_may_be_given_up_at_its_end_without_its_result)
{
	const struct ward_stage stages[] = { STAGE("out", "x"), STAGE("cat") };
	struct life l;

	life_begin(&l, false, stages, 2, NULL);
	CHECK_EQ(ward_wait(ward_pipeline_ward(l.p, 1), SECONDS(40), NULL), 1);
	life_end(&l);
}

#if HOST_POSIX
TEST(a_pipeline_with_a_terminal_may_be_given_up)
{
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_PTY },
	                                                .out = { .kind = WARD_FD_PTY });
	const struct ward_stage stage = { PLAY("out", "x", "tick", "1", "10"), &spawn };
	struct ward_result r = WARD_RESULT_INIT;
	struct ward_pipeline *p = NULL;

	for (int waits = 0; waits < 2; waits++) {
		REQUIRE_EQ(
			ward_pipeline_start(&p, &stage, 1,
		                            WARD_RUN_OPTS(.input = "y", .input_size = 1)),
			0);
		if (waits)
			CHECK_EQ(ward_pipeline_wait(p, MILLISECONDS(20), &r), 0);
		ward_pipeline_close(p);
	}
}

static int refuse(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	(void)context;
	(void)stage;
	(void)fd;
	(void)data;
	(void)size;
	return -EXDEV;
}

TEST(output_with_two_ends_to_read_is_refused)
{
	struct ward_spawn_opts err = *WARD_SPAWN_OPTS(.err = { .kind = WARD_FD_PTY });
	struct ward_spawn_opts out = *WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PTY });
	const struct ward_stage two[] = { { PLAY("exit", "0"), &err },
		                          { PLAY("exit", "0"), &err } };
	const struct ward_stage late[] = { STAGE("exit", "0"),
		                           { PLAY("exit", "0"), &err } };
	const struct ward_stage early[] = { { PLAY("exit", "0"), &err },
		                            STAGE("exit", "0") };
	const struct ward_stage merged[] = { STAGE("exit", "0"),
		                             { PLAY("exit", "0"), &out } };
	struct ward_run_opts merge = *WARD_RUN_OPTS(.err = { .to = WARD_TO_OUT });
	struct ward_run_opts apart = *WARD_RUN_OPTS(.flags = WARD_RUN_STAGE_ERRORS);

	CHECK_EQ(ward_run_pipeline(two, 2, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_run_pipeline(late, 2, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_run_pipeline(early, 2, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_run_pipeline(merged, 2, &merge, NULL), -EINVAL);
	CHECK_EQ(ward_run_pipeline(two, 2, &apart, NULL), 0);
}

TEST(a_run_with_a_terminal_may_fail)
{
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PTY });

	run_fails(PLAY("out", "x", "tick", "1", "10"),
	          WARD_RUN_OPTS(.spawn = &spawn, .out = { .on_chunk = refuse }), -EXDEV);
}
#endif

/* ------------------------------------------------------------------------------ wake */

#if HOST_POSIX
TEST(a_wait_ends_when_its_waker_is_readable)
{
	const struct ward_stage stages[] = { STAGE("wait", "3", "out", "x"),
		                             STAGE("cat") };
	struct life l;
	int wake[2];
	char byte;

	make_pipe(wake);
	life_begin(&l, true, stages, 2,
	           WARD_RUN_OPTS(.flags = WARD_RUN_WAKE, .wake = wake[0]));
	CHECK_EQ(ward_pipeline_wait(l.p, MILLISECONDS(20), &l.r), 0);
	REQUIRE(host_write(wake[1], "x", 1));
	CHECK_EQ(ward_pipeline_wait(l.p, WARD_FOREVER, &l.r), 0);
	CHECK_EQ(ward_pipeline_wait(l.p, WARD_FOREVER, &l.r), 0);
	CHECK_EQ(host_read(wake[0], &byte, 1), 1);
	gate_open(&l.gate);
	life_to_its_end(&l);
	check_text(&l.r.out, "x");
	life_end(&l);
	close(wake[0]);
	close(wake[1]);
}

TEST(a_run_in_one_call_is_not_woken)
{
	const struct ward_stage stages[] = { STAGE("out", "x") };
	struct ward_result r = WARD_RESULT_INIT;
	int wake[2];

	make_pipe(wake);
	REQUIRE(host_write(wake[1], "x", 1));
	CHECK_EQ(ward_run_pipeline(stages, 1,
	                           WARD_RUN_OPTS(.flags = WARD_RUN_WAKE, .wake = wake[0]),
	                           &r),
	         0);
	check_text(&r.out, "x");
	ward_result_free(&r);
	close(wake[0]);
	close(wake[1]);
}
#endif
