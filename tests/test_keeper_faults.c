/* SPDX-License-Identifier: MIT */
/*
 * Failure at every point of a start under a keeper: calls are made to fail, descriptors
 * and processes are scarce, and either process or the host is killed on the way. Nothing
 * stays of a start that failed: no keeper, no child, no descriptor.
 */
#include "able.h"
#include "help.h"

#if defined(__linux__) && !WARD_TEST_POSIX
#include "keeper.h"
#include "linux/keeper_able.h"
#include "trial.h"

#include <sys/resource.h>

static const int errors[] = { EPERM, ENOSYS, EINVAL, ENOMEM, EMFILE, EAGAIN, EINTR };

enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

/* ------------------------------------------------------------------------ each call */

/* Whatever the start says, it says the truth. */
static bool one_child(const struct ward_spawn_opts *opts)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_spawn_opts own = *opts;
	struct ward_exit e = WARD_EXIT_INIT;
	struct ward *w = NULL;
	int r;

	own.error = &error;
	r = ward_spawn(&w, CHILD("exit", "3"), &own);
	if (r < 0)
		return CHECK(w == NULL) && CHECK_EQ(error.code, r) &&
		       CHECK(error.step != WARD_STEP_NONE);
	do
		r = ward_wait(w, SECONDS(20), &e);
	while (r < 0 && ward__gate_failed());
	ward_close(w);
	/* A usage or a status that nobody has memory for is not known. */
	return CHECK_EQ(r, 1) && (e.how == WARD_LOST || CHECK_EQ(e.code, 3));
}

static bool try_kept(const void *what)
{
	(void)what;
	return one_child(KEPT(.cwd = "/"));
}

/* [reserve-first] */
TEST(each_call_of_a_kept_start_may_fail)
{
	for (int i = 0; i < ERRORS; i++)
		trial_each_call(try_kept, NULL, errors[i]);
}

static bool try_job(const void *what)
{
	struct ward_job *job = NULL;
	int tried = 0, r;
	bool good;

	(void)what;
	if (ward_job_new(&job, WARD_JOB_OPTS(.means = WARD_MEANS_KEEPER)) < 0)
		return CHECK(job == NULL);
	good = one_child(WARD_SPAWN_OPTS(.job = job));
	ward_job_kill(job);
	do
		r = ward_job_wait_empty(job, SECONDS(20));
	while (r < 0 && ward__gate_failed() && !tried++);
	good = CHECK_EQ(r, 1) && good;
	ward_job_close(job);
	return good;
}

/* [reserve-first] */
TEST(each_call_of_a_job_with_keepers_may_fail)
{
	struct ward_job *job = job_of(WARD_MEANS_KEEPER, NULL);

	if (!job)
		SKIP("there are no keepers of trees here");
	ward_job_close(job);
	for (int i = 0; i < ERRORS; i++)
		trial_each_call(try_job, NULL, errors[i]);
}

static bool try_pidns(const void *what)
{
	struct ward_job *job = NULL;
	bool good;

	(void)what;
	if (ward_job_new(&job, WARD_JOB_OPTS(.means = WARD_MEANS_PIDNS)) < 0)
		return CHECK(job == NULL);
	good = one_child(WARD_SPAWN_OPTS(.job = job));
	ward_job_close(job);
	return good;
}

/* [reserve-first] */
TEST(each_call_of_a_start_in_a_namespace_may_fail)
{
	struct ward_job *job = job_of(WARD_MEANS_PIDNS, NULL);

	if (!job)
		SKIP("there are no pid namespaces here");
	ward_job_close(job);
	for (int i = 0; i < ERRORS; i++)
		trial_each_call(try_pidns, NULL, errors[i]);
}

/* A program that cannot be run is told as without a keeper. [told-why] */
TEST_BOTH(a_failed_exec_under_a_keeper_names_step_and_path)
{
	struct ward_error error =
	        spawn_fails(ARGV("/nowhere/at/all"), KEPT(.cwd = "/"), -ENOENT,
	                    WARD_STEP_EXEC);

	CHECK_STR(error.path, "/nowhere/at/all");
	error = spawn_fails(CHILD("exit"), KEPT(.cwd = "/nowhere"), -ENOENT,
	                    WARD_STEP_CHDIR);
	CHECK_STR(error.path, "/nowhere");
}

/* --------------------------------------------------------------------------- scarce */

/* (A number as its kind has another type with each libc.) */
#define WITH_LIMIT(resource, soft)                              \
	do {                                                    \
		struct rlimit limit_;                           \
                                                                \
		REQUIRE_EQ(getrlimit((resource), &limit_), 0);  \
		limit_.rlim_cur = (soft);                       \
		REQUIRE_EQ(setrlimit((resource), &limit_), 0);  \
	} while (0)

/* [reserve-first] [sealed-fds] */
TEST_BOTH(descriptors_may_be_scarce_to_the_last_one)
{
	struct rlimit before;
	int failed = 0, started = 0;

	expect_exit(spawn_or_fail(CHILD("exit", "0"), KEPT(.cwd = "/")), 0);
	REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (rlim_t n = 3; n < 40; n++) {
		struct ward *w = NULL;
		int r;

		WITH_LIMIT(RLIMIT_NOFILE, n);
		r = ward_spawn(&w, CHILD("exit", "4"), KEPT(.cwd = "/"));
		REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (r < 0) {
			/* Valgrind closes a pair past the limit, but says it was made. */
			CHECK(r == -EMFILE || (on_valgrind() && r == -ECANCELED));
			failed++;
			continue;
		}
		started++;
		expect_exit(w, 4);
	}
	CHECK(failed > 0);
	CHECK(started > 0);
}

/* The first keeper is a copy then, those after it are not. */
TEST(a_shortage_that_was_once_is_not_held_against_the_kernel)
{
	struct talk t;

	ward__gate_fail("memfd_create", 1, EMFILE);
	t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	CHECK(!has_own_program(keeper_of(t.w)));
	talk_end(&t);
	ward__gate_fail(NULL, 0, 0);
	if (!able_keeper_image() || ward__keeper_probe() != 1)
		SKIP("a keeper's own program does not run here");
	t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	CHECK(gets_own_program(keeper_of(t.w)));
	talk_end(&t);
}

static int new_pidns_in_want_at(const char *call)
{
	struct ward_job *job = NULL;
	int r;

	ward__gate_fail(call, 1, EMFILE);
	r = ward_job_new(&job, WARD_JOB_OPTS(.means = WARD_MEANS_PIDNS));
	ward__gate_fail(NULL, 0, 0);
	ward_job_close(job);
	return r;
}

/* [told-why] Before anything is known of the kernel both are part of a probe. */
TEST(a_shortage_is_not_told_as_a_lack_of_namespaces)
{
	int files = new_pidns_in_want_at("memfd_create");
	int sockets = new_pidns_in_want_at("socketpair");
	struct ward_job *job = job_of(WARD_MEANS_PIDNS, NULL);

	if (!job)
		SKIP("there are no pid namespaces here");
	ward_job_close(job);
	CHECK_EQ(files, -EMFILE);
	CHECK_EQ(sockets, -EMFILE);
}

/* As many processes as there are: no room for one, or for the second of the two. */
static int in_few_processes(rlim_t most)
{
	struct ward *w = NULL;
	int r;

	if (setresgid(65534, 65534, 65534) < 0 || setresuid(54321, 54321, 54321) < 0)
		return 77;
	WITH_LIMIT(RLIMIT_NPROC, most);
	r = ward_spawn(&w, ARGV("/bin/sh", "-c", "exit 6"), KEPT(.cwd = "/"));
	if (r < 0)
		return r == -EAGAIN ? 1 : 2;
	expect_exit(w, 6);
	return 0;
}

TEST_BOTH(processes_may_be_scarce_to_the_last_one)
{
	int status, refused = 0, started = 0;

	if (geteuid() != 0)
		SKIP("only root can be somebody who has no other process");
	if (on_emulator())
		SKIP("an emulator has threads of its own");
	for (rlim_t most = 1; most < 6; most++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(in_few_processes(most));
		REQUIRE_EQ(waitpid(pid, &status, 0), pid);
		REQUIRE(WIFEXITED(status));
		CHECK(WEXITSTATUS(status) < 2);
		refused += WEXITSTATUS(status) == 1;
		started += WEXITSTATUS(status) == 0;
	}
	CHECK(refused > 0);
	CHECK(started > 0);
}

/* ---------------------------------------------------------------- killed on the way */

enum { MOST_CALLS = 1000 };

/*
 * Whoever makes the @k-th call is killed: the host, the keeper or the child. We are what
 * init is to those that are left over, and collect them at once.
 */
static int start_and_be_killed(int k)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct ward *w = NULL;
		int r;

		ward__gate_fail(NULL, k, WARD__GATE_KILL);
		r = ward_spawn(&w, CHILD("exit", "0"), KEPT(.cwd = "/"));
		if (r == 0 && ward_wait(w, SECONDS(20), NULL) != 1)
			_exit(TRIAL_BAD);
		ward_close(w);
		_exit(ward__gate_failed() ? TRIAL_TOUCHED : TRIAL_UNTOUCHED);
	}
	while (waitpid(-1, &status, 0) != pid)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : TRIAL_TOUCHED;
}

/* [reserve-first] */
TEST_BOTH(whoever_is_killed_on_the_way_nothing_stays)
{
	int k = 1, r = TRIAL_TOUCHED;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		SKIP("orphans cannot be adopted here");
	for (; k < MOST_CALLS && r == TRIAL_TOUCHED; k++) {
		r = start_and_be_killed(k);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
	CHECK_EQ(r, TRIAL_UNTOUCHED);
	CHECK(k > 20);
}
#else
#include "job.h"
#include "trial.h"

/*
 * A keeper is a forked copy here, and makes some of the calls itself: that one of them
 * has failed there is not seen here. So there are as many trials as there are calls.
 */
enum { CALLS = 70 };

static bool one_child(const struct ward_spawn_opts *opts)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_spawn_opts own = *opts;
	struct ward_exit e = WARD_EXIT_INIT;
	struct ward *w = NULL;
	int r, tries = 0;

	own.error = &error;
	r = ward_spawn(&w, CHILD("exit", "3"), &own);
	if (r < 0)
		return CHECK(w == NULL) && CHECK_EQ(error.code, r) &&
		       CHECK(error.step != WARD_STEP_NONE);
	do
		r = ward_wait(w, SECONDS(20), &e);
	while (r < 0 && tries++ < 3);
	ward_close(w);
	return CHECK_EQ(r, 1) && (e.how == WARD_LOST || CHECK_EQ(e.code, 3));
}

static bool try_kept(const void *what)
{
	(void)what;
	return one_child(WARD_SPAWN_OPTS(.on_owner_death = WARD_KILL));
}

static bool try_job(const void *what)
{
	struct ward_job_opts opts = *WARD_JOB_OPTS(.on_owner_death = WARD_KILL);
	struct ward_job *job = NULL;
	bool good;

	opts.means = *(const uint32_t *)what;
	if (ward_job_new(&job, &opts) < 0)
		return CHECK(job == NULL);
	good = one_child(WARD_SPAWN_OPTS(.job = job));
	ward_job_close(job);
	return good;
}

static void each_call(trial_fn *run, const void *what)
{
	const struct trial trial = { run, what };
	static const int errors[] = { EPERM, EINVAL, ENOMEM, EMFILE, EAGAIN };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		for (int k = 1; k < CALLS; k++)
			trial_fork(trial_process, &trial, k, errors[i]);
}

/* [reserve-first] */
TEST(each_call_of_a_start_that_ends_with_us_may_fail)
{
	each_call(try_kept, NULL);
}

/* [reserve-first] */
TEST(each_call_of_a_job_with_keepers_may_fail)
{
	struct ward_job *job = job_of(WARD_MEANS_KEEPER, NULL);

	if (!job)
		SKIP("there are no keepers of trees here");
	ward_job_close(job);
	static const uint32_t means[] = { WARD_MEANS_GROUP, WARD_MEANS_REAPER };

	for (int i = 0; i < 2; i++)
		each_call(try_job, &means[i]);
}
#endif
