/* SPDX-License-Identifier: MIT */
/*
 * What the tests of sets do over and over: make one, put children into it, and take the
 * events that are to come. Only the public interface; nothing waits longer than ENOUGH.
 */
#ifndef SET_H
#define SET_H

#include "able.h"
#include "help.h"
#include "pattern.h"

#define ENOUGH SECONDS(40)
#define PLAY(...) CHILD("play", __VA_ARGS__)
#define OUT_PIPED { .kind = WARD_FD_PIPE }
#define FED(bytes, n) { .kind = WARD_FD_MEMORY, .data = (bytes), .data_size = (n) }

/* A process cannot be asked to end without a console that it shares with us. */
enum { SET_ASKED_SIGNAL = HOST_POSIX ? SIGTERM : SIGKILL };

static inline struct ward_set *set_or_fail(const struct ward_set_opts *opts)
{
	struct ward_set *set = NULL;

	REQUIRE_EQ(ward_set_new(&set, opts), 0);
	REQUIRE(set != NULL);
	return set;
}

static inline void add_or_fail(struct ward_set *set, struct ward *w, void *cookie,
                               const struct ward_watch_opts *opts)
{
	REQUIRE_EQ(ward_set_add(set, w, cookie, opts), 0);
}

/* A start that the system has no room for is one that the set tries again. */
static inline void queue_or_fail(struct ward_set *set, const char *const argv[],
                                 const struct ward_spawn_opts *opts, void *cookie,
                                 const struct ward_watch_opts *watch)
{
	REQUIRE_EQ(ward_set_spawn(set, argv, opts, cookie, watch), 0);
}

/* ---------------------------------------------------------------------------- events */

static inline const char *event_name(int what)
{
	static const char *const names[] = { "?",        "STARTED",      "FAILED",
		                             "DELAYED",  "OUTPUT",       "LINE",
		                             "OUTPUT_ENDED", "DEADLINE", "ENDED" };

	return what > 0 && what <= WARD_EVENT_ENDED ? names[what] : names[0];
}

/* What comes next; there has to be something. */
static inline struct ward_event next_event(struct ward_set *set, void *buf, size_t room)
{
	struct ward_event e = WARD_EVENT_INIT;

	e.buffer = buf;
	e.room = room;
	REQUIRE_EQ(ward_set_wait(set, ENOUGH, &e), 1);
	return e;
}

/* What came is put behind the text. */
static inline void add_text(char *text, size_t size, const struct ward_event *e)
{
	size_t len = strlen(text);

	REQUIRE(len + e->length < size);
	memcpy(text + len, e->buffer, e->length);
	text[len + e->length] = '\0';
}

/* What comes next is this; of this ward. */
static inline struct ward_event expect_event_of_any(struct ward_set *set, int what)
{
	struct ward_event e = next_event(set, NULL, 0);

	CHECK_STR(event_name(e.what), event_name(what));
	return e;
}

static inline struct ward_event expect_event(struct ward_set *set, const struct ward *w,
                                             int what)
{
	struct ward_event e = expect_event_of_any(set, what);

	CHECK(e.ward == w);
	return e;
}

static inline struct ward_event expect_end(struct ward_set *set, const struct ward *w)
{
	struct ward_event e = expect_event(set, w, WARD_EVENT_ENDED);

	CHECK_EQ(e.flags, WARD_EVENT_LAST);
	CHECK_EQ(e.code, 0);
	return e;
}

static inline void expect_ended(struct ward_set *set, const struct ward *w, int code)
{
	struct ward_event e = expect_end(set, w);

	check_exited(&e.exit, code);
}

static inline void expect_signaled(struct ward_set *set, const struct ward *w,
                                   int sig)
{
	struct ward_event e = expect_end(set, w);

	check_signaled(&e.exit, sig);
}

/* Its first event; the ward is the caller's to close. */
static inline struct ward *expect_started(struct ward_set *set, const void *cookie)
{
	struct ward_event e = expect_event_of_any(set, WARD_EVENT_STARTED);

	CHECK(e.cookie == cookie);
	REQUIRE(e.ward != NULL);
	return e.ward;
}

static inline void expect_nothing(struct ward_set *set)
{
	struct ward_event e = WARD_EVENT_INIT;

	if (!CHECK_EQ(ward_set_wait(set, 0, &e), 0))
		check_note("... but %s", event_name(e.what));
}

/* ... and nothing comes any more. */
static inline void close_empty(struct ward_set *set)
{
	expect_nothing(set);
	CHECK_EQ(ward_set_count(set), 0);
	ward_set_close(set);
}

/* -------------------------------------------------------------------------- children */

/* A child that stays until its talk is let go, then exits with CODE. */
static inline struct talk stays(const char *code)
{
	return talk_start_ready(CHILD("ready", code), NULL);
}

/* Give up a child that has ended, or ends now. */
static inline void stays_end(struct talk t[], int n)
{
	for (int i = 0; i < n; i++)
		talk_end(&t[i]);
}

/* A child whose end has come, as the system knows, and that nobody has waited for. */
static inline struct ward *ended_or_fail(const char *code)
{
	struct ward *w = spawn_or_fail(CHILD("exit", code), NULL);
	struct host_process p = host_hold(ward_pid(w));

	host_until_ended(&p);
	host_let_go(&p);
	return w;
}

/*
 * Many children that end in the same instant: all of them wait for the end of one pipe.
 * Their codes are 0 to 255 in turn.
 */
struct crowd {
	int n, ours;
	struct ward **w;
};

static inline struct crowd crowd_make(int n)
{
	struct crowd c = { .n = n, .w = calloc((size_t)n, sizeof(struct ward *)) };
	int ends[2];

	REQUIRE(c.w != NULL);
	make_pipe(ends);
	for (int i = 0; i < n; i++) {
		char code[16];

		snprintf(code, sizeof(code), "%d", i % 256);
		c.w[i] = spawn_or_fail(CHILD("hold", "0", code),
		                       WARD_SPAWN_OPTS(.in = GIVEN(ends[0])));
	}
	close(ends[0]);
	c.ours = ends[1];
	return c;
}

static inline void crowd_let_go(struct crowd *c)
{
	if (c->ours >= 0)
		close(c->ours);
	c->ours = -1;
}

/* ... and all of them have, as the system knows. */
static inline void crowd_until_ended(struct crowd *c)
{
	crowd_let_go(c);
	for (int i = 0; i < c->n; i++) {
		struct host_process p = host_hold(ward_pid(c->w[i]));

		host_until_ended(&p);
		host_let_go(&p);
	}
}

/* Each is in the set, its cookie where it is in the crowd. */
static inline void crowd_add(struct crowd *c, struct ward_set *set,
                             const struct ward_watch_opts *opts)
{
	for (int i = 0; i < c->n; i++)
		add_or_fail(set, c->w[i], &c->w[i], opts);
}

static inline int crowd_index(const struct crowd *c, const struct ward_event *e)
{
	struct ward **at = e->cookie;

	REQUIRE(at >= c->w && at < c->w + c->n);
	return (int)(at - c->w);
}

static inline void crowd_end(struct crowd *c)
{
	crowd_let_go(c);
	for (int i = 0; i < c->n; i++) {
		if (c->w[i])
			CHECK_EQ(ward_wait(c->w[i], ENOUGH, NULL), 1);
		ward_close(c->w[i]);
	}
	free(c->w);
}

#endif
