/* SPDX-License-Identifier: MIT */
/*
 * Jobs held by a cgroup. What must hold of a job whatever holds it is tested elsewhere;
 * here is what a cgroup can do and others cannot, and what goes wrong with cgroups: no
 * right to make one, a mount that is read-only or not there, groups removed and members
 * moved by somebody else. What only an old kernel lacks is taken away by the gate.
 */
#include "job_cgroup.h"
#if HAS_CGROUPS
/* ------------------------------------------------------------------------------ start */

/* [whole-tree] */
TEST(a_ward_is_in_the_job_from_its_first_step_on)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	CHECK_EQ(ward_job_means(job), WARD_MEANS_CGROUP);
	CHECK_EQ(ward_job_strength(job), WARD_STRENGTH_KERNEL);
	CHECK(is_in_job(ward_pid(t.w)));
	CHECK_EQ(ward_job_count(job), 1);
	talk_end(&t);
	expect_empty(job);
	ward_job_close(job);
	CHECK_EQ(jobs_in_own(NULL, 0), 0);
}

static void start_is_in_the_job(void)
{
	struct ward_job *job = job_that_kills();
	struct talk t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));

	CHECK(is_in_job(ward_pid(t.w)));
	CHECK(ward__gate_failed() != NULL);
	talk_end(&t);
	expect_empty(job);
	ward_job_close(job);
}

TEST(where_no_child_can_be_born_in_a_group_it_enters_before_exec)
{
	static const int refusals[] = { EINVAL, E2BIG, EPERM, ENOSYS, EOPNOTSUPP };

	NEEDS_CGROUP();
	if (is_forced("clone3") || is_forced("clone3_cgroup"))
		SKIP("clone3 is refused altogether");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			ward__gate_fail("clone3_cgroup", 1, refusals[i]);
			start_is_in_the_job();
			_exit(0);
		}
		REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	}
}

TEST(many_starts_in_one_job_leave_nothing_behind)
{
	struct ward_job *job;

	NEEDS_CGROUP();
	job = job_that_kills();
	for (int i = 0; i < check_scaled(200); i++)
		expect_exit(spawn_or_fail(CHILD("exit", "3"),
		                          WARD_SPAWN_OPTS(.job = job)),
		            3);
	expect_empty(job);
	ward_job_close(job);
}

/* [told-why] */
TEST(a_start_in_a_group_that_somebody_removed_tells_the_step)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;
	struct ward_job *job;

	NEEDS_CGROUP();
	job = job_that_kills();
	REQUIRE_EQ(rmdir(job_file("")), 0);
	opts.job = job;
	opts.error = &error;
	CHECK(ward_spawn(&w, CHILD("exit"), &opts) < 0);
	CHECK_STR(ward_step_name(error.step), ward_step_name(WARD_STEP_JOB));
	CHECK_EQ(ward_job_wait_empty(job, 0), 1);
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK_EQ(ward_job_signal(job, SIGTERM), -ESRCH);
	CHECK_EQ(ward_job_count(job), 0);
	ward_job_close(job);
}

/* -------------------------------------------------------------------------------- end */

/* [whole-tree] */
TEST(a_daemon_that_left_its_session_is_killed_with_the_job)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("tree", "daemons", "1", "abandon"),
	                     WARD_SPAWN_OPTS(.job = job));
	CHECK_EQ(ward_wait(t.w, SECONDS(20), NULL), 1);
	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	CHECK_EQ(ward_job_count(job), 1);
	CHECK_EQ(ward_job_kill(job), 0);
	expect_empty(job);
	talk_end(&t);
	ward_job_close(job);
	host_collect_orphans();
}

/* [whole-tree] */
TEST(processes_that_never_keep_a_number_are_killed_all_the_same)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("tree", "hopper", "20"), WARD_SPAWN_OPTS(.job = job));
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK_EQ(ward_job_wait_empty(job, SECONDS(20)), 1);
	talk_end(&t);
	ward_job_close(job);
	host_collect_orphans();
	CHECK_EQ(jobs_in_own(NULL, 0), 0);
}

/* A kernel that kills who is born after a kill must not make it useless. */
TEST(a_job_that_was_killed_can_be_used_again)
{
	struct ward_job *job;

	NEEDS_CGROUP();
	job = job_that_kills();
	for (int i = 0; i < 3; i++) {
		struct talk t = talk_start_ready(CHILD("ready"),
		                                 WARD_SPAWN_OPTS(.job = job));

		CHECK(is_in_job(ward_pid(t.w)));
		CHECK_EQ(ward_job_kill(job), 0);
		expect_empty(job);
		expect_signal(t.w, SIGKILL);
		close(t.to);
		close(t.from);
	}
	ward_job_close(job);
}

TEST(stopping_tells_who_needed_to_be_killed)
{
	struct ward_job_result result = WARD_JOB_RESULT_INIT;
	const struct ward_stop_step steps[] = { { .signal = SIGTERM,
		                                  .timeout_ns = MILLISECONDS(50) },
		                                { .signal = SIGKILL,
		                                  .timeout_ns = SECONDS(20) } };
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("tree", "deaf", "1", "abandon"),
	                     WARD_SPAWN_OPTS(.job = job));
	CHECK_EQ(ward_wait(t.w, SECONDS(20), NULL), 1);
	CHECK_EQ(ward_job_stop(job, steps, 2, &result), 2);
	CHECK_EQ(result.n_first, 1);
	CHECK_EQ(result.n_killed, 1);
	CHECK_EQ(result.n_survivors, 0);
	CHECK_EQ(result.n_names, able_pidfd_open() ? 1 : 0);
	talk_end(&t);
	ward_job_close(job);
	host_collect_orphans();
}

/* [bounded] */
TEST(what_cannot_be_killed_for_now_is_told_and_not_waited_for)
{
	static const char freezer[] = "/sys/fs/cgroup/freezer";
	struct ward_job_result result = WARD_JOB_RESULT_INIT;
	const struct ward_stop_step steps[] = { { .signal = SIGKILL,
		                                  .timeout_ns = MILLISECONDS(100) } };
	char group[256], file[300];
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	NEEDS_ROOT();
	snprintf(group, sizeof(group), "%s/test-%d", freezer, (int)getpid());
	if (access(freezer, F_OK) < 0 || mkdir(group, 0755) < 0)
		SKIP("there is no freezer of v1");
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	snprintf(file, sizeof(file), "%s/cgroup.procs", group);
	CHECK(write_pid(file, ward_pid(t.w)));
	snprintf(file, sizeof(file), "%s/freezer.state", group);
	CHECK(write_file(file, "FROZEN"));
	CHECK_EQ(ward_job_stop(job, steps, 1, &result), -ETIMEDOUT);
	CHECK_EQ(result.step, -1);
	CHECK_EQ(result.n_survivors, 1);
	if (able_pidfd_open()) {
		CHECK_EQ(result.n_names, 1);
		CHECK_EQ(result.names[0].pid, ward_pid(t.w));
		CHECK_EQ(result.names[0].survived, 1);
	}
	CHECK(write_file(file, "THAWED"));
	expect_empty(job);
	talk_end(&t);
	ward_job_close(job);
	CHECK_EQ(rmdir(group), 0);
}

TEST(a_job_that_is_closed_to_leave_them_leaves_them_where_they_are)
{
	struct ward_job *job;
	char path[8500];
	struct talk t;

	NEEDS_CGROUP();
	job = job_or_fail(NULL);
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	snprintf(path, sizeof(path), "%s", job_file(""));
	ward_job_close(job);
	CHECK(is_in_job(ward_pid(t.w)));
	CHECK_EQ(access(path, F_OK), 0);
	talk_let_go(&t);
	expect_exit(t.w, 0);
	close(t.from);
	for (int i = 0; i < 2000 && access(path, F_OK) == 0; i++)
		ward_job_close(job_that_kills());     /* one of them sweeps it */
	CHECK(access(path, F_OK) < 0);
}

TEST(a_job_that_is_held_is_not_swept_however_empty_it_is)
{
	struct ward_job *job;
	char path[8500];

	NEEDS_CGROUP();
	job = job_that_kills();
	snprintf(path, sizeof(path), "%s", job_file(""));
	for (int i = 0; i < 200; i++)
		ward_job_close(job_that_kills());
	CHECK_EQ(access(path, F_OK), 0);
	expect_exit(spawn_or_fail(CHILD("exit"), WARD_SPAWN_OPTS(.job = job)), 0);
	ward_job_close(job);
}

/* A sweep may find a directory that was made just now, before its lock. */
TEST(jobs_that_are_made_at_the_same_time_do_not_sweep_each_other)
{
	int n = check_scaled(3000), stop[2], status = -1;
	struct pollfd end = { .events = POLLIN };
	pid_t pid;

	NEEDS_CGROUP();
	make_pipe(stop);
	end.fd = stop[0];
	pid = fork();
	if (pid == 0) {
		close(stop[1]);
		while (poll(&end, 1, 0) == 0)
			ward_job_close(job_that_kills());
		_exit(0);
	}
	REQUIRE(pid > 0);
	for (int i = 0; i < n; i++)
		ward_job_close(job_that_kills());
	close(stop[0]);
	close(stop[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---------------------------------------------------------------------------- waiting */

TEST(the_descriptor_is_readable_while_the_job_is_empty)
{
	struct pollfd one = { .events = POLLIN };
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	one.fd = ward_job_poll_fd(job);
	REQUIRE(one.fd >= 0);
	CHECK_EQ(poll(&one, 1, 0), 1);
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	CHECK_EQ(poll(&one, 1, 0), 0);
	CHECK_EQ(ward_job_kill(job), 0);
	/* Where they are frozen for that (before 5.14), this wakes us as well. */
	do
		REQUIRE_EQ(poll(&one, 1, 20000), 1);
	while (ward_job_wait_empty(job, 0) == 0);
	CHECK_EQ(ward_job_wait_empty(job, 0), 1);
	CHECK_EQ(poll(&one, 1, 0), 1);
	talk_end(&t);
	ward_job_close(job);
}

static void *wait_for_it(void *job)
{
	CHECK_EQ(ward_job_wait_empty(job, SECONDS(30)), 1);
	return NULL;
}

/* [threads] */
TEST(everybody_who_waits_for_the_end_is_told_of_it)
{
	enum { WAITERS = 8 };
	struct host_thread threads[WAITERS];

	NEEDS_CGROUP();
	for (int i = 0; i < check_scaled(20); i++) {
		struct ward_job *job = job_that_kills();
		struct talk t = talk_start_ready(CHILD("ready"),
		                                 WARD_SPAWN_OPTS(.job = job));

		for (int k = 0; k < WAITERS; k++)
			host_thread_start(&threads[k], wait_for_it, job);
		talk_let_go(&t);
		for (int k = 0; k < WAITERS; k++)
			host_thread_join(&threads[k]);
		talk_end(&t);
		ward_job_close(job);
	}
}

/* --------------------------------------------------------------------------- freezing */

static bool is_frozen(void)
{
	char text[256] = "";
	int fd = open(job_file("cgroup.events"), O_RDONLY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	read_all(fd, text, sizeof(text));
	close(fd);
	return strstr(text, "frozen 1") != NULL;
}

TEST(a_frozen_job_rests_and_can_be_thawed_or_killed)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	if (access(job_file("cgroup.freeze"), F_OK) == 0 && !is_forced("cgroup_freeze")) {
		CHECK_EQ(ward_job_freeze(job), 0);
		CHECK(is_frozen());
		CHECK_EQ(ward_job_thaw(job), 0);
		CHECK(!is_frozen());
	}
	CHECK_EQ(ward_job_freeze(job), 0);
	CHECK_EQ(ward_job_kill(job), 0);
	expect_empty(job);
	CHECK_EQ(ward_job_thaw(job), 0);
	expect_signal(t.w, SIGKILL);
	close(t.to);
	close(t.from);
	ward_job_close(job);
}

/* ---------------------------------------------------------------------- who, how much */

TEST(a_running_process_can_be_taken_in)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), NULL);
	CHECK(!is_in_job(ward_pid(t.w)));
	CHECK_EQ(ward_job_add(job, t.w), 0);
	CHECK(is_in_job(ward_pid(t.w)));
	CHECK_EQ(ward_job_kill(job), 0);
	expect_empty(job);
	CHECK_EQ(ward_wait(t.w, SECONDS(20), NULL), 1);
	CHECK_EQ(ward_job_add(job, t.w), -ESRCH);
	talk_end(&t);
	ward_job_close(job);
}

TEST(members_can_be_held)
{
	struct ward **members = NULL;
	struct ward_job *job;
	struct talk t;
	size_t n = 0;

	NEEDS_CGROUP();
	if (!able_pidfd_open() || !able_pidfd_signal())
		SKIP("strangers cannot be held here");
	job = job_that_kills();
	t = talk_start_ready(CHILD("fork-and-stay"), WARD_SPAWN_OPTS(.job = job));
	REQUIRE_EQ(ward_job_members(job, &members, &n), 0);
	CHECK_EQ(n, 2);
	for (size_t i = 0; i < n; i++)
		CHECK(is_in_job(ward_pid(members[i])));
	ward_job_members_free(members, n);
	talk_end(&t);
	ward_job_close(job);
}

TEST(what_the_dead_have_used_counts)
{
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;
	struct ward_job *job;

	NEEDS_CGROUP();
	job = job_that_kills();
	expect_exit(spawn_or_fail(CHILD("spin", "50"), WARD_SPAWN_OPTS(.job = job)), 0);
	REQUIRE_EQ(ward_job_usage(job, &usage), 0);
	CHECK(usage.user_ns + usage.system_ns >= MILLISECONDS(40));
	CHECK_EQ(usage.processes, 0);
	ward_job_close(job);
}

/* ------------------------------------------------------------ what somebody else does */

TEST(members_that_were_moved_out_are_out)
{
	struct ward_job *job;
	char path[8500];
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	snprintf(path, sizeof(path), "%s/cgroup.procs", own_cgroup());
	REQUIRE(write_pid(path, ward_pid(t.w)));
	expect_empty(job);
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK_EQ(ward_job_signal(job, SIGTERM), -ESRCH);
	talk_let_go(&t);
	expect_exit(t.w, 0);
	close(t.from);
	ward_job_close(job);
}

TEST(groups_that_members_made_go_with_the_job)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	REQUIRE_EQ(mkdir(job_file("a"), 0755), 0);
	REQUIRE_EQ(mkdir(job_file("a/b"), 0755), 0);
	REQUIRE(write_pid(job_file("a/b/cgroup.procs"), ward_pid(t.w)));
	CHECK_EQ(ward_job_count(job), 1);
	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	ward_job_close(job);
	CHECK_EQ(jobs_in_own(NULL, 0), 0);
	expect_signal(t.w, SIGKILL);
	close(t.to);
	close(t.from);
}

TEST(a_copy_of_the_program_leaves_the_job_alone)
{
	struct ward_job *job;
	struct talk t;
	int status;
	pid_t pid;

	NEEDS_CGROUP();
	job = job_that_kills();
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(ward_job_kill(job), -ECHILD);
		CHECK_EQ(ward_job_wait_empty(job, 0), -ECHILD);
		ward_job_close(job);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(ward_job_count(job), 1);
	talk_end(&t);
	expect_empty(job);
	ward_job_close(job);
}
#endif
