/* SPDX-License-Identifier: MIT */
/*
 * Input and output where they are another thing than elsewhere: reads that Windows
 * cancels with their thread, writes that outlive the thread and the ward that began them,
 * more to wait for than fits into one wait, HANDLEs that wake.
 */
#include "gate.h"
#include "help_stdio.h"
#include "help_windows.h"
#include "run.h"

/* A pipe, and a buffer of ours, take this much for a child that reads nothing. */
enum { TAKEN = 2 * 65536 };

/* The child counts its stdin once the gate, its descriptor 3, has been opened. */
static struct ward *start_late_reader(int gate[2], uint32_t on_close)
{
	struct ward_fd fd = { .fd = 3, .from = PIPED };
	struct ward *w;

	make_pipe(gate);
	fd.from = (struct ward_stdio)GIVEN(gate[0]);
	w = spawn_or_fail(CHILD("count-later", "3", "0"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .fds = &fd,
	                                  .n_fds = 1, .on_close = on_close));
	close(gate[0]);
	EXPECT_LINE(w, 1, "ready\n");
	return w;
}

/* As much as is taken at once; a write after that has its time for nothing. */
static void fill_up(struct ward *w)
{
	char *bytes = pattern_make(TAKEN);

	CHECK_EQ(ward_write(w, 0, bytes, TAKEN, LONG_ENOUGH), TAKEN);
	free(bytes);
}

static void *fill_in_thread(void *w)
{
	fill_up(w);
	return NULL;
}

static void *read_nothing(void *w)
{
	char byte;

	CHECK_EQ(ward_read(w, 1, &byte, 1, 0), -ETIMEDOUT);
	return NULL;
}

static void in_thread(void *(*run)(void *), void *arg)
{
	struct host_thread thread;

	host_thread_start(&thread, run, arg);
	host_thread_join(&thread);
}

/* ----------------------------------------------------------- threads come and go */

/* [threads] */
TEST(a_read_does_not_end_with_the_thread_that_began_it)
{
	struct ward *w =
		spawn_or_fail(CHILD("cat"), WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));

	for (int i = 0; i < 3; i++) {
		in_thread(read_nothing, w);
		say_to(w, 0, "hello\n");
		EXPECT_LINE(w, 1, "hello\n");
	}
	in_thread(read_nothing, w);
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

static void *sleep_in_read(void *w)
{
	EXPECT_LINE(w, 1, "hello\n");
	return NULL;
}

/* [threads] Whoever sleeps goes on where the other's read was cancelled. */
TEST(who_sleeps_in_a_read_gets_what_another_threads_read_would_have_got)
{
	struct ward *w =
		spawn_or_fail(CHILD("cat"), WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));
	struct host_thread thread;

	for (int i = 0; i < check_scaled(20); i++) {
		host_thread_start(&thread, sleep_in_read, w);
		in_thread(read_nothing, w);
		say_to(w, 0, "hello\n");
		host_thread_join(&thread);
	}
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

/* [threads] What was counted as written arrives, once. */
TEST(a_write_does_not_end_with_the_thread_that_began_it)
{
	int gate[2];
	struct ward *w = start_late_reader(gate, WARD_LEAVE);

	in_thread(fill_in_thread, w);
	close(gate[1]);
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "131072 -1\n");
	expect_exit(w, 0);
}

struct share {
	struct ward *w;
	atomic_llong bytes;
};

static void *read_share(void *arg)
{
	struct share *share = arg;
	char buf[1000];
	int64_t n;

	while ((n = ward_read(share->w, 1, buf, sizeof(buf), LONG_ENOUGH)) > 0)
		atomic_fetch_add(&share->bytes, n);
	CHECK_EQ(n, 0);
	return NULL;
}

/* [threads] */
TEST(threads_that_read_the_same_pipe_have_all_of_it_together)
{
	struct share share = { spawn_or_fail(CHILD("produce", "1000000", "1"),
		                             WARD_SPAWN_OPTS(.out = PIPED)),
		               0 };
	struct host_thread threads[4];

	for (int i = 0; i < 4; i++)
		host_thread_start(&threads[i], read_share, &share);
	for (int i = 0; i < 4; i++)
		host_thread_join(&threads[i]);
	CHECK_EQ(atomic_load(&share.bytes), 1000000);
	expect_exit(share.w, 0);
}

/* ------------------------------------------------------------------- closing, ending */

/* [two-ends] */
TEST(what_was_written_arrives_after_our_end_was_closed)
{
	int gate[2];
	struct ward *w = start_late_reader(gate, WARD_LEAVE);

	fill_up(w);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	CHECK_EQ(ward_write(w, 0, "x", 1, 0), -EBADF);
	close(gate[1]);
	EXPECT_REST(w, 1, "131072 -1\n");
	expect_exit(w, 0);
}

/* [two-ends] */
TEST(what_was_written_arrives_after_the_ward_was_closed)
{
	int gate[2], ends[2];
	struct ward_fd fd = { .fd = 3 };
	char text[64];
	struct ward *w;

	make_pipe(gate);
	make_pipe(ends);
	fd.from = (struct ward_stdio)GIVEN(gate[0]);
	w = spawn_or_fail(CHILD("count-later", "3", "0"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = GIVEN(ends[1]), .fds = &fd,
	                                  .n_fds = 1));
	close(gate[0]);
	close(ends[1]);
	fill_up(w);
	ward_close(w);
	close(gate[1]);
	read_all(ends[0], text, sizeof(text));
	CHECK_STR(text, "ready\n131072 -1\n");
	close(ends[0]);
	host_collect_orphans();
}

/* [bounded] */
TEST(closing_does_not_wait_for_who_reads_nothing)
{
	int gate[2];
	struct ward *w = start_late_reader(gate, WARD_KILL_WAIT);
	int64_t begin = host_now_ns();

	fill_up(w);
	ward_close(w);
	CHECK(host_now_ns() - begin < SECONDS(20));
	close(gate[1]);
}

TEST(a_write_of_nothing_is_not_the_end)
{
	struct ward *w = spawn_or_fail(CHILD("write-nothing", "1", "something"),
	                               WARD_SPAWN_OPTS(.out = PIPED));

	EXPECT_REST(w, 1, "something");
	expect_exit(w, 0);
}

TEST(the_input_of_a_socket_ends_by_a_write_of_nothing)
{
	struct ward *w;

	if (on_wine())
		SKIP("Wine passes over writes of no bytes");
	w = spawn_or_fail(CHILD("copy", "0", "0", "goodbye\n"),
	                  WARD_SPAWN_OPTS(.in = SOCKETED));
	say_to(w, 0, "hello\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	CHECK_EQ(ward_write(w, 0, "x", 1, LONG_ENOUGH), -EPIPE);
	EXPECT_REST(w, 0, "hello\ngoodbye\n");
	expect_exit(w, 0);
}

/* ----------------------------------------------------------------- what the child has */

/* [sealed-fds] */
TEST(each_kind_is_what_programs_of_windows_know)
{
	struct ward_fd fds[] = { { .fd = 3, .from = SOCKETED },
		                 { .fd = 4,
		                   .from = { .kind = WARD_FD_MEMORY,
		                             .flags = WARD_MEMORY_FILE,
		                             .data = "x",
		                             .data_size = 1 } } };
	struct ward *w = spawn_or_fail(CHILD("print-handle-kinds", "0", "1", "3", "4"),
	                               WARD_SPAWN_OPTS(.in = MEMORY("x", 1), .out = PIPED,
	                                               .fds = fds, .n_fds = 2));

	EXPECT_REST(w, 1, "0 pipe\n1 pipe\n3 pipe\n4 file\n");
	expect_exit(w, 0);
}

TEST(a_file_of_memory_cannot_be_changed_or_opened_once_more)
{
	/* Wine cuts a file through a handle that may only read. */
	const char *tried = on_wine() ? "cut\ntried\n" : "tried\n";
	struct ward *w = spawn_or_fail(
		CHILD("try-to-change", "0"),
		WARD_SPAWN_OPTS(.out = PIPED, .in = { .kind = WARD_FD_MEMORY,
	                                              .flags = WARD_MEMORY_FILE,
	                                              .data = "x",
	                                              .data_size = 1 }));

	EXPECT_REST(w, 1, tried);
	expect_exit(w, 0);
}

TEST(there_are_no_descriptors_of_ours)
{
	struct ward *w =
		spawn_or_fail(CHILD("cat"), WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED));

	CHECK_EQ(ward_fd(w, 0), -ENOTSUP);
	CHECK_EQ(ward_take_fd(w, 1), -ENOTSUP);
	CHECK_EQ(ward_fd(w, 2), -EBADF);
	CHECK_EQ(ward_resize(w, 24, 80), -ENOTTY);
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

/* ------------------------------------------------------------------------------- runs */

TEST(a_run_cannot_be_fed_from_a_descriptor)
{
	int ends[2];

	make_pipe(ends);
	run_fails(PLAY("exit", "0"),
	          WARD_RUN_OPTS(.flags = WARD_RUN_INPUT_FD, .input_fd = ends[0]),
	          -ENOTSUP);
	close(ends[0]);
	close(ends[1]);
}

/* Each command has its process and its errors, and there is the output: 91 in all. */
TEST(more_is_waited_for_than_fits_into_one_wait)
{
	enum { MANY = 45 };
	static const char *const cat[] = { NULL, "play", "err", "e", "cat", NULL };
	const char *argv[MANY][6];
	struct ward_stage stages[MANY] = { { .argv = NULL } };
	struct ward_result r = WARD_RESULT_INIT;

	for (int i = 0; i < MANY; i++) {
		memcpy(argv[i], cat, sizeof(cat));
		argv[i][0] = check_child();
		stages[i].argv = argv[i];
	}
	REQUIRE_EQ(
		ward_run_pipeline(stages, MANY,
	                          WARD_RUN_OPTS(.flags = WARD_RUN_STAGE_ERRORS,
	                                        .input = "through all", .input_size = 11),
	                          &r),
		0);
	check_text(&r.out, "through all");
	CHECK_EQ(r.failed, -1);
	for (int i = 0; i < MANY; i++)
		check_text(&r.stages[i].err, "e");
	ward_result_free(&r);
}

static void wake_by(BOOL manual)
{
	HANDLE wake = CreateEventW(NULL, manual, FALSE, NULL);
	const struct ward_stage stage = { .argv = PLAY("wait", "0") };
	const struct ward_spawn_opts opts = { .size = sizeof(opts), .in = PIPED };
	struct ward_result r = WARD_RESULT_INIT;
	struct ward_pipeline *p = NULL;

	REQUIRE_EQ(
		ward_pipeline_start(&p, &stage, 1,
	                            WARD_RUN_OPTS(.flags = WARD_RUN_WAKE, .spawn = &opts,
	                                          .wake = (int64_t)(intptr_t)wake)),
		0);
	SetEvent(wake);
	CHECK_EQ(ward_pipeline_wait(p, LONG_ENOUGH, &r), 0);
	CHECK_EQ(WaitForSingleObject(wake, 0), manual ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
	CHECK_EQ(ward_close_fd(ward_pipeline_ward(p, 0), 0), 0);
	ResetEvent(wake);
	CHECK_EQ(ward_pipeline_wait(p, LONG_ENOUGH, &r), 1);
	ward_result_free(&r);
	ward_pipeline_close(p);
	CloseHandle(wake);
}

TEST(a_handle_wakes_a_pipeline)
{
	wake_by(TRUE);
}

TEST(a_handle_that_resets_itself_wakes_a_pipeline_once)
{
	wake_by(FALSE);
}

TEST(a_wake_that_is_no_handle_is_told)
{
	struct ward_result r = WARD_RESULT_INIT;
	struct ward_pipeline *p = NULL;
	const struct ward_stage stage = { .argv = PLAY("exit", "0") };

	REQUIRE_EQ(ward_pipeline_start(
			   &p, &stage, 1,
			   WARD_RUN_OPTS(.flags = WARD_RUN_WAKE, .wake = 0x7ff0)),
	           0);
	CHECK_EQ(ward_pipeline_wait(p, LONG_ENOUGH, &r), -EBADF);
	ward_pipeline_close(p);
}

/* Bytes are bytes, also through a descriptor that the runtime calls text. */
TEST(output_for_a_descriptor_of_text_is_not_changed)
{
	struct folder f = folder_make();
	char path[512], text[64];
	struct ward_result r;
	int fd;

	folder_write(&f, "out", "", 0600, path, sizeof(path));
	fd = host_open(path, _O_WRONLY);
	REQUIRE(fd >= 0);
	_setmode(fd, _O_TEXT);
	r = run_or_fail(PLAY("out", "a\nb\n"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = fd }));
	CHECK_EQ(_setmode(fd, _O_TEXT), _O_TEXT);
	ward_result_free(&r);
	close(fd);
	fd = host_open(path, _O_RDONLY);
	read_all(fd, text, sizeof(text));
	CHECK_STR(text, "a\nb\n");
	close(fd);
	folder_remove(&f);
}

/* [bounded] */
TEST(output_for_a_file_has_a_limit)
{
	struct folder f = folder_make();
	char path[512], text[64];
	struct ward_result r;
	int fd;

	folder_write(&f, "out", "", 0600, path, sizeof(path));
	fd = host_open(path, _O_WRONLY);
	REQUIRE(fd >= 0);
	r = run_or_fail(PLAY("out", "abcdef"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = fd, .limit = 4 }));
	CHECK_EQ(r.out.lost, 2);
	ward_result_free(&r);
	close(fd);
	fd = host_open(path, _O_RDONLY);
	read_all(fd, text, sizeof(text));
	CHECK_STR(text, "abcd");
	close(fd);
	folder_remove(&f);
}

/* What was moved is there, though our end was closed at once. */
TEST(output_for_a_pipe_arrives_when_it_is_closed_at_the_limit)
{
	struct ward_result r;
	char text[64];
	int ends[2];

	make_pipe(ends);
	r = run_or_fail(PLAY("out", "abcdef"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD,
	                                       .fd = ends[1],
	                                       .limit = 4,
	                                       .keep = WARD_KEEP_CLOSE }));
	close(ends[1]);
	read_all(ends[0], text, sizeof(text));
	CHECK_STR(text, "abcd");
	CHECK_EQ(r.out.lost, 2);
	ward_result_free(&r);
	close(ends[0]);
}

/* [bounded] The writing of what nobody takes ends with the run. */
TEST(a_pipe_that_nobody_reads_is_let_go_when_the_time_is_up)
{
	struct ward_result r;
	int64_t begin = host_now_ns();
	int ends[2];

	make_pipe(ends);
	r = run_or_fail(PLAY("pour", "1"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1] },
	                              .timeout_ns = MILLISECONDS(300)));
	CHECK(host_now_ns() - begin < SECONDS(20));
	CHECK(r.flags & WARD_RESULT_TIMED_OUT);
	ward_result_free(&r);
	close(ends[1]);
	close(ends[0]);
}
