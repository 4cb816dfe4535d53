/* SPDX-License-Identifier: MIT */
/*
 * Failure at every point of a start with ends of ours, and of their use: each call and
 * each allocation is made to fail in turn until nothing is left to fail, and descriptors
 * are made scarce to the last one. Either it works (by a fallback) or it fails cleanly:
 * the step and the descriptor named, no child, no descriptor, no memory left. Every trial
 * is a process of its own, since the library remembers what its kernel refused.
 */
#include "able.h"
#include "check_state.h"
#include "gate.h"
#include "help_stdio.h"
#include "scarce.h"
#include "trial.h"

static const int errors[] = { EMFILE, ENFILE, ENOMEM, ENOSYS, EINVAL, EPERM };

enum { ERRORS = sizeof(errors) / sizeof(errors[0]), LARGE = 200000 };

static char bytes[LARGE];

/* ------------------------------------------------------------------------- what fails */

/* Calls that belong to one step alone: their failure must be told under its name. */
static const struct {
	const char *call;
	int step;
} steps[] = {
	{ "socketpair", WARD_STEP_PIPE },
	{ "posix_openpt", WARD_STEP_PTY },
	{ "tcsetattr", WARD_STEP_PTY },
	{ "TIOCSWINSZ", WARD_STEP_PTY },
};

/* [told-why] */
static void check_error(const struct ward_error *e, int r, const char *failed, int error)
{
	char text[768];

	CHECK_EQ(e->code, r);
	CHECK(e->step != WARD_STEP_NONE && e->step != WARD_STEP_OPTIONS);
	CHECK(e->os_error > 0);
	CHECK(ward_error_text(e, text, sizeof(text)) > 10);
	if (e->step == WARD_STEP_PIPE || e->step == WARD_STEP_PTY)
		CHECK(e->number >= 0 && e->number < 10);
	for (size_t i = 0; failed && i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].call, failed) != 0)
			continue;
		CHECK_STR(ward_step_name(e->step), ward_step_name(steps[i].step));
		CHECK_EQ(r, -error);
	}
	if (failed && strcmp(failed, "malloc") == 0)
		CHECK_EQ(r, -ENOMEM);
}

/* --------------------------------------------------------------------------- a start */

typedef int64_t use_fn(struct ward *w);

/* What is started, and what is done with it then. */
struct plan {
	struct ward_spawn_opts opts;
	use_fn *use;                          /* 0, or how it failed */
};

static int collect(struct ward *w)
{
	struct ward_exit e = WARD_EXIT_INIT;
	int r = ward_wait(w, LONG_ENOUGH, &e);

	CHECK_EQ(r, 1);
	check_exited(&e, 6);
	ward_close(w);
	return r;
}

/* [reserve-first] [sealed-fds] */
static void try_start(const void *what, int k, int error)
{
	const struct plan *plan = what;

	trial_start(&plan->opts, check_error, k, error);
}

/* ----------------------------------------------------------------------------- a life */

static struct ward_error spawn_error;

/*
 * The failed call may be one that a use of an end needs: then the use says so, and the
 * next use, which meets no failure, works.
 */
static void try_life(const void *what, int k, int error)
{
	const struct plan *plan = what;
	struct ward_spawn_opts own = plan->opts;
	const char *failed;
	struct ward *w;
	int64_t r;

	check_state_enter();
	check_baseline();
	spawn_error.size = sizeof(spawn_error);
	own.error = &spawn_error;
	w = spawn_or_fail(CHILD("copy", "0", "1"), &own);
	ward__gate_fail(NULL, k, error);
	r = plan->use(w);
	failed = trial_stop();
	if (r < 0 && !CHECK(failed != NULL))
		check_note("... %s", ward_error_name((int)r));
	/* Hung up or at its end, it goes by itself. */
	ward_close_fd(w, 0);
	ward_close_fd(w, 1);
	ward_wait(w, LONG_ENOUGH, NULL);
	ward_close(w);
	if (trial_is_implausible(failed))
		_exit(TRIAL_TOUCHED);
	trial_exit(CHECK(check_state_unchanged()), k, failed, error);
}

static int64_t talk_through(struct ward *w)
{
	char buf[64];
	int64_t r = ward_fd(w, 0);

	if (r >= 0)
		r = ward_write(w, 0, "hello\n", 6, LONG_ENOUGH);
	if (r >= 0)
		r = ward_read(w, 1, buf, sizeof(buf), LONG_ENOUGH);
	if (r >= 0)
		r = ward_feed(w, 0);
	if (r >= 0)
		r = ward_end_input(w, 0);
	if (r >= 0)
		r = ward_wait(w, LONG_ENOUGH, NULL);
	return r;
}

static int64_t resize(struct ward *w)
{
	int64_t r = ward_resize(w, 10, 20);

	return r < 0 ? r : talk_through(w);
}

static int64_t feed_through(struct ward *w)
{
	static char buf[LARGE];
	int64_t r = 1;

	for (int64_t got = 0; got < LARGE && r > 0; got += r)
		r = ward_read(w, 1, buf, sizeof(buf), LONG_ENOUGH);
	if (r > 0)
		r = ward_feed(w, LONG_ENOUGH);
	return r;
}

/* -------------------------------------------------------------------------- all calls */

static void fail_each_call(trial_process_fn *process, const struct plan *plan, int error)
{
	trial_each_process(process, plan, error, 2);
}

static void fail_with_each_error(trial_process_fn *process, const struct plan *plan)
{
	int n = check_scaled(ERRORS);

	for (int i = 0; i < ERRORS && i < n; i++)
		fail_each_call(process, plan, errors[i]);
}

#define PLAN(how, ...)                                                                   \
	{                                                                                \
		.opts = { .size = sizeof(struct ward_spawn_opts), __VA_ARGS__ },         \
		.use = (how)                                                             \
	}

TEST(a_start_with_pipes_survives_the_failure_of_each_of_its_calls)
{
	struct plan p = PLAN(NULL, .in = PIPED, .out = PIPED);

	fail_with_each_error(try_start, &p);
}

TEST(a_start_with_sockets_survives_the_failure_of_each_of_its_calls)
{
	struct plan p = PLAN(NULL, .in = SOCKETED, .out = SOCKETED);

	fail_with_each_error(try_start, &p);
}

TEST(a_start_with_a_terminal_survives_the_failure_of_each_of_its_calls)
{
	struct plan p = PLAN(NULL, .in = PTYED, .out = PTYED);

	p.opts.pty = WARD_PTY_OPTS(.flags = WARD_PTY_RAW, .rows = 5);
	fail_with_each_error(try_start, &p);
}

TEST(a_start_with_memory_survives_the_failure_of_each_of_its_calls)
{
	struct plan p = PLAN(NULL, .in = MEMORY(bytes, LARGE), .out = PIPED);

	fail_with_each_error(try_start, &p);
	p.opts.in.data_size = 10;
	fail_each_call(try_start, &p, ENOMEM);
	p.opts.in.flags = WARD_MEMORY_FILE;
	fail_with_each_error(try_start, &p);
}

TEST(a_start_with_all_of_them_survives_the_failure_of_each_of_its_calls)
{
	struct ward_fd fds[] = { { .fd = 3, .from = PTYED },
		                 { .fd = 4, .from = MEMORY(bytes, LARGE) },
		                 { .fd = 5, .from = SOCKETED },
		                 { .fd = 6, .from = SAME_AS(5) },
		                 { .fd = 7, .from = MEMORY(bytes, LARGE) } };
	struct plan p = PLAN(NULL, .in = PIPED, .out = PIPED);

	fds[4].from.flags = WARD_MEMORY_FILE;
	p.opts.fds = fds;
	p.opts.n_fds = 5;
	fail_with_each_error(try_start, &p);
}

TEST(pipes_survive_the_failure_of_each_call_of_their_use)
{
	struct plan p = PLAN(talk_through, .in = PIPED, .out = PIPED);

	fail_with_each_error(try_life, &p);
}

TEST(sockets_survive_the_failure_of_each_call_of_their_use)
{
	struct plan p = PLAN(talk_through, .in = SOCKETED, .out = PIPED);

	fail_with_each_error(try_life, &p);
}

TEST(a_terminal_survives_the_failure_of_each_call_of_its_use)
{
	struct plan p = PLAN(resize, .in = PTYED, .out = PTYED);

	fail_with_each_error(try_life, &p);
}

TEST(memory_survives_the_failure_of_each_call_of_its_feeding)
{
	struct plan p = PLAN(feed_through, .in = MEMORY(bytes, LARGE), .out = PIPED);

	fail_with_each_error(try_life, &p);
}

/* ------------------------------------------------------------------- who is to blame */

/* [told-why] */
TEST(the_descriptor_whose_pipe_could_not_be_made_is_named)
{
	struct ward_fd fd = { .fd = 9, .from = PIPED };
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(
	        .in = PIPED, .out = PIPED, .err = PIPED, .fds = &fd, .n_fds = 1);
	static const int expected[] = { 0, 1, 2, 9 };
	struct ward_error e;
	char text[768];

	for (int i = 0; i < 4; i++) {
		ward__gate_fail("pipe2", i + 1, EMFILE);
		e = spawn_fails(CHILD("exit", "0"), &opts, -EMFILE, WARD_STEP_PIPE);
		CHECK_EQ(e.number, expected[i]);
		CHECK_EQ(e.os_error, EMFILE);
		ward_error_text(&e, text, sizeof(text));
		check_note("%s", text);
	}
	ward__gate_fail(NULL, 0, 0);
}

/* [told-why] */
TEST(the_descriptor_whose_terminal_could_not_be_made_is_named)
{
	struct ward_spawn_opts opts =
	        *WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .err = PTYED);
	struct ward_error e;
	char text[768];

	ward__gate_fail("posix_openpt", 1, ENOSPC);
	e = spawn_fails(CHILD("exit", "0"), &opts, -ENOSPC, WARD_STEP_PTY);
	CHECK_EQ(e.number, 2);
	ward_error_text(&e, text, sizeof(text));
	check_note("%s", text);
	ward__gate_fail(NULL, 0, 0);
}

/* ----------------------------------------------------------------- scarce descriptors */

/* Returns whether the start worked. [reserve-first] */
static bool start_with_spare(int spare, const struct ward_spawn_opts *opts)
{
	struct ward_spawn_opts own = *opts;
	struct ward_error e = WARD_ERROR_INIT;
	struct ward *w = NULL;
	struct scarce scarce;
	int r;

	own.error = &e;
	scarce_begin(&scarce, spare);
	r = ward_spawn(&w, CHILD("exit", "6"), &own);
	if (r == 0)
		collect(w);
	else if (!CHECK(r == -EMFILE || r == -ENFILE))
		check_note("... but %s at %s", ward_error_name(r),
		           ward_step_name(e.step));
	scarce_end(&scarce);
	if (!CHECK(check_state_unchanged()))
		check_note("... with %d spare descriptors", spare);
	return r == 0;
}

TEST(a_start_works_or_fails_cleanly_with_any_number_of_spare_descriptors)
{
	struct ward_fd fds[] = { { .fd = 3, .from = MEMORY(bytes, LARGE) },
		                 { .fd = 4, .from = MEMORY(bytes, 10) },
		                 { .fd = 5, .from = PTYED } };
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(
	        .in = PIPED, .out = PIPED, .err = SOCKETED, .fds = fds, .n_fds = 3);
	bool worked = false;

	if (on_valgrind())
		SKIP("valgrind gives descriptors beyond the limit, and then denies them");
	fds[1].from.flags = WARD_MEMORY_FILE;
	for (int spare = 0; spare <= 24; spare++) {
		bool works = start_with_spare(spare, &opts);

		CHECK(works || !worked);
		worked = works;
	}
	CHECK(worked);
}

TEST(memory_without_room_for_it_fails_with_its_step)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.in = MEMORY(bytes, LARGE));
	struct ward_error e = WARD_ERROR_INIT;
	struct ward *w = NULL;
	int r = -ENOMEM;

	opts.error = &e;
	for (int k = 1; r == -ENOMEM && k < 100; k++) {
		ward__gate_fail("malloc", k, ENOMEM);
		r = ward_spawn(&w, CHILD("exit", "6"), &opts);
		if (r < 0)
			CHECK(e.step == WARD_STEP_MEMORY || e.step == WARD_STEP_HOLD ||
			      e.step == WARD_STEP_PIPE);
	}
	ward__gate_fail(NULL, 0, 0);
	if (CHECK_EQ(r, 0))
		collect(w);
}
