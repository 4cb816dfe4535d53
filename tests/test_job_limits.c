/* SPDX-License-Identifier: MIT */
/*
 * Limits of a job. Where the controllers are to be had they are enforced, which is shown
 * by what they refuse, and not by how long something takes; elsewhere the reason is told.
 */
#include "job_cgroup.h"
#if HAS_CGROUPS
#include <sys/xattr.h>

enum { MIB = 1024 * 1024 };

static bool has_word(const char *path, const char *word)
{
	char text[1024] = "", *rest = text, *one;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	read_all(fd, text, sizeof(text));
	close(fd);
	while ((one = strsep(&rest, " \n")) != NULL)
		if (strcmp(one, word) == 0)
			return true;
	return false;
}

/* Does the group above ours, or the root that we are in, hand this controller down? */
static bool is_handed_down(const char *controller)
{
	char path[8300];

	snprintf(path, sizeof(path), "%s/%scgroup.subtree_control", own_cgroup(),
	         strcmp(own_cgroup(), cgroup_mount()) == 0 ? "" : "../");
	return has_word(path, controller);
}

#define NEEDS_CONTROLLER(name)                                                           \
	do {                                                                             \
		NEEDS_CGROUP();                                                          \
		NEEDS_ROOT();                                                            \
		if (!is_handed_down(name))                                               \
			SKIP("there is no controller " name " of v2 for us");            \
	} while (0)

/*
 * A group that was given to us, as a manager of services marks it, with one in it for
 * ourselves: where the controllers are handed down from.
 */
struct given {
	char above[8192], own[8220];
};

static void make_given(struct given *g)
{
	static const char *const controllers[] = { "+memory", "+pids", "+cpu" };
	char file[8300];

	snprintf(g->above, sizeof(g->above), "%s/../given-%d", own_cgroup(),
	         (int)getpid());
	if (strcmp(own_cgroup(), cgroup_mount()) == 0)
		snprintf(g->above, sizeof(g->above), "%s/given-%d", own_cgroup(),
		         (int)getpid());
	snprintf(g->own, sizeof(g->own), "%s/own", g->above);
	REQUIRE_EQ(mkdir(g->above, 0755), 0);
	REQUIRE_EQ(mkdir(g->own, 0755), 0);
	snprintf(file, sizeof(file), "%s/cgroup.subtree_control", g->above);
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++)
		CHECK(write_file(file, controllers[i]));
}

static void enter_given(const struct given *g)
{
	char file[8300];

	snprintf(file, sizeof(file), "%s/cgroup.procs", g->own);
	REQUIRE(write_file(file, "0"));
}

static void remove_given(const struct given *g)
{
	CHECK_EQ(rmdir(g->own), 0);
	CHECK_EQ(rmdir(g->above), 0); /* which no job is left in, then */
}

/* --------------------------------------------------------------------------- enforced */

/* A file of the group that a process is in. */
static void file_of(int64_t pid, const char *name, char *path, size_t size)
{
	char group[4096];

	cgroup_of(pid, group, sizeof(group));
	snprintf(path, size, "%s%s/%s", cgroup_mount(), group, name);
}

static int64_t number_in(const char *path, const char *key)
{
	char text[4096] = "", *at;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	read_all(fd, text, sizeof(text));
	close(fd);
	at = strstr(text, key);
	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

TEST(who_takes_more_memory_than_the_job_may_have_is_killed)
{
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;
	struct ward_job *job;

	NEEDS_CONTROLLER("memory");
	job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT,
	                                .memory_max = 16 * MIB));
	expect_signal(spawn_or_fail(CHILD("touch", "64"), WARD_SPAWN_OPTS(.job = job)),
	              SIGKILL);
	REQUIRE_EQ(ward_job_usage(job, &usage), 0);
	CHECK(usage.memory_bytes >= 0 && usage.memory_bytes <= 16 * MIB);
	CHECK(usage.memory_peak_bytes == -1 || usage.memory_peak_bytes > 8 * MIB);
	CHECK(usage.memory_peak_bytes <= 16 * MIB);
	ward_job_close(job);
}

TEST(who_takes_less_is_not)
{
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;
	struct ward_job *job;
	struct talk t;

	NEEDS_CONTROLLER("memory");
	job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT,
	                                .memory_max = 128 * MIB));
	t = talk_start_ready(CHILD("touch", "16"), WARD_SPAWN_OPTS(.job = job));
	REQUIRE_EQ(ward_job_usage(job, &usage), 0);
	CHECK(usage.memory_bytes >= 16 * MIB);
	talk_end(&t);
	ward_job_close(job);
}

TEST(a_fork_beyond_the_limit_is_refused)
{
	struct ward_job *job;
	char path[8500];
	struct talk t;

	NEEDS_CONTROLLER("pids");
	job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT, .pids_max = 1));
	t = talk_start(CHILD("fork-and-hold"), WARD_SPAWN_OPTS(.job = job));
	file_of(ward_pid(t.w), "pids.max", path, sizeof(path));
	CHECK_EQ(number_in(path, ""), 1);
	file_of(ward_pid(t.w), "pids.events", path, sizeof(path));
	expect_exit(ward_ref(t.w), 0);
	CHECK_EQ(number_in(path, "max "), 1);
	talk_end(&t);
	ward_job_close(job);
}

/* Who enters before exec is not held up: the kernel counts forks, and not moves. */
TEST(a_start_beyond_the_limit_is_refused_where_it_is_a_birth)
{
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;
	struct talk t;
	int r;

	NEEDS_CONTROLLER("pids");
	opts.job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT, .pids_max = 1));
	opts.error = &error;
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = opts.job));
	r = ward_spawn(&w, CHILD("exit"), &opts);
	CHECK(r == 0 || r == -EAGAIN);
	if (r == 0)
		expect_exit(w, 0);
	else
		CHECK_STR(ward_step_name(error.step), ward_step_name(WARD_STEP_PROCESS));
	talk_end(&t);
	ward_job_close(opts.job);
}

/* [whole-tree] */
TEST(a_fork_bomb_within_limits_is_killed)
{
	struct ward_job *job;
	struct talk t;

	NEEDS_CONTROLLER("pids");
	job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT, .pids_max = 30));
	t = talk_start(CHILD("tree", "bomb", "400"), WARD_SPAWN_OPTS(.job = job));
	while (ward_job_count(job) < 15)
		host_yield();
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
	talk_end(&t);
	ward_job_close(job);
	host_collect_orphans();
}

TEST(who_takes_more_processor_time_than_the_job_may_have_is_slowed_down)
{
	struct ward_job *job;
	char path[8500];
	struct talk t;

	NEEDS_CONTROLLER("cpu");
	job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT, .cpu_max = 100));
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	expect_exit(spawn_or_fail(CHILD("spin", "100"), WARD_SPAWN_OPTS(.job = job)), 0);
	file_of(ward_pid(t.w), "cpu.stat", path, sizeof(path));
	CHECK(number_in(path, "nr_throttled ") > 0);
	talk_end(&t);
	ward_job_close(job);
}

TEST(less_than_a_hundredth_of_a_processor_can_be_given)
{
	struct ward_job *job;
	char path[8500];
	struct talk t;

	NEEDS_CONTROLLER("cpu");
	job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT, .cpu_max = 5));
	t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));
	file_of(ward_pid(t.w), "cpu.max", path, sizeof(path));
	CHECK_EQ(number_in(path, ""), 1000);
	CHECK_EQ(number_in(path, " "), 200000);
	talk_end(&t);
	ward_job_close(job);
}

/*
 * For pids and cpu the kernel would take the order, and make ours a group for threads:
 * with no limit no job could be made in it any more.
 */
TEST(asking_for_limits_does_not_spoil_the_own_group)
{
	struct ward_job *job = NULL;
	struct ward_error error = WARD_ERROR_INIT;

	NEEDS_CGROUP();
	new_by_cgroup(&job, WARD_JOB_OPTS(.pids_max = 10), &error);
	ward_job_close(job);
	job = NULL;
	new_by_cgroup(&job, WARD_JOB_OPTS(.cpu_max = 500), &error);
	ward_job_close(job);
	job = job_that_kills();
	expect_exit(spawn_or_fail(CHILD("exit"), WARD_SPAWN_OPTS(.job = job)), 0);
	ward_job_close(job);
}

/* ----------------------------------------------------------- where they are to be had */

static struct ward_job *all_limits(struct ward_error *error)
{
	struct ward_job *job = NULL;

	*error = (struct ward_error)WARD_ERROR_INIT;
	new_by_cgroup(&job,
	              WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT, .memory_max = 64 * MIB,
	                            .pids_max = 10, .cpu_max = 1000),
	              error);
	return job;
}

/* Beside our own group, since processes are in that: we are. */
static void live_given(void *arg)
{
	const struct given *g = arg;
	struct ward_error error;
	struct ward_job *job;
	char path[8500];

	enter_given(g);
	if (!CHECK(all_limits(&error) == NULL))
		return;
	CHECK_EQ(error.code, -ENOTSUP);
	CHECK(strstr(error.path, "memory") && strstr(error.path, "processes are in it"));
	if (setxattr(g->above, "user.delegate", "1", 1, 0) < 0 &&
	    setxattr(g->above, "trusted.delegate", "1", 1, 0) < 0) {
		check_note("groups cannot be marked here: %s", strerror(errno));
		return;
	}
	job = all_limits(&error);
	if (!CHECK(job != NULL)) {
		check_note("%s", error.path);
		return;
	}
	{
		struct talk t = talk_start_ready(CHILD("ready"),
		                                 WARD_SPAWN_OPTS(.job = job));

		file_of(ward_pid(t.w), "../own/cgroup.procs", path, sizeof(path));
		CHECK_EQ(access(path, F_OK), 0);
		file_of(ward_pid(t.w), "memory.max", path, sizeof(path));
		CHECK_EQ(number_in(path, ""), 64 * MIB);
		talk_end(&t);
	}
	ward_job_close(job);
}

TEST(limits_are_had_beside_the_own_group_where_that_was_given_to_us)
{
	struct given g;

	NEEDS_CONTROLLER("memory");
	NEEDS_CONTROLLER("pids");
	NEEDS_CONTROLLER("cpu");
	make_given(&g);
	apart(live_given, &g);
	remove_given(&g);
}

static void be_told(void *arg)
{
	struct ward_error error;

	enter_given(arg);
	CHECK(all_limits(&error) == NULL);
	CHECK_EQ(error.code, -ENOTSUP);
	CHECK(strstr(error.path, "memory") != NULL);
	check_note("%s", error.path);
}

/* [told-why] */
TEST(what_stands_against_a_limit_is_told_in_words)
{
	struct given g = { "", "" };

	NEEDS_CGROUP();
	NEEDS_ROOT();
	snprintf(g.above, sizeof(g.above), "%s/given-%d", own_cgroup(), (int)getpid());
	snprintf(g.own, sizeof(g.own), "%s/own", g.above);
	REQUIRE(mkdir(g.above, 0755) == 0 && mkdir(g.own, 0755) == 0);
	apart(be_told, &g);
	remove_given(&g);
}
#endif
