/* SPDX-License-Identifier: MIT */
/*
 * Runs and pipelines in trouble of the system's making: every call fails in turn, signals
 * come all the time, descriptors are counted, others wait for our children.
 * Whatever happens, the result is true or there is an error, and nothing is left.
 */
#include "run.h"
#include "scarce.h"
#include "storm.h"
#include "trial.h"

#define STAGE(...)                        \
	{                                 \
		.argv = PLAY(__VA_ARGS__) \
	}

/* ------------------------------------------------------------------ every call fails */

enum { INPUT = 100000, ERRORS_SIZE = 3000 };

static char input[INPUT];

static struct ward_run_opts trial_opts(void)
{
	pattern_fill(input, INPUT, 0);
	return *WARD_RUN_OPTS(.input = input, .input_size = INPUT);
}

/* What was copied and what was written to stderr, whole unless it is said not to be. */
static bool is_true(const struct ward_result *r)
{
	const struct ward_output *o = &r->out, *e = &r->err;
	bool good = CHECK_EQ(o->total, o->size) && CHECK_EQ(e->total, e->size);

	good = CHECK_EQ(pattern_match(o->data, o->size, 0), o->size) && good;
	if (r->failed < 0 && r->flags == 0 && o->flags == 0)
		good = CHECK_EQ(o->size, INPUT) && good;
	if (r->failed < 0 && e->flags == 0)
		good = CHECK_EQ(e->size, ERRORS_SIZE) && good;
	return good;
}

static bool try_run(const void *what)
{
	struct ward_run_opts opts = trial_opts();
	struct ward_result r = WARD_RESULT_INIT;
	struct ward_error error = WARD_ERROR_INIT;
	int code;
	bool good;

	(void)what;
	opts.error = &error;
	code = ward_run(PLAY("fill", "2", "3000", "cat"), &opts, &r);
	if (code < 0)
		return CHECK(r.n_stages == 0 && r.out.data == NULL);
	good = is_true(&r);
	ward_result_free(&r);
	return good;
}

static bool try_pipeline(const void *what)
{
	const struct ward_stage stages[] = { STAGE("cat"),
		                             STAGE("fill", "2", "3000", "cat"),
		                             STAGE("cat") };
	struct ward_run_opts opts = trial_opts();
	struct ward_result r = WARD_RESULT_INIT;
	bool good;

	(void)what;
	if (ward_run_pipeline(stages, 3, &opts, &r) < 0)
		return CHECK(r.n_stages == 0 && r.out.data == NULL);
	good = CHECK_EQ(r.n_stages, 3) && is_true(&r);
	ward_result_free(&r);
	return good;
}

/* Looked at in small steps, stopped, and given up. */
static bool try_giving_up(const void *what)
{
	const struct ward_stage stages[] = { STAGE("cat"),
		                             STAGE("deaf", "cat", "tick", "2", "9") };
	static const struct ward_stop_step soon[] = { { SIGTERM, 0, 1 } };
	struct ward_run_opts opts = trial_opts();
	struct ward_pipeline *p = NULL;
	struct ward_result r = WARD_RESULT_INIT;

	(void)what;
	opts.stop = soon;
	opts.n_stop = 1;
	if (ward_pipeline_start(&p, stages, 2, &opts) < 0)
		return CHECK(p == NULL);
	if (ward_pipeline_wait(p, WARD_NS_PER_MS, &r) == 0) {
		ward_pipeline_stop(p);
		ward_pipeline_wait(p, WARD_NS_PER_MS, &r);
	}
	ward_pipeline_close(p);
	ward_result_free(&r);
	return true;
}

static void try_all_errors(trial_fn *run)
{
	static const int errors[] = { ENOMEM, EMFILE, EINTR, EAGAIN, EPERM };
	int n = check_scaled(5);

	for (int i = 0; i < n && i < 5; i++)
		trial_each_call(run, NULL, errors[i]);
}

/* [reserve-first] [two-ends] [bounded] */
TEST(a_run_survives_the_failure_of_each_of_its_calls)
{
	try_all_errors(try_run);
}

/* [reserve-first] [two-ends] [bounded] */
TEST(a_pipeline_survives_the_failure_of_each_of_its_calls)
{
	try_all_errors(try_pipeline);
}

/* [reserve-first] [bounded] */
TEST(a_pipeline_can_be_given_up_whatever_call_fails)
{
	try_all_errors(try_giving_up);
}

/* [reserve-first] */
TEST(commands_are_gone_with_their_pipeline_when_there_is_no_memory_to_sleep)
{
	const struct ward_stage stages[] = { STAGE("deaf", "tick", "1", "10"),
		                             STAGE("deaf", "tick", "2", "10") };
	struct ward_pipeline *p = NULL;

	for (int k = 1; k <= 2; k++) {
		REQUIRE_EQ(ward_pipeline_start(&p, stages, 2, NULL), 0);
		ward__gate_fail("ppoll", k, ENOMEM);
		ward_pipeline_close(p);
		ward__gate_fail(NULL, 0, 0);
		CHECK(waitpid(-1, NULL, WNOHANG) < 0);
		CHECK_EQ(errno, ECHILD);
	}
}

/* [bounded] We are somebody else for a while, as before a set-uid program. */
TEST(a_command_that_may_not_be_killed_does_not_hold_up_its_pipeline)
{
	const struct ward_stage stage = STAGE("deaf", "wait", "3");
	struct ward_pipeline *p = NULL;
	struct gate g;
	uid_t uid = getuid();
	pid_t pid;

	if (geteuid() != 0)
		SKIP("only root can be somebody else and come back");
	gate_make(&g, true);
	REQUIRE_EQ(ward_pipeline_start(&p, &stage, 1, WARD_RUN_OPTS(.spawn = &g.opts)),
	           0);
	pid = (pid_t)ward_pid(ward_pipeline_ward(p, 0));
	REQUIRE_EQ(setreuid(65534, 0), 0);
	REQUIRE_EQ(seteuid(65534), 0);
	ward_pipeline_close(p);
	REQUIRE_EQ(seteuid(0), 0);
	REQUIRE_EQ(setreuid(uid, 0), 0);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	gate_end(&g);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

/* [reserve-first] */
TEST(a_pipeline_whose_wait_failed_has_nothing_to_stop_any_more)
{
	const struct ward_stage stage = STAGE("deaf", "tick", "1", "10");
	struct ward_result r = WARD_RESULT_INIT;
	struct ward_pipeline *p = NULL;
	int code;

	REQUIRE_EQ(ward_pipeline_start(&p, &stage, 1, NULL), 0);
	ward__gate_fail("ppoll", 1, ENOMEM);
	code = ward_pipeline_wait(p, SECONDS(50), &r);
	ward__gate_fail(NULL, 0, 0);
	CHECK_EQ(code, -ENOMEM);
	CHECK_EQ(ward_pipeline_stop(p), 0);
	CHECK_EQ(ward_pipeline_wait(p, 0, &r), -EALREADY);
	CHECK(ward_pipeline_ward(p, 0) == NULL);
	ward_pipeline_close(p);
}

/* ------------------------------------------------------------------- few descriptors */

/* One run while there are only so many descriptors; whether it worked. */
static bool run_with_spare(int spare)
{
	const struct ward_stage stages[] = { STAGE("cat"), STAGE("cat"), STAGE("cat") };
	struct ward_run_opts opts = trial_opts();
	struct ward_result r = WARD_RESULT_INIT;
	struct scarce scarce;
	int code;

	scarce_begin(&scarce, spare);
	code = ward_run_pipeline(stages, 3, &opts, &r);
	scarce_end(&scarce);
	if (code == 0)
		check_pattern(&r.out, INPUT);
	else
		CHECK(code == -EMFILE || code == -ENFILE);
	ward_result_free(&r);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0);
	CHECK(check_state_unchanged());
	return code == 0;
}

/* [reserve-first] */
TEST(a_pipeline_works_or_fails_cleanly_with_any_number_of_spare_descriptors)
{
	bool worked = false;

	for (int spare = 0; spare <= 30; spare++) {
		bool works = run_with_spare(spare);

		CHECK(works || !worked);
		worked = works;
	}
	CHECK(worked);
}

/* --------------------------------------------------------------------------- signals */

/* [bounded] [two-ends] */
TEST(signals_that_come_all_the_time_lose_no_byte)
{
	uint64_t size = (uint64_t)check_scaled(64) << 20;
	struct ward_result r;
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)size);
	storm_begin();
	r = run_or_fail(PLAY("fill", "1", number), NULL);
	storm_end();
	CHECK_EQ(r.out.size, size);
	CHECK(pattern_sum(PATTERN_SUM, r.out.data, r.out.size) == pattern_sum_of(size));
	check_exited(&r.exit, 0);
	ward_result_free(&r);
}

TEST(signals_that_come_all_the_time_disturb_no_pipeline)
{
	const struct ward_stage stages[] = { STAGE("cat"), STAGE("cat"), STAGE("cat") };
	size_t size = (size_t)check_scaled(4) << 20;
	char *data = pattern_new(size);
	struct ward_result r = WARD_RESULT_INIT;

	storm_begin();
	CHECK_EQ(ward_run_pipeline(stages, 3,
	                           WARD_RUN_OPTS(.input = data, .input_size = size), &r),
	         0);
	storm_end();
	check_pattern(&r.out, size);
	ward_result_free(&r);
	free(data);
}

/* [bounded] */
TEST(signals_that_come_all_the_time_move_no_time_out)
{
	int64_t begin = host_now_ns();
	struct ward_result r;

	storm_begin();
	r = run_or_fail(PLAY("tick", "1", "10"),
	                WARD_RUN_OPTS(.timeout_ns = MILLISECONDS(300)));
	storm_end();
	CHECK(host_now_ns() - begin >= MILLISECONDS(300));
	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	ward_result_free(&r);
}

/* --------------------------------------------------------------------------- SIGPIPE */

static volatile sig_atomic_t sigpipes;

static void on_sigpipe(int sig)
{
	(void)sig;
	sigpipes++;
}

/* [no-globals] Neither the default, which kills, nor a handler of ours sees one. */
TEST(input_that_nobody_reads_raises_no_signal)
{
	char *data = pattern_new(1000000);
	struct sigaction action = { .sa_handler = on_sigpipe }, before;
	struct ward_run_opts opts = *WARD_RUN_OPTS(.input = data, .input_size = 1000000);
	struct ward_result r = run_or_fail(PLAY("close", "0", "exit", "0"), &opts);

	ward_result_free(&r);
	sigaction(SIGPIPE, &action, &before);
	r = run_or_fail(PLAY("close", "0", "exit", "0"), &opts);
	ward_result_free(&r);
	sigaction(SIGPIPE, &before, NULL);
	CHECK_EQ(sigpipes, 0);
	free(data);
}

/* [no-globals] */
TEST(a_signal_of_the_callers_that_waits_to_be_taken_goes_on_waiting)
{
	char *data = pattern_new(1000000);
	struct ward_result r;
	sigset_t pipes, pending, before;
	int sig = 0;

	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipes, &before);
	for (int raised = 0; raised < 2; raised++) {
		if (raised)
			raise(SIGPIPE);
		r = run_or_fail(PLAY("close", "0", "exit", "0"),
		                WARD_RUN_OPTS(.input = data, .input_size = 1000000));
		ward_result_free(&r);
		sigpending(&pending);
		CHECK_EQ(sigismember(&pending, SIGPIPE), raised);
	}
	CHECK_EQ(sigwait(&pipes, &sig), 0);
	CHECK_EQ(sig, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(data);
}

/* [no-globals] */
TEST(output_to_a_pipe_that_nobody_reads_raises_no_signal)
{
	struct ward_result r = WARD_RESULT_INIT;
	int ends[2], code;

	make_pipe(ends);
	close(ends[0]);
	code = ward_run(PLAY("fill", "1", "100000"),
	                WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1] }), &r);
	CHECK(code == 0 || code == -EPIPE);
	ward_result_free(&r);
	close(ends[1]);
}

/* --------------------------------------------------------------------------- silence */

/* [two-ends] Who only waits does not work. */
TEST(a_program_that_closes_its_output_costs_nothing_while_it_lives)
{
	clock_t begin;
	struct ward_result r;
	struct gate g;

	if (on_slow_tool())
		SKIP("time is counted otherwise under a tool");
	gate_make(&g, true);
	begin = clock();
	r = run_or_fail(PLAY("close", "0", "close", "1", "close", "2", "wait", "3"),
	                WARD_RUN_OPTS(.spawn = &g.opts, .timeout_ns = SECONDS(1)));
	CHECK((clock() - begin) * 4 < CLOCKS_PER_SEC);
	CHECK_EQ(r.flags, WARD_RESULT_TIMED_OUT);
	ward_result_free(&r);
	gate_end(&g);
}

/* --------------------------------------------------------------------------- thieves */

static atomic_bool stop;
static atomic_int stolen;

static void *steal(void *arg)
{
	while (!atomic_load(&stop))
		if (waitpid(-1, NULL, WNOHANG) > 0)
			atomic_fetch_add(&stolen, 1);
	return arg;
}

/* [true-status] The output is whole, and the end true or said to be lost. */
TEST(a_thread_that_waits_for_any_child_takes_nothing_from_a_run)
{
	const struct ward_stage stages[] = { STAGE("fill", "1", "100000"),
		                             STAGE("cat", "exit", "6") };
	struct host_thread thief;
	int n = check_scaled(100);

	host_thread_start(&thief, steal, NULL);
	for (int i = 0; i < n; i++) {
		struct ward_result r = WARD_RESULT_INIT;

		REQUIRE_EQ(ward_run_pipeline(stages, 2, NULL, &r), 0);
		check_pattern(&r.out, 100000);
		check_exited_or_lost(&r.stages[0].exit, 0, false);
		check_exited_or_lost(&r.stages[1].exit, 6, false);
		CHECK(r.failed >= 0);
		CHECK_EQ(ward_result_ok(&r, NULL, 0), 0);
		ward_result_free(&r);
	}
	atomic_store(&stop, true);
	host_thread_join(&thief);
}
