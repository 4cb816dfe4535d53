/* SPDX-License-Identifier: MIT */
/*
 * Input that comes from a descriptor of ours: a file, a pipe that is slow, one that falls
 * silent and holds up nobody.
 */
#include "run.h"

#define STAGE(...)                        \
	{                                 \
		.argv = PLAY(__VA_ARGS__) \
	}

static void check_input_from(int fd, uint64_t size)
{
	const struct ward_stage stages[] = { STAGE("cat"), STAGE("count", "1") };
	struct ward_result r = WARD_RESULT_INIT;

	REQUIRE_EQ(ward_run_pipeline(
			   stages, 2,
			   WARD_RUN_OPTS(.flags = WARD_RUN_INPUT_FD, .input_fd = fd), &r),
	           0);
	check_counted(&r.out, size);
	CHECK_EQ(r.input_written, size);
	CHECK_EQ(r.flags, 0);
	ward_result_free(&r);
}

static void *write_slowly(void *arg)
{
	unsigned char buf[1000];

	for (int i = 0; i < 100; i++) {
		pattern_fill(buf, sizeof(buf), (uint64_t)i * sizeof(buf));
		CHECK(host_write(*(int *)arg, buf, sizeof(buf)));
		if (i % 10 == 0)
			host_yield();
	}
	close(*(int *)arg);
	return arg;
}

TEST(input_may_come_from_a_pipe_of_ours)
{
	struct host_thread thread;
	int ends[2];

	make_pipe(ends);
	host_thread_start(&thread, write_slowly, &ends[1]);
	check_input_from(ends[0], 100000);
	host_thread_join(&thread);
	close(ends[0]);
}

TEST(input_may_come_from_a_file_or_from_nothing)
{
	struct folder f = folder_make();
	char path[512], *data = pattern_new(500000);
	int fd = host_open(folder_file(&f, "in", path, sizeof(path)), O_RDWR | O_CREAT);

	REQUIRE(fd >= 0 && host_write(fd, data, 500000));
	lseek(fd, 0, SEEK_SET);
	check_input_from(fd, 500000);
	close(fd);
	fd = host_open(HOST_NULL, O_RDONLY);
	check_input_from(fd, 0);
	close(fd);
	folder_remove(&f);
	free(data);
}

/* [two-ends] [bounded] Something came from it, and then no more does. */
TEST(a_descriptor_that_falls_silent_holds_no_pipeline)
{
	const struct ward_stage stages[] = { STAGE("eat", "5", "out", "enough") };
	struct ward_result r = WARD_RESULT_INIT;
	int ends[2];

	make_pipe(ends);
	REQUIRE(host_write(ends[1], "hello", 5));
	REQUIRE_EQ(ward_run_pipeline(
			   stages, 1,
			   WARD_RUN_OPTS(.flags = WARD_RUN_INPUT_FD, .input_fd = ends[0]),
			   &r),
	           0);
	check_text(&r.out, "enough");
	CHECK_EQ(r.input_written, 5);
	CHECK_EQ(r.flags, WARD_RESULT_INPUT_LEFT);
	ward_result_free(&r);
	close(ends[0]);
	close(ends[1]);
}

/* [bounded] More could come, and the command waits for it. */
TEST(a_descriptor_that_says_no_more_holds_up_no_clock)
{
	const struct ward_stage stages[] = { STAGE("cat") };
	struct ward_result r = WARD_RESULT_INIT;
	int ends[2];

	make_pipe(ends);
	REQUIRE(host_write(ends[1], "so far", 6));
	REQUIRE_EQ(ward_run_pipeline(stages, 1,
	                             WARD_RUN_OPTS(.flags = WARD_RUN_INPUT_FD,
	                                           .input_fd = ends[0],
	                                           .timeout_ns = MILLISECONDS(300)),
	                             &r),
	           0);
	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT | WARD_RESULT_INPUT_LEFT);
	check_text(&r.out, "so far");
	ward_result_free(&r);
	close(ends[0]);
	close(ends[1]);
}

/* [two-ends] Nothing ever comes from it, and the command is gone. */
TEST(a_descriptor_that_says_nothing_holds_no_pipeline)
{
	const struct ward_stage stages[] = { STAGE("exit", "0") };
	struct ward_result r = WARD_RESULT_INIT;
	int ends[2];

	make_pipe(ends);
	REQUIRE_EQ(ward_run_pipeline(
			   stages, 1,
			   WARD_RUN_OPTS(.flags = WARD_RUN_INPUT_FD, .input_fd = ends[0]),
			   &r),
	           0);
	check_exited(&r.exit, 0);
	ward_result_free(&r);
	close(ends[0]);
	close(ends[1]);
}
