/* SPDX-License-Identifier: MIT */
/*
 * Pseudo consoles. What is drawn comes as text with the sequences of a terminal among it,
 * which each Windows puts elsewhere: so the tests look for words in it.
 */
#include "gate.h"
#include "help_stdio.h"
#include "help_windows.h"

static struct ward *start_on_console(const char *const argv[],
                                     const struct ward_pty_opts *pty)
{
	return spawn_or_fail(argv, WARD_SPAWN_OPTS(.in = PTYED, .out = PTYED,
	                                           .err = PTYED, .pty = pty));
}

/* What was drawn so far, and is looked through for words. */
struct screen {
	size_t len;
	char text[8192];
};

/* Read until @word was drawn, or nothing more comes. */
static bool until_drawn(struct ward *w, struct screen *s, const char *word)
{
	int64_t n = 1;

	s->text[s->len] = '\0';
	while (!strstr(s->text, word) && n > 0 && s->len < sizeof(s->text) - 1) {
		n = ward_read(w, 1, s->text + s->len, sizeof(s->text) - 1 - s->len,
		              LONG_ENOUGH);
		s->len += n > 0 ? (size_t)n : 0;
		s->text[s->len] = '\0';
	}
	return strstr(s->text, word) != NULL;
}

static void until_end(struct ward *w, struct screen *s)
{
	CHECK(!until_drawn(w, s, "what nobody draws"));
	CHECK_EQ(ward_read(w, 1, s->text, 1, LONG_ENOUGH), 0);
}

/* The console goes in the background: nothing of it stays. */
static void end(struct ward *w, int code)
{
	expect_exit(w, code);
	host_collect_orphans();
}

/* ------------------------------------------------------------------------ what it is */

TEST(the_child_draws_on_a_console_of_this_size)
{
	static struct screen s;
	struct ward *w = start_on_console(CHILD("console"),
	                                  WARD_PTY_OPTS(.rows = 30, .columns = 100));

	CHECK(until_drawn(w, &s, "rows 30, columns 100."));
	until_end(w, &s);
	end(w, 0);
}

TEST(a_console_has_24_rows_of_80_columns)
{
	static struct screen s;
	struct ward *w = start_on_console(CHILD("console"), NULL);

	CHECK(until_drawn(w, &s, "rows 24, columns 80."));
	until_end(w, &s);
	end(w, 0);
}

TEST(the_first_three_are_the_console)
{
	static struct screen s;
	struct ward *w;

	if (on_wine())
		SKIP("Wine gives the child of a pseudo console no standard handles");
	w = start_on_console(CHILD("console"), NULL);
	CHECK(until_drawn(w, &s, "standard 3"));
	until_end(w, &s);
	end(w, 0);
}

/* [sealed-fds] */
TEST(another_descriptor_may_be_a_pipe)
{
	struct ward *w = spawn_or_fail(
		CHILD("cat"), WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .err = PTYED));

	say_to(w, 0, "hello\n");
	EXPECT_LINE(w, 1, "hello\n");
	CHECK_EQ(ward_end_input(w, 0), 0);
	EXPECT_REST(w, 1, "");
	end(w, 0);
}

TEST(what_is_typed_is_read_in_lines_to_the_end)
{
	static struct screen s;
	struct ward *w = start_on_console(CHILD("console-lines"), NULL);

	CHECK(until_drawn(w, &s, "ready."));
	say_to(w, 0, "hello\r");
	CHECK(until_drawn(w, &s, "got <hello>."));
	CHECK_EQ(ward_end_input(w, 0), 0);
	CHECK(until_drawn(w, &s, "end."));
	until_end(w, &s);
	end(w, 0);
}

/* ---------------------------------------------------------------------- size, hang-up */

TEST(a_console_can_be_resized)
{
	static struct screen s;
	struct ward *w = start_on_console(CHILD("console-stay"), NULL);
	int r;

	CHECK(until_drawn(w, &s, "ready."));
	CHECK_EQ(ward_resize(w, 32768, 80), -EINVAL);
	r = ward_resize(w, 40, 120);
	CHECK(on_wine() ? r == -ENOTSUP || r == 0 : r == 0);
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	until_end(w, &s);
	ward_resize(w, 24, 80);
	expect_signal(w, SIGKILL);
	host_collect_orphans();
}

/* [two-ends] */
TEST(the_output_ends_when_the_child_has_ended)
{
	static struct screen s;
	struct ward *w = start_on_console(CHILD("console-stay"), NULL);

	CHECK(until_drawn(w, &s, "ready."));
	CHECK_EQ(ward_read(w, 1, s.text, 1, 0) == 0, false);
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	s.len = 0;
	until_end(w, &s);
	expect_signal(w, SIGKILL);
	host_collect_orphans();
}

/* [bounded] */
TEST(closing_our_end_hangs_up)
{
	static struct screen s;
	struct ward *w = start_on_console(CHILD("console-stay"), NULL);

	CHECK(until_drawn(w, &s, "ready."));
	CHECK_EQ(ward_close_fd(w, 0), 0);
	CHECK_EQ(ward_read(w, 1, s.text, 1, 0), -EBADF);
	CHECK_EQ(ward_resize(w, 24, 80), -EBADF);
	CHECK_EQ(ward_wait(w, LONG_ENOUGH, NULL), 1);
	ward_close(w);
	host_collect_orphans();
}

TEST(closing_the_ward_leaves_nothing_of_the_console)
{
	static struct screen s;
	struct ward *w =
		spawn_or_fail(CHILD("console-stay"),
	                      WARD_SPAWN_OPTS(.in = PTYED, .out = PTYED, .err = PTYED,
	                                      .on_close = WARD_KILL_WAIT));

	CHECK(until_drawn(w, &s, "ready."));
	ward_close(w);
	host_collect_orphans();
}

/* ---------------------------------------------------------------------------- refused */

/* [told-why] The console that was made for it goes in the background. */
static void is_refused(const struct ward_spawn_opts *opts, int code, int step)
{
	spawn_fails(CHILD("exit", "0"), opts, code, step);
	host_collect_orphans();
}

TEST(the_modes_of_a_console_are_its_programs_to_set)
{
	is_refused(
		WARD_SPAWN_OPTS(.in = PTYED, .pty = WARD_PTY_OPTS(.flags = WARD_PTY_RAW)),
		-ENOTSUP, WARD_STEP_PTY);
	is_refused(WARD_SPAWN_OPTS(.in = PTYED,
	                           .pty = WARD_PTY_OPTS(.flags = WARD_PTY_NO_ECHO)),
	           -ENOTSUP, WARD_STEP_PTY);
}

TEST(a_console_has_no_size_beyond_its_own_limits)
{
	is_refused(WARD_SPAWN_OPTS(.in = PTYED, .pty = WARD_PTY_OPTS(.rows = 32768)),
	           -EINVAL, WARD_STEP_PTY);
}

TEST(only_the_first_three_descriptors_can_be_a_console)
{
	struct ward_fd fd = { .fd = 3, .from = PTYED };

	is_refused(WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1), -ENOTSUP, WARD_STEP_PTY);
	fd.from = (struct ward_stdio)SAME_AS(1);
	is_refused(WARD_SPAWN_OPTS(.out = PTYED, .fds = &fd, .n_fds = 1), -ENOTSUP,
	           WARD_STEP_PTY);
}

TEST(a_pseudo_console_is_the_only_one)
{
	is_refused(WARD_SPAWN_OPTS(.in = PTYED,
	                           .windows = WARD_WINDOWS_OPTS(
						   .console = WARD_CONSOLE_HIDDEN)),
	           -EINVAL, WARD_STEP_OPTIONS);
}

TEST(a_windows_without_pseudo_consoles_says_so)
{
	ward__gate_fail("ResizePseudoConsole", 1, ENOSYS);
	is_refused(WARD_SPAWN_OPTS(.in = PTYED), -ENOTSUP, WARD_STEP_PTY);
	ward__gate_fail(NULL, 0, 0);
}
