/* SPDX-License-Identifier: MIT */
/*
 * Lines that a set cuts output into: a line is told without its newline; one that is
 * longer than the limit or the buffer comes in pieces that say so; a last one without a
 * newline says that, too.
 */
#include "set.h"

enum { TEXT = 8192 };

/* Lines as one text: each piece in brackets, '+' behind one that goes on, '?' behind one
 * without a newline, '0' for a NUL. */
struct told {
	char text[TEXT];
	size_t len, longest;
	uint64_t bytes;
	int lines, exit_code;
};

static void tell(struct told *t, char c)
{
	if (t->len < TEXT - 1)
		t->text[t->len++] = c;
}

static void tell_line(struct told *t, const struct ward_event *e)
{
	const char *bytes = e->buffer;

	CHECK_EQ(e->fd, 1);
	CHECK(e->length <= e->room);
	tell(t, '[');
	for (size_t i = 0; i < e->length; i++)
		tell(t, bytes[i] ? bytes[i] : '0');
	tell(t, ']');
	if (e->flags & WARD_LINE_MORE)
		tell(t, '+');
	if (e->flags & WARD_LINE_OPEN)
		tell(t, '?');
	CHECK(e->flags < 2 * WARD_LINE_OPEN);
	t->lines += !(e->flags & WARD_LINE_MORE);
	t->bytes += e->length;
	if (e->length > t->longest)
		t->longest = e->length;
}

static void take_lines(struct ward_set *set, size_t room, struct told *t)
{
	char *buf = malloc(room);

	REQUIRE(buf != NULL);
	memset(t, 0, sizeof(*t));
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, buf, room);

		if (e.what == WARD_EVENT_ENDED)
			t->exit_code = (int)e.exit.code;
		else if (e.what != WARD_EVENT_OUTPUT_ENDED) {
			CHECK_STR(event_name(e.what), event_name(WARD_EVENT_LINE));
			tell_line(t, &e);
		}
	}
	free(buf);
}

static struct told lines_of(const char *const argv[], size_t room, size_t limit)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(argv, WARD_SPAWN_OPTS(.out = OUT_PIPED));
	static struct told told;

	add_or_fail(set, w, NULL,
	            WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES, .line_limit = limit));
	take_lines(set, room, &told);
	CHECK_EQ(told.exit_code, 0);
	close_empty(set);
	ward_close(w);
	return told;
}

#define EXPECT_LINES(expected, room, limit, ...)                         \
	do {                                                             \
		struct told t_ = lines_of(PLAY(__VA_ARGS__), room, limit);\
		CHECK_STR(t_.text, expected);                            \
	} while (0)

TEST(lines_come_without_their_newlines)
{
	EXPECT_LINES("[one][two][three]", 4096, 0, "out", "one\ntwo\nthree\n");
}

TEST(empty_lines_are_lines)
{
	EXPECT_LINES("[][][x][]", 4096, 0, "out", "\n\nx\n\n");
}

TEST(a_last_line_without_a_newline_says_so)
{
	EXPECT_LINES("[one][two]?", 4096, 0, "out", "one\ntwo");
	EXPECT_LINES("[x]?", 4096, 0, "out", "x");
}

TEST(no_output_is_no_line)
{
	EXPECT_LINES("", 4096, 0, "exit", "0");
	EXPECT_LINES("[]", 4096, 0, "out", "\n");
}

TEST(a_line_that_comes_byte_by_byte_is_one_line)
{
	EXPECT_LINES("[slowly][done]?", 4096, 0, "bytes", "1", "slowly\ndone");
}

TEST(carriage_returns_and_nuls_are_the_programs_own)
{
	EXPECT_LINES("[dos\r][00]", 4096, 0, "out", "dos\r\n", "nul", "1", "2", "out",
	             "\n");
}

TEST(a_line_longer_than_the_limit_comes_in_pieces)
{
	EXPECT_LINES("[abcd]+[efgh]+[ij][kl]", 4096, 4, "out", "abcdefghij\nkl\n");
}

/* A line of just the limit is whole; what is told of its end is one event, or two. */
TEST(a_line_of_just_the_limit_is_whole)
{
	struct told t = lines_of(PLAY("out", "abcd\nefgh\n"), 4096, 4);

	CHECK_EQ(t.lines, 2);
	CHECK_EQ(t.bytes, 8);
	CHECK_EQ(t.longest, 4);
}

TEST(an_open_line_longer_than_the_limit_says_both)
{
	struct told t = lines_of(PLAY("out", "abcdefghij"), 4096, 4);

	CHECK_STR(t.text, "[abcd]+[efgh]+[ij]?");
}

/* Pieces of a small buffer, put together, are the lines. */
TEST(a_buffer_smaller_than_a_line_loses_nothing_of_it)
{
	for (size_t room = 1; room < 12; room++) {
		struct told t = lines_of(PLAY("out", "0123456789\nab\n\nlast"), room, 0);
		char joined[64] = "";
		size_t n = 0;

		for (const char *c = t.text; *c; c++) {
			if (*c == ']' && c[1] == '+')
				c += 2;       /* its '[' goes as well */
			else
				joined[n++] = *c;
		}
		joined[n] = '\0';
		if (!CHECK_STR(joined, "[0123456789][ab][][last]?"))
			check_note("... with a buffer of %zu", room);
		CHECK(t.longest <= room);
	}
}

/* [bounded] No newline in it at all, and more of it than anybody wants to hold. */
TEST(one_line_may_be_longer_than_any_buffer)
{
	uint64_t size = (uint64_t)check_scaled(64) << 20;
	struct told t;
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)size);
	t = lines_of(PLAY("letters", "1", number), 1 << 17, 0);
	CHECK_EQ(t.bytes, size);
	CHECK(t.longest <= 65536);
	CHECK_EQ(t.lines, 1);
}

TEST(ten_thousand_lines_come_in_order)
{
	int n = check_scaled(10000), at = 0;
	struct ward_set *set = set_or_fail(NULL);
	char *text = malloc((size_t)n * 8 + 1), buf[64];
	struct ward_stdio in = { .kind = WARD_FD_MEMORY, .data = text };
	struct ward *w;

	REQUIRE(text != NULL);
	for (int i = 0; i < n; i++)
		snprintf(text + i * 6, 7, "%05d\n", i);
	in.data_size = (size_t)n * 6;
	w = spawn_or_fail(PLAY("cat"), WARD_SPAWN_OPTS(.in = in, .out = OUT_PIPED));
	add_or_fail(set, w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES));
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, buf, sizeof(buf) - 1);
		char number[8];

		if (e.what != WARD_EVENT_LINE)
			continue;
		buf[e.length] = '\0';
		snprintf(number, sizeof(number), "%05d", at++);
		if (!CHECK_STR(buf, number))
			break;
	}
	CHECK_EQ(at, n);
	ward_set_close(set);
	ward_wait(w, ENOUGH, NULL);
	ward_close(w);
	free(text);
}

TEST(lines_of_two_streams_are_put_together_apart)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(
		PLAY("out", "a", "err", "x", "out", "b", "err", "y\n", "out", "c\n"),
		WARD_SPAWN_OPTS(.out = OUT_PIPED, .err = OUT_PIPED));
	char text[3][16] = { "" };

	add_or_fail(set, w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES));
	while (ward_set_count(set) > 0) {
		char buf[16];
		struct ward_event e = next_event(set, buf, sizeof(buf));

		if (e.what != WARD_EVENT_LINE)
			continue;
		REQUIRE(e.fd == 1 || e.fd == 2);
		CHECK_EQ(e.flags, 0);
		add_text(text[e.fd], sizeof(text[e.fd]), &e);
	}
	CHECK_STR(text[1], "abc");
	CHECK_STR(text[2], "xy");
	ward_set_close(set);
	ward_close(w);
}

TEST(a_line_without_a_buffer_for_it_is_said_and_not_lost)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w =
		spawn_or_fail(PLAY("out", "kept\n"), WARD_SPAWN_OPTS(.out = OUT_PIPED));
	struct ward_event e = WARD_EVENT_INIT;
	struct told t;

	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	add_or_fail(set, w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES));
	while (ward_set_wait(set, 0, &e) == 1)
		CHECK_EQ(e.what, WARD_EVENT_ENDED);
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), -ENOBUFS);
	take_lines(set, 16, &t);
	CHECK_STR(t.text, "[kept]");
	close_empty(set);
	ward_close(w);
}
