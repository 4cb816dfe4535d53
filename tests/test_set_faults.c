/* SPDX-License-Identifier: MIT */
/*
 * Failure at every point of the life of a set: each call and each allocation is made to
 * fail in turn until nothing is left to fail. Either a call fails and has changed
 * nothing, or it has done what it says; no start is lost, no end, no descriptor, no
 * memory.
 */
#include "set.h"
#include "trial.h"

/* A failure of these is one that the system can get over. */
static const int errors[] = { ENOMEM, EMFILE, EAGAIN, EINTR };

enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

static void fail_each_call(trial_fn *run)
{
	for (int i = 0; i < ERRORS && i < check_scaled(ERRORS); i++)
		trial_each_call(run, NULL, errors[i]);
}

/* One try more when it fails: what failed once has left nothing that is in the way. */
#define TWICE(r, call)                       \
	do {                                 \
		(r) = (call);                \
		if ((r) < 0)                 \
			(r) = (call);        \
	} while (0)

static struct ward_set *try_set(const struct ward_set_opts *opts)
{
	struct ward_set *set = NULL;
	int r = ward_set_new(&set, opts);

	if (r < 0) {
		CHECK(set == NULL);
		r = ward_set_new(&set, opts);
	}
	REQUIRE_EQ(r, 0);
	return set;
}

static struct ward *try_spawn(const char *const argv[],
                              const struct ward_spawn_opts *opts)
{
	struct ward *w = NULL;
	int r;

	TWICE(r, ward_spawn(&w, argv, opts));
	REQUIRE_EQ(r, 0);
	return w;
}

/* An event, whatever fails meanwhile. */
static struct ward_event try_event(struct ward_set *set, void *buf, size_t room)
{
	struct ward_event e = WARD_EVENT_INIT;
	int r;

	e.buffer = buf;
	e.room = room;
	TWICE(r, ward_set_wait(set, ENOUGH, &e));
	REQUIRE_EQ(r, 1);
	return e;
}

/* It is told of; if it could not be asked how it ended, it can be asked again. */
static struct ward_exit try_end(const struct ward_event *e)
{
	struct ward_exit exit = WARD_EXIT_INIT;

	CHECK_EQ(e->what, WARD_EVENT_ENDED);
	CHECK(e->code == 0 || e->exit.how == 0);
	REQUIRE_EQ(ward_wait(e->ward, ENOUGH, &exit), 1);
	CHECK(e->code < 0 || e->exit.how == exit.how);
	return exit;
}

/* A call that fails has changed nothing. */
static void try_add(struct ward_set *set, struct ward *w,
                    const struct ward_watch_opts *opts)
{
	int r = ward_set_add(set, w, w, opts);

	if (r < 0) {
		CHECK_EQ(ward_set_count(set), 0);
		CHECK_EQ(ward_set_remove(set, w), -ENOENT);
		r = ward_set_add(set, w, w, opts);
	}
	REQUIRE_EQ(r, 0);
	CHECK_EQ(ward_set_count(set), 1);
}

/* [reserve-first] */
static bool add_and_hear_the_end(const void *what)
{
	struct ward_set *set = try_set(NULL);
	struct ward *w = try_spawn(CHILD("exit", "6"), NULL);
	struct ward_event e;
	struct ward_exit exit;

	(void)what;
	try_add(set, w, NULL);
	e = try_event(set, NULL, 0);
	exit = try_end(&e);
	check_exited(&exit, 6);
	ward_set_close(set);
	ward_close(w);
	return true;
}

TEST(an_end_survives_the_failure_of_each_call)
{
	fail_each_call(add_and_hear_the_end);
}

static bool hear_lines(const void *what)
{
	struct ward_set *set = try_set(NULL);
	struct ward_stdio in = FED("one\ntwo", 7);
	struct ward *w =
		try_spawn(PLAY("cat"), WARD_SPAWN_OPTS(.in = in, .out = OUT_PIPED));
	struct ward_event e = { .flags = 0 };
	char text[32] = "", buf[16];
	bool is_cut = false;

	(void)what;
	try_add(set, w, WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES));
	while (!(e.flags & WARD_EVENT_LAST)) {
		e = try_event(set, buf, sizeof(buf));
		/* A read that failed is said: it is no end like others. */
		is_cut = is_cut || (e.what == WARD_EVENT_OUTPUT_ENDED && e.code < 0);
		if (e.what != WARD_EVENT_LINE)
			continue;
		add_text(text, sizeof(text), &e);
		strcat(text, e.flags & WARD_LINE_OPEN ? "?" : ".");
	}
	ward_set_close(set);
	ward_wait(w, ENOUGH, NULL);
	ward_close(w);
	return is_cut || CHECK_STR(text, "one.two?");
}

TEST(lines_survive_the_failure_of_each_call)
{
	fail_each_call(hear_lines);
}

/* Whatever fails, it is stopped, and its end is told. */
static bool run_into_a_deadline(const void *what)
{
	static const struct ward_stop_step steps[] = { { SIGTERM, 0, 1000000 },
		                                       { SIGKILL, 0, 1000000 },
		                                       { SIGKILL, 0, WARD_FOREVER } };
	struct ward_set *set = try_set(NULL);
	struct ward *w =
		try_spawn(PLAY("deaf", "wait", "0"), WARD_SPAWN_OPTS(.in = OUT_PIPED));
	struct ward_event e;
	struct ward_exit exit;
	int r;

	(void)what;
	try_add(set, w, NULL);
	TWICE(r, ward_set_fd(set));
	CHECK(r >= 0);
	TWICE(r, ward_set_deadline(set, w, SECONDS(40)));
	CHECK_EQ(r, 0);
	TWICE(r, ward_set_stop(set, w, steps, 3));
	CHECK_EQ(r, 0);
	e = try_event(set, NULL, 0);
	exit = try_end(&e);
	ward_set_close(set);
	ward_close(w);
	return CHECK_EQ(exit.how, WARD_SIGNALED);
}

TEST(a_stop_survives_the_failure_of_each_call)
{
	fail_each_call(run_into_a_deadline);
}

/* What the child lacks once it has its descriptors is its own: a limit of its own. */
static int check_own_failure(const struct ward_event *e)
{
	bool is_own = e->step > WARD_STEP_CLOSE &&
	              (e->code == -ENOMEM || e->code == -EMFILE);

	if (!CHECK(is_own))
		check_note("... %s, %s", ward_error_name(e->code),
		           ward_step_name(e->step));
	return 1;
}

/* [reserve-first] No start fails for want of something that is to be had again. */
static bool start(const struct ward_watch_opts *watch)
{
	struct ward_set *set = try_set(WARD_SET_OPTS(.max_alive = 1));
	int r, started = 0, ended = 0, failed = 0;
	struct ward_exit exit;

	for (int i = 0; i < 2; i++) {
		TWICE(r, ward_set_spawn(set, CHILD("exit", "6"), NULL, &started, watch));
		REQUIRE_EQ(r, 0);
	}
	while (ward_set_count(set) > 0) {
		struct ward_event e = try_event(set, NULL, 0);

		started += e.what == WARD_EVENT_STARTED;
		if (e.what == WARD_EVENT_DELAYED)
			CHECK(e.code < 0);
		if (e.what == WARD_EVENT_FAILED)
			failed += check_own_failure(&e);
		if (e.what != WARD_EVENT_ENDED)
			continue;
		exit = try_end(&e);
		check_exited(&exit, 6);
		ward_close(e.ward);
		ended++;
	}
	ward_set_close(set);
	return CHECK_EQ(started + failed, 2) && CHECK_EQ(ended, started);
}

static bool start_here(const void *what)
{
	(void)what;
	return start(NULL);
}

static bool start_with_care(const void *what)
{
	(void)what;
	return start(WARD_WATCH_OPTS(.timeout_ns = SECONDS(40)));
}

static bool start_on_thread(const void *what)
{
	(void)what;
	return start(WARD_WATCH_OPTS(.flags = WARD_WATCH_THREAD));
}

/* What a start meets when the system is out of something. (Under a thread sanitizer every
 * trial takes a second to end.) */
static void start_while_scarce(trial_fn *run)
{
	trial_each_call(run, NULL, ENOMEM);
	if (on_thread_sanitizer())
		return;
	trial_each_call(run, NULL, EAGAIN);
	trial_each_call(run, NULL, EMFILE);
	trial_each_call(run, NULL, ENFILE);
}

TEST(a_start_survives_the_failure_of_each_call)
{
	start_while_scarce(start_here);
}

TEST(a_start_with_a_deadline_survives_the_failure_of_each_call)
{
	start_while_scarce(start_with_care);
}

TEST(a_start_on_a_thread_survives_the_failure_of_each_call)
{
	start_while_scarce(start_on_thread);
}
