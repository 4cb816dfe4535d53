/* SPDX-License-Identifier: MIT */
/*
 * Starts that a set makes when its limits allow: each is told of, runs with what it was
 * given at the time of the call, and none is lost.
 */
#include "set.h"

enum { MANY = 40 };

/* A gate that the children wait at, as their stdin. */
struct hold {
	int ours, theirs;
	struct ward_spawn_opts opts;
};

static struct hold hold_make(void)
{
	int ends[2];

	make_pipe(ends);
	return (struct hold){ ends[1], ends[0],
		              *WARD_SPAWN_OPTS(.in = GIVEN(ends[0])) };
}

static void hold_open(struct hold *h)
{
	close(h->ours);
	close(h->theirs);
}

/* Take events until nothing comes any more, and close each ward at its end. */
struct tally {
	int started, failed, delayed, ended, alive, most_alive;
};

static struct tally run_out(struct ward_set *set)
{
	struct tally t = { 0 };

	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, NULL, 0);

		t.started += e.what == WARD_EVENT_STARTED;
		t.failed += e.what == WARD_EVENT_FAILED;
		t.delayed += e.what == WARD_EVENT_DELAYED;
		t.ended += e.what == WARD_EVENT_ENDED;
		t.alive = t.started - t.ended;
		t.most_alive = t.alive > t.most_alive ? t.alive : t.most_alive;
		if (e.what == WARD_EVENT_ENDED)
			ward_close(e.ward);
	}
	return t;
}

/* ---------------------------------------------------------------------------- a start */

TEST(a_start_is_told_and_then_the_end)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e;
	struct ward *w;
	int cookie;

	queue_or_fail(set, CHILD("exit", "33"), NULL, &cookie, NULL);
	CHECK_EQ(ward_set_count(set), 1);
	w = expect_started(set, &cookie);
	CHECK_EQ(ward_set_count(set), 1);
	CHECK(ward_pid(w) > 0);
	e = expect_end(set, w);
	CHECK(e.cookie == &cookie);
	check_exited(&e.exit, 33);
	close_empty(set);
	ward_close(w);
}

/* [told-why] */
TEST(a_start_that_fails_is_told_with_its_reason)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_event e;
	int cookie;

	queue_or_fail(set, ARGV("/no/such/program"), WARD_SPAWN_OPTS(.error = &error),
	              &cookie, NULL);
	e = expect_event(set, NULL, WARD_EVENT_FAILED);
	CHECK(e.cookie == &cookie);
	CHECK_EQ(e.code, -ENOENT);
	CHECK_STR(ward_step_name(e.step), ward_step_name(WARD_STEP_EXEC));
	CHECK_EQ(error.code, -ENOENT);
	CHECK_STR(error.path, "/no/such/program");
	close_empty(set);
}

TEST(a_start_that_fails_holds_nobody_else_up)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	struct tally t;

	for (int i = 0; i < 10; i++)
		queue_or_fail(set, i % 2 ? CHILD("exit", "0") : ARGV("/no/such"), NULL,
		              NULL, NULL);
	t = run_out(set);
	CHECK_EQ(t.started, 5);
	CHECK_EQ(t.ended, 5);
	CHECK_EQ(t.failed, 5);
	close_empty(set);
}

/* [reserve-first] What is on its way into the set is not lost with the caller's copy. */
TEST(arguments_and_options_are_copied)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	char word[] = "before", variable[] = "SAID=before", folder[300];
	const char *argv[] = { check_child(), "play", "out", word, NULL };
	const char *env[] = { variable, NULL };
	struct folder place = folder_make();
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.cwd = folder, .env_set = env,
	                                               .out = OUT_PIPED);
	struct ward_watch_opts watch = *WARD_WATCH_OPTS(.flags = WARD_WATCH_OUTPUT);
	struct hold h = hold_make();
	struct ward *first, *second;
	struct ward_event e;
	char buf[64] = "";

	snprintf(folder, sizeof(folder), "%s", place.path);
	queue_or_fail(set, CHILD("hold", "0"), &h.opts, NULL, NULL);
	first = expect_started(set, NULL);
	queue_or_fail(set, argv, &opts, &opts, &watch);
	memset(word, '?', sizeof(word) - 1);
	memset(variable, '?', sizeof(variable) - 1);
	memset(folder, '?', sizeof(folder) - 1);
	memset(argv, 0, sizeof(argv));
	memset(env, 0, sizeof(env));
	memset(&watch, 0, sizeof(watch));
	memset(&opts, 0xff, sizeof(opts));
	expect_nothing(set);
	hold_open(&h);
	expect_ended(set, first, 0);
	second = expect_started(set, &opts);
	while (ward_set_count(set) > 0) {
		e = next_event(set, buf, sizeof(buf) - 1);
		if (e.what == WARD_EVENT_OUTPUT)
			CHECK_STR(buf, "before");
		if (e.what == WARD_EVENT_ENDED)
			check_exited(&e.exit, 0);
	}
	close_empty(set);
	ward_close(first);
	ward_close(second);
	folder_remove(&place);
}

TEST(what_a_start_was_given_is_what_it_gets)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	const char *const env[] = { "A=1", "B=2", NULL };
	const char *const unset[] = { "HOME", NULL };
	struct ward_fd fd = { .fd = 5, .from = { .kind = WARD_FD_PIPE } };
	char data[] = "from memory", text[64] = "", buf[8];
	struct ward_stdio in = FED(data, sizeof(data) - 1);
	struct ward_event e;
	struct ward *w;

	fd.from.flags = WARD_FILE_READ;
	queue_or_fail(set, PLAY("cat", "out", "."),
	              WARD_SPAWN_OPTS(.in = in, .out = OUT_PIPED, .env_set = env,
	                              .env_unset = unset, .fds = &fd, .n_fds = 1),
	              NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_OUTPUT));
	memset(data, '?', sizeof(data));
	memset(&fd, 0xff, sizeof(fd));
	w = expect_started(set, NULL);
	while (ward_set_count(set) > 0) {
		e = next_event(set, buf, sizeof(buf));
		if (e.what == WARD_EVENT_OUTPUT && e.fd == 1)
			add_text(text, sizeof(text), &e);
	}
	CHECK_STR(text, "from memory.");
	close_empty(set);
	ward_close(w);
}

/* ---------------------------------------------------------------------------- limits */

TEST(no_more_run_at_once_than_the_limit_allows)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 3));
	struct tally t;

	for (int i = 0; i < MANY; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, NULL);
	CHECK_EQ(ward_set_count(set), MANY);
	t = run_out(set);
	CHECK_EQ(t.started, MANY);
	CHECK_EQ(t.ended, MANY);
	CHECK(t.most_alive <= 3);
	CHECK_EQ(t.failed, 0);
	close_empty(set);
}

TEST(the_next_one_starts_when_one_has_ended_and_not_before)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 2));
	struct hold h = hold_make();
	struct ward *first[2], *third;
	struct ward_event e = WARD_EVENT_INIT;

	for (int i = 0; i < 2; i++)
		queue_or_fail(set, CHILD("hold", "0"), &h.opts, NULL, NULL);
	queue_or_fail(set, CHILD("exit", "7"), NULL, &third, NULL);
	first[0] = expect_started(set, NULL);
	first[1] = expect_started(set, NULL);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(20), &e), 0);
	CHECK_EQ(ward_set_count(set), 3);
	CHECK_EQ(ward_signal(first[1], SIGKILL), 0);
	expect_end(set, first[1]);
	third = expect_started(set, &third);
	expect_ended(set, third, 7);
	hold_open(&h);
	expect_ended(set, first[0], 0);
	close_empty(set);
	ward_close(first[0]);
	ward_close(first[1]);
	ward_close(third);
}

TEST(wards_that_were_added_do_not_count_against_the_limit)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	struct talk t = stays("0");
	struct ward *w;

	add_or_fail(set, t.w, NULL, NULL);
	queue_or_fail(set, CHILD("exit", "7"), NULL, NULL, NULL);
	w = expect_started(set, NULL);
	expect_ended(set, w, 7);
	ward_set_close(set);
	ward_close(w);
	talk_end(&t);
}

/* The caller may lose interest at once: the others come all the same. */
TEST(who_is_removed_or_closed_makes_room_for_the_next)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	struct hold h = hold_make();
	int told = 0;

	h.opts.on_close = WARD_KILL_WAIT;
	for (int i = 0; i < 6; i++)
		queue_or_fail(set, CHILD("hold", "0"), &h.opts, NULL, NULL);
	for (; told < 6; told++) {
		struct ward *w = expect_started(set, NULL);

		if (told % 2)
			CHECK_EQ(ward_set_remove(set, w), 0);
		ward_close(w);
	}
	close_empty(set);
	hold_open(&h);
}

TEST(starts_come_in_the_order_of_the_calls)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 2));
	char cookies[MANY];
	int next = 0;

	for (int i = 0; i < MANY; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, &cookies[i], NULL);
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, NULL, 0);

		if (e.what == WARD_EVENT_STARTED)
			CHECK(e.cookie == &cookies[next++]);
		else
			ward_close(e.ward);
	}
	CHECK_EQ(next, MANY);
	close_empty(set);
}

/* On average: whatever is let through at once in the first second, not all of it is. */
TEST(no_more_start_in_a_second_than_the_limit_allows)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.starts_per_second = 50));
	int64_t begin = host_now_ns();
	struct tally t;

	for (int i = 0; i < 80; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, NULL);
	t = run_out(set);
	CHECK_EQ(t.started, 80);
	CHECK_EQ(t.ended, 80);
	CHECK(host_now_ns() - begin >= MILLISECONDS(580));
	close_empty(set);
}

TEST(a_thousand_programs_eight_at_a_time)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 8));
	int n = check_scaled(1000);
	struct tally t;

	for (int i = 0; i < n; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, NULL);
	t = run_out(set);
	CHECK_EQ(t.ended, n);
	CHECK(t.most_alive <= 8);
	close_empty(set);
}

/* ------------------------------------------------------------------------- watched so */

TEST(the_deadline_of_a_start_counts_from_the_start)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	struct hold h = hold_make();
	struct ward *w;
	int64_t begin;

	queue_or_fail(set, CHILD("hold", "0"), &h.opts, NULL, NULL);
	queue_or_fail(set, CHILD("hold", "0"), &h.opts, NULL,
	              WARD_WATCH_OPTS(.timeout_ns = MILLISECONDS(30)));
	w = expect_started(set, NULL);
	CHECK_EQ(ward_wait(w, MILLISECONDS(40), NULL), 0);
	expect_nothing(set);
	begin = host_now_ns();
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	expect_end(set, w);
	ward_close(w);
	w = expect_started(set, NULL);
	expect_event(set, w, WARD_EVENT_DEADLINE);
	CHECK(host_now_ns() - begin >= MILLISECONDS(30));
	expect_signaled(set, w, SET_ASKED_SIGNAL);
	close_empty(set);
	ward_close(w);
	hold_open(&h);
}

TEST(one_that_was_started_may_be_stopped)
{
	struct ward_set *set = set_or_fail(NULL);
	struct hold h = hold_make();
	struct ward *w;

	queue_or_fail(set, CHILD("hold", "0"), &h.opts, NULL, NULL);
	w = expect_started(set, NULL);
	CHECK_EQ(ward_set_stop(set, w, NULL, 0), 0);
	expect_signaled(set, w, SET_ASKED_SIGNAL);
	close_empty(set);
	ward_close(w);
	hold_open(&h);
}

TEST(the_caller_gets_the_output_of_many_starts_in_lines)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 4));
	char words[MANY][16], buf[64];
	int lines = 0, ended = 0;

	for (int i = 0; i < MANY; i++) {
		snprintf(words[i], sizeof(words[i]), "line %d\n", i);
		queue_or_fail(set, PLAY("out", words[i]),
		              WARD_SPAWN_OPTS(.out = OUT_PIPED), words[i],
		              WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES));
	}
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, buf, sizeof(buf));

		if (e.what == WARD_EVENT_LINE) {
			lines++;
			CHECK_EQ(memcmp(buf, e.cookie, e.length), 0);
		}
		ended += e.what == WARD_EVENT_ENDED;
		if (e.flags & WARD_EVENT_LAST)
			ward_close(e.ward);
	}
	CHECK_EQ(lines, MANY);
	CHECK_EQ(ended, MANY);
	close_empty(set);
}

/* ---------------------------------------------------------------------- set is closed */

TEST(what_is_still_to_be_started_is_forgotten_with_the_set)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	struct hold h = hold_make();
	struct ward *w;

	for (int i = 0; i < MANY; i++)
		queue_or_fail(set, CHILD("hold", "0", "4"), &h.opts, NULL, NULL);
	w = expect_started(set, NULL);
	ward_set_close(set);
	hold_open(&h);
	expect_exit(w, 4);
}

TEST(a_set_may_be_closed_with_starts_that_nobody_was_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct hold h = hold_make();

	h.opts.on_close = WARD_KILL_WAIT;
	for (int i = 0; i < 5; i++)
		queue_or_fail(set, CHILD("hold", "0"), &h.opts, NULL, NULL);
	queue_or_fail(set, ARGV("/no/such"), NULL, NULL, NULL);
	ward_set_close(set);
	hold_open(&h);
}
