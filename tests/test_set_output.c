/* SPDX-License-Identifier: MIT */
/*
 * Output that a set reads: in chunks, from pipes, sockets and terminals, beside the ends
 * of the processes, which are other events. All of it comes, in order, whatever the size
 * of the buffer; and who writes without end keeps nobody else waiting.
 */
#include "set.h"

#define WATCH_OUTPUT WARD_WATCH_OPTS(.flags = WARD_WATCH_OUTPUT)

enum { STREAMS = 3, HEARD_MAX = 4096 };

/* What was told of one ward. */
struct heard {
	char text[STREAMS][HEARD_MAX];
	uint64_t sizes[STREAMS];
	int ended_at[STREAMS], exited_at, last_at, n;
	struct ward_exit exit;
};

/* Take one event of the ward into the account. */
static void hear_event(struct heard *h, const struct ward_event *e)
{
	int fd = e->fd;

	h->n++;
	CHECK_EQ(h->last_at, 0);
	if (e->flags & WARD_EVENT_LAST)
		h->last_at = h->n;
	if (e->what == WARD_EVENT_ENDED) {
		CHECK_EQ(h->exited_at, 0);
		h->exited_at = h->n;
		h->exit = e->exit;
		return;
	}
	REQUIRE(fd >= 0 && fd < STREAMS);
	CHECK_EQ(h->ended_at[fd], 0);
	if (e->what == WARD_EVENT_OUTPUT_ENDED) {
		CHECK_EQ(e->code, 0);
		h->ended_at[fd] = h->n;
		return;
	}
	CHECK_STR(event_name(e->what), event_name(WARD_EVENT_OUTPUT));
	CHECK(e->length > 0 && e->length <= e->room);
	for (size_t i = 0; i < e->length; i++, h->sizes[fd]++)
		if (h->sizes[fd] < HEARD_MAX - 1)
			h->text[fd][h->sizes[fd]] = ((const char *)e->buffer)[i];
}

/* All that comes of @w alone, until there is nothing more. */
static void hear(struct ward_set *set, struct ward *w, size_t room, struct heard *h)
{
	char *buf = malloc(room);

	REQUIRE(buf != NULL);
	memset(h, 0, sizeof(*h));
	while (h->last_at == 0) {
		struct ward_event e = next_event(set, buf, room);

		CHECK(e.ward == w);
		CHECK_EQ(e.room, room);
		hear_event(h, &e);
	}
	CHECK(h->exited_at > 0);
	free(buf);
}

/* Start it with pipes for its output, hear all of it. */
static void hear_program(const char *const argv[], size_t room, struct heard *h)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(
		argv, WARD_SPAWN_OPTS(.out = OUT_PIPED, .err = OUT_PIPED));

	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	hear(set, w, room, h);
	CHECK(h->ended_at[1] > 0 && h->ended_at[2] > 0);
	close_empty(set);
	ward_close(w);
}

/* --------------------------------------------------------------------------- chunks */

TEST(output_and_errors_come_apart_with_their_ends_and_that_of_the_process)
{
	struct heard h;

	hear_program(PLAY("out", "hello, ", "err", "oh", "out", "world", "exit", "5"),
	             4096, &h);
	CHECK_STR(h.text[1], "hello, world");
	CHECK_STR(h.text[2], "oh");
	check_exited(&h.exit, 5);
	CHECK_EQ(h.last_at, h.n);
}

TEST(output_comes_whole_through_buffers_of_any_size)
{
	static const size_t rooms[] = { 1, 2, 7, 4096, 1 << 20 };

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct heard h;

		hear_program(PLAY("out", "0123456789", "err", "abc"), rooms[i], &h);
		CHECK_STR(h.text[1], "0123456789");
		CHECK_STR(h.text[2], "abc");
	}
}

/* The bytes of the pattern, to the last one and in order. */
static void check_pattern_comes(size_t room, uint64_t size)
{
	struct ward_set *set = set_or_fail(NULL);
	char number[24], *buf = malloc(room);
	struct ward_event e = { .what = 0 };
	struct ward *w;
	uint64_t at = 0;

	REQUIRE(buf != NULL);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)size);
	w = spawn_or_fail(PLAY("fill", "1", number), WARD_SPAWN_OPTS(.out = OUT_PIPED));
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	while (!(e.flags & WARD_EVENT_LAST)) {
		e = next_event(set, buf, room);
		if (e.what != WARD_EVENT_OUTPUT)
			continue;
		if (!CHECK_EQ(pattern_match(buf, e.length, at), e.length))
			break;
		at += e.length;
	}
	CHECK_EQ(at, size);
	close_empty(set);
	ward_close(w);
	free(buf);
}

TEST(much_output_comes_whole_and_in_order)
{
	check_pattern_comes(65536, (uint64_t)check_scaled(300) * 100000);
	check_pattern_comes(100, 100000);
}

TEST(what_was_written_before_a_ward_was_added_is_told)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w =
		spawn_or_fail(PLAY("out", "early"), WARD_SPAWN_OPTS(.out = OUT_PIPED));
	struct heard h;

	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	hear(set, w, 100, &h);
	CHECK_STR(h.text[1], "early");
	close_empty(set);
	ward_close(w);
}

TEST(output_that_nobody_watches_is_left_to_others)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w =
		spawn_or_fail(PLAY("out", "mine"), WARD_SPAWN_OPTS(.out = OUT_PIPED));
	char buf[16] = "";

	add_or_fail(set, w, NULL, NULL);
	expect_ended(set, w, 0);
	CHECK_EQ(ward_read(w, 1, buf, sizeof(buf), ENOUGH), 4);
	CHECK_STR(buf, "mine");
	close_empty(set);
	ward_close(w);
}

TEST(without_anything_to_read_the_end_is_the_last_event)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("exit", "2"), NULL);

	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	expect_ended(set, w, 2);
	close_empty(set);
	ward_close(w);
}

/* ------------------------------------------------------------------------- no buffer */

TEST(output_without_a_buffer_for_it_is_said_and_not_lost)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w =
		spawn_or_fail(PLAY("out", "patience"), WARD_SPAWN_OPTS(.out = OUT_PIPED));
	struct ward_event e = WARD_EVENT_INIT;
	struct heard h;
	char byte;

	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	while (ward_set_wait(set, 0, &e) == 1)
		CHECK_EQ(e.what, WARD_EVENT_ENDED);
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), -ENOBUFS);
	e.buffer = &byte;                     /* no room in it */
	CHECK_EQ(ward_set_wait(set, ENOUGH, &e), -ENOBUFS);
	memset(&h, 0, sizeof(h));
	while (ward_set_count(set) > 0) {
		char buf[3];

		e = next_event(set, buf, sizeof(buf));
		if (e.what != WARD_EVENT_ENDED)
			hear_event(&h, &e);
	}
	CHECK_STR(h.text[1], "patience");
	ward_set_close(set);
	ward_close(w);
}

/* --------------------------------------------------------------------- others hold it */

/* [two-ends] */
TEST(the_end_is_told_while_a_process_left_behind_holds_the_output)
{
	struct ward_set *set = set_or_fail(NULL);
	int ends[2];
	struct ward_fd gate = { .fd = 3 };
	struct ward_event e;
	struct ward *w;
	char buf[64];

	make_pipe(ends);
	gate.from = (struct ward_stdio)GIVEN(ends[0]);
	w = spawn_or_fail(PLAY("leave", "3", "exit", "4"),
	                  WARD_SPAWN_OPTS(.out = OUT_PIPED, .fds = &gate, .n_fds = 1));
	close(ends[0]);
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	e = next_event(set, buf, sizeof(buf));
	CHECK_STR(event_name(e.what), event_name(WARD_EVENT_ENDED));
	CHECK_EQ(e.flags, 0);
	check_exited(&e.exit, 4);
	expect_nothing(set);
	CHECK_EQ(ward_set_count(set), 1);
	close(ends[1]);
	e = next_event(set, buf, sizeof(buf));
	CHECK_STR(event_name(e.what), event_name(WARD_EVENT_OUTPUT_ENDED));
	CHECK_EQ(e.fd, 1);
	CHECK_EQ(e.flags, WARD_EVENT_LAST);
	close_empty(set);
	ward_close(w);
	host_collect_orphans();
}

/* [two-ends] */
TEST(the_output_may_end_before_the_process)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e;
	struct ward *w;
	char buf[64];

	w = spawn_or_fail(PLAY("close", "1", "byte", "0", "exit", "6"),
	                  WARD_SPAWN_OPTS(.in = OUT_PIPED, .out = OUT_PIPED));
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	e = next_event(set, buf, sizeof(buf));
	CHECK_STR(event_name(e.what), event_name(WARD_EVENT_OUTPUT_ENDED));
	CHECK_EQ(e.flags, 0);
	expect_nothing(set);
	CHECK_EQ(ward_end_input(w, 0), 0);
	expect_ended(set, w, 6);
	close_empty(set);
	ward_close(w);
}

TEST(removing_a_ward_leaves_its_unread_output_in_the_pipe)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w =
		spawn_or_fail(PLAY("out", "the rest"), WARD_SPAWN_OPTS(.out = OUT_PIPED));
	char buf[32] = "";

	REQUIRE_EQ(ward_wait(w, ENOUGH, NULL), 1);
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	CHECK_EQ(ward_set_remove(set, w), 0);
	close_empty(set);
	CHECK_EQ(ward_read(w, 1, buf, sizeof(buf), ENOUGH), 8);
	CHECK_STR(buf, "the rest");
	ward_close(w);
}

TEST(a_stream_that_is_closed_meanwhile_is_told_to_have_ended)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(
		PLAY("byte", "0", "exit", "3"),
		WARD_SPAWN_OPTS(.in = OUT_PIPED, .out = OUT_PIPED));
	int ended = 0, exited = 0;
	char buf[16];

	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	expect_nothing(set);
	CHECK_EQ(ward_close_fd(w, 1), 0);
	CHECK_EQ(ward_end_input(w, 0), 0);
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, buf, sizeof(buf));

		ended += e.what == WARD_EVENT_OUTPUT_ENDED;
		exited += e.what == WARD_EVENT_ENDED;
	}
	CHECK_EQ(exited, 1);
	CHECK_EQ(ended, 1);
	ward_set_close(set);
	ward_close(w);
}

/* ----------------------------------------------------------------- sockets, terminals */

TEST(output_comes_from_a_socket)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = spawn_or_fail(
		PLAY("out", "by socket"),
		WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_SOCKET }));
	struct heard h;

	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	hear(set, w, 4, &h);
	CHECK_STR(h.text[1], "by socket");
	CHECK(h.ended_at[1] > 0);
	close_empty(set);
	ward_close(w);
}

#if HOST_POSIX
TEST(output_comes_from_a_terminal_and_its_end_is_no_error)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_stdio terminal = { .kind = WARD_FD_PTY };
	struct ward *w = spawn_or_fail(
		PLAY("out", "on\n", "err", "screen\n", "exit", "1"),
		WARD_SPAWN_OPTS(.in = terminal, .out = terminal, .err = terminal));
	char text[64] = "";
	int ended = 0;

	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	while (ward_set_count(set) > 0) {
		char buf[8];
		struct ward_event e = next_event(set, buf, sizeof(buf));

		if (e.what == WARD_EVENT_OUTPUT)
			add_text(text, sizeof(text), &e);
		if (e.what == WARD_EVENT_OUTPUT_ENDED) {
			CHECK_EQ(e.code, 0);
			ended++;
		}
		if (e.what == WARD_EVENT_ENDED)
			check_exited(&e.exit, 1);
	}
	CHECK_STR(text, "on\r\nscreen\r\n");
	/* It is one channel, whatever the number of descriptors that stand for it. */
	CHECK_EQ(ended, 1);
	ward_set_close(set);
	ward_close(w);
}
#endif

/* ------------------------------------------------------------------------------ input */

TEST(memory_is_fed_while_somebody_waits_on_the_set)
{
	enum { SIZE = 1000000 };
	struct ward_set *set = set_or_fail(NULL);
	void *data = malloc(SIZE);
	struct ward_stdio in = FED(data, SIZE);
	char expected[64];
	struct heard h;
	struct ward *w;

	REQUIRE(data != NULL);
	pattern_fill(data, SIZE, 0);
	w = spawn_or_fail(PLAY("count", "1"),
	                  WARD_SPAWN_OPTS(.in = in, .out = OUT_PIPED));
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	hear(set, w, 100, &h);
	snprintf(expected, sizeof(expected), "%d %016llx\n", (int)SIZE,
	         (unsigned long long)pattern_sum_of(SIZE));
	CHECK_STR(h.text[1], expected);
	close_empty(set);
	ward_close(w);
	free(data);
}

TEST(who_does_not_take_all_that_it_is_fed_ends_all_the_same)
{
	enum { SIZE = 1000000 };
	struct ward_set *set = set_or_fail(NULL);
	void *data = calloc(1, SIZE);
	struct ward_stdio in = FED(data, SIZE);
	struct ward *w = spawn_or_fail(PLAY("eat", "10", "exit", "9"),
	                               WARD_SPAWN_OPTS(.in = in));

	add_or_fail(set, w, NULL, NULL);
	expect_ended(set, w, 9);
	close_empty(set);
	ward_close(w);
	free(data);
}

/* What goes in comes out, both ways at once, and neither pipe takes it all. */
TEST(input_and_output_move_at_once)
{
	enum { SIZE = 500000 };
	struct ward_set *set = set_or_fail(NULL);
	void *data = malloc(SIZE);
	struct ward_stdio in = FED(data, SIZE);
	struct ward *w;
	struct heard h;

	REQUIRE(data != NULL);
	pattern_fill(data, SIZE, 0);
	w = spawn_or_fail(PLAY("cat"), WARD_SPAWN_OPTS(.in = in, .out = OUT_PIPED));
	add_or_fail(set, w, NULL, WATCH_OUTPUT);
	hear(set, w, 10000, &h);
	CHECK_EQ(h.sizes[1], SIZE);
	CHECK_EQ(pattern_match(h.text[1], 1000, 0), 1000);
	close_empty(set);
	ward_close(w);
	free(data);
}

/* ----------------------------------------------------------------------- many at once */

TEST(the_output_of_fifty_children_is_told_apart)
{
	enum { N = 50 };
	struct ward_set *set = set_or_fail(NULL);
	struct heard *h = calloc(N, sizeof(*h));
	struct ward *w[N];
	char text[N][16], buf[5];

	REQUIRE(h != NULL);
	for (int i = 0; i < N; i++) {
		snprintf(text[i], sizeof(text[i]), "I am %d", i);
		w[i] = spawn_or_fail(PLAY("out", text[i]),
		                     WARD_SPAWN_OPTS(.out = OUT_PIPED));
		add_or_fail(set, w[i], &h[i], WATCH_OUTPUT);
	}
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, buf, sizeof(buf));

		hear_event(e.cookie, &e);
	}
	for (int i = 0; i < N; i++) {
		CHECK_STR(h[i].text[1], text[i]);
		check_exited(&h[i].exit, 0);
		ward_close(w[i]);
	}
	close_empty(set);
	free(h);
}

/*
 * Until the event that is no output of @loud, which writes without end: in chunks so
 * small that its pipe is never empty.
 */
static struct ward_event beside(struct ward_set *set, const struct ward *loud)
{
	char buf[16];
	int chunks = 0;
	struct ward_event e;

	do
		e = next_event(set, buf, sizeof(buf));
	while (e.ward == loud && e.what == WARD_EVENT_OUTPUT && ++chunks < 1000000);
	return e;
}

TEST(one_that_writes_without_end_hides_neither_ends_nor_deadlines)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *loud = spawn_or_fail(
		PLAY("pour", "1"),
		WARD_SPAWN_OPTS(.out = OUT_PIPED, .on_close = WARD_KILL_WAIT));
	struct talk t = stays("3");
	struct ward_event e;

	add_or_fail(set, loud, NULL, WATCH_OUTPUT);
	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_TELL,
	                                            .timeout_ns = MILLISECONDS(20)));
	e = beside(set, loud);
	CHECK(e.ward == t.w);
	CHECK_STR(event_name(e.what), event_name(WARD_EVENT_DEADLINE));
	talk_let_go(&t);
	e = beside(set, loud);
	CHECK(e.ward == t.w);
	CHECK_STR(event_name(e.what), event_name(WARD_EVENT_ENDED));
	ward_close(loud);
	close_empty(set);
	talk_end(&t);
}
