/* SPDX-License-Identifier: MIT */
/*
 * Failure at every point: each call and each allocation of a start, and of a life, is
 * made to fail in turn with each plausible errno, until nothing is left to fail; and
 * descriptors are made scarce to the last one. Whatever happens, either the start
 * succeeds (by a fallback) or it fails cleanly: no child, no zombie, no descriptor, mask
 * and dispositions as before, the step named. Every trial is a process of its own, since
 * the library remembers what its kernel refused.
 */
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "able.h"
#include "check_state.h"
#include "gate.h"
#include "help.h"
#include "scarce.h"
#include "trial.h"

static const int errors[] = {
	EPERM, ENOSYS, EINVAL, ENOMEM, EMFILE, EAGAIN, EACCES, EINTR
};

enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

/* For somebody with nothing else to do: Linux has a name for it. */
#ifdef __linux__
#define SPARE_POLICY WARD_SCHED_BATCH
#else
#define SPARE_POLICY WARD_SCHED_OTHER
#endif

/* A child with nearly every attribute, so that nearly every call is made. */
static struct ward_spawn_opts with_everything(void)
{
	static const struct ward_rlimit limit = { WARD_RLIMIT_CORE, 0, 0,
		                                  WARD_RLIMIT_KEEP };
	static const uint32_t group = 4321, cpu = 0;
	static struct ward_fd fds[3];
	static const char *const set[] = { "A=B", NULL };

	fds[0].fd = 9;
	fds[0].from = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = "/dev/null" };
	fds[1] = (struct ward_fd){ .fd = 7, .from = GIVEN(0) };
	fds[2] = (struct ward_fd){ .fd = 8, .from = { .kind = WARD_FD_CHILD, .fd = 7 } };
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(
	        .flags = WARD_SPAWN_UMASK | WARD_SPAWN_NICE | WARD_SPAWN_SESSION |
	                 (able_sched() ? WARD_SPAWN_SCHED : 0),
	        .cwd = "/", .in = { .kind = WARD_FD_NULL }, .umask = 022, .nice = 5,
	        .sched_policy = able_sched() ? SPARE_POLICY : 0, .rlimits = &limit,
	        .n_rlimits = 1,
	        .fds = fds, .n_fds = 3, .env_set = set);

	if (geteuid() == 0) {
		opts.flags |= WARD_SPAWN_GROUPS | WARD_SPAWN_GID | WARD_SPAWN_UID;
		opts.groups = &group;
		opts.n_groups = 1;
	}
	if (able_no_new_privs())
		opts.flags |= WARD_SPAWN_NO_NEW_PRIVS;
	if (able_death_signal())
		opts.death_signal = SIGKILL;
	if (able_affinity()) {
		opts.cpus = &cpu;
		opts.n_cpus = 1;
	}
	return opts;
}

/* Calls that belong to one step alone: their failure must be told under its name. */
static const struct {
	const char *call;
	int step;
} steps[] = {
	{ "setsid", WARD_STEP_SESSION },
	{ "setpgid", WARD_STEP_PGROUP },
	{ "setpriority", WARD_STEP_NICE },
	{ "sched_setscheduler", WARD_STEP_SCHED },
	{ "sched_setaffinity", WARD_STEP_AFFINITY },
	{ "setgroups", WARD_STEP_GROUPS },
	{ "setgid", WARD_STEP_GID },
	{ "setuid", WARD_STEP_UID },
	{ "chdir", WARD_STEP_CHDIR },
	{ "no_new_privs", WARD_STEP_NO_NEW_PRIVS },
	{ "death_signal", WARD_STEP_DEATH_SIGNAL },
	{ "dup3", WARD_STEP_FD },
};

/* [told-why] */
static void check_error(const struct ward_error *e, int r, const char *failed, int error)
{
	char text[768];

	CHECK_EQ(e->code, r);
	CHECK(e->step != WARD_STEP_NONE);
	CHECK(e->os_error > 0);
	CHECK(ward_error_text(e, text, sizeof(text)) > 10);
	for (size_t i = 0; failed && i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].call, failed) != 0)
			continue;
		CHECK_STR(ward_step_name(e->step), ward_step_name(steps[i].step));
		CHECK_EQ(r, -error);
	}
	/* For the start, or for what is to hold the child. */
	if (failed && strcmp(failed, "malloc") == 0) {
		CHECK_EQ(r, -ENOMEM);
		CHECK(e->step == WARD_STEP_MEMORY || e->step == WARD_STEP_HOLD);
	}
}

/* [reserve-first] [sealed-fds] [clean-child] */
static void try_start(const void *opts, int k, int error)
{
	trial_start(opts, check_error, k, error);
}

/* ------------------------------------------------------------------------- a life */

/* All that is asked of a ward; what it says may be an error, but never an untruth. */
static void live(struct ward *w)
{
	struct ward_exit e = WARD_EXIT_INIT;
	struct ward_info info = { .size = sizeof(info) };
	struct ward_id id = WARD_ID_INIT;
	struct ward *again = NULL;

	ward_poll_fd(w);
	if (ward_info(w, &info) == 0)
		CHECK_EQ(info.pid, ward_pid(w));
	if (ward_identity(w, &id) == 0)
		CHECK_EQ(id.pid, ward_pid(w));
	if (ward_open(&again, ward_pid(w), 0) == 0)
		ward_close(again);
	if (ward_open_id(&again, &id) == 0)
		ward_close(again);
	ward_signal(w, 0);
	ward_signal_group(w, 0);
	CHECK(ward_wait(w, 0, &e) <= 0);
	CHECK(ward_wait(w, 1, &e) <= 0);
	CHECK(ward_wait_any(&w, 1, 1) < 0);
	CHECK_EQ(e.how, 0);
}

/* [true-status] */
static void try_life(const void *opts, int k, int error)
{
	struct ward_exit e = WARD_EXIT_INIT;
	const char *failed;
	struct talk t;
	int r;

	check_state_enter();
	check_baseline();
	t = talk_start_ready(CHILD("ready"), opts);
	ward__gate_fail(NULL, k, error);
	live(t.w);
	talk_let_go(&t);
	r = ward_wait(t.w, WARD_FOREVER, &e);
	failed = trial_stop();
	if (r == 1)
		check_exited(&e, 0);
	e = wait_or_fail(t.w);
	check_exited(&e, 0);
	talk_end(&t);
	if (trial_is_implausible(failed))
		_exit(TRIAL_TOUCHED);
	trial_exit(CHECK(check_state_unchanged()), k, failed, error);
}

/* ------------------------------------------------------------------------ all calls */

static void fail_each_call(trial_process_fn *process, const struct ward_spawn_opts *opts,
                           int error)
{
	trial_each_process(process, opts, error, 5);
}

static void fail_with_each_error(trial_process_fn *process,
                                 const struct ward_spawn_opts *opts)
{
	int n = check_scaled(ERRORS);

	for (int i = 0; i < ERRORS && i < n; i++)
		fail_each_call(process, opts, errors[i]);
}

TEST(a_plain_start_survives_the_failure_of_each_of_its_calls)
{
	fail_with_each_error(try_start, WARD_SPAWN_OPTS(0));
}

TEST(a_start_with_everything_survives_the_failure_of_each_of_its_calls)
{
	struct ward_spawn_opts opts = with_everything();

	fail_with_each_error(try_start, &opts);
}

TEST(a_start_by_user_name_survives_the_failure_of_each_of_its_calls)
{
	if (geteuid() != 0)
		SKIP("needs root, to become somebody else");
	fail_each_call(try_start, WARD_SPAWN_OPTS(.user = "root"), ENOMEM);
	fail_each_call(try_start, WARD_SPAWN_OPTS(.user = "root"), EAGAIN);
}

TEST(a_start_in_a_new_group_survives_the_failure_of_each_of_its_calls)
{
	fail_each_call(try_start, WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP), EPERM);
}

TEST(a_start_that_inherits_survives_the_failure_of_each_of_its_calls)
{
	fail_each_call(try_start,
	               WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_FDS |
	                                        WARD_SPAWN_INHERIT_MASK |
	                                        WARD_SPAWN_INHERIT_SIGNALS),
	               EPERM);
}

TEST(a_life_survives_the_failure_of_each_of_its_calls)
{
	fail_with_each_error(try_life, WARD_SPAWN_OPTS(0));
}

#ifdef __linux__
/* Start a program and be killed at the @k-th call, unless there are fewer. */
static int start_and_die(int k)
{
	struct ward *w = NULL;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		ward__gate_fail(NULL, k, WARD__GATE_KILL);
		ward_spawn(&w, CHILD("exit", "0"), NULL);
		_exit(ward__gate_failed() ? TRIAL_TOUCHED : TRIAL_UNTOUCHED);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : TRIAL_TOUCHED;
}

/*
 * Whoever was on its way then goes it to its end, or ends: nobody waits for a parent that
 * is no more. [reserve-first]
 */
TEST(a_caller_that_is_killed_at_any_call_leaves_nothing_that_waits)
{
	int k = 1, r = TRIAL_TOUCHED;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		SKIP("orphans cannot be adopted here");
	for (; k < TRIAL_CALLS && r == TRIAL_TOUCHED; k++) {
		r = start_and_die(k);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
	CHECK_EQ(r, TRIAL_UNTOUCHED);
	CHECK(k > 5);
}
#endif

/* A child that fails in its last step is gone when we are told. [reserve-first] */
TEST(a_failed_exec_leaves_no_child)
{
	struct ward *w = NULL;

	ward__gate_fail("execve", 1, EIO);
	CHECK_EQ(ward_spawn(&w, CHILD("exit", "0"), NULL), -EIO);
	CHECK_STR(ward__gate_failed(), "execve");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0);
	CHECK_EQ(errno, ECHILD);
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

/* ---------------------------------------------------------------- scarce descriptors */

static void check_scarcity_error(const struct ward_error *e, int r)
{
	CHECK(r == -EMFILE || r == -ENFILE);
	CHECK_EQ(e->code, r);
	CHECK(e->step != WARD_STEP_NONE && e->step != WARD_STEP_OPTIONS);
}

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
		expect_exit(w, 6);
	else
		check_scarcity_error(&e, r);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0);
	scarce_end(&scarce);
	if (!CHECK(check_state_unchanged()))
		check_note("... with %d spare descriptors", spare);
	return r == 0;
}

static void start_with_ever_more(const struct ward_spawn_opts *opts)
{
	bool worked = false;

	for (int spare = 0; spare <= 12; spare++) {
		bool works = start_with_spare(spare, opts);

		CHECK(works || !worked);
		worked = works;
	}
	CHECK(worked);
}

TEST(a_plain_start_works_or_fails_cleanly_with_any_number_of_spare_descriptors)
{
	start_with_ever_more(WARD_SPAWN_OPTS(0));
}

TEST(a_rich_start_works_or_fails_cleanly_with_any_number_of_spare_descriptors)
{
	struct ward_spawn_opts opts = with_everything();

	start_with_ever_more(&opts);
}

TEST(opening_without_a_spare_descriptor_fails_and_leaves_the_process_alone)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *w = NULL;
	struct scarce scarce;
	int r;

	scarce_begin(&scarce, 0);
	r = ward_open(&w, ward_pid(t.w), 0);
	CHECK_EQ(r, -EMFILE);
	CHECK(w == NULL);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	scarce_end(&scarce);
	talk_end(&t);
}
