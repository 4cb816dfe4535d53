/* SPDX-License-Identifier: MIT */
/*
 * How a terminal ends: our end of it, the child's, the end of what is typed, and what is
 * still to be read when the child has gone.
 */
#include "able.h"
#include "gate.h"
#include "terminal.h"

TEST(the_end_of_input_is_seen_by_who_reads_lines)
{
	struct ward *w = start_quiet(CHILD("print-reads", "0"));

	EXPECT_LINE(w, 1, "ready\r\n");
	say_to(w, 0, "one\n");
	EXPECT_LINE(w, 1, "4:one\r\n");
	EXPECT_LINE(w, 1, "\r\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_LINE(w, 1, "end\r\n");
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

/* One such character would only hand the line over; it takes a second one. */
TEST(the_end_of_input_is_seen_in_the_middle_of_a_line)
{
	struct ward *w = start_quiet(CHILD("print-reads", "0"));

	EXPECT_LINE(w, 1, "ready\r\n");
	say_to(w, 0, "half");
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_LINE(w, 1, "4:half\r\n");
	EXPECT_REST(w, 1, "end\r\n");
	expect_exit(w, 0);
}

TEST(the_end_of_input_is_seen_before_anything_was_typed)
{
	struct ward *w = start_quiet(CHILD("cat"));

	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "");
	expect_exit(w, 0);
}

/* A read is a read, to a terminal: more may come after an end. */
TEST(after_the_end_of_input_the_terminal_can_be_used)
{
	struct ward *w = start_quiet(CHILD("read-twice", "0"));

	EXPECT_LINE(w, 1, "ready\r\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_LINE(w, 1, "end\r\n");
	say_to(w, 0, "more\n");
	EXPECT_REST(w, 1, "more\r\n");
	expect_exit(w, 0);
}

TEST(closing_our_end_hangs_up)
{
	struct ward *w = start_quiet(CHILD("catch", "HUP"));

	EXPECT_LINE(w, 1, "ready\r\n");
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 64 + SIGHUP);
}

TEST(a_child_that_takes_no_notice_dies_by_the_hangup)
{
	int wait[2];
	struct ward_fd third = { .fd = 3 };
	struct ward *w;

	/* Who reads the terminal may see its end before the signal. */
	make_pipe(wait);
	third.from = (struct ward_stdio)GIVEN(wait[0]);
	w = spawn_or_fail(CHILD("idle", "1", "3"),
	                  WARD_SPAWN_OPTS(.in = PTYED, .out = PTYED, .err = PTYED,
	                                  .fds = &third, .n_fds = 1));
	close(wait[0]);
	EXPECT_LINE(w, 1, "ready\r\n");
	CHECK_EQ(ward_close_fd(w, 2), 0);
	expect_signal(w, SIGHUP);
	close(wait[1]);
}

TEST(closing_the_ward_hangs_up)
{
	int ends[2];
	struct ward *w;

	make_pipe(ends);
	w = spawn_or_fail(CHILD("catch", "HUP"),
	                  WARD_SPAWN_OPTS(.in = PTYED, .out = PTYED,
	                                  .err = GIVEN(ends[1])));
	close(ends[1]);
	EXPECT_LINE(w, 1, "ready\r\n");
	ward_close(w);
	expect_gone(ends[0]);
}

TEST(after_the_hangup_the_child_reads_an_end)
{
	struct ward *w = start_quiet(CHILD("read-to-hangup", "0"));
	struct ward_exit e;

	EXPECT_LINE(w, 1, "ready\r\n");
	CHECK_EQ(ward_close_fd(w, 0), 0);
	e = wait_or_fail(w);
	CHECK_EQ(e.how, WARD_EXITED);
	CHECK(e.code == 0 || e.code == EIO);
	ward_close(w);
}

/* [two-ends] The last words, and then an end that is no error. */
TEST(output_is_whole_when_the_child_has_ended)
{
	struct ward *w = start_quiet(CHILD("say", "1", "last ", "2", "words\n"));
	struct ward_exit e = wait_or_fail(w);
	char byte;

	check_exited(&e, 0);
	EXPECT_REST(w, 1, "last words\r\n");
	CHECK_EQ(ward_read(w, 1, &byte, 1, LONG_ENOUGH), 0);
	ward_close(w);
}

/*
 * [two-ends] Linux may say that everybody has gone, and not give what the last one wrote:
 * see ward__channel_read.
 */
TEST(an_end_that_comes_before_the_last_words_is_not_believed)
{
	struct ward *w = start_quiet(CHILD("say", "1", "last words\n"));
	struct ward_exit e = wait_or_fail(w);

	check_exited(&e, 0);
	ward__gate_fail("read", 1, EIO);
	EXPECT_REST(w, 1, "last words\r\n");
	CHECK_STR(ward__gate_failed(), "read");
	ward_close(w);
}

/* [two-ends] The terminal ends when nobody has it any more, not when its leader ends. */
TEST(output_goes_on_while_somebody_has_the_terminal)
{
	struct ward_fd go = { .fd = 3, .from = PIPED };
	struct ward_exit e;
	struct ward *w;
	char byte;

	go.from.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("leave-late-writer", "3"),
	                  WARD_SPAWN_OPTS(.in = NULLED, .out = PTYED, .err = NULLED,
	                                  .fds = &go, .n_fds = 1));
	e = wait_or_fail(w);
	check_exited(&e, 0);
	if (ward_read(w, 1, &byte, 1, MILLISECONDS(20)) == 0)
		check_note("the end of the leader took the terminal from everybody");
	CHECK_EQ(ward_close_fd(w, 3), 0);
	CHECK(ward_read(w, 1, &byte, 1, LONG_ENOUGH) >= 0);
	ward_close(w);
	host_collect_orphans();
}

/* [bounded] */
TEST(a_terminal_that_is_not_read_takes_only_so_much)
{
	static const char much[1 << 20];
	struct ward_fd go = { .fd = 3, .from = PIPED };
	struct ward *w;
	int64_t n;

	go.from.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("idle", "1", "3"),
	                  WARD_SPAWN_OPTS(.in = PTYED, .out = PTYED, .fds = &go,
	                                  .n_fds = 1,
	                                  .pty = WARD_PTY_OPTS(.flags = WARD_PTY_RAW)));
	EXPECT_LINE(w, 1, "ready\n");
	do {
		n = ward_write(w, 0, much, sizeof(much), MILLISECONDS(20));
		CHECK(n < (int64_t)sizeof(much));
	} while (n > 0);
	CHECK_EQ(n, -ETIMEDOUT);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	expect_exit(w, 0);
}

/* [bounded] What nobody will ever read is no reason to wait. */
TEST(a_terminal_that_nobody_has_any_more_is_like_a_broken_pipe)
{
	static const char much[1 << 20];
	struct ward *w = start_quiet(CHILD("exit", "0"));
	int64_t n;

	check_exited(&(struct ward_exit[]){ wait_or_fail(w) }[0], 0);
	CHECK_EQ(ward_write(w, 0, much, sizeof(much), LONG_ENOUGH), -EPIPE);
	while ((n = ward_write(w, 0, much, sizeof(much), 0)) > 0)
		;                         /* the kernel still moves what it had */
	CHECK_EQ(n, -EPIPE);
	ward_close(w);
}
