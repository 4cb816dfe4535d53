/* SPDX-License-Identifier: MIT */
/*
 * Where the cgroup of a job can be made, and by whom: as another user, in namespaces,
 * through other mounts, in another job; and what is told where it cannot. Nothing is left
 * behind in any case.
 */
#include "job_cgroup.h"
#if HAS_CGROUPS
#include <sys/resource.h>

#include "set_uid.h"

enum { NOBODY = SET_UID_NOBODY };

/* What was mounted outside of its namespace is locked there. */
#define NEEDS_UNMOUNTING()                                                               \
	do {                                                                             \
		if (on_emulator())                                                       \
			SKIP("an emulator's mounts cannot be taken away");               \
	} while (0)

static void live_a_little(void)
{
	struct ward_job *job = job_that_kills();
	struct talk t = talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.job = job));

	CHECK(is_in_job(ward_pid(t.w)));
	CHECK_EQ(ward_job_kill(job), 0);
	expect_empty(job);
	expect_signal(t.w, SIGKILL);
	close(t.to);
	close(t.from);
	ward_job_close(job);
}

/* There is none; @word is in the reason, and nothing is left. */
static void expect_none(int code, const char *word)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job *none = (struct ward_job *)&error, *job = none;
	char before[64] = "", after[64] = "";

	CHECK_EQ(new_by_cgroup(&job, NULL, &error), code);
	CHECK(job == none);
	CHECK_STR(ward_step_name(error.step), ward_step_name(WARD_STEP_JOB));
	CHECK_EQ(error.code, code);
	if (!CHECK(strstr(error.path, word) != NULL))
		check_note("the reason is: %s", error.path);
	CHECK_STR(before, after);
}

/* A group beside the tests', given to a user: as a manager of services would. */
static void make_given(char path[8192], bool given)
{
	static const char *const files[] = { "", "/cgroup.procs", "/cgroup.threads",
		                             "/cgroup.subtree_control" };
	char name[64], file[8300];

	snprintf(name, sizeof(name), "given-%d", (int)getpid());
	snprintf(path, 8192, "%s", cgroup_path(name));
	REQUIRE_EQ(mkdir(path, 0755), 0);
	for (size_t i = 0; given && i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, files[i]);
		CHECK_EQ(chown(file, NOBODY, NOBODY), 0);
	}
}

static void enter(const char *path)
{
	char file[8300];

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	REQUIRE(write_file(file, "0"));
}

/* ------------------------------------------------------------------------------ users */

static void live_as_nobody(void *path)
{
	enter(path);
	become_nobody();
	live_a_little();
}

TEST(a_user_without_privileges_has_jobs_in_a_group_of_its_own)
{
	char path[8192];

	NEEDS_CGROUP();
	NEEDS_ROOT();
	make_given(path, true);
	apart(live_as_nobody, path);
	CHECK_EQ(rmdir(path), 0);
}

struct other_user {
	char path[8192];
	struct set_uid program;
};

static void kill_another_user(void *arg)
{
	struct other_user *other = arg;
	struct ward_job *job;
	struct talk t;

	enter(other->path);
	become_nobody();
	job = job_that_kills();
	t = talk_start_ready(ARGV(other->program.program, "other-user"),
	                     WARD_SPAWN_OPTS(.job = job));
	CHECK_EQ(ward_signal(t.w, SIGKILL), -EPERM);
	CHECK_EQ(ward_job_kill(job), 0);
	expect_signal(t.w, SIGKILL);
	close(t.to);
	close(t.from);
	ward_job_close(job);
}

/* [whole-tree] Who becomes another user is beyond our signals, not beyond the group. */
TEST(who_became_another_user_is_killed_with_the_group)
{
	struct other_user other;

	NEEDS_CGROUP();
	NEEDS_ROOT();
	if (!able_cgroup_kill())
		SKIP("the kernel has no cgroup.kill");
	if (!set_uid_make(&other.program))
		SKIP("set-uid programs are not heeded here");
	make_given(other.path, true);
	apart(kill_another_user, &other);
	CHECK_EQ(rmdir(other.path), 0);
	set_uid_remove(&other.program);
}

static void fail_as_nobody(void *path)
{
	enter(path);
	become_nobody();
	expect_none(-EACCES, "not given to this user");
}

TEST(a_user_without_a_group_of_its_own_is_told_so)
{
	char path[8192];

	NEEDS_CGROUP();
	NEEDS_ROOT();
	make_given(path, false);
	apart(fail_as_nobody, path);
	CHECK_EQ(rmdir(path), 0);
}

/* Its directory alone is not enough: to enter takes the right to leave where one was. */
static void fail_with_half(void *path)
{
	CHECK_EQ(chown(path, NOBODY, NOBODY), 0);
	fail_as_nobody(path);
}

TEST(the_right_to_make_groups_is_not_the_right_to_move_into_them)
{
	char path[8192];

	NEEDS_CGROUP();
	NEEDS_ROOT();
	make_given(path, false);
	apart(fail_with_half, path);
	CHECK_EQ(rmdir(path), 0);
}

/* ----------------------------------------------------------------------------- mounts */

static void own_mounts(void)
{
	REQUIRE_EQ(unshare(CLONE_NEWNS), 0);
	REQUIRE_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

static void live_read_only(void *arg)
{
	(void)arg;
	own_mounts();
	REQUIRE_EQ(mount(NULL, cgroup_mount(), NULL,
	                 MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	expect_none(-EROFS, "read-only");
}

TEST(a_mount_that_is_read_only_is_told)
{
	NEEDS_CGROUP();
	NEEDS_ROOT();
	apart(live_read_only, NULL);
}

static void live_beside_read_only(void *where)
{
	own_mounts();
	REQUIRE_EQ(mount(cgroup_mount(), where, NULL, MS_BIND, NULL), 0);
	REQUIRE_EQ(mount(NULL, cgroup_mount(), NULL,
	                 MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	live_a_little();
}

TEST(of_several_mounts_one_that_can_be_written_does)
{
	char where[] = "/tmp/ward test XXXXXX";

	NEEDS_CGROUP();
	NEEDS_ROOT();
	REQUIRE(mkdtemp(where) != NULL);
	apart(live_beside_read_only, where);
	CHECK_EQ(rmdir(where), 0);
}

/* Only what is below the own group is to be seen, at a place with a blank in it. */
static void live_by_part(void *where)
{
	own_mounts();
	REQUIRE_EQ(mount(own_cgroup(), where, NULL, MS_BIND, NULL), 0);
	REQUIRE_EQ(umount2(cgroup_mount(), MNT_DETACH), 0);
	live_a_little();
}

TEST(a_part_of_the_tree_that_is_mounted_elsewhere_does)
{
	char where[] = "/tmp/ward test XXXXXX";

	NEEDS_CGROUP();
	NEEDS_ROOT();
	NEEDS_UNMOUNTING();
	REQUIRE(mkdtemp(where) != NULL);
	apart(live_by_part, where);
	CHECK_EQ(rmdir(where), 0);
}

static void live_without_mount(void *arg)
{
	(void)arg;
	own_mounts();
	REQUIRE_EQ(umount2(cgroup_mount(), MNT_DETACH), 0);
	expect_none(-ENOTSUP, "no file system of cgroups");
}

TEST(without_a_mount_there_is_no_job)
{
	NEEDS_CGROUP();
	NEEDS_ROOT();
	NEEDS_UNMOUNTING();
	apart(live_without_mount, NULL);
}

static void live_covered(void *arg)
{
	(void)arg;
	own_mounts();
	REQUIRE_EQ(mount("none", cgroup_mount(), "tmpfs", 0, NULL), 0);
	expect_none(-ENOTSUP, "no mount shows");
}

TEST(a_mount_that_is_covered_by_another_is_none)
{
	NEEDS_CGROUP();
	NEEDS_ROOT();
	apart(live_covered, NULL);
}

static void live_without_proc(void *arg)
{
	(void)arg;
	own_mounts();
	REQUIRE_EQ(mount("none", "/proc", "tmpfs", 0, NULL), 0);
	expect_none(-ENOTSUP, "/proc does not tell");
}

TEST(without_proc_there_is_no_job)
{
	NEEDS_CGROUP();
	NEEDS_ROOT();
	apart(live_without_proc, NULL);
}

/* ------------------------------------------------------------------------- namespaces */

static void enter_namespace(const char *path)
{
	enter(path);
	own_mounts();
	REQUIRE_EQ(unshare(CLONE_NEWCGROUP), 0);
}

/* The mount is told from the root of the namespace, too: it begins above us. */
static void live_named_from_outside(void *path)
{
	enter_namespace(path);
	expect_none(-ENOTSUP, "no mount shows");
}

struct place {
	char path[8192];              /* of the group */
	char mount[64];
};

static void live_in_namespace(void *arg)
{
	struct place *place = arg;

	enter_namespace(place->path);
	REQUIRE_EQ(mount("none", place->mount, "cgroup2", 0, NULL), 0);
	live_a_little();
}

TEST(a_namespace_with_a_mount_of_its_own_does)
{
	struct place place = { .mount = "/tmp/ward-test-XXXXXX" };

	NEEDS_CGROUP();
	NEEDS_ROOT();
	REQUIRE(mkdtemp(place.mount) != NULL);
	make_given(place.path, false);
	apart(live_in_namespace, &place);
	CHECK_EQ(rmdir(place.path), 0);
	CHECK_EQ(rmdir(place.mount), 0);
}

/* Somebody outside moves us to where our own mount does not reach. */
static void live_moved_out(void *arg)
{
	struct place *place = arg;
	char procs[8300];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", own_cgroup());
	enter_namespace(place->path);
	REQUIRE_EQ(mount("none", place->mount, "cgroup2", 0, NULL), 0);
	REQUIRE(write_file(procs, "0"));
	live_a_little();              /* by the old mount, which does */
	REQUIRE_EQ(umount2(cgroup_mount(), MNT_DETACH), 0);
	expect_none(-ENOTSUP, "no mount shows");
}

TEST(who_was_moved_out_of_its_namespace_is_found_if_a_mount_reaches_there)
{
	struct place place = { .mount = "/tmp/ward-test-XXXXXX" };

	NEEDS_CGROUP();
	NEEDS_ROOT();
	NEEDS_UNMOUNTING();
	if (strcmp(own_cgroup(), cgroup_mount()) != 0)
		SKIP("the own group is not the root of the mount");
	REQUIRE(mkdtemp(place.mount) != NULL);
	make_given(place.path, false);
	apart(live_moved_out, &place);
	CHECK_EQ(rmdir(place.path), 0);
	CHECK_EQ(rmdir(place.mount), 0);
}

TEST(a_namespace_that_no_mount_begins_in_is_told)
{
	char path[8192];

	NEEDS_CGROUP();
	NEEDS_ROOT();
	make_given(path, false);
	apart(live_named_from_outside, path);
	CHECK_EQ(rmdir(path), 0);
}

/* ----------------------------------------------------------------------- nested, many */

struct inner {
	const char *procs;            /* of the outer job */
	int ready;
};

/* A program in the outer job that has a job of its own, and is killed in the middle. */
static void live_inside(void *arg)
{
	struct inner *inner = arg;
	struct ward_job *job;
	struct talk t;

	REQUIRE(write_file(inner->procs, "0"));
	job = job_or_fail(NULL);
	t = talk_start_ready(CHILD("tree", "daemons", "1", "abandon"),
	                     WARD_SPAWN_OPTS(.job = job));
	CHECK_EQ(ward_wait(t.w, SECONDS(20), NULL), 1);
	CHECK(ward_job_count(job) >= 1);
	REQUIRE(host_write(inner->ready, "x", 1));
	for (;;)
		pause();
	talk_end(&t);
}

/* [whole-tree] */
TEST(a_job_in_a_job_ends_with_it)
{
	struct ward_job *outer;
	char procs[8500];
	int ready[2];

	NEEDS_CGROUP();
	outer = job_that_kills();
	snprintf(procs, sizeof(procs), "%s", job_file("cgroup.procs"));
	for (int i = 0; i < 2; i++) {         /* once more where one was killed before */
		struct inner inner = { .procs = procs };
		int status;
		pid_t pid;
		char byte;

		make_pipe(ready);
		inner.ready = ready[1];
		pid = fork();
		if (pid == 0)
			live_inside(&inner);
		close(ready[1]);
		CHECK_EQ(host_read(ready[0], &byte, 1), 1);
		close(ready[0]);
		CHECK_EQ(ward_job_kill(outer), 0);
		CHECK_EQ(ward_job_wait_empty(outer, SECONDS(20)), 1);
		REQUIRE_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(WTERMSIG(status), SIGKILL);
		host_collect_orphans();
	}
	ward_job_close(outer);
	CHECK_EQ(jobs_in_own(NULL, 0), 0);
}

TEST(a_thousand_jobs_live_side_by_side)
{
	enum { EACH_HAS = 4, SPARE = 100 };
	int n = check_scaled(1000);
	struct ward_job **jobs;
	struct rlimit limit;

	NEEDS_CGROUP();
	REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < (rlim_t)n * EACH_HAS + SPARE)
		SKIP("there are not descriptors enough");
	jobs = calloc((size_t)n, sizeof(*jobs));
	REQUIRE(jobs != NULL);
	for (int i = 0; i < n; i++)
		jobs[i] = job_that_kills();
	CHECK_EQ(jobs_in_own(NULL, 0), n);
	for (int i = 0; i < n; i += n / 10 + 1)
		ward_close(spawn_or_fail(CHILD("exit"), WARD_SPAWN_OPTS(.job = jobs[i])));
	for (int i = 0; i < n; i++)
		ward_job_close(jobs[i]);
	free(jobs);
	host_collect_orphans();
	CHECK_EQ(jobs_in_own(NULL, 0), 0);
}
#endif
