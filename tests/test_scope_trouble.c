/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong with scopes of systemd: a manager that refuses, is silent, lies or is
 * gone, none to be asked, and each call of ours that fails in turn. Nothing may be left
 * of any of it, nothing may wait without bound, and the reason is told.
 */
#include "scope.h"
#if HAS_CGROUPS

/* --------------------------------------------------------------------------- trouble */

/* There is none: the code is that of the own group, @word is in the reason. */
static void expect_none(const char *word)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job *job = NULL;

	CHECK_EQ(new_by_cgroup(&job, NULL, &error), -EACCES);
	CHECK_STR(ward_step_name(error.step), ward_step_name(WARD_STEP_JOB));
	if (!CHECK(strstr(error.path, "not given to this user; ") != NULL) ||
	    !CHECK(strstr(error.path, word) != NULL))
		check_note("the reason is: %s", error.path);
	scopes_are_gone();
}

/* Whatever it is, something weaker does. */
static void expect_keeper(void)
{
	struct ward_job *job = NULL;
	int r = ward_job_new(&job, NULL);

	REQUIRE_EQ(r, 0);
	CHECK(ward_job_means(job) == WARD_MEANS_KEEPER ||
	      ward_job_means(job) == WARD_MEANS_GROUP);
	ward_job_close(job);
}

static void be_refused(struct scope_world *world)
{
	(void)world;
	expect_none("systemd refused a scope: no scopes today");
	expect_keeper();
}

/* [told-why] */
TEST(a_refusal_of_systemd_is_told)
{
	NEEDS_SCOPES();
	scope_play("refuse", be_refused);
}

static void be_failed(struct scope_world *world)
{
	(void)world;
	expect_none("systemd did not start the scope: failed");
	expect_keeper();
}

/* [told-why] */
TEST(a_scope_that_does_not_start_is_told)
{
	NEEDS_SCOPES();
	scope_play("fail", be_failed);
}

static void be_lied_to(struct scope_world *world)
{
	(void)world;
	expect_none("scope");
	expect_keeper();
}

TEST(a_scope_that_is_not_there_is_none)
{
	NEEDS_SCOPES();
	scope_play("lie", be_lied_to);
}

static void be_kept_waiting(struct scope_world *world)
{
	int64_t before = host_now_ns();

	(void)world;
	ward__gate_fail("scope_patience", 1, EAGAIN);
	expect_none("does not answer");
	CHECK(host_now_ns() - before < SECONDS(4));
}

/* [bounded] */
TEST(a_systemd_that_is_silent_is_not_waited_for_without_bound)
{
	NEEDS_SCOPES();
	scope_play("silent", be_kept_waiting);
}

static void start_with_the_deaf(struct scope_world *world)
{
	struct ward_job *job = job_that_kills();

	(void)world;
	ward__gate_fail("scope_patience", 1, EAGAIN);
	spawn_fails(CHILD("exit"), WARD_SPAWN_OPTS(.job = job), -ETIMEDOUT,
	            WARD_STEP_JOB);
	CHECK_EQ(ward_job_wait_empty(job, 0), 1);
	ward_job_close(job);
	scopes_are_gone();
}

/* [bounded] */
TEST(a_start_is_not_kept_waiting_without_bound)
{
	NEEDS_SCOPES();
	scope_play("deaf", start_with_the_deaf);
}

static void lose_the_manager(struct scope_world *world)
{
	struct ward_job *job = job_that_kills();
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;

	scope_end_manager(world);
	opts.job = job;
	opts.error = &error;
	CHECK(ward_spawn(&w, CHILD("exit"), &opts) < 0);
	CHECK_STR(ward_step_name(error.step), ward_step_name(WARD_STEP_JOB));
	CHECK_EQ(ward_job_wait_empty(job, 0), 1);
	CHECK_EQ(ward_job_kill(job), 0);
	ward_job_close(job);
	scopes_are_gone();
}

/* [told-why] */
TEST(a_start_without_the_manager_of_its_scope_tells_the_step)
{
	NEEDS_SCOPES();
	scope_play("well", lose_the_manager);
}

static void lack_the_library(struct scope_world *world)
{
	(void)world;
	ward__gate_fail("dlopen", 1, ENOENT);
	expect_none("libsystemd.so.0 cannot be loaded");
	ward__gate_fail("dlopen", 1, ENOENT);
	expect_keeper();
}

/* [told-why] */
TEST(without_libsystemd_there_are_no_scopes)
{
	NEEDS_SCOPES();
	scope_play("well", lack_the_library);
}

static void lack_the_bus(struct scope_world *world)
{
	(void)world;
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus", 1);
	expect_none("the user's systemd cannot be asked: ");
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	unsetenv("XDG_RUNTIME_DIR");
	expect_none("the user's systemd cannot be asked: no bus is known");
	expect_keeper();
}

/* [told-why] */
TEST(without_a_bus_there_are_no_scopes)
{
	NEEDS_SCOPES();
	scope_play("well", lack_the_bus);
}

static void ask_from_inside(void *arg)
{
	(void)arg;
	scope_become_user();
	expect_none("another pid namespace");
}

static void ask_from_a_namespace(void *arg)
{
	(void)arg;
	REQUIRE_EQ(unshare(CLONE_NEWPID), 0);
	apart(ask_from_inside, NULL);
}

/* Its numbers are those of others there. */
TEST(a_systemd_that_sees_other_numbers_is_not_asked)
{
	struct scope_world world;

	NEEDS_SCOPES();
	world = scope_world_make("well");
	apart(ask_from_a_namespace, NULL);
	scope_world_end(&world);
}

/* -------------------------------------------------------------------------- failures */

/* [reserve-first] [sealed-fds] */
static bool live_with_a_failure(const void *what)
{
	struct ward_error error = WARD_ERROR_INIT, spawn_error = WARD_ERROR_INIT;
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct ward_job *job = NULL;
	struct ward *w = NULL;
	bool good = true;
	int in[2], r;

	make_pipe(in);
	r = new_by_cgroup(&job,
	                  WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT,
	                                .on_owner_death = *(const uint32_t *)what),
	                  &error);
	if (r < 0)
		good = CHECK(error.step != WARD_STEP_NONE) && CHECK_EQ(error.code, r);
	if (r == 0) {
		opts = *WARD_SPAWN_OPTS(.job = job, .in = GIVEN(in[0]),
		                        .error = &spawn_error);
		r = ward_spawn(&w, CHILD("hold"), &opts);
		if (r < 0)
			good = CHECK(spawn_error.step != WARD_STEP_NONE);
		else
			good = CHECK(is_in_scope(ward_pid(w)));
		if (ward_job_kill(job) < 0)
			ward_job_kill(job);
	}
	close(in[0]);
	close(in[1]);
	if (w && ward_wait(w, SECONDS(10), NULL) < 0)   /* the failure may come here */
		good = CHECK_EQ(ward_wait(w, SECONDS(10), NULL), 1) && good;
	ward_close(w);
	ward_job_close(job);
	return scopes_are_gone() && good;
}

static void fail_each_call(struct scope_world *world)
{
	static const uint32_t leaves = WARD_LEAVE, kills = WARD_KILL;

	(void)world;
	trial_each_call(live_with_a_failure, &leaves, EMFILE);
	trial_each_call(live_with_a_failure, &leaves, EACCES);
	if (able_cgroup_kill())
		trial_each_call(live_with_a_failure, &kills, EAGAIN);
}

TEST(no_failure_of_a_call_leaves_a_scope_behind)
{
	NEEDS_SCOPES();
	scope_play("well", fail_each_call);
}
#endif
