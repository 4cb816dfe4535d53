/* SPDX-License-Identifier: MIT */
/*
 * Jobs in a scope of systemd, which is a model here (systemd_model.c): for a user who may
 * make no cgroup. What a cgroup can do is tested elsewhere; here is how one is come by,
 * how children get into it, and who removes it; at last by systemd itself.
 */
#include "scope.h"
#include "systemd.h"
#if HAS_CGROUPS

/* ----------------------------------------------------------------------------- start */

static void start_one(struct scope_world *world)
{
	struct ward_job *job = job_that_kills();
	struct talk t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));

	(void)world;
	CHECK_EQ(ward_job_means(job), WARD_MEANS_CGROUP);
	CHECK_EQ(ward_job_strength(job), WARD_STRENGTH_KERNEL);
	CHECK(is_in_scope(ward_pid(t.w)));
	CHECK_EQ(ward_job_count(job), 1);
	CHECK_EQ(scopes_there(NULL, 0), 1);
	talk_end(&t);
	expect_empty(job);
	ward_job_close(job);
	scopes_are_gone();
}

/* [whole-tree] */
TEST(a_user_without_a_group_has_one_in_a_scope_from_the_first_step_on)
{
	NEEDS_SCOPES();
	scope_play("well", start_one);
}

static void start_by_best(struct scope_world *world)
{
	struct ward_job *job = NULL;

	(void)world;
	REQUIRE_EQ(ward_job_new(&job, NULL), 0);
	CHECK_EQ(ward_job_means(job), WARD_MEANS_CGROUP);
	ward_job_close(job);
	scopes_are_gone();
}

TEST(a_scope_is_what_is_best_where_there_is_systemd)
{
	NEEDS_SCOPES();
	scope_play("well", start_by_best);
}

static void kill_daemons(struct scope_world *world)
{
	struct ward_job *job = job_that_kills();
	struct talk t = talk_start_ready(CHILD("tree", "daemons", "3", "abandon"),
	                                 WARD_SPAWN_OPTS(.job = job));

	(void)world;
	CHECK_EQ(ward_wait(t.w, SECONDS(20), NULL), 1);
	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	CHECK_EQ(ward_job_count(job), 3);
	CHECK_EQ(ward_job_kill(job), 0);
	expect_empty(job);
	expect_exit(spawn_or_fail(CHILD("exit", "3"), WARD_SPAWN_OPTS(.job = job)), 3);
	talk_end(&t);
	ward_job_close(job);
	scopes_are_gone();
}

/* [whole-tree] */
TEST(daemons_in_a_scope_are_killed_with_the_job)
{
	NEEDS_SCOPES();
	scope_play("well", kill_daemons);
}

static void start_nothing(struct scope_world *world)
{
	struct ward_job *job = job_that_kills();
	const char *const none[] = { "/no/such/program", NULL };

	(void)world;
	spawn_fails(none, WARD_SPAWN_OPTS(.job = job), -ENOENT, WARD_STEP_EXEC);
	CHECK_EQ(ward_job_wait_empty(job, 0), 1);
	ward_job_close(job);
	scopes_are_gone();
}

/* [told-why] */
TEST(a_start_in_a_scope_that_fails_later_is_told_as_ever)
{
	NEEDS_SCOPES();
	scope_play("well", start_nothing);
}

static void add_one(struct scope_world *world)
{
	struct ward_job *job = job_that_kills();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	(void)world;
	CHECK(!is_in_scope(ward_pid(t.w)));
	CHECK_EQ(ward_job_add(job, t.w), 0);
	CHECK(is_in_scope(ward_pid(t.w)));
	CHECK_EQ(ward_job_kill(job), 0);
	expect_empty(job);
	CHECK_EQ(ward_wait(t.w, SECONDS(20), NULL), 1);
	CHECK_EQ(ward_job_add(job, t.w), -ESRCH);
	talk_end(&t);
	ward_job_close(job);
	scopes_are_gone();
}

TEST(a_running_ward_can_be_moved_into_a_scope)
{
	NEEDS_SCOPES();
	scope_play("well", add_one);
}

static void freeze_one(struct scope_world *world)
{
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;
	struct ward_job *job = job_that_kills();
	struct talk t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));

	(void)world;
	CHECK_EQ(ward_job_freeze(job), 0);
	talk_let_go(&t);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	CHECK_EQ(ward_job_thaw(job), 0);
	CHECK_EQ(ward_wait(t.w, SECONDS(20), NULL), 1);
	CHECK_EQ(ward_job_usage(job, &usage), 0);
	talk_end(&t);
	ward_job_close(job);
	scopes_are_gone();
}

TEST(what_is_in_a_scope_can_be_frozen_and_asked_about)
{
	NEEDS_SCOPES();
	scope_play("well", freeze_one);
}

static void limit_one(struct scope_world *world)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job *job = NULL;
	int r = new_by_cgroup(&job, WARD_JOB_OPTS(.pids_max = 20), &error);

	(void)world;
	if (r == 0) {
		expect_exit(spawn_or_fail(CHILD("exit", "3"),
		                          WARD_SPAWN_OPTS(.job = job)), 3);
		ward_job_close(job);
	} else {
		CHECK_EQ(r, -EACCES);
		CHECK(strstr(error.path, "pids was not given to") != NULL);
		check_note("%s", error.path);
	}
	scopes_are_gone();
}

/* [told-why] */
TEST(limits_are_had_in_a_scope_or_their_want_is_told)
{
	NEEDS_SCOPES();
	scope_play("well", limit_one);
}

static void *start_some(void *arg)
{
	struct ward_job *shared = arg;

	for (int i = 0; i < check_scaled(5); i++) {
		struct ward_job *own = job_that_kills();

		expect_exit(spawn_or_fail(CHILD("exit", "3"),
		                          WARD_SPAWN_OPTS(.job = shared)), 3);
		expect_exit(spawn_or_fail(CHILD("exit", "4"),
		                          WARD_SPAWN_OPTS(.job = own)), 4);
		ward_job_close(own);
	}
	return NULL;
}

static void start_at_once(struct scope_world *world)
{
	enum { THREADS = 8 };
	struct host_thread threads[THREADS];
	struct ward_job *job = job_that_kills();

	(void)world;
	for (int i = 0; i < THREADS; i++)
		host_thread_start(&threads[i], start_some, job);
	for (int i = 0; i < THREADS; i++)
		host_thread_join(&threads[i]);
	expect_empty(job);
	ward_job_close(job);
	scopes_are_gone();
}

/* [threads] */
TEST(many_threads_start_in_scopes_at_once)
{
	NEEDS_SCOPES();
	scope_play("well", start_at_once);
}

/* ------------------------------------------------------------------------------ ends */

static void leave_one(struct scope_world *world)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));

	(void)world;
	ward_job_close(job);
	CHECK(is_in_scope(ward_pid(t.w)));
	talk_let_go(&t);
	expect_exit(t.w, 0);
	close(t.from);
	scopes_are_gone();
}

TEST(a_scope_that_was_closed_to_leave_them_stays_as_long_as_they_do)
{
	NEEDS_SCOPES();
	scope_play("well", leave_one);
}

/* The owner: makes a job, a tree of daemons in it that hold @to, and says its scope. */
static _Noreturn void own_a_scope(uint32_t on_owner_death, int in, int to)
{
	struct ward_job *job =
		job_or_fail(WARD_JOB_OPTS(.on_owner_death = on_owner_death));
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.job = job, .in = GIVEN(in),
	                                               .out = GIVEN(to));
	char path[8500] = "";

	spawn_or_fail(CHILD("tree", "daemons", "3"), &opts);
	REQUIRE_EQ(scopes_there(path, sizeof(path) - 1), 1);
	strcat(path, "\n");
	REQUIRE(host_write(to, path, strlen(path)));
	close(to);
	for (;;)
		pause();
}

struct owned {
	char scope[8500];
	int to, from;                 /* the tree's standard input and output */
};

/* An owner that is killed when its tree is there. */
static struct owned kill_an_owner(uint32_t on_owner_death)
{
	struct owned owned = { .scope = "" };
	char line[8500];
	int in[2], out[2];
	pid_t pid;

	make_pipe(in);
	make_pipe(out);
	pid = fork();
	if (pid == 0) {
		close(in[1]);
		close(out[0]);
		own_a_scope(on_owner_death, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	/* "ready" is the tree's word, the other is its owner's. */
	for (int i = 0; i < 2; i++) {
		read_line(out[0], line, sizeof(line));
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "ready") != 0)
			snprintf(owned.scope, sizeof(owned.scope), "%s", line);
	}
	REQUIRE(owned.scope[0] != '\0');
	CHECK_EQ(access(owned.scope, F_OK), 0);
	REQUIRE_EQ(kill(pid, SIGKILL), 0);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	owned.to = in[1];
	owned.from = out[0];
	return owned;
}

static void expect_gone(const struct owned *owned)
{
	int64_t until = host_now_ns() + SECONDS(20);
	char rest[64];

	read_all(owned->from, rest, sizeof(rest)); /* nobody holds it any more */
	while (access(owned->scope, F_OK) == 0 && host_now_ns() < until)
		host_yield();
	CHECK(access(owned->scope, F_OK) < 0);
}

static void die_and_kill(struct scope_world *world)
{
	struct owned owned = kill_an_owner(WARD_KILL);

	(void)world;
	expect_gone(&owned);
	close(owned.to);
	close(owned.from);
}

/* [whole-tree] */
TEST(a_scope_is_killed_when_its_owner_is)
{
	NEEDS_SCOPES();
	if (!able_cgroup_kill())
		SKIP("the kernel has no cgroup.kill");
	scope_play("well", die_and_kill);
}

static void die_and_leave(struct scope_world *world)
{
	struct owned owned = kill_an_owner(WARD_LEAVE);

	(void)world;
	CHECK(!host_is_silent(owned.from));
	CHECK_EQ(access(owned.scope, F_OK), 0);
	close(owned.to);
	expect_gone(&owned);
	close(owned.from);
}

TEST(a_scope_outlives_its_owner_where_it_is_to)
{
	NEEDS_SCOPES();
	scope_play("well", die_and_leave);
}

/* -------------------------------------------------------------------- the real thing */

static void play_all(struct scope_world *world)
{
	start_one(world);
	start_by_best(world);
	kill_daemons(world);
	start_nothing(world);
	add_one(world);
	freeze_one(world);
	limit_one(world);
	leave_one(world);
	die_and_kill(world);
	die_and_leave(world);
	start_at_once(world);
}

/* [whole-tree] */
TEST(systemd_itself_does_what_its_model_does)
{
	NEEDS_SCOPES();
	if (access("/usr/lib/systemd/systemd", X_OK) < 0)
		SKIP("systemd is not installed");
	if (!able_cgroup_kill())
		SKIP("the kernel has no cgroup.kill");
	systemd_play(play_all);
}
#endif
