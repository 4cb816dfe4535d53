/* SPDX-License-Identifier: MIT */
/*
 * What a run may be asked for: structs that grow, and options that make no sense.
 * Whatever is refused is refused before anything is started.
 */
#include "gate.h"
#include "run.h"

/* Room for a struct and what a later release may have added. */
#define LATER(type)                      \
	struct {                         \
		type now;                \
		unsigned char later[64]; \
	}

static void ran(struct ward_result *r)
{
	check_text(&r->out, "x");
	check_exited(&r->exit, 0);
	ward_result_free(r);
}

#define SAYS_X PLAY("out", "x")

/* ----------------------------------------------------------------------- the options */

TEST(options_need_the_first_releases_size)
{
	struct ward_run_opts opts = *WARD_RUN_OPTS(0);

	for (size_t size = 0; size < sizeof(opts); size += 8) {
		opts.size = size;
		run_fails(SAYS_X, &opts, -EINVAL);
	}
}

TEST(a_newer_callers_options_are_read_when_the_rest_is_zero)
{
	LATER(struct ward_run_opts) opts;
	struct ward_result r;

	memset(&opts, 0, sizeof(opts));
	opts.now.size = sizeof(opts);
	r = (struct ward_result)WARD_RESULT_INIT;
	REQUIRE_EQ(ward_run(SAYS_X, &opts.now, &r), 0);
	ran(&r);
}

TEST(a_newer_callers_options_are_refused_when_they_ask_for_more)
{
	LATER(struct ward_run_opts) opts;

	for (size_t i = 0; i < sizeof(opts.later); i += 9) {
		memset(&opts, 0, sizeof(opts));
		opts.now.size = sizeof(opts);
		opts.later[i] = 1;
		run_fails(SAYS_X, &opts.now, -E2BIG);
	}
}

TEST(options_are_filled_with_defaults_for_others_than_c)
{
	LATER(struct ward_run_opts) opts;
	struct ward_run_opts expected = *WARD_RUN_OPTS(0);

	memset(&opts, 0x55, sizeof(opts));
	ward_run_opts_init(&opts.now);
	CHECK_EQ(memcmp(&opts.now, &expected, sizeof(expected)), 0);
	CHECK_EQ(opts.later[0], 0x55);
	ward_run_opts_init_sized(&opts.now, sizeof(opts));
	CHECK_EQ(opts.now.size, sizeof(opts));
	CHECK_EQ(opts.later[63], 0);
}

/* ------------------------------------------------------------------------ the result */

TEST(a_result_needs_the_first_releases_size)
{
	struct ward_result r = WARD_RESULT_INIT;

	for (size_t size = 0; size < sizeof(r); size += 8) {
		r.size = size;
		CHECK_EQ(ward_run(SAYS_X, NULL, &r), -EINVAL);
	}
}

TEST(a_result_that_nobody_wants_is_not_given)
{
	CHECK_EQ(ward_run(SAYS_X, NULL, NULL), 0);
}

TEST(a_newer_callers_result_is_filled_as_far_as_the_library_knows)
{
	LATER(struct ward_result) r;

	memset(&r, 0x55, sizeof(r));
	r.now = (struct ward_result)WARD_RESULT_INIT;
	r.now.size = sizeof(r);
	REQUIRE_EQ(ward_run(SAYS_X, NULL, &r.now), 0);
	CHECK_EQ(r.now.size, sizeof(r));
	CHECK_EQ(r.later[0], 0x55);
	CHECK_EQ(r.later[63], 0x55);
	ran(&r.now);
	CHECK_EQ(r.later[63], 0x55);
}

/* -------------------------------------------------------------------------- no sense */

/* No output has such a number: it is not called. */
static int never(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	(void)context;
	(void)stage;
	(void)data;
	(void)size;
	CHECK_EQ(fd, -1);
	return 0;
}

static void refused(const char *what, struct ward_run_opts opts)
{
	struct ward_result r = WARD_RESULT_INIT;
	struct ward_error error = WARD_ERROR_INIT;
	int code;

	opts.error = &error;
	code = ward_run(PLAY("exit", "0"), &opts, &r);
	if (!CHECK_EQ(code, -EINVAL))
		check_note("... with %s", what);
	else if (!CHECK(error.code == -EINVAL && error.step == WARD_STEP_OPTIONS))
		check_note("... the error does not tell, with %s", what);
	if (code == 0)
		ward_result_free(&r);
}

#define REFUSED(...)                                                          \
	refused(#__VA_ARGS__,                                                 \
	        (struct ward_run_opts){ .size = sizeof(struct ward_run_opts), \
	                                __VA_ARGS__ })

TEST(words_that_are_not_known_are_refused)
{
	REFUSED(.flags = 1u << 31);
	REFUSED(.flags = UINT64_C(1) << 40);
	REFUSED(.reserved0 = 1);
	REFUSED(.reserved = { 1 });
	REFUSED(.reserved = { 0, 0, 0, 0, 0, 1 });
}

TEST(places_that_are_none_are_refused)
{
	REFUSED(.out = { .to = WARD_TO_SPAWN + 1 });
	REFUSED(.err = { .to = WARD_TO_SPAWN + 1 });
	REFUSED(.out = { .to = WARD_TO_OUT });
	REFUSED(.out = { .keep = WARD_KEEP_KILL + 1, .limit = 1 });
	REFUSED(.out = { .keep = WARD_KEEP_TAIL });
	REFUSED(.err = { .keep = WARD_KEEP_KILL });
	REFUSED(.err = { .keep = WARD_KEEP_KILL + 1 });
	REFUSED(.out = { .reserved = 1 });
	REFUSED(.err = { .reserved = 1 });
	REFUSED(.out = { .to = WARD_TO_FD, .fd = -1 });
}

/* What goes to a descriptor is not seen by us, and cannot be taken back. */
TEST(what_cannot_be_done_with_output_to_a_descriptor_is_refused)
{
	REFUSED(.out = { .to = WARD_TO_FD, .fd = 1, .on_chunk = never });
	REFUSED(.out = { .to = WARD_TO_FD, .fd = 1, .keep = WARD_KEEP_TAIL, .limit = 1 });
	REFUSED(.out = { .to = WARD_TO_FD, .fd = 1, .keep = WARD_KEEP_ENDS, .limit = 1 });
}

/* Nor is what we do not read, and what goes where other output goes is that one's. */
TEST(what_cannot_be_done_with_output_of_others_is_refused)
{
	REFUSED(.out = { .to = WARD_TO_SPAWN, .on_chunk = never });
	REFUSED(.out = { .to = WARD_TO_SPAWN, .limit = 5 });
	REFUSED(.err = { .to = WARD_TO_OUT, .on_chunk = never });
	REFUSED(.err = { .to = WARD_TO_OUT, .limit = 5 });
	REFUSED(.err = { .to = WARD_TO_OUT }, .flags = WARD_RUN_STAGE_ERRORS);
}

TEST(what_is_asked_of_output_that_the_options_of_the_start_send_away_is_refused)
{
	struct ward_spawn_opts out = *WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_NULL });
	struct ward_spawn_opts err = *WARD_SPAWN_OPTS(.err = { .kind = WARD_FD_NULL });

	REFUSED(.spawn = &out, .out = { .on_chunk = never });
	REFUSED(.spawn = &out, .out = { .limit = 5 });
	REFUSED(.spawn = &err, .err = { .on_chunk = never });
	REFUSED(.spawn = &err, .err = { .limit = 5, .keep = WARD_KEEP_KILL });
}

TEST(values_that_nobody_asked_for_are_refused)
{
	REFUSED(.input_fd = 5);
	REFUSED(.wake = 5);
	REFUSED(.n_stop = 1);
	REFUSED(.input_size = 5);
	REFUSED(.out = { .fd = 5 });
}

TEST(two_inputs_at_once_are_refused)
{
	if (!HOST_POSIX)
		SKIP("a descriptor cannot be an input here");
	REFUSED(.flags = WARD_RUN_INPUT_FD, .input_fd = 0, .input = "x", .input_size = 1);
}

TEST(steps_of_stopping_that_make_no_sense_are_refused_at_the_start)
{
	static const struct ward_stop_step bad_flag[] = { { SIGKILL, 1u << 31, 0 } };
	static const struct ward_stop_step bad_signal[] = { { -1, 0, 0 } };

	REFUSED(.stop = bad_flag, .n_stop = 1);
	REFUSED(.stop = bad_signal, .n_stop = 1);
}

TEST(no_program_at_all_is_refused)
{
	run_fails(NULL, NULL, -EINVAL);
	run_fails((const char *const[]){ NULL }, NULL, -EINVAL);
}

TEST(options_of_the_start_are_looked_at_too)
{
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(.flags = UINT64_C(1) << 63);

	run_fails(SAYS_X, WARD_RUN_OPTS(.spawn = &spawn), -EINVAL);
	spawn = *WARD_SPAWN_OPTS(0);
	spawn.size = 8;
	run_fails(SAYS_X, WARD_RUN_OPTS(.spawn = &spawn), -EINVAL);
}

#if HOST_POSIX
/* Who is woken by something that stays, and has nobody to tell, would never sleep. */
TEST(a_run_does_not_look_at_its_waker)
{
	struct ward_result r;
	int ends[2];

	make_pipe(ends);
	REQUIRE(host_write(ends[1], "x", 1));
	ward__gate_fail(NULL, 0, 0);
	r = run_or_fail(PLAY("tick", "1", "2"),
	                WARD_RUN_OPTS(.flags = WARD_RUN_WAKE, .wake = ends[0],
	                              .timeout_ns = MILLISECONDS(100)));
	CHECK(ward__gate_count() < 1000);
	ward_result_free(&r);
	close(ends[0]);
	close(ends[1]);
}
#endif
