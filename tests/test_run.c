/* SPDX-License-Identifier: MIT */
/*
 * Running a program in one call: what it wrote, what it was given to read, how it ended,
 * and what is said of that to people.
 */
#include "run.h"

/* ---------------------------------------------------------------------- both streams */

TEST(what_a_program_writes_is_in_the_result)
{
	struct ward_result r =
		run_or_fail(PLAY("out", "hello\n", "err", "trouble\n"), NULL);

	check_text(&r.out, "hello\n");
	check_text(&r.err, "trouble\n");
	check_whole(&r.out, 6);
	check_whole(&r.err, 8);
	CHECK_EQ(r.out.gap, 6);
	ward_result_free(&r);
}

TEST(how_it_ended_is_in_the_result)
{
	struct ward_result r = run_or_fail(PLAY("exit", "3"), NULL);

	check_exited(&r.exit, 3);
	CHECK_EQ(r.failed, 0);
	CHECK_EQ(r.flags, 0);
	CHECK_EQ(r.stopped_by, 0);
	REQUIRE_EQ(r.n_stages, 1);
	check_exited(&r.stages[0].exit, 3);
	CHECK(r.stages[0].pid > 0);
	CHECK(r.exit.wall_ns >= 0);
	ward_result_free(&r);
}

TEST(a_program_that_exits_with_0_has_not_failed)
{
	struct ward_result r = run_or_fail(PLAY("exit", "0"), NULL);

	check_exited(&r.exit, 0);
	CHECK_EQ(r.failed, -1);
	ward_result_free(&r);
}

TEST(a_program_that_a_signal_ends_is_told_from_one_that_exits)
{
	struct ward_result r = run_or_fail(PLAY("out", "last words", "die"), NULL);

	check_signaled(&r.exit, DIED_OF);
	check_text(&r.out, "last words");
	CHECK_EQ(r.failed, 0);
	CHECK_EQ(r.stopped_by, 0);
	ward_result_free(&r);
}

TEST(a_program_that_writes_nothing_has_written_an_empty_text)
{
	struct ward_result r = run_or_fail(PLAY("exit", "0"), NULL);

	check_text(&r.out, "");
	check_text(&r.err, "");
	check_whole(&r.out, 0);
	ward_result_free(&r);
}

TEST(bytes_are_bytes_nul_among_them)
{
	struct ward_result r =
		run_or_fail(PLAY("out", "a", "nul", "1", "3", "out", "b"), NULL);

	check_kept(&r.out, "a\0\0\0b", 5);
	check_whole(&r.out, 5);
	ward_result_free(&r);
}

TEST(much_output_comes_whole_and_in_order)
{
	struct ward_result r =
		run_or_fail(PLAY("fill", "1", "10485760", "fill", "2", "3000001"), NULL);

	check_pattern(&r.out, 10485760);
	check_pattern(&r.err, 3000001);
	ward_result_free(&r);
}

TEST(output_a_byte_at_a_time_comes_whole)
{
	struct ward_result r = run_or_fail(
		PLAY("bytes", "1", "one at a time", "bytes", "2", "here too"), NULL);

	check_text(&r.out, "one at a time");
	check_text(&r.err, "here too");
	ward_result_free(&r);
}

/* ---------------------------------------------------------------------- other places */

TEST(errors_can_go_where_output_goes_in_the_order_of_writing)
{
	struct ward_result r = run_or_fail(PLAY("out", "1", "err", "2", "out", "3", "err",
	                                        "4", "err", "5", "out", "6"),
	                                   WARD_RUN_OPTS(.err = { .to = WARD_TO_OUT }));

	check_text(&r.out, "123456");
	CHECK(r.err.data == NULL);
	CHECK_EQ(r.err.size, 0);
	CHECK_EQ(r.err.total, 0);
	ward_result_free(&r);
}

TEST(output_that_goes_nowhere_is_counted)
{
	struct ward_result r =
		run_or_fail(PLAY("fill", "1", "1000000", "err", "abc"),
	                    WARD_RUN_OPTS(.out = { .to = WARD_TO_NOWHERE },
	                                  .err = { .to = WARD_TO_NOWHERE }));

	check_exited(&r.exit, 0);
	CHECK_EQ(r.out.total, 1000000);
	CHECK_EQ(r.err.total, 3);
	CHECK(r.out.data == NULL && r.err.data == NULL);
	CHECK_EQ(r.out.size, 0);
	ward_result_free(&r);
}

TEST(output_can_go_to_a_descriptor)
{
	struct folder f = folder_make();
	struct ward_result r;
	char path[512], *data;
	int fd;

	fd = host_open(folder_write(&f, "out", "begin ", 0600, path, sizeof(path)),
	               O_RDWR | O_APPEND);
	REQUIRE(fd >= 0);
	r = run_or_fail(PLAY("fill", "1", "300000", "err", "e"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = fd }));
	check_text(&r.err, "e");
	CHECK_EQ(r.out.total, 300000);
	CHECK_EQ(r.out.lost, 0);
	CHECK(r.out.data == NULL);
	ward_result_free(&r);

	close(fd);
	fd = host_open(path, O_RDONLY);
	data = malloc(300007);
	REQUIRE(data != NULL);
	read_all(fd, data, 300007);
	CHECK(memcmp(data, "begin ", 6) == 0);
	CHECK_EQ(pattern_match(data + 6, 300000, 0), 300000);
	free(data);
	close(fd);
	folder_remove(&f);
}

TEST(both_streams_can_go_to_the_same_descriptor)
{
	struct ward_result r;
	char text[16];
	int ends[2];

	make_pipe(ends);
	r = run_or_fail(PLAY("out", "1", "err", "2", "out", "3"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1] },
	                              .err = { .to = WARD_TO_OUT }));
	close(ends[1]);
	read_all(ends[0], text, sizeof(text));
	CHECK_STR(text, "123");
	CHECK_EQ(r.out.total, 3);
	ward_result_free(&r);
	close(ends[0]);
}

TEST(output_can_go_where_the_options_of_the_start_say)
{
	int ends[2];
	struct ward_result r;
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(0);
	char text[16];

	make_pipe(ends);
	spawn.out = (struct ward_stdio)GIVEN(ends[1]);
	r = run_or_fail(PLAY("out", "past us", "err", "to us"),
	                WARD_RUN_OPTS(.spawn = &spawn, .out = { .to = WARD_TO_SPAWN }));
	close(ends[1]);
	read_all(ends[0], text, sizeof(text));
	CHECK_STR(text, "past us");
	check_text(&r.err, "to us");
	CHECK(r.out.data == NULL);
	CHECK_EQ(r.out.total, 0);
	ward_result_free(&r);
	close(ends[0]);
}

#if HOST_POSIX
TEST(output_can_come_through_a_terminal)
{
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PTY });
	struct ward_result r =
		run_or_fail(PLAY("out", "two\nlines\n"), WARD_RUN_OPTS(.spawn = &spawn));

	check_exited(&r.exit, 0);
	check_text(&r.out, "two\r\nlines\r\n");
	check_text(&r.err, "");
	CHECK_EQ(r.out.flags, 0);
	ward_result_free(&r);
}
#endif

/* ----------------------------------------------------------------------------- input */

static void check_input(size_t size)
{
	char *data = pattern_new(size);
	struct ward_result r = run_or_fail(
		PLAY("count", "1"), WARD_RUN_OPTS(.input = data, .input_size = size));

	check_counted(&r.out, size);
	CHECK_EQ(r.input_written, size);
	CHECK_EQ(r.flags, 0);
	check_exited(&r.exit, 0);
	ward_result_free(&r);
	free(data);
}

TEST(a_program_reads_what_it_is_given)
{
	check_input(1);
	check_input(4096);
	check_input(65536);
	check_input(65537);
}

TEST(a_program_reads_ten_mebibytes)
{
	check_input(10485760);
}

TEST(empty_input_is_an_end_of_file)
{
	check_input(0);
}

TEST(without_input_it_reads_what_the_options_of_the_start_say)
{
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(0);
	struct ward_result r;
	int ends[2];

	make_pipe(ends);
	REQUIRE(host_write(ends[1], "theirs", 6));
	close(ends[1]);
	spawn.in = (struct ward_stdio)GIVEN(ends[0]);
	r = run_or_fail(PLAY("cat"), WARD_RUN_OPTS(.spawn = &spawn));
	check_text(&r.out, "theirs");
	CHECK_EQ(r.input_written, 0);
	ward_result_free(&r);
	close(ends[0]);
}

/* [two-ends] More than a pipe holds, which is fed while the run waits. */
TEST(a_program_reads_much_memory_of_the_options_of_the_start)
{
	char *data = pattern_new(1000000);
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_MEMORY,
	                                                        .data = data,
	                                                        .data_size = 1000000 });
	struct ward_result r = run_or_fail(CHILD("cat"), WARD_RUN_OPTS(.spawn = &spawn));

	check_pattern(&r.out, 1000000);
	CHECK_EQ(r.flags, 0);
	ward_result_free(&r);
	free(data);
}

TEST(input_that_is_not_read_is_no_failure)
{
	char *data = pattern_new(1000000);
	struct ward_result r =
		run_or_fail(PLAY("eat", "10", "exit", "0"),
	                    WARD_RUN_OPTS(.input = data, .input_size = 1000000));

	check_exited(&r.exit, 0);
	CHECK_EQ(r.failed, -1);
	CHECK_EQ(r.flags, WARD_RESULT_INPUT_LEFT);
	CHECK(r.input_written < 1000000);
	CHECK_EQ(ward_result_ok(&r, NULL, 0), 1);
	ward_result_free(&r);
	free(data);
}

TEST(the_options_of_the_start_are_those_of_the_program)
{
	struct ward_spawn_opts spawn =
		*WARD_SPAWN_OPTS(.env_set = ARGV("WARD_X=said so"));
	struct ward_result r =
		run_or_fail(CHILD("print-env"), WARD_RUN_OPTS(.spawn = &spawn));

	CHECK(strstr(r.out.data, "WARD_X=said so\n") != NULL);
	ward_result_free(&r);
}

/* ---------------------------------------------------------------------------- starts */

TEST(a_program_that_cannot_be_started_leaves_nothing)
{
	struct ward_error error = WARD_ERROR_INIT;

	run_fails(ARGV("/nowhere/at/all"), WARD_RUN_OPTS(.error = &error), -ENOENT);
	CHECK_EQ(error.code, -ENOENT);
	CHECK_STR(ward_step_name(error.step), "exec");
	CHECK(strstr(error.path, "nowhere") != NULL);
	run_fails(ARGV("/nowhere/at/all"), NULL, -ENOENT);
}

TEST(a_place_that_is_not_there_is_told)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_spawn_opts spawn = *WARD_SPAWN_OPTS(.cwd = "/nowhere");

	run_fails(PLAY("exit", "0"), WARD_RUN_OPTS(.spawn = &spawn, .error = &error),
	          -ENOENT);
	CHECK_STR(ward_step_name(error.step), "chdir");
	CHECK_STR(error.path, "/nowhere");
}

TEST(running_leaves_errno_alone)
{
	struct ward_result r = WARD_RESULT_INIT;

	errno = 77;
	CHECK_EQ(ward_run(PLAY("eat", "1"),
	                  WARD_RUN_OPTS(.input = "abc", .input_size = 3), &r),
	         0);
	CHECK_EQ(errno, 77);
	ward_result_free(&r);
	CHECK_EQ(errno, 77);
	CHECK_EQ(ward_run(ARGV("/nowhere"), NULL, &r), -ENOENT);
	CHECK_EQ(errno, 77);
}

/* --------------------------------------------------------------------------- results */

TEST(a_result_is_freed_as_often_as_one_likes)
{
	struct ward_result r = run_or_fail(PLAY("out", "abc"), NULL);

	ward_result_free(&r);
	CHECK(r.out.data == NULL && r.stages == NULL);
	CHECK_EQ(r.n_stages, 0);
	ward_result_free(&r);
	ward_result_free(NULL);

	r = (struct ward_result)WARD_RESULT_INIT;
	ward_result_free(&r);
}

TEST(a_result_that_was_freed_can_be_used_again)
{
	struct ward_result r = run_or_fail(PLAY("out", "abc"), NULL);

	ward_result_free(&r);
	REQUIRE_EQ(ward_run(PLAY("out", "def"), NULL, &r), 0);
	check_text(&r.out, "def");
	ward_result_free(&r);
}

/* The text of a result whose program is to have failed. */
static void text_of(const struct ward_result *r, char *text, size_t size)
{
	memset(text, 'x', size);
	CHECK_EQ(ward_result_ok(r, text, size), 0);
	CHECK(memchr(text, '\0', size) != NULL);
	CHECK_EQ(ward_result_ok(r, NULL, 0), 0);
}

TEST(success_needs_no_words)
{
	struct ward_result r = run_or_fail(PLAY("err", "only a warning\n"), NULL);
	char text[64] = "x";

	CHECK_EQ(ward_result_ok(&r, text, sizeof(text)), 1);
	CHECK_STR(text, "");
	CHECK_EQ(ward_result_ok(&r, NULL, 0), 1);
	ward_result_free(&r);
}

TEST(a_nul_among_the_last_words_does_not_cut_them)
{
	struct ward_result r =
		run_or_fail(PLAY("err", "can", "nul", "2", "1", "err", "not frob\n",
	                         "nul", "2", "2", "exit", "3"), NULL);
	char text[512];

	text_of(&r, text, sizeof(text));
	CHECK(strstr(text, "cannot frob") != NULL);
	ward_result_free(&r);
}

TEST(failure_is_told_with_the_name_the_code_and_the_last_words)
{
	struct ward_result r =
		run_or_fail(PLAY("err", "cannot frob\n", "exit", "3"), NULL);
	char text[512];

	text_of(&r, text, sizeof(text));
	CHECK(strncmp(r.command, "child", 5) == 0);
	CHECK(strncmp(text, "'child", 6) == 0);
	CHECK(strstr(text, "' exited with code 3") != NULL);
	CHECK(strstr(text, "cannot frob") != NULL);
	ward_result_free(&r);
}

TEST(death_by_a_signal_is_told_with_its_name)
{
	struct ward_result r = run_or_fail(PLAY("die"), NULL);
	char text[512];

	text_of(&r, text, sizeof(text));
	CHECK(strstr(text, DIED_OF_TEXT) != NULL);
	ward_result_free(&r);
}

TEST(of_many_errors_the_end_is_told)
{
	struct ward_result r =
		run_or_fail(PLAY("err", "the beginning\n", "letters", "2", "100000",
	                         "err", "\nthe very end\n", "exit", "1"),
	                    NULL);
	char text[4096];

	text_of(&r, text, sizeof(text));
	CHECK(strstr(text, "the very end") != NULL);
	CHECK(strstr(text, "the beginning") == NULL);
	CHECK(strstr(text, "exited with code 1") != NULL);
	ward_result_free(&r);
}

TEST(a_text_that_is_too_long_for_its_place_is_cut)
{
	struct ward_result r =
		run_or_fail(PLAY("err", "a long story\n", "exit", "1"), NULL);
	char text[512];

	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		CHECK_EQ(ward_result_ok(&r, text, size), 0);
		CHECK(memchr(text, '\0', size) != NULL);
		CHECK_EQ(text[size], 'x');
	}
	ward_result_free(&r);
}

TEST(a_result_that_is_none_is_refused)
{
	struct ward_result r = WARD_RESULT_INIT;
	char text[16];

	CHECK_EQ(ward_result_ok(NULL, text, sizeof(text)), -EINVAL);
	r.size = 0;
	CHECK_EQ(ward_result_ok(&r, text, sizeof(text)), -EINVAL);
	r.size = sizeof(r);
	CHECK_EQ(ward_result_ok(&r, NULL, 5), -EINVAL);
	CHECK_EQ(ward_result_ok(&r, text, 0), -EINVAL);
}
