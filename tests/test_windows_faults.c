/* SPDX-License-Identifier: MIT */
/*
 * Failure at every point, on Windows: each call and each allocation of a start, and of a
 * life, fails in turn with each plausible errno. Whatever happens, either the start
 * succeeds or it fails cleanly: no child, no handle, and the step is named.
 */
#include "able.h"
#include "check_state.h"
#include "gate.h"
#include "help.h"

/* How a trial ended. */
enum { TOUCHED = 0, BAD = 1, UNTOUCHED = 2 };

enum { MOST_CALLS = 300 };

static const int errors[] = { ENOMEM, EACCES, EINVAL, EMFILE };

enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

static void say_where(int k, const char *failed, int error)
{
	check_note("... when call %d, %s, failed with %s", k, failed ? failed : "(none)",
	           ward_error_name(error));
}

/* [told-why] */
static void check_error(const struct ward_error *e, int r, const char *failed)
{
	char text[768];

	CHECK_EQ(e->code, r);
	CHECK(e->step != WARD_STEP_NONE);
	CHECK(e->os_error > 0);
	CHECK(ward_error_text(e, text, sizeof(text)) > 10);
	if (failed && strcmp(failed, "malloc") == 0)
		CHECK_EQ(r, -ENOMEM);
}

/* What is the console then goes in the background. */
static bool is_pty(const struct ward_spawn_opts *opts)
{
	return opts->in.kind == WARD_FD_PTY;
}

/* Start a child while the @k-th call fails. [reserve-first] [sealed-fds] */
static int try_start(const struct ward_spawn_opts *opts, int k, int error)
{
	struct ward_spawn_opts own = *opts;
	struct ward_error e = WARD_ERROR_INIT;
	struct ward *none = (struct ward *)&own, *w = none;
	const char *failed;
	bool good = true;
	int r;

	own.error = &e;
	ward__gate_fail(NULL, k, error);
	r = ward_spawn(&w, CHILD("exit", "6"), &own);
	failed = ward__gate_failed();
	ward__gate_fail(NULL, 0, 0);
	if (r == 0)
		expect_exit(w, 6);
	if (r < 0) {
		good = CHECK(w == none);
		check_error(&e, r, failed);
	}
	if (is_pty(&own))
		host_collect_orphans();
	good = CHECK(check_state_unchanged()) && good;
	if (!good)
		say_where(k, failed, error);
	return !good ? BAD : failed ? TOUCHED : UNTOUCHED;
}

/* All that is asked of a ward; what it says may be an error, but never an untruth. */
static void live(struct ward *w)
{
	struct ward_exit e = WARD_EXIT_INIT;
	struct ward_info info = { .size = sizeof(info) };
	struct ward_id id = WARD_ID_INIT;
	struct ward *again = NULL;
	void *event;

	if (ward_info(w, &info) == 0)
		CHECK_EQ(info.pid, ward_pid(w));
	if (ward_identity(w, &id) == 0)
		CHECK_EQ(id.pid, ward_pid(w));
	if (ward_open(&again, ward_pid(w), 0) == 0)
		ward_close(again);
	if (ward_open_id(&again, &id) == 0)
		ward_close(again);
	ward_windows_event(w, &event);
	ward_signal(w, 0);
	ward_signal_group(w, 0);
	CHECK(ward_wait(w, 0, &e) <= 0);
	CHECK(ward_wait(w, 1, &e) <= 0);
	CHECK(ward_wait_any(&w, 1, 1) < 0);
	CHECK_EQ(e.how, 0);
}

/* [true-status] */
static int try_life(const struct ward_spawn_opts *opts, int k, int error)
{
	struct talk t = talk_start_ready(CHILD("ready"), opts);
	struct ward_exit e = WARD_EXIT_INIT;
	const char *failed;

	ward__gate_fail(NULL, k, error);
	live(t.w);
	talk_let_go(&t);
	if (ward_wait(t.w, WARD_FOREVER, &e) == 1)
		check_exited(&e, 0);
	failed = ward__gate_failed();
	ward__gate_fail(NULL, 0, 0);
	e = wait_or_fail(t.w);
	check_exited(&e, 0);
	talk_end(&t);
	if (!CHECK(check_state_unchanged())) {
		say_where(k, failed, error);
		return BAD;
	}
	return failed ? TOUCHED : UNTOUCHED;
}

typedef int trial_fn(const struct ward_spawn_opts *opts, int k, int error);

/* Let the first call fail, the second, ... until a trial meets none. */
static void fail_each_call(trial_fn *trial, const struct ward_spawn_opts *opts, int error)
{
	int k = 1, r = TOUCHED;

	while (k < MOST_CALLS && r == TOUCHED)
		r = trial(opts, k++, error);
	CHECK_EQ(r, UNTOUCHED);
	CHECK(k > 5);
}

/* What the pool and the runtime make at the first start of all is no leak of this one. */
static void fail_with_each_error(trial_fn *trial, const struct ward_spawn_opts *opts)
{
	int n = check_scaled(ERRORS);

	trial(opts, 0, 0);
	for (int i = 0; i < ERRORS && i < n; i++)
		fail_each_call(trial, opts, errors[i]);
}

TEST(a_plain_start_survives_the_failure_of_each_of_its_calls)
{
	fail_with_each_error(try_start, WARD_SPAWN_OPTS(0));
}

TEST(a_start_with_everything_survives_the_failure_of_each_of_its_calls)
{
	static const uint32_t cpu = 0;
	struct ward_fd fds[2] = {
		{ .fd = 5, .from = { .kind = WARD_FD_PATH, .path = HOST_NULL } },
		{ .fd = 6, .from = { .kind = WARD_FD_CHILD, .fd = 5 } },
	};

	fail_with_each_error(try_start,
	                     WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE | WARD_SPAWN_PGROUP,
	                                     .nice = 10, .cpus = &cpu, .n_cpus = 1,
	                                     .cwd = "C:\\", .fds = fds, .n_fds = 2,
	                                     .in = { .kind = WARD_FD_NULL },
	                                     .env_set = ARGV("A=B"),
	                                     .on_close = WARD_KILL_WAIT));
}

TEST(a_start_with_ends_of_ours_survives_the_failure_of_each_of_its_calls)
{
	static char much[100000];
	struct ward_fd fds[2] = {
		{ .fd = 5, .from = { .kind = WARD_FD_SOCKET } },
		{ .fd = 6, .from = { .kind = WARD_FD_MEMORY, .flags = WARD_MEMORY_FILE,
		                     .data = much, .data_size = sizeof(much) } },
	};

	fail_with_each_error(try_start,
	                     WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_MEMORY, .data = much,
	                                             .data_size = sizeof(much) },
	                                     .out = { .kind = WARD_FD_PIPE },
	                                     .err = { .kind = WARD_FD_PIPE },
	                                     .fds = fds, .n_fds = 2));
}

TEST(a_start_on_a_console_of_its_own_survives_the_failure_of_each_of_its_calls)
{
	fail_with_each_error(try_start, WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_PTY },
	                                                .out = { .kind = WARD_FD_PTY },
	                                                .err = { .kind = WARD_FD_CHILD,
	                                                         .fd = 1 }));
}

/* Bytes go there and back; a read that has failed is no loss, and is told once. */
static void talk(struct ward *w, size_t *sent, size_t *heard)
{
	char buf[64];
	int64_t n = ward_write(w, 0, "hello\n", 6, SECONDS(40));
	int failures = 0;

	*sent += n > 0 ? (size_t)n : 0;
	while (*heard < *sent && failures < 2) {
		n = ward_read(w, 1, buf, sizeof(buf), SECONDS(40));
		*heard += n > 0 ? (size_t)n : 0;
		failures += n <= 0;
	}
}

static int try_talk(const struct ward_spawn_opts *opts, int k, int error)
{
	struct ward *w = spawn_or_fail(CHILD("cat"), opts);
	size_t sent = 0, heard = 0;
	const char *failed;

	ward__gate_fail(NULL, k, error);
	talk(w, &sent, &heard);
	failed = ward__gate_failed();
	ward__gate_fail(NULL, 0, 0);
	talk(w, &sent, &heard);
	CHECK_EQ(sent, failed && strcmp(failed, "WriteFile") == 0 ? 6 : 12);
	CHECK_EQ(heard, sent);
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
	if (!CHECK(check_state_unchanged())) {
		say_where(k, failed, error);
		return BAD;
	}
	return failed ? TOUCHED : UNTOUCHED;
}

/* [two-ends] */
TEST(input_and_output_survive_the_failure_of_each_of_their_calls)
{
	const struct ward_spawn_opts *opts = WARD_SPAWN_OPTS(
		.in = { .kind = WARD_FD_PIPE }, .out = { .kind = WARD_FD_PIPE });
	int k = 1, r = TOUCHED;

	try_talk(opts, 0, 0);
	while (k < MOST_CALLS && r == TOUCHED)
		r = try_talk(opts, k++, ENOMEM);
	CHECK_EQ(r, UNTOUCHED);
	CHECK(k > 3);
}

TEST(a_life_survives_the_failure_of_each_of_its_calls)
{
	fail_with_each_error(try_life, WARD_SPAWN_OPTS(0));
}

TEST(waiting_for_many_without_memory_fails_and_loses_nothing)
{
	enum { MANY = 65 };
	struct ward *all[MANY];

	for (int i = 0; i < MANY; i++)
		all[i] = spawn_or_fail(CHILD("exit", "8"), NULL);
	ward__gate_fail("malloc", 1, ENOMEM);
	CHECK_EQ(ward_wait_any(all, MANY, WARD_FOREVER), -ENOMEM);
	ward__gate_fail(NULL, 0, 0);
	CHECK_EQ(ward_wait_all(all, MANY, WARD_FOREVER), 1);
	for (int i = 0; i < MANY; i++)
		expect_exit(all[i], 8);
}
