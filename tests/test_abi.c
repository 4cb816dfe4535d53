/* SPDX-License-Identifier: MIT */
/*
 * Structs that grow: a caller built against an older or a newer header than the library.
 */
#include <stddef.h>

#include "able.h"
#include "help.h"

/* Room for a struct and what a later release may have added. */
#define LATER(type)                              \
	struct {                                 \
		type now;                        \
		unsigned char later[64];         \
	}

TEST(options_need_the_first_releases_size)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct ward *w = NULL;

	for (size_t size = 0; size < sizeof(opts); size += 8) {
		opts.size = size;
		CHECK_EQ(ward_spawn(&w, CHILD("exit", "0"), &opts), -EINVAL);
	}
	CHECK(w == NULL);
}

TEST(a_newer_callers_options_are_read_when_the_rest_is_zero)
{
	LATER(struct ward_spawn_opts) opts;
	struct ward *w = NULL;

	memset(&opts, 0, sizeof(opts));
	opts.now.size = sizeof(opts);
	REQUIRE_EQ(ward_spawn(&w, CHILD("exit", "3"), &opts.now), 0);
	expect_exit(w, 3);
}

TEST(a_newer_callers_options_are_refused_when_they_ask_for_more)
{
	LATER(struct ward_spawn_opts) opts;
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;

	for (size_t i = 0; i < sizeof(opts.later); i++) {
		memset(&opts, 0, sizeof(opts));
		opts.now.size = sizeof(opts);
		opts.later[i] = 1;
		CHECK_EQ(ward_spawn(&w, CHILD("exit", "0"), &opts.now), -E2BIG);
	}
	opts.now.error = &error;
	CHECK_EQ(ward_spawn(&w, CHILD("exit", "0"), &opts.now), -E2BIG);
	CHECK(w == NULL);
}

TEST(options_are_filled_with_defaults_for_others_than_c)
{
	LATER(struct ward_spawn_opts) opts;
	struct ward_spawn_opts expected = *WARD_SPAWN_OPTS(0);
	struct ward *w = NULL;

	memset(&opts, 0x55, sizeof(opts));
	ward_spawn_opts_init(&opts.now);
	CHECK_EQ(memcmp(&opts.now, &expected, sizeof(expected)), 0);
	CHECK_EQ(opts.later[0], 0x55);
	REQUIRE_EQ(ward_spawn(&w, CHILD("exit", "3"), &opts.now), 0);
	expect_exit(w, 3);
	ward_spawn_opts_init_sized(&opts.now, sizeof(opts));
	CHECK_EQ(opts.now.size, sizeof(opts));
	CHECK_EQ(opts.later[63], 0);
}

/* ------------------------------------------------------------------------ results */

TEST(a_newer_callers_result_is_filled_as_far_as_the_library_knows)
{
	LATER(struct ward_exit) e;
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), NULL);

	memset(&e, 0x55, sizeof(e));
	e.now.size = sizeof(e);
	REQUIRE_EQ(ward_wait(w, WARD_FOREVER, &e.now), 1);
	check_exited(&e.now, 3);
	/* What the library does not know it leaves or clears, but never invents. */
	CHECK(e.later[0] == 0x55 || e.later[0] == 0);
	CHECK(e.now.size == sizeof(e) || e.now.size == sizeof(e.now));
	ward_close(w);
}

TEST(results_need_the_first_releases_size)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), NULL);
	struct ward_exit e;
	struct ward_info info;
	struct ward_id id;

	for (size_t size = 0; size < sizeof(e); size += 4) {
		memset(&e, 0x55, sizeof(e));
		e.size = size;
		CHECK_EQ(ward_wait(w, WARD_FOREVER, &e), -EINVAL);
		CHECK_EQ(e.how, 0x55555555);
	}
	for (size_t size = 0; size < sizeof(info); size += 4) {
		info.size = size;
		CHECK_EQ(ward_info(w, &info), -EINVAL);
	}
	for (size_t size = 0; size < sizeof(id); size += 4) {
		id.size = size;
		CHECK_EQ(ward_identity(w, &id), -EINVAL);
		CHECK_EQ(ward_id_parse("1234:5678", &id), -EINVAL);
	}
	expect_exit(w, 3);
}

TEST(a_wrong_size_is_seen_before_the_wait)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = { .size = 1 };

	CHECK_EQ(ward_wait(t.w, WARD_FOREVER, &e), -EINVAL);
	CHECK_EQ(ward_stop(t.w, NULL, 0, &e), -EINVAL);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_end(&t);
}

TEST(newer_callers_info_and_identity_are_filled_too)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	LATER(struct ward_info) info;
	LATER(struct ward_id) id;

	memset(&info, 0, sizeof(info));
	memset(&id, 0, sizeof(id));
	info.now.size = sizeof(info);
	id.now.size = sizeof(id);
	CHECK_EQ(ward_info(t.w, &info.now), 0);
	CHECK_EQ(info.now.pid, ward_pid(t.w));
	CHECK_EQ(ward_identity(t.w, &id.now), able_identity() ? 0 : -ENOTSUP);
	CHECK_EQ(id.now.pid, able_identity() ? ward_pid(t.w) : 0);
	talk_end(&t);
}

TEST(a_newer_callers_identity_is_read_when_the_rest_is_zero)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id mine = WARD_ID_INIT;
	LATER(struct ward_id) id;
	struct ward *w = NULL;

	mine.pid = ward_pid(t.w);
	mine.kind = WARD_ID_START;
	mine.number = 1;
	CHECK_EQ(ward_identity(t.w, &mine), able_identity() ? 0 : -ENOTSUP);
	memset(&id, 0, sizeof(id));
	id.now = mine;
	id.now.size = sizeof(id);
	CHECK_EQ(ward_open_id(&w, &id.now), able_identity() ? 0 : -ENOTSUP);
	ward_close(w);
	id.later[3] = 1;
	CHECK(ward_open_id(&w, &id.now) < 0);
	memset(id.later, 0, sizeof(id.later));
	id.now.size = 8;
	CHECK_EQ(ward_open_id(&w, &id.now), -EINVAL);
	talk_end(&t);
}

/* ------------------------------------------------------------------------- errors */

TEST(an_error_of_the_wrong_size_is_refused)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;

	error.size = 4;
	error.step = 77;
	CHECK_EQ(ward_spawn(&w, CHILD("exit", "0"), WARD_SPAWN_OPTS(.error = &error)),
	         -EINVAL);
	CHECK_EQ(error.step, 77);
	CHECK(w == NULL);
}

TEST(a_newer_callers_error_is_filled)
{
	LATER(struct ward_error) error;
	struct ward *w = NULL;

	memset(&error, 0, sizeof(error));
	error.now.size = sizeof(error);
	CHECK_EQ(ward_spawn(&w, ARGV("/no/such"), WARD_SPAWN_OPTS(.error = &error.now)),
	         -ENOENT);
	CHECK_EQ(error.now.step, WARD_STEP_EXEC);
	CHECK_STR(error.now.path, "/no/such");
}

/* Structs have the same layout for every compiler: no hidden holes that could differ. */
TEST(structs_have_no_hidden_holes)
{
	if (sizeof(void *) != 8)
		SKIP("the sums are those of 64-bit systems");
	CHECK_EQ(sizeof(struct ward_stdio),
	         2 * 4 + sizeof(char *) + 2 * 4 + 8 + 2 * sizeof(char *) + 2 * 8);
	CHECK_EQ(sizeof(struct ward_pty_opts), sizeof(size_t) + 2 * 4);
	CHECK_EQ(sizeof(struct ward_output_opts), 2 * 4 + 8 + 2 * 4 + 3 * sizeof(char *));
	CHECK_EQ(sizeof(struct ward_output), 5 * 8 + 2 * 4 + 8);
	CHECK_EQ(offsetof(struct ward_result, command) + 64, sizeof(struct ward_result));
	CHECK_EQ(sizeof(struct ward_fd), 2 * 4 + sizeof(struct ward_stdio));
	CHECK_EQ(sizeof(struct ward_rlimit), 2 * 4 + 2 * 8);
	CHECK_EQ(sizeof(struct ward_stop_step), 2 * 4 + 8);
	CHECK_EQ(offsetof(struct ward_exit, code), 16);
	CHECK_EQ(offsetof(struct ward_error, path) + 512, sizeof(struct ward_error));
}
