/* SPDX-License-Identifier: MIT */
/*
 * A terminal for a child: that it is one, in each of its settings and sizes. What is
 * typed and printed comes through one end: expected are the bytes in order, with echo.
 */
#include "able.h"
#include "terminal.h"

/* ------------------------------------------------------------------- that it is one */

TEST(the_child_has_a_terminal_of_its_own)
{
	struct ward *w = start_quiet(CHILD("print-terminal", "0"));

	EXPECT_REST(w, 1, "111 leader controlling foreground\r\n");
	expect_exit(w, 0);
}

TEST(all_descriptors_of_a_terminal_have_the_same_end)
{
	struct ward *w = start_quiet(CHILD("read-to-hangup", "0"));
	int fd = ward_fd(w, 0);

	EXPECT_LINE(w, 0, "ready\r\n");
	CHECK(fd >= 0);
	CHECK_EQ(ward_fd(w, 1), fd);
	CHECK_EQ(ward_fd(w, 2), fd);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(ward_take_fd(w, 0), -EBUSY);
	CHECK_EQ(ward_take_fd(w, 2), -EBUSY);
	CHECK_EQ(ward_close_fd(w, 1), 0);
	CHECK_EQ(ward_fd(w, 0), -EBADF);
	CHECK_EQ(ward_fd(w, 2), -EBADF);
	ward_wait(w, LONG_ENOUGH, NULL);
	ward_close(w);
}

TEST(an_end_that_stands_for_one_descriptor_can_be_taken)
{
	struct ward_fd fd = { .fd = 7, .from = PTYED };
	struct ward *w = spawn_or_fail(CHILD("say", "7", "seven\n"),
	                               WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1));
	char buf[32];
	int end;

	EXPECT_LINE(w, 7, "seven\r\n");
	end = ward_take_fd(w, 7);
	CHECK(end >= 0);
	expect_exit(w, 0);
	CHECK(read(end, buf, sizeof(buf)) <= 0);
	close(end);
}

/* [sealed-fds] */
TEST(the_child_has_no_further_descriptor_of_it)
{
	struct ward *w = start_quiet(CHILD("print-fd-numbers"));

	EXPECT_REST(w, 1, "0 1 2 \r\n");
	expect_exit(w, 0);
}

TEST(a_terminal_may_be_for_stderr_alone)
{
	struct ward *w = spawn_or_fail(CHILD("print-terminal", "2"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED,
	                                               .err = PTYED));

	EXPECT_REST(w, 1, "001 leader controlling foreground\n");
	EXPECT_REST(w, 2, "");
	expect_exit(w, 0);
}

TEST(another_descriptor_may_refer_to_it)
{
	struct ward *w = spawn_or_fail(CHILD("print-terminal", "0"),
	                               WARD_SPAWN_OPTS(.in = PTYED, .out = SAME_AS(0),
	                                               .err = NULLED));

	EXPECT_REST(w, 0, "110 leader controlling foreground\r\n");
	expect_exit(w, 0);
}

/* The caller keeps the terminal that it had, or has none as before. */
TEST(the_caller_gets_no_controlling_terminal_by_it)
{
	struct host_process p;
	pid_t pid = fork();

	if (pid == 0) {
		struct ward *w;
		int tty;

		setsid();
		w = start_quiet(CHILD("exit", "0"));
		tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
		expect_exit(w, 0);
		_exit(tty >= 0);
	}
	p = host_hold(pid);
	CHECK_EQ(host_collect(&p), 0);
}

TEST(the_session_of_a_terminal_may_be_asked_for_by_name)
{
	struct ward *w = spawn_or_fail(
	        CHILD("print-terminal", "1"),
	        WARD_SPAWN_OPTS(.in = NULLED, .out = PTYED, .err = NULLED,
	                        .flags = WARD_SPAWN_SESSION));

	EXPECT_REST(w, 1, "010 leader controlling foreground\r\n");
	expect_exit(w, 0);
}

TEST(two_children_have_two_terminals)
{
	struct ward *a = start_quiet(CHILD("cat")), *b = start_quiet(CHILD("cat"));

	say_to(a, 0, "first\n");
	say_to(b, 0, "second\n");
	EXPECT_LINE(b, 1, "second\r\n");
	EXPECT_LINE(a, 1, "first\r\n");
	CHECK_EQ(ward_end_input(a, 0), 0);
	CHECK_EQ(ward_end_input(b, 0), 0);
	expect_exit(a, 0);
	expect_exit(b, 0);
}

/* ------------------------------------------------------------------------- settings */

TEST(a_terminal_echoes_what_is_typed_and_turns_the_line)
{
	struct ward *w = start_on_terminal(CHILD("cat"), NULL);

	say_to(w, 0, "hello\n");
	EXPECT_LINE(w, 1, "hello\r\n");       /* the echo */
	EXPECT_LINE(w, 1, "hello\r\n");       /* and cat */
	CHECK_EQ(ward_end_input(w, 0), 0);
	expect_exit(w, 0);
}

TEST(without_echo_only_the_child_speaks)
{
	struct ward *w = start_quiet(CHILD("cat"));

	say_to(w, 0, "hello\n");
	EXPECT_LINE(w, 1, "hello\r\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

TEST(a_carriage_return_ends_a_line_as_the_key_does)
{
	struct ward *w = start_quiet(CHILD("cat"));

	say_to(w, 0, "typed\r");
	EXPECT_LINE(w, 1, "typed\r\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	expect_exit(w, 0);
}

TEST(a_raw_terminal_passes_bytes_as_they_are)
{
	static const char bytes[] = "a\n\r\x03\x04\x1a\x1c\x11\x13\x7f\x15\xff\x00z";
	struct ward *w =
	        start_on_terminal(CHILD("print-reads-until", "0", "z"),
	                          WARD_PTY_OPTS(.flags = WARD_PTY_RAW));
	char got[64];
	size_t len = 0;

	EXPECT_LINE(w, 1, "ready\n");
	CHECK_EQ(ward_write(w, 0, bytes, sizeof(bytes) - 1, LONG_ENOUGH),
	         sizeof(bytes) - 1);
	len = hear_all(w, 1, got, sizeof(got));
	CHECK_EQ(len, sizeof(bytes) - 1);
	CHECK(memcmp(got, bytes, sizeof(bytes) - 1) == 0);
	expect_exit(w, 0);
}

TEST(a_key_is_a_signal_to_the_child)
{
	struct ward *w = start_quiet(CHILD("catch", "INT"));

	EXPECT_LINE(w, 1, "ready\r\n");
	say_to(w, 0, "\x03");
	expect_exit(w, 64 + SIGINT);
}

TEST(the_child_can_turn_the_echo_off_for_a_password)
{
	struct ward *w = start_on_terminal(CHILD("ask-password"), NULL);
	char prompt[16];
	size_t len = 0;

	while (len < 10) {
		int64_t n = ward_read(w, 1, prompt + len, 10 - len, LONG_ENOUGH);

		REQUIRE(n > 0);
		len += (size_t)n;
	}
	prompt[len] = '\0';
	CHECK_STR(prompt, "password: ");
	say_to(w, 0, "secret\n");
	EXPECT_REST(w, 1, "\r\nit is <secret>\r\n");
	expect_exit(w, 0);
}

/* ----------------------------------------------------------------------------- size */

TEST(a_terminal_has_24_rows_and_80_columns)
{
	struct ward *w = start_quiet(CHILD("print-size", "1"));

	EXPECT_REST(w, 1, "24 80\r\n");
	expect_exit(w, 0);
}

TEST(a_terminal_has_the_size_that_was_asked_for)
{
	struct ward *w = start_on_terminal(CHILD("print-size", "1"),
	                                   WARD_PTY_OPTS(.rows = 7, .columns = 65535));

	EXPECT_REST(w, 1, "7 65535\r\n");
	expect_exit(w, 0);
	w = start_on_terminal(CHILD("print-size", "1"), WARD_PTY_OPTS(.columns = 132));
	EXPECT_REST(w, 1, "24 132\r\n");
	expect_exit(w, 0);
}

TEST(a_new_size_is_told_to_the_child)
{
	struct ward *w = start_quiet(CHILD("tell-sizes", "1", "2"));

	EXPECT_LINE(w, 1, "ready\r\n");
	CHECK_EQ(ward_resize(w, 50, 100), 0);
	EXPECT_LINE(w, 1, "50 100\r\n");
	CHECK_EQ(ward_resize(w, 1, 65535), 0);
	EXPECT_LINE(w, 1, "1 65535\r\n");
	expect_exit(w, 0);
}

TEST(the_size_of_a_terminal_for_stderr_alone_can_be_changed)
{
	struct ward *w = spawn_or_fail(CHILD("tell-sizes", "2", "1"),
	                               WARD_SPAWN_OPTS(.in = PIPED, .err = PTYED));

	EXPECT_LINE(w, 2, "ready\r\n");
	CHECK_EQ(ward_resize(w, 3, 4), 0);
	EXPECT_REST(w, 2, "3 4\r\n");
	expect_exit(w, 0);
}

TEST(a_size_without_a_terminal_is_refused)
{
	struct ward *w = spawn_or_fail(CHILD("hold"), WARD_SPAWN_OPTS(.in = PIPED));
	struct ward *same = NULL;

	CHECK_EQ(ward_resize(w, 24, 80), -ENOTTY);
	REQUIRE_EQ(ward_open(&same, ward_pid(w), 0), 0);
	CHECK_EQ(ward_resize(same, 24, 80), -ENOTTY);
	ward_close(same);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

TEST(a_size_that_there_is_not_is_refused)
{
	static const int sizes[][2] = { { 0, 80 },  { 24, 0 },     { -1, 80 },
		                        { 24, -1 }, { 65536, 80 }, { 24, INT32_MAX } };
	struct ward *w = start_quiet(CHILD("read-to-hangup", "0"));

	EXPECT_LINE(w, 0, "ready\r\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		CHECK_EQ(ward_resize(w, sizes[i][0], sizes[i][1]), -EINVAL);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	CHECK(ward_resize(w, 24, 80) < 0);
	ward_wait(w, LONG_ENOUGH, NULL);
	ward_close(w);
}

/* ------------------------------------------------------------------------------ much */

TEST(much_output_comes_through_a_raw_terminal)
{
	struct ward *w = start_on_terminal(CHILD("produce", "1000000", "1"),
	                                   WARD_PTY_OPTS(.flags = WARD_PTY_RAW));

	CHECK_EQ(hear_pattern(w, 1), 1000000);
	expect_exit(w, 0);
}

TEST(much_input_comes_through_a_raw_terminal)
{
	enum { SIZE = 300000 };
	struct ward *w = spawn_or_fail(
	        CHILD("count-some", "0", "300000"),
	        WARD_SPAWN_OPTS(.in = PTYED, .out = PIPED,
	                        .pty = WARD_PTY_OPTS(.flags = WARD_PTY_RAW)));
	void *bytes = pattern_make(SIZE);

	CHECK_EQ(ward_write(w, 0, bytes, SIZE, LONG_ENOUGH), SIZE);
	EXPECT_REST(w, 1, "300000 -1\n");
	expect_exit(w, 0);
	free(bytes);
}

TEST(each_of_many_starts_gets_a_terminal)
{
	int n = check_scaled(30);

	for (int i = 0; i < n; i++) {
		struct ward *w = start_quiet(CHILD("say", "1", "x"));

		EXPECT_REST(w, 1, "x");
		expect_exit(w, 0);
	}
}
