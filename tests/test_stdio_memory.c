/* SPDX-License-Identifier: MIT */
/*
 * Input from memory: every size arrives whole and in order, nobody who feeds it is ever
 * blocked by a child that does not read, and as a file it is one.
 */
#include "able.h"
#include "help_stdio.h"

enum { MIB = 1 << 20, MUCH = 10 * MIB };

/* Start a child that is given @size bytes of the pattern, which are then no more. */
static struct ward *start_with(const char *const argv[], struct ward_spawn_opts opts,
                               size_t size, uint32_t flags)
{
	void *bytes = pattern_make(size);
	struct ward *w;

	opts.in = (struct ward_stdio)MEMORY(bytes, size);
	opts.in.flags = flags;
	w = spawn_or_fail(argv, &opts);
	memset(bytes, 0xee, size);
	free(bytes);
	return w;
}

static struct ward *start_counting(size_t size)
{
	return start_with(CHILD("count", "0"), *WARD_SPAWN_OPTS(.out = PIPED), size, 0);
}

/* The child has read so many bytes, each as it was. */
static void expect_count(struct ward *w, int64_t size)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "%lld -1\n", (long long)size);
	EXPECT_REST(w, 1, expected);
}

/* ----------------------------------------------------------------------------- sizes */

TEST(no_bytes_are_an_end_at_once)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.out = PIPED);
	struct ward *w;

	opts.in.kind = WARD_FD_MEMORY;
	w = spawn_or_fail(CHILD("count", "0"), &opts);
	expect_count(w, 0);
	expect_exit(w, 0);
	w = start_counting(0);
	expect_count(w, 0);
	expect_exit(w, 0);
}

TEST(what_a_pipe_takes_needs_no_feeding)
{
	struct ward *w = start_with(CHILD("count", "0"), *WARD_SPAWN_OPTS(.out = PIPED),
	                            4000, 0);

	CHECK_EQ(ward_feed(w, 0), 1);
	expect_count(w, 4000);
	expect_exit(w, 0);
}

TEST(every_size_about_that_of_a_pipe_arrives)
{
	static const size_t sizes[] = { 1,     511,   512,   4095,  4096,  4097,  8192,
		                        16384, 65535, 65536, 65537, 131073, MIB };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ward *w = start_counting(sizes[i]);

		expect_count(w, (int64_t)sizes[i]);
		expect_exit(w, 0);
	}
}

TEST(a_further_descriptor_may_read_memory)
{
	void *bytes = pattern_make(100000);
	struct ward_fd fd = { .fd = 7, .from = MEMORY(bytes, 100000) };
	struct ward *w = spawn_or_fail(CHILD("count", "7"),
	                               WARD_SPAWN_OPTS(.out = PIPED, .fds = &fd,
	                                               .n_fds = 1));

	free(bytes);
	expect_count(w, 100000);
	expect_exit(w, 0);
}

/* ---------------------------------------------------------------------- who feeds it */

TEST(waiting_for_the_end_feeds_it)
{
	struct ward *w = start_counting(MUCH);
	struct ward_exit e = wait_or_fail(w);

	check_exited(&e, 0);
	expect_count(w, MUCH);
	ward_close(w);
}

TEST(waiting_for_one_of_several_feeds_them_all)
{
	struct ward *w[3] = { start_counting(MUCH), NULL, start_counting(MUCH) };
	bool ended[3] = { false, true, false };

	for (int i = 0; i < 2; i++) {
		struct ward *left[3] = { NULL, NULL, NULL };
		int k;

		for (k = 0; k < 3; k++)
			left[k] = ended[k] ? NULL : w[k];
		k = ward_wait_any(left, 3, LONG_ENOUGH);
		REQUIRE(k >= 0);
		ended[k] = true;
	}
	for (int i = 0; i < 3; i += 2) {
		expect_count(w[i], MUCH);
		expect_exit(w[i], 0);
	}
}

TEST(waiting_for_all_of_several_feeds_them)
{
	struct ward *w[2] = { start_counting(MUCH), start_counting(MUCH) };

	CHECK_EQ(ward_wait_all(w, 2, LONG_ENOUGH), 1);
	for (int i = 0; i < 2; i++) {
		expect_count(w[i], MUCH);
		expect_exit(w[i], 0);
	}
}

/* Also who only asks, as an event loop does. */
TEST(asking_for_the_end_feeds_it)
{
	struct ward *w = start_counting(MUCH);

	while (ward_wait(w, 0, NULL) == 0)
		host_yield();
	expect_count(w, MUCH);
	ward_close(w);
}

TEST(reading_output_feeds_it)
{
	struct ward *w = start_counting(MUCH);

	expect_count(w, MUCH);
	expect_exit(w, 0);
}

TEST(feeding_feeds_it)
{
	struct ward *w = start_counting(MUCH);

	CHECK_EQ(ward_feed(w, LONG_ENOUGH), 1);
	expect_count(w, MUCH);
	CHECK_EQ(ward_feed(w, 0), 1);
	expect_exit(w, 0);
}

/* Both directions are full at once: a child that passes on what it reads. */
TEST(much_input_and_much_output_do_not_stop_each_other)
{
	struct ward *w = start_with(CHILD("copy", "0", "1"),
	                            *WARD_SPAWN_OPTS(.out = PIPED), MUCH, 0);

	CHECK_EQ(hear_pattern(w, 1), MUCH);
	expect_exit(w, 0);
}

TEST(writing_to_another_descriptor_feeds_it)
{
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	void *bytes = pattern_make(MIB);
	struct ward_spawn_opts opts =
	        *WARD_SPAWN_OPTS(.out = PIPED, .fds = &fd, .n_fds = 1);
	struct ward *w;

	fd.from.flags = WARD_FILE_READ;
	w = start_with(CHILD("count", "0", "3"), opts, MUCH, 0);
	CHECK_EQ(ward_write(w, 3, bytes, MIB, LONG_ENOUGH), MIB);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	EXPECT_REST(w, 1, "10485760 -1\n1048576 -1\n");
	expect_exit(w, 0);
	free(bytes);
}

/* The child wants the second one first. */
TEST(two_of_them_are_fed_in_whatever_order_the_child_reads)
{
	void *bytes = pattern_make(MIB);
	struct ward_fd fd = { .fd = 3, .from = MEMORY(bytes, MIB) };
	struct ward_spawn_opts opts =
	        *WARD_SPAWN_OPTS(.out = PIPED, .fds = &fd, .n_fds = 1);
	struct ward *w = start_with(CHILD("count", "3", "0"), opts, MIB, 0);

	EXPECT_REST(w, 1, "1048576 -1\n1048576 -1\n");
	expect_exit(w, 0);
	w = start_with(CHILD("count", "0", "3"), opts, MIB, 0);
	CHECK_EQ(ward_feed(w, LONG_ENOUGH), 1);
	EXPECT_REST(w, 1, "1048576 -1\n1048576 -1\n");
	expect_exit(w, 0);
	free(bytes);
}

/* Many calls that do not block come to the same. */
TEST(feeding_without_blocking_comes_to_the_end)
{
	struct ward *w = start_counting(MIB);

	while (ward_feed(w, 0) == 0)
		host_yield();
	expect_count(w, MIB);
	expect_exit(w, 0);
}

/* ----------------------------------------------------------------- who does not read */

static struct ward *start_idle(size_t size)
{
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	struct ward *w;

	fd.from.flags = WARD_FILE_READ;
	w = start_with(CHILD("idle", "1", "3"),
	               *WARD_SPAWN_OPTS(.out = PIPED, .fds = &fd, .n_fds = 1), size, 0);
	EXPECT_LINE(w, 1, "ready\n");
	return w;
}

/* [bounded] */
TEST(a_child_that_reads_nothing_blocks_nobody)
{
	struct ward *w = start_idle(MUCH);
	char byte;

	CHECK_EQ(ward_feed(w, 0), 0);
	CHECK_EQ(ward_feed(w, MILLISECONDS(20)), 0);
	CHECK_EQ(ward_wait(w, MILLISECONDS(20), NULL), 0);
	CHECK_EQ(ward_read(w, 1, &byte, 1, MILLISECONDS(20)), -ETIMEDOUT);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	expect_exit(w, 0);
}

/* [bounded] */
TEST(a_child_that_reads_on_and_on_holds_nobody)
{
	enum { SIZE = 1 << 26 };
	void *bytes = calloc(1, SIZE);
	struct ward *w;
	char byte;

	REQUIRE(bytes != NULL);
	w = spawn_or_fail(CHILD("count", "0"), WARD_SPAWN_OPTS(.in = MEMORY(bytes, SIZE),
	                                                       .out = PIPED));
	free(bytes);
	CHECK_EQ(ward_wait(w, MILLISECONDS(1), NULL), 0);
	CHECK_EQ(ward_read(w, 1, &byte, 1, MILLISECONDS(1)), -ETIMEDOUT);
	CHECK_EQ(ward_feed(w, MILLISECONDS(1)), 0);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

TEST(what_a_dead_child_did_not_read_is_forgotten)
{
	struct ward *w = start_idle(MUCH);
	struct ward_exit e;

	CHECK_EQ(ward_close_fd(w, 3), 0);
	e = wait_or_fail(w);
	check_exited(&e, 0);
	CHECK_EQ(ward_feed(w, LONG_ENOUGH), 1);
	ward_close(w);
}

TEST(a_child_may_close_its_end_before_it_has_all)
{
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	struct ward *w;

	fd.from.flags = WARD_FILE_READ;
	w = start_with(CHILD("shut", "0", "3"), *WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1),
	               MUCH, 0);
	CHECK_EQ(ward_feed(w, LONG_ENOUGH), 1);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	expect_exit(w, 0);
}

/* The ward is given up; the child gets what there was, and its end. */
TEST(closing_the_ward_ends_the_feeding)
{
	int ends[2];
	struct ward *w;

	make_pipe(ends);
	w = start_with(CHILD("count", "0"), *WARD_SPAWN_OPTS(.out = GIVEN(ends[1])), MUCH,
	               0);
	close(ends[1]);
	ward_close(w);
	expect_gone(ends[0]);
}

TEST(the_feeding_may_be_given_up)
{
	struct ward *w = start_idle(MUCH);

	CHECK_EQ(ward_close_fd(w, 0), 0);
	CHECK_EQ(ward_feed(w, 0), 1);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	expect_exit(w, 0);
}

/* Two threads that feed the same: each byte goes once. [threads] */
static void *feed(void *arg)
{
	CHECK_EQ(ward_feed(arg, LONG_ENOUGH), 1);
	return NULL;
}

TEST(many_threads_may_feed_it)
{
	struct ward *w = start_counting(MUCH);
	struct host_thread threads[3];

	for (int i = 0; i < 3; i++)
		host_thread_start(&threads[i], feed, w);
	expect_count(w, MUCH);
	for (int i = 0; i < 3; i++)
		host_thread_join(&threads[i]);
	expect_exit(w, 0);
}

/* ---------------------------------------------------------------------------- a file */

static void check_file_of(size_t size)
{
	struct ward *w = start_with(CHILD("count-twice", "0"),
	                            *WARD_SPAWN_OPTS(.out = PIPED), size,
	                            WARD_MEMORY_FILE);
	char expected[64];
	int len;

	CHECK_EQ(ward_feed(w, 0), 1);
	len = snprintf(expected, sizeof(expected), "%zu -1\n", size);
	snprintf(expected + len, sizeof(expected) - (size_t)len, "%zu -1\n", size);
	EXPECT_REST(w, 1, expected);
	expect_exit(w, 0);
}

TEST(a_file_of_memory_can_be_read_from_its_begin_again)
{
	check_file_of(0);
	check_file_of(1);
	check_file_of(70000);
	check_file_of(MUCH);
}

TEST(a_file_of_memory_has_no_end_of_ours)
{
	struct ward *w = start_with(CHILD("hold"), *WARD_SPAWN_OPTS(0), 1000,
	                            WARD_MEMORY_FILE);

	CHECK_EQ(ward_close_fd(w, 0), -EBADF);
	CHECK_EQ(ward_write(w, 0, "x", 1, 0), -EBADF);
	expect_exit(w, 0);
}

#if HOST_POSIX
TEST(a_file_of_memory_is_a_regular_file_to_be_read)
{
	struct ward *w = start_with(CHILD("print-kinds", "0"),
	                            *WARD_SPAWN_OPTS(.out = PIPED), 1000,
	                            WARD_MEMORY_FILE);

	EXPECT_REST(w, 1, "0 file read blocking 0\n");
	expect_exit(w, 0);
}

TEST(memory_without_the_flag_is_a_pipe)
{
	struct ward *w = start_with(CHILD("print-kinds", "0"),
	                            *WARD_SPAWN_OPTS(.out = PIPED), 1000, 0);

	EXPECT_REST(w, 1, "0 pipe read blocking -1\n");
	expect_exit(w, 0);
}

/* Sealed: not even root can change it, through whichever door. */
TEST(a_file_of_memory_cannot_be_changed)
{
	struct ward *w;

	if (!on_linux_system() || is_forced("memfd_create"))
		SKIP("only Linux seals memory");
	w = start_with(CHILD("try-to-change", "0"), *WARD_SPAWN_OPTS(.out = PIPED), 1000,
	               WARD_MEMORY_FILE);
	EXPECT_REST(w, 1, "tried\n");
	expect_exit(w, 0);
}

/* Two children that are given the same bytes do not share where they stand. */
TEST(each_start_makes_a_file_of_its_own)
{
	struct ward *a = start_with(CHILD("count", "0"), *WARD_SPAWN_OPTS(.out = PIPED),
	                            5000, WARD_MEMORY_FILE);
	struct ward *b = start_with(CHILD("count", "0"), *WARD_SPAWN_OPTS(.out = PIPED),
	                            5000, WARD_MEMORY_FILE);

	expect_count(a, 5000);
	expect_count(b, 5000);
	expect_exit(a, 0);
	expect_exit(b, 0);
}
#endif
