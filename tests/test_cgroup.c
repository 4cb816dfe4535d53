/* SPDX-License-Identifier: MIT */
/*
 * The cgroup under a job (src/linux/cgroup.h), without the job: finding it, making it,
 * ending what is in it, removing it. What a kernel of old lacks is taken away by the
 * gate; every trial that does so is a process of its own.
 */
#include "cgroup.h"
#include "check_state.h"
#include "gate.h"
#include "help.h"
#if defined(__linux__) && !WARD_TEST_POSIX
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "linux/cgroup.h"
#include "linux/cgroup_file.h"
#include "linux/cgroup_find.h"
#include "linux/cgroup_tree.h"

/* ------------------------------------------------------------------------------ text */

static bool next_mount(const char *lines, struct ward__mount *ret, int nth)
{
	static char text[2048];
	char *at = text;

	snprintf(text, sizeof(text), "%s", lines);
	while (ward__mount_next(&at, ret))
		if (--nth == 0)
			return true;
	return false;
}

TEST(the_mount_of_a_hybrid_layout_is_found)
{
	struct ward__mount mount;

	REQUIRE(next_mount("31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw\n"
	                   "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw\n"
	                   "41 31 0:38 / /sys/fs/cgroup/unified rw shared:9 master:2 - "
	                   "cgroup2 cgroup2 rw,nsdelegate\n",
	                   &mount, 1));
	CHECK_STR(mount.root, "/");
	CHECK_STR(mount.point, "/sys/fs/cgroup/unified");
}

TEST(blanks_in_a_mount_are_read_as_they_were_meant)
{
	struct ward__mount mount;

	REQUIRE(next_mount("1 2 0:3 /a\\040b /mnt/c\\011d\\134e rw - cgroup2 x rw\n",
	                   &mount, 1));
	CHECK_STR(mount.root, "/a b");
	CHECK_STR(mount.point, "/mnt/c\td\\e");
}

TEST(the_last_line_needs_no_newline)
{
	struct ward__mount mount;
	const char *two = "1 2 0:3 / /a rw - cgroup2 x rw\n"
	                  "1 2 0:3 /x /b rw - cgroup2 x rw";

	REQUIRE(next_mount(two, &mount, 2));
	CHECK_STR(mount.point, "/b");
	CHECK(!next_mount(two, &mount, 3));
}

TEST(lines_that_are_cut_short_are_passed_over)
{
	static const char *const lines[] = { "", "\n", "1", "1 2 0:3 / /a rw -",
		                             "1 2 0:3 / /a rw cgroup2",
		                             "- cgroup2", "1 2 3 4 - cgroup2 x",
		                             "1 2 0:3 / /a rw - cgroup2x y rw" };
	struct ward__mount mount;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK(!next_mount(lines[i], &mount, 1));
}

TEST(the_line_of_v2_is_found_among_those_of_v1)
{
	char text[] = "9:name=systemd:/\n4:memory:/a\n0::/user.slice/x\n";
	char none[] = "9:name=systemd:/\n10::/a\n", broken[] = "0::";

	CHECK_STR(ward__cgroup_line(text), "/user.slice/x");
	CHECK(ward__cgroup_line(none) == NULL);
	CHECK(ward__cgroup_line(broken) == NULL);
}

TEST(what_a_mount_shows_of_a_path_is_what_is_below_its_root)
{
	static const struct {
		const char *path, *root, *below;
	} claims[] = {
		{ "/", "/", "" },
		{ "/a", "/", "a" },
		{ "/a/b", "/a", "b" },
		{ "/a", "/a", "" },
		{ "/ab", "/a", NULL },
		{ "/a", "/a/b", NULL },
		{ "/", "/..", NULL },             /* named outside of our namespace */
		{ "/../b", "/", NULL },
		{ "/../b", "/..", "b" },
		{ "/../../b", "/..", NULL },
		{ "/..b", "/", "..b" },
	};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		const char *below = ward__cgroup_below(claims[i].path, claims[i].root);

		if (!CHECK_STR(below ? below : "(none)",
		               claims[i].below ? claims[i].below : "(none)"))
			check_note("... of %s below %s", claims[i].path, claims[i].root);
	}
}

TEST(numbers_are_read_by_their_key)
{
	const char *text = "usage_usec 5\nuser_usec 3\nsystem 7x\nnone\n";

	CHECK_EQ(ward__cgroup_number(text, "user_usec"), 3);
	CHECK_EQ(ward__cgroup_number(text, "usage_usec"), 5);
	CHECK_EQ(ward__cgroup_number(text, "user"), -1);
	CHECK_EQ(ward__cgroup_number(text, "none"), -1);
	CHECK_EQ(ward__cgroup_number("17\n", NULL), 17);
	CHECK_EQ(ward__cgroup_number("max\n", NULL), -1);
	CHECK(ward__cgroup_has_word("cpu memory pids\n", "pids"));
	CHECK(!ward__cgroup_has_word("cpuset memory.x\n", "memory"));
	CHECK(!ward__cgroup_has_word("", "cpu"));
}

/* ---------------------------------------------------------------------------- helpers */

static struct ward__cgroup new_or_fail(void)
{
	struct ward__cgroup cgroup;
	struct ward__why why = { "" };
	int r = ward__cgroup_new(&cgroup, NULL, &why);

	if (r < 0)
		check_note("%s", why.text);
	REQUIRE_EQ(r, 0);
	return cgroup;
}

static void drop(struct ward__cgroup *cgroup)
{
	int r = ward__cgroup_remove(cgroup);

	CHECK(r == 0 || r == -ENOENT);
	ward__cgroup_close(cgroup);
}

/* A process of ours in the group that only waits to be killed. */
static pid_t member_of(const struct ward__cgroup *cgroup)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (pid == 0) {
		ward__cgroup_write(cgroup->dir, "cgroup.procs", "0");
		for (;;)
			pause();
	}
	while (ward__cgroup_has(cgroup, pid) != 1)
		sched_yield();
	return pid;
}

static void move_to(const struct ward__cgroup *cgroup, pid_t pid, const char *file)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	REQUIRE_EQ(ward__cgroup_write(cgroup->dir, file, text), 0);
}

static int status_of(pid_t pid)
{
	int status = -1;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void wait_empty(const struct ward__cgroup *cgroup)
{
	struct pollfd one = { .fd = cgroup->events, .events = POLLPRI };

	while (ward__cgroup_populated(cgroup) == 1)
		REQUIRE(poll(&one, 1, 20000) > 0);
}

#define NEEDS_CGROUP()                                                                   \
	do {                                                                             \
		if (!able_cgroup())                                                      \
			SKIP("no cgroup (v2) can be made here");                         \
	} while (0)

/* ------------------------------------------------------------------------------- life */

TEST(a_new_group_is_there_and_empty_and_removed)
{
	struct ward__cgroup cgroup;
	char path[4096];

	NEEDS_CGROUP();
	cgroup = new_or_fail();
	snprintf(path, sizeof(path), "%s/%s", own_cgroup(), cgroup.name);
	CHECK_EQ(access(path, F_OK), 0);
	CHECK_EQ(ward__cgroup_populated(&cgroup), 0);
	CHECK_EQ(ward__cgroup_is_there(&cgroup), 0);
	CHECK_EQ(ward__cgroup_remove(&cgroup), 0);
	CHECK(access(path, F_OK) < 0);
	ward__cgroup_close(&cgroup);
}

TEST(everything_in_it_is_killed_and_the_end_is_told)
{
	struct ward__cgroup cgroup;
	pid_t a, b;

	NEEDS_CGROUP();
	cgroup = new_or_fail();
	a = member_of(&cgroup);
	b = member_of(&cgroup);
	CHECK_EQ(ward__cgroup_populated(&cgroup), 1);
	CHECK_EQ(ward__cgroup_count(&cgroup), 2);
	CHECK_EQ(ward__cgroup_remove(&cgroup), -EBUSY);
	CHECK_EQ(ward__cgroup_kill(&cgroup), 0);
	wait_empty(&cgroup);
	CHECK_EQ(WTERMSIG(status_of(a)), SIGKILL);
	CHECK_EQ(WTERMSIG(status_of(b)), SIGKILL);
	drop(&cgroup);
}

TEST(groups_that_members_made_are_killed_and_removed_too)
{
	struct ward__cgroup cgroup;
	pid_t pid;

	NEEDS_CGROUP();
	cgroup = new_or_fail();
	pid = member_of(&cgroup);
	REQUIRE_EQ(mkdirat(cgroup.dir, "a", 0755), 0);
	REQUIRE_EQ(mkdirat(cgroup.dir, "a/b", 0755), 0);
	REQUIRE_EQ(mkdirat(cgroup.dir, "a/c", 0755), 0);
	move_to(&cgroup, pid, "a/b/cgroup.procs");
	CHECK_EQ(ward__cgroup_has(&cgroup, pid), 1);
	CHECK_EQ(ward__cgroup_count(&cgroup), 1);
	CHECK_EQ(ward__cgroup_kill(&cgroup), 0);
	wait_empty(&cgroup);
	status_of(pid);
	CHECK_EQ(ward__cgroup_remove(&cgroup), 0);
	ward__cgroup_close(&cgroup);
}

TEST(a_group_that_somebody_removed_is_empty_and_gone)
{
	struct ward__cgroup cgroup;
	char up[64];

	NEEDS_CGROUP();
	cgroup = new_or_fail();
	snprintf(up, sizeof(up), "../%s", cgroup.name);
	REQUIRE_EQ(unlinkat(cgroup.dir, up, AT_REMOVEDIR), 0);
	CHECK_EQ(ward__cgroup_is_there(&cgroup), -ENOENT);
	CHECK_EQ(ward__cgroup_populated(&cgroup), 0);
	CHECK_EQ(ward__cgroup_kill(&cgroup), 0);
	CHECK_EQ(ward__cgroup_freeze(&cgroup, 0), 0);
	CHECK_EQ(ward__cgroup_thaw(&cgroup), 0);
	CHECK_EQ(ward__cgroup_signal(&cgroup, SIGTERM), 0);
	CHECK_EQ(ward__cgroup_remove(&cgroup), -ENOENT);
	/* Another one has the name now: it is not ours. */
	REQUIRE_EQ(mkdir(cgroup_path(cgroup.name), 0755), 0);
	CHECK_EQ(ward__cgroup_remove(&cgroup), -ENOENT);
	CHECK_EQ(rmdir(cgroup_path(cgroup.name)), 0);
	ward__cgroup_close(&cgroup);
}

TEST(members_that_somebody_moved_out_are_no_members)
{
	struct ward__cgroup cgroup;
	pid_t pid;

	NEEDS_CGROUP();
	cgroup = new_or_fail();
	pid = member_of(&cgroup);
	move_to(&cgroup, pid, "../cgroup.procs");
	CHECK_EQ(ward__cgroup_has(&cgroup, pid), 0);
	CHECK_EQ(ward__cgroup_populated(&cgroup), 0);
	CHECK_EQ(ward__cgroup_count(&cgroup), 0);
	CHECK_EQ(ward__cgroup_signal(&cgroup, SIGTERM), 0);
	CHECK_EQ(ward__cgroup_kill(&cgroup), 0);
	CHECK_EQ(kill(pid, SIGTERM), 0);
	CHECK_EQ(WTERMSIG(status_of(pid)), SIGTERM);
	drop(&cgroup);
}
#else
TEST(a_cgroup_is_found_made_and_removed)
{
	SKIP("this system has no cgroups");
}
#endif
