/* SPDX-License-Identifier: MIT */
/*
 * Commands whose output is each other's input, as one thing: data that comes through
 * whole, ends that are told apart, and no stage that is left behind or holds another
 * one's pipe.
 */
#include "run.h"

#define STAGE(...)                        \
	{                                 \
		.argv = PLAY(__VA_ARGS__) \
	}

enum { MOST = 200 };

static struct ward_result pipe_or_fail(const struct ward_stage stages[], size_t n,
                                       const struct ward_run_opts *opts)
{
	struct ward_run_opts own = opts ? *opts : *WARD_RUN_OPTS(0);
	struct ward_result result = WARD_RESULT_INIT;
	struct ward_error error = WARD_ERROR_INIT;
	int r;

	own.error = &error;
	r = ward_run_pipeline(stages, n, &own, &result);
	note_failure(r, &error);
	REQUIRE_EQ(r, 0);
	REQUIRE_EQ(result.n_stages, n);
	return result;
}

/* ---------------------------------------------------------------- data comes through */

/* The pattern goes in, and comes out after @n copies. */
static void check_copies(size_t n, size_t size)
{
	struct ward_stage stages[MOST] = { { .argv = NULL } };
	const char *const *cat = PLAY("cat");
	char *data = pattern_new(size);
	struct ward_result r;

	for (size_t i = 0; i < n; i++)
		stages[i].argv = cat;
	r = pipe_or_fail(stages, n, WARD_RUN_OPTS(.input = data, .input_size = size));
	check_pattern(&r.out, size);
	CHECK_EQ(r.input_written, size);
	CHECK_EQ(r.failed, -1);
	check_exited(&r.exit, 0);
	for (size_t i = 0; i < n; i++)
		check_exited(&r.stages[i].exit, 0);
	ward_result_free(&r);
	free(data);
}

TEST(one_command_is_a_pipeline)
{
	check_copies(1, 100000);
}

TEST(two_commands_and_three_hand_on_all_that_they_get)
{
	check_copies(2, 3000000);
	check_copies(3, 3000000);
}

TEST(two_hundred_commands_hand_on_all_that_they_get)
{
	check_copies((size_t)check_scaled(MOST), 300000);
}

TEST(the_ends_of_a_pipeline_are_those_of_its_first_and_last_command)
{
	const struct ward_stage stages[] = { STAGE("fill", "1", "500000"), STAGE("cat"),
		                             STAGE("count", "1") };
	struct ward_result r = pipe_or_fail(stages, 3, NULL);

	check_counted(&r.out, 500000);
	ward_result_free(&r);
}

TEST(a_command_may_have_options_of_its_own)
{
	struct ward_spawn_opts all = *WARD_SPAWN_OPTS(.env_set = ARGV("WARD_X=all"));
	struct ward_spawn_opts own = *WARD_SPAWN_OPTS(.env_set = ARGV("WARD_X=own"));
	struct ward_stage stages[] = { { CHILD("print-env"), NULL },
		                       { CHILD("print-env"), NULL } };
	struct ward_result r = pipe_or_fail(stages, 2, WARD_RUN_OPTS(.spawn = &all));

	CHECK(strstr(r.out.data, "WARD_X=all\n") != NULL);
	ward_result_free(&r);
	stages[1].opts = &own;
	r = pipe_or_fail(stages, 2, WARD_RUN_OPTS(.spawn = &all));
	CHECK(strstr(r.out.data, "WARD_X=own\n") != NULL);
	ward_result_free(&r);
}

/* ---------------------------------------------------------------------------- errors */

TEST(the_errors_of_all_commands_come_together)
{
	const struct ward_stage stages[] = { STAGE("err", "one\n"),
		                             STAGE("cat", "err", "two\n"),
		                             STAGE("cat", "err", "three\n") };
	struct ward_result r = pipe_or_fail(stages, 3, NULL);

	CHECK_STR(r.err.data, "one\ntwo\nthree\n");
	CHECK(r.stages[0].err.data == NULL);
	ward_result_free(&r);
}

TEST(the_errors_of_each_command_can_be_had_apart)
{
	const struct ward_stage stages[] = { STAGE("err", "one"), STAGE("err", "two"),
		                             STAGE("exit", "0") };
	struct ward_result r =
		pipe_or_fail(stages, 3, WARD_RUN_OPTS(.flags = WARD_RUN_STAGE_ERRORS));

	check_text(&r.stages[0].err, "one");
	check_text(&r.stages[1].err, "two");
	check_text(&r.stages[2].err, "");
	CHECK_EQ(r.err.total, 0);
	ward_result_free(&r);
}

TEST(errors_that_are_had_apart_have_a_limit_each)
{
	const struct ward_stage stages[] = { STAGE("err", "abcdef"),
		                             STAGE("err", "ABCDEF") };
	struct ward_result r = pipe_or_fail(
		stages, 2,
		WARD_RUN_OPTS(.flags = WARD_RUN_STAGE_ERRORS, .err = { .limit = 2 }));

	check_text(&r.stages[0].err, "ab");
	check_text(&r.stages[1].err, "AB");
	CHECK_EQ(r.stages[1].err.lost, 4);
	ward_result_free(&r);
}

static int note_stage(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	char *seen = context;

	(void)data;
	(void)size;
	if (CHECK(stage >= -1 && stage < 3))
		seen[(stage + 1) * 2 + fd - 1] = 'x';
	return 0;
}

TEST(a_callback_is_told_whose_output_it_is)
{
	const struct ward_stage stages[] = { STAGE("err", "a"), STAGE("cat"),
		                             STAGE("cat", "out", "b", "err", "c") };
	struct ward_output_opts shown = { .on_chunk = note_stage };
	char together[] = "--------", apart[] = "--------";
	struct ward_result r;

	r = pipe_or_fail(stages, 3,
	                 WARD_RUN_OPTS(.out = shown, .err = shown, .context = together));
	CHECK_STR(together, "-x----x-");
	ward_result_free(&r);
	r = pipe_or_fail(stages, 3,
	                 WARD_RUN_OPTS(.flags = WARD_RUN_STAGE_ERRORS, .out = shown,
	                               .err = shown, .context = apart));
	CHECK_STR(apart, "---x--xx");
	ward_result_free(&r);
}

/* Errors and output of all go to one pipe, whoever has made it. */
static void check_errors_follow(uint32_t to)
{
	const struct ward_stage stages[] = { STAGE("err", "1"), STAGE("cat", "err", "2"),
		                             STAGE("cat", "out", "3", "err", "4") };
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(0);
	struct ward_result r;
	char text[16];
	int ends[2];

	make_pipe(ends);
	if (to == WARD_TO_SPAWN)
		spawn.out = (struct ward_stdio)GIVEN(ends[1]);
	r = pipe_or_fail(
		stages, 3,
		WARD_RUN_OPTS(.spawn = &spawn, .err = { .to = WARD_TO_OUT },
	                      .out = { .to = to, .fd = to == WARD_TO_FD ? ends[1] : 0 }));
	close(ends[1]);
	read_all(ends[0], text, sizeof(text));
	CHECK_STR(text, to == WARD_TO_MEMORY ? "" : "1234");
	if (to == WARD_TO_MEMORY)
		check_text(&r.out, "1234");
	CHECK(r.err.data == NULL);
	ward_result_free(&r);
	close(ends[0]);
}

/* Opened by each it would be written over by each. */
TEST(errors_of_all_cannot_go_to_a_path_that_the_output_goes_to)
{
	const struct ward_stage stages[] = { STAGE("err", "1"), STAGE("cat") };
	struct ward_spawn_opts spawn =
		*WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PATH, .path = HOST_NULL });
	struct ward_result r = WARD_RESULT_INIT;
	struct ward_run_opts opts =
		*WARD_RUN_OPTS(.spawn = &spawn, .err = { .to = WARD_TO_OUT },
	                       .out = { .to = WARD_TO_SPAWN });

	CHECK_EQ(ward_run_pipeline(stages, 2, &opts, &r), -EINVAL);
	CHECK_EQ(ward_run_pipeline(stages, 1, &opts, &r), 0);
	ward_result_free(&r);
}

TEST(the_errors_of_all_can_go_where_the_output_goes)
{
	check_errors_follow(WARD_TO_MEMORY);
	check_errors_follow(WARD_TO_FD);
	check_errors_follow(WARD_TO_SPAWN);
}

/* -------------------------------------------------------------------- how they ended */

TEST(each_command_has_an_end_of_its_own)
{
	const struct ward_stage stages[] = { STAGE("exit", "0"),
		                             STAGE("cat", "exit", "5"),
		                             STAGE("cat", "exit", "6"),
		                             STAGE("cat", "exit", "0") };
	struct ward_result r = pipe_or_fail(stages, 4, NULL);
	char text[256];

	check_exited(&r.stages[0].exit, 0);
	check_exited(&r.stages[1].exit, 5);
	check_exited(&r.stages[2].exit, 6);
	check_exited(&r.stages[3].exit, 0);
	CHECK_EQ(r.failed, 1);
	check_exited(&r.exit, 5);
	CHECK_EQ(ward_result_ok(&r, text, sizeof(text)), 0);
	CHECK(strstr(text, "code 5") != NULL);
	ward_result_free(&r);
}

TEST(when_none_failed_the_end_is_that_of_the_last)
{
	const struct ward_stage stages[] = { STAGE("exit", "0"), STAGE("cat") };
	struct ward_result r = pipe_or_fail(stages, 2, NULL);

	CHECK_EQ(r.failed, -1);
	check_exited(&r.exit, 0);
	CHECK(r.exit.wall_ns == r.stages[1].exit.wall_ns);
	CHECK(r.stages[0].pid != r.stages[1].pid);
	CHECK_EQ(ward_result_ok(&r, NULL, 0), 1);
	ward_result_free(&r);
}

/* [two-ends] [bounded] */
TEST(one_who_writes_for_ever_ends_with_its_reader)
{
	const struct ward_stage stages[] = { STAGE("pour", "1"), STAGE("cat"),
		                             STAGE("eat", "100000", "out", "enough") };
	struct ward_result r = pipe_or_fail(stages, 3, NULL);

	check_text(&r.out, "enough");
	check_exited(&r.stages[2].exit, 0);
	CHECK_EQ(r.failed, 0);
	check_lost_its_reader(&r.stages[0].exit);
	check_lost_its_reader(&r.stages[1].exit);
	ward_result_free(&r);
}

/* [two-ends] A stage's process that stays behind holds neither the wait nor the pipes. */
TEST(a_process_that_a_command_leaves_behind_does_not_hang_the_pipeline)
{
	const struct ward_stage stages[] = { STAGE("leave", "3", "out", "x"),
		                             STAGE("leave", "3", "eat", "1", "out", "y"),
		                             STAGE("leave", "3", "eat", "1", "out",
		                                   "z") };
	struct ward_result r;
	struct gate g;

	gate_make(&g, true);
	r = pipe_or_fail(stages, 3,
	                 WARD_RUN_OPTS(.spawn = &g.opts, .drain_ns = MILLISECONDS(20)));
	check_text(&r.out, "z");
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK_EQ(r.failed, -1);
	ward_result_free(&r);
	gate_end(&g);
	host_collect_orphans();
}

/* ----------------------------------------------------------------------- descriptors */

#if HOST_POSIX
/* [sealed-fds] */
TEST(no_command_has_an_end_of_anothers_pipe)
{
	struct ward_stage stages[5] = { STAGE("fds", "2") };
	struct ward_result r;

	for (int i = 1; i < 5; i++)
		stages[i] = stages[0];
	r = pipe_or_fail(stages, 5,
	                 WARD_RUN_OPTS(.flags = WARD_RUN_STAGE_ERRORS, .input = "x",
	                               .input_size = 1));
	for (int i = 0; i < 5; i++)
		check_text(&r.stages[i].err, "0 1 2 \n");
	ward_result_free(&r);
}
#endif

/* [sealed-fds] The end of each is seen by the next, although others are still there. */
TEST(the_end_of_a_command_is_the_end_of_its_readers_input)
{
	const struct ward_stage stages[] = { STAGE("out", "x", "close", "1", "wait", "3"),
		                             STAGE("count", "2"), STAGE("wait", "0") };
	struct ward_stage own[3];
	struct ward_pipeline *p = NULL;
	struct ward_result r = WARD_RESULT_INIT;
	struct gate g;

	memcpy(own, stages, sizeof(own));
	gate_make(&g, true);
	own[0].opts = &g.opts;
	REQUIRE_EQ(ward_pipeline_start(&p, own, 3, NULL), 0);
	gate_given(&g);
	while (ward_wait(ward_pipeline_ward(p, 1), MILLISECONDS(1), NULL) == 0)
		CHECK_EQ(ward_pipeline_wait(p, MILLISECONDS(1), &r), 0);
	CHECK_EQ(ward_wait(ward_pipeline_ward(p, 0), 0, NULL), 0);
	gate_end(&g);
	CHECK_EQ(ward_pipeline_wait(p, WARD_FOREVER, &r), 1);
	CHECK(r.err.data && strncmp(r.err.data, "1 ", 2) == 0);
	ward_result_free(&r);
	ward_pipeline_close(p);
}

/* ----------------------------------------------------------------------- not started */

static void check_start_fails(size_t n, size_t missing)
{
	struct ward_stage stages[5] = { STAGE("deaf", "wait", "0") };
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_pipeline *none = (struct ward_pipeline *)&error, *p = none;
	struct gate g;

	gate_make(&g, false);
	for (size_t i = 1; i < n; i++)
		stages[i] = stages[0];
	stages[missing].argv = ARGV("/nowhere/at/all");
	CHECK_EQ(ward_pipeline_start(&p, stages, n,
	                             WARD_RUN_OPTS(.error = &error, .spawn = &g.opts)),
	         -ENOENT);
	CHECK(p == none);
	CHECK_STR(ward_step_name(error.step), "exec");
	CHECK(strstr(error.path, "nowhere") != NULL);
	check_nobody_there(&g);
	gate_end(&g);
}

/* [reserve-first] [told-why] */
TEST(a_command_that_cannot_be_started_leaves_none_behind)
{
	check_start_fails(1, 0);
	check_start_fails(5, 0);
	check_start_fails(5, 2);
	check_start_fails(5, 4);
}

TEST(a_pipeline_of_nothing_is_refused)
{
	const struct ward_stage stages[] = { STAGE("exit", "0"), { .argv = NULL } };
	struct ward_pipeline *p = NULL;
	struct ward_result r = WARD_RESULT_INIT;

	CHECK_EQ(ward_pipeline_start(&p, stages, 0, NULL), -EINVAL);
	CHECK_EQ(ward_pipeline_start(&p, NULL, 1, NULL), -EINVAL);
	CHECK_EQ(ward_pipeline_start(&p, stages, 2, NULL), -EINVAL);
	CHECK_EQ(ward_pipeline_start(NULL, stages, 1, NULL), -EINVAL);
	CHECK_EQ(ward_run_pipeline(stages, 0, NULL, &r), -EINVAL);
	CHECK_EQ(ward_run_pipeline(stages, 2, NULL, &r), -EINVAL);
	CHECK(p == NULL);
	CHECK_EQ(r.n_stages, 0);
}

TEST(a_result_of_a_pipeline_needs_a_size)
{
	const struct ward_stage stages[] = { STAGE("cat"), STAGE("cat") };
	struct ward_result r = WARD_RESULT_INIT;

	r.size = 16;
	CHECK_EQ(ward_run_pipeline(stages, 2, NULL, &r), -EINVAL);
}
