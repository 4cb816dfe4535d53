/* SPDX-License-Identifier: MIT */
/*
 * Jobs held by a cgroup, when their owner is killed or becomes another program, when the
 * kernel passes over somebody, and while each call that they make fails in turn.
 */
#include "job_cgroup.h"
#if HAS_CGROUPS

/* -------------------------------------------------------------------------- its owner */

#define NEEDS_CGROUP_KILL()                                                              \
	do {                                                                             \
		NEEDS_CGROUP();                                                          \
		if (!able_cgroup_kill())                                                 \
			SKIP("the kernel has no cgroup.kill");                           \
	} while (0)

/* A program with a job whose end is that of the job; it says its group's name. */
static void own_a_job(void *arg)
{
	const int *to = arg;
	struct ward_job *job = job_or_fail(WARD_JOB_OPTS(.on_owner_death = WARD_KILL));
	struct talk t = talk_start_ready(CHILD("tree", "daemons", "3"),
	                                 WARD_SPAWN_OPTS(.job = job));

	CHECK_EQ(ward_owner_death(t.w), WARD_DEATH_JOB);
	REQUIRE(host_write(to[0], job_file(""), strlen(job_file(""))));
	close(to[0]);
	if (to[1]) {
		execv(check_child(), (char *const *)(uintptr_t)CHILD("hold"));
		_exit(99);
	}
	for (;;)
		pause();
}

static void expect_removed(const char *path)
{
	int64_t until = host_now_ns() + SECONDS(30);

	while (access(path, F_OK) == 0 && host_now_ns() < until)
		host_yield();
	CHECK(access(path, F_OK) < 0);
}

static void end_an_owner(bool by_exec)
{
	char path[8500] = "";
	int ends[2], in[2];
	pid_t pid;

	make_pipe(ends);
	make_pipe(in);
	pid = fork();
	if (pid == 0) {
		close(in[1]);
		dup2(in[0], 0);
		own_a_job((int[]){ ends[1], by_exec });
	}
	close(in[0]);
	close(ends[1]);
	read_all(ends[0], path, sizeof(path));
	close(ends[0]);
	REQUIRE(path[0] != '\0');
	if (!by_exec)
		CHECK_EQ(kill(pid, SIGKILL), 0);
	expect_removed(path);
	close(in[1]);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	host_collect_orphans();
}

/* [whole-tree] */
TEST(a_job_is_killed_when_its_owner_is)
{
	NEEDS_CGROUP_KILL();
	end_an_owner(false);
}

/* [whole-tree] */
TEST(a_job_is_killed_when_its_owner_becomes_another_program)
{
	NEEDS_CGROUP_KILL();
	end_an_owner(true);
}

TEST(a_job_that_was_closed_does_not_mind_its_owner)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP_KILL();
	job = job_or_fail(WARD_JOB_OPTS(.on_owner_death = WARD_KILL));
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	ward_job_close(job);
	talk_let_go(&t);
	expect_exit(t.w, 0);
	close(t.from);
}

/* ------------------------------------------------------------------- a birth too late */

static struct ward *late;

static void come_late(void)
{
	CHECK(write_pid(job_file("cgroup.procs"), ward_pid(late)));
}

/*
 * [whole-tree] Who is forked in a certain moment of cgroup.kill is passed over: it is
 * there when the members are listed after it, by the third file that is opened.
 */
TEST(who_comes_into_the_group_as_a_kill_goes_by_is_killed)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP_KILL();
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), NULL);
	late = t.w;
	ward__gate_meet("cgroup_open", 3, come_late);
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK_EQ(ward_job_wait_empty(job, SECONDS(20)), 1);
	expect_signal(ward_ref(t.w), SIGKILL);
	talk_end(&t);
	ward_job_close(job);
}

/* --------------------------------------------------------------------------- failures */

/* What it is asked for while it lives; each may fail, and nothing comes of that. */
static void ask(struct ward_job *job)
{
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;
	struct ward **members = NULL;
	size_t n = 0;

	ward_job_usage(job, &usage);
	ward_job_count(job);
	ward_job_signal(job, SIGCONT);
	if (ward_job_members(job, &members, &n) == 0)
		ward_job_members_free(members, n);
	ward_job_freeze(job);
	ward_job_thaw(job);
}

/* Nobody can make that good but another job's sweep, which may be at it now. */
static void remove_left(void)
{
	char name[256] = "";

	if (jobs_in_own(name, sizeof(name)) == 1)
		rmdir(cgroup_path(name));
}

/* [reserve-first] [sealed-fds] */
static bool live_with_a_failure(const void *what)
{
	struct ward_error error = WARD_ERROR_INIT;
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
		opts = *WARD_SPAWN_OPTS(.job = job, .in = GIVEN(in[0]), .error = &error);
		r = ward_spawn(&w, CHILD("hold"), &opts);
		if (r < 0)
			good = CHECK(error.step != WARD_STEP_NONE);
		else
			good = CHECK(is_in_job(ward_pid(w)));
		ask(job);
		if (ward_job_kill(job) < 0)
			ward_job_kill(job);
	}
	close(in[0]);
	close(in[1]);                 /* should the kill have failed */
	if (w && ward_wait(w, SECONDS(10), NULL) < 0)   /* the failure may come here */
		good = CHECK_EQ(ward_wait(w, SECONDS(10), NULL), 1) && good;
	ward_close(w);
	ward_job_close(job);
	if (ward__gate_failed() && strcmp(ward__gate_failed(), "rmdir") == 0)
		remove_left();
	return CHECK_EQ(jobs_in_own(NULL, 0), 0) && good;
}

TEST(no_failure_of_a_call_leaves_anything_behind)
{
	/* (Not ENOENT: that is how the kernel says that there is nobody.) */
	static const int errors[] = { EMFILE, ENOMEM, EACCES, EINTR };
	static const uint32_t leave = WARD_LEAVE;

	NEEDS_CGROUP();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		trial_each_call(live_with_a_failure, &leave, errors[i]);
}

TEST(no_failure_of_a_call_leaves_a_watcher_behind)
{
	static const uint32_t kills = WARD_KILL;

	NEEDS_CGROUP_KILL();
	trial_each_call(live_with_a_failure, &kills, EMFILE);
	trial_each_call(live_with_a_failure, &kills, EAGAIN);
}
#endif
