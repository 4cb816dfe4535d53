/* SPDX-License-Identifier: MIT */
/*
 * Our ends of a child's descriptors: pipes, sockets, what is shared between descriptors,
 * how the two ends end, and time-outs. Memory is in test_stdio_memory.c, what only POSIX
 * has in test_stdio_posix.c, options that make no sense in test_stdio_bad.c.
 */
#include "able.h"
#include "help_stdio.h"

/* ------------------------------------------------------------------------ directions */

TEST(a_pipe_leads_to_stdin_and_from_stdout)
{
	struct ward *w = spawn_or_fail(CHILD("cat"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));

	say_to(w, 0, "through and ");
	say_to(w, 0, "back\n");
	EXPECT_LINE(w, 1, "through and back\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

TEST(stdout_and_stderr_are_apart)
{
	struct ward *w = spawn_or_fail(CHILD("say", "2", "error\n", "1", "output\n"),
	                               WARD_SPAWN_OPTS(.out = PIPED, .err = PIPED));

	EXPECT_REST(w, 1, "output\n");
	EXPECT_REST(w, 2, "error\n");
	expect_exit(w, 0);
}

TEST(a_further_descriptor_is_written_to_by_the_child)
{
	struct ward_fd fds[] = { { .fd = 5, .from = PIPED }, { .fd = 4, .from = PIPED } };
	struct ward *w = spawn_or_fail(CHILD("say", "4", "four\n", "5", "five\n"),
	                               WARD_SPAWN_OPTS(.fds = fds, .n_fds = 2));

	EXPECT_REST(w, 4, "four\n");
	EXPECT_REST(w, 5, "five\n");
	CHECK_EQ(ward_read(w, 3, &(char){ 0 }, 1, 0), -EBADF);
	expect_exit(w, 0);
}

TEST(a_further_descriptor_is_read_by_the_child_when_asked)
{
	struct ward_fd fd = { .fd = 6, .from = PIPED };
	struct ward *w;

	fd.from.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("copy", "6", "1"),
	                  WARD_SPAWN_OPTS(.out = PIPED, .fds = &fd, .n_fds = 1));
	say_to(w, 6, "six\n");
	CHECK_EQ(ward_end_input(w, 6), 0);
	EXPECT_REST(w, 1, "six\n");
	expect_exit(w, 0);
}

TEST(stdin_and_stdout_may_go_the_other_way)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED);
	struct ward *w;

	opts.in.flags = WARD_FILE_WRITE;
	opts.out.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("copy", "1", "0"), &opts);
	say_to(w, 1, "upside down\n");
	CHECK_EQ(ward_close_fd(w, 1), 0);
	EXPECT_REST(w, 0, "upside down\n");
	expect_exit(w, 0);
}

TEST(the_flag_that_is_the_default_changes_nothing)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED);
	struct ward *w;

	opts.in.flags = WARD_FILE_READ;
	opts.out.flags = WARD_FILE_WRITE;
	w = spawn_or_fail(CHILD("cat"), &opts);
	say_to(w, 0, "plain\n");
	CHECK_EQ(ward_close_fd(w, 0), 0);
	EXPECT_REST(w, 1, "plain\n");
	expect_exit(w, 0);
}

TEST(a_socket_goes_both_ways)
{
	struct ward_fd fd = { .fd = 3, .from = SOCKETED };
	struct ward *w = spawn_or_fail(CHILD("copy", "3", "3"),
	                               WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1));

	say_to(w, 3, "there\n");
	EXPECT_LINE(w, 3, "there\n");
	say_to(w, 3, "and back\n");
	EXPECT_LINE(w, 3, "and back\n");
	CHECK_EQ(ward_close_fd(w, 3), 0);
	expect_exit(w, 0);
}

/* The child hears its end, and still speaks. */
TEST(after_the_end_of_input_a_socket_can_be_read_from)
{
	struct ward *w;

	if (!able_half_close())
		SKIP("a pipe of both directions cannot be ended in one of them");
	w = spawn_or_fail(CHILD("copy", "0", "0", "goodbye\n"),
	                  WARD_SPAWN_OPTS(.in = SOCKETED));
	say_to(w, 0, "hello\n");
	EXPECT_LINE(w, 0, "hello\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 0, "goodbye\n");
	CHECK(ward_write(w, 0, "x", 1, 0) < 0);
	expect_exit(w, 0);
}

TEST(bytes_of_every_value_come_through_as_they_are)
{
	enum { SIZE = 1 << 20 };
	struct ward *w = spawn_or_fail(CHILD("count", "0"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	void *bytes = pattern_make(SIZE);

	CHECK_EQ(ward_write(w, 0, bytes, SIZE, LONG_ENOUGH), SIZE);
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "1048576 -1\n");
	expect_exit(w, 0);
	w = spawn_or_fail(CHILD("produce", "1048577", "1"),
	                  WARD_SPAWN_OPTS(.out = PIPED));
	CHECK_EQ(hear_pattern(w, 1), SIZE + 1);
	expect_exit(w, 0);
	free(bytes);
}

/* More on stderr than a pipe holds, before the first byte on stdout. */
TEST(output_that_nobody_reads_yet_waits)
{
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	struct ward *w = spawn_or_fail(CHILD("produce", "70000", "3"),
	                               WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1));

	CHECK_EQ(ward_wait(w, MILLISECONDS(20), NULL), 0);
	CHECK_EQ(hear_pattern(w, 3), 70000);
	expect_exit(w, 0);
}

/* ----------------------------------------------------------------------------- shared */

TEST(stderr_may_share_the_pipe_of_stdout_in_order)
{
	struct ward *w = spawn_or_fail(
	        CHILD("say", "1", "one\n", "2", "two\n", "1", "three\n"),
	        WARD_SPAWN_OPTS(.out = PIPED, .err = SAME_AS(1)));

	EXPECT_REST(w, 1, "one\ntwo\nthree\n");
	expect_exit(w, 0);
}

TEST(what_shares_another_descriptors_pipe_has_no_end_of_its_own)
{
	struct ward *w = spawn_or_fail(
	        CHILD("exit", "0"), WARD_SPAWN_OPTS(.out = SAME_AS(2), .err = PIPED));
	char byte;

	CHECK_EQ(ward_read(w, 1, &byte, 1, 0), -EBADF);
	CHECK_EQ(ward_close_fd(w, 1), -EBADF);
	EXPECT_REST(w, 2, "");
	expect_exit(w, 0);
}

TEST(one_socket_may_be_stdin_and_stdout)
{
	struct ward *w = spawn_or_fail(
	        CHILD("cat"), WARD_SPAWN_OPTS(.in = SOCKETED, .out = SAME_AS(0)));

	say_to(w, 0, "both\n");
	EXPECT_LINE(w, 0, "both\n");
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

/* ------------------------------------------------------------------------ wrong ends */

TEST(an_end_serves_only_its_direction)
{
	struct ward *w = spawn_or_fail(CHILD("ready"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	char byte = 'x';

	CHECK_EQ(ward_read(w, 0, &byte, 1, 0), -EBADF);
	CHECK_EQ(ward_write(w, 1, &byte, 1, 0), -EBADF);
	EXPECT_LINE(w, 1, "ready\n");
	CHECK_EQ(ward_close_fd(w, 0), 0);
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

TEST(what_is_only_read_has_no_input_to_end)
{
	struct ward *w = spawn_or_fail(CHILD("say", "1", "said"),
	                               WARD_SPAWN_OPTS(.out = PIPED));

	CHECK_EQ(ward_end_input(w, 1), -EBADF);
	EXPECT_REST(w, 1, "said");
	expect_exit(w, 0);
}

static void check_no_end(struct ward *w, int fd)
{
	char byte = 'x';

	CHECK_EQ(ward_read(w, fd, &byte, 1, 0), -EBADF);
	CHECK_EQ(ward_write(w, fd, &byte, 1, 0), -EBADF);
	CHECK_EQ(ward_end_input(w, fd), -EBADF);
	CHECK_EQ(ward_close_fd(w, fd), -EBADF);
	CHECK(ward_take_fd(w, fd) < 0);
	CHECK(ward_fd(w, fd) < 0);
}

TEST(what_was_not_asked_for_has_no_end)
{
	struct ward *w = spawn_or_fail(CHILD("hold"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .err = NULLED));
	static const int none[] = { -1, 1, 2, 3, 100000, INT32_MAX, INT32_MIN };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		check_no_end(w, none[i]);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

TEST(what_was_closed_has_no_end_any_more)
{
	struct ward *w = spawn_or_fail(CHILD("hold"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));

	CHECK_EQ(ward_close_fd(w, 1), 0);
	check_no_end(w, 1);
	CHECK_EQ(ward_end_input(w, 0), 0);
	check_no_end(w, 0);
	expect_exit(w, 0);
}

TEST(a_process_that_was_opened_has_no_ends)
{
	struct ward *w = spawn_or_fail(CHILD("hold"), WARD_SPAWN_OPTS(.in = PIPED));
	struct ward *same = NULL;

	REQUIRE_EQ(ward_open(&same, ward_pid(w), 0), 0);
	check_no_end(same, 0);
	CHECK_EQ(ward_feed(same, 0), 1);
	ward_close(same);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

TEST(no_bytes_and_no_place_for_them_are_refused)
{
	struct ward *w = spawn_or_fail(CHILD("hold"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	char byte = 'x';

	CHECK_EQ(ward_read(w, 1, &byte, 0, 0), -EINVAL);
	CHECK_EQ(ward_write(w, 0, &byte, 0, 0), -EINVAL);
	CHECK_EQ(ward_read(w, 1, NULL, 1, 0), -EINVAL);
	CHECK_EQ(ward_write(w, 0, NULL, 1, 0), -EINVAL);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

/* ------------------------------------------------------------------------- both ends */

/* [two-ends] */
TEST(output_may_end_long_before_the_process)
{
	struct ward *w = spawn_or_fail(CHILD("shut", "1"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	char byte;

	EXPECT_REST(w, 1, "");
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	CHECK_EQ(ward_read(w, 1, &byte, 1, 0), 0);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

/* [two-ends] Somebody else holds the pipe: no wait hangs for it, and no read for ever. */
TEST(the_process_may_end_long_before_its_output)
{
	struct ward_exit e = WARD_EXIT_INIT;
	struct ward *w = spawn_or_fail(CHILD("fork-and-hold", "3"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	char byte;

	CHECK_EQ(ward_wait(w, LONG_ENOUGH, &e), 1);
	check_exited(&e, 3);
	CHECK_EQ(ward_read(w, 1, &byte, 1, 0), -ETIMEDOUT);
	CHECK_EQ(ward_read(w, 1, &byte, 1, MILLISECONDS(20)), -ETIMEDOUT);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	EXPECT_REST(w, 1, "");
	ward_close(w);
	host_collect_orphans();
}

/* [two-ends] */
TEST(output_can_be_read_after_the_end_of_the_process)
{
	struct ward *w = spawn_or_fail(CHILD("say", "1", "last words"),
	                               WARD_SPAWN_OPTS(.out = PIPED));
	struct ward_exit e = wait_or_fail(w);
	char byte;

	check_exited(&e, 0);
	EXPECT_REST(w, 1, "last words");
	for (int i = 0; i < 3; i++)
		CHECK_EQ(ward_read(w, 1, &byte, 1, LONG_ENOUGH), 0);
	ward_close(w);
}

TEST(who_writes_to_nobody_is_told_so)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), WARD_SPAWN_OPTS(.in = PIPED));
	struct ward_exit e = wait_or_fail(w);

	check_exited(&e, 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(ward_write(w, 0, "lost", 4, LONG_ENOUGH), -EPIPE);
	ward_close(w);
}

TEST(who_waits_for_room_is_told_when_nobody_reads_any_more)
{
	enum { SIZE = 1 << 20 };
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	struct ward *w;
	void *bytes = pattern_make(SIZE);
	int64_t n;

	fd.from.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("idle", "1", "3"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .fds = &fd,
	                                  .n_fds = 1));
	EXPECT_LINE(w, 1, "ready\n");
	n = ward_write(w, 0, bytes, SIZE, MILLISECONDS(10));
	CHECK(n > 0 && n < SIZE);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	CHECK_EQ(ward_write(w, 0, bytes, SIZE, LONG_ENOUGH), -EPIPE);
	expect_exit(w, 0);
	free(bytes);
}

TEST(closing_the_ward_closes_our_ends)
{
	int ends[2];
	struct ward *w;

	make_pipe(ends);
	w = spawn_or_fail(CHILD("hold"), WARD_SPAWN_OPTS(.in = PIPED, .out = SOCKETED,
	                                                 .err = GIVEN(ends[1])));
	close(ends[1]);
	ward_close(w);
	expect_gone(ends[0]);
}

/* [sealed-fds] A child that was started later holds nothing of the first one's. */
TEST(a_later_child_does_not_keep_the_pipes_of_an_earlier_one_open)
{
	struct ward_spawn_opts opts =
	        *WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .err = SOCKETED);
	struct ward *first = spawn_or_fail(CHILD("ready"), &opts);
	struct ward *later = spawn_or_fail(CHILD("ready"), &opts);

	EXPECT_LINE(first, 1, "ready\n");
	EXPECT_LINE(later, 1, "ready\n");
	CHECK_EQ(ward_close_fd(first, 0), 0);
	EXPECT_REST(first, 1, "");
	EXPECT_REST(first, 2, "");
	expect_exit(first, 0);
	CHECK_EQ(ward_wait(later, 0, NULL), 0);
	CHECK_EQ(ward_close_fd(later, 0), 0);
	expect_exit(later, 0);
}

/* ------------------------------------------------------------------------- time-outs */

static int64_t ms_since(int64_t begin)
{
	return (host_now_ns() - begin) / WARD_NS_PER_MS;
}

/* [bounded] */
TEST(a_read_of_nothing_takes_its_time_and_no_more)
{
	struct ward *w = spawn_or_fail(CHILD("hold"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	int64_t begin = host_now_ns();
	char byte;

	CHECK_EQ(ward_read(w, 1, &byte, 1, 0), -ETIMEDOUT);
	CHECK(ms_since(begin) < 5000);
	begin = host_now_ns();
	CHECK_EQ(ward_read(w, 1, &byte, 1, MILLISECONDS(60)), -ETIMEDOUT);
	CHECK(ms_since(begin) >= 60);
	CHECK(ms_since(begin) < 20000);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

/* [bounded] What was written until then is told. */
TEST(a_write_without_room_takes_its_time_and_no_more)
{
	enum { SIZE = 4 << 20 };
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	void *bytes = pattern_make(SIZE);
	int64_t begin, n, m;
	char expected[32];
	struct ward *w;

	fd.from.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("count-later", "3", "0"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .fds = &fd,
	                                  .n_fds = 1));
	EXPECT_LINE(w, 1, "ready\n");
	begin = host_now_ns();
	n = ward_write(w, 0, bytes, SIZE, MILLISECONDS(60));
	CHECK(n > 0 && n < SIZE);
	CHECK(ms_since(begin) >= 60);
	CHECK(ms_since(begin) < 20000);
	m = ward_write(w, 0, (char *)bytes + n, SIZE - (size_t)n, 0);
	CHECK_EQ(m, -ETIMEDOUT);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	m = ward_write(w, 0, (char *)bytes + n, SIZE - (size_t)n, LONG_ENOUGH);
	CHECK_EQ(n + m, SIZE);
	CHECK_EQ(ward_end_input(w, 0), 0);
	snprintf(expected, sizeof(expected), "%d -1\n", SIZE);
	EXPECT_REST(w, 1, expected);
	expect_exit(w, 0);
	free(bytes);
}

/* [bounded] Somebody who reads as fast as we write cannot hold us either. */
TEST(a_write_that_goes_on_and_on_ends_in_time)
{
	enum { SIZE = 1 << 28 };
	struct ward *w = spawn_or_fail(CHILD("count", "0"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = NULLED));
	void *bytes = calloc(1, SIZE);
	int64_t n;

	REQUIRE(bytes != NULL);
	n = ward_write(w, 0, bytes, SIZE, MILLISECONDS(1));
	CHECK(n > 0 && n < SIZE);
	free(bytes);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

TEST(a_read_takes_what_is_there_and_does_not_wait_for_more)
{
	struct ward *w = spawn_or_fail(CHILD("ready"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	char buf[100];

	CHECK_EQ(ward_read(w, 1, buf, sizeof(buf), WARD_FOREVER), 6);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	CHECK_EQ(ward_read(w, 1, buf, sizeof(buf), WARD_FOREVER), 0);
	expect_exit(w, 0);
}
