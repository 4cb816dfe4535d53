/* SPDX-License-Identifier: MIT */
/*
 * What the system says of a process now.
 */
#include "able.h"
#include "help.h"

#define NEED_INFO()                                                       \
	do {                                                              \
		if (!able_info())                                         \
			SKIP("this system tells little of a process");    \
	} while (0)

static struct ward_info info_of(struct ward *w)
{
	struct ward_info info;

	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	REQUIRE_EQ(ward_info(w, &info), 0);
	return info;
}

/* [same-process] */
TEST(relatives_of_a_child_are_told)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_info info = info_of(t.w);

	CHECK_EQ(info.pid, ward_pid(t.w));
	CHECK_EQ(info.ppid, host_pid());
#if HOST_POSIX
	CHECK_EQ(info.pgid, getpgrp());
	CHECK_EQ(info.sid, getsid(0));
#endif
	talk_end(&t);
}

TEST(what_is_not_known_is_marked)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_info info = info_of(t.w);

	talk_end(&t);
	if (able_info())
		SKIP("this system tells all");
	CHECK_EQ(info.uid, UINT32_MAX);
	CHECK_EQ(info.egid, UINT32_MAX);
	CHECK_EQ(info.threads, -1);
	CHECK_EQ(info.start_unix_ns, -1);
	CHECK_EQ(info.user_ns, -1);
	CHECK_EQ(info.rss_bytes, -1);
	CHECK_EQ(info.cgroup_id, -1);
	CHECK_STR(info.name, "");
}

/* OpenBSD does not say all. */
static bool is_untold(int64_t number)
{
	return on_kqueue_system() && number == -1;
}

TEST(owner_and_size_of_a_child_are_told)
{
	NEED_INFO();
	struct talk t = talk_start_ready(CHILD("touch", "32"), NULL);
	struct ward_info info = info_of(t.w);

#if HOST_POSIX
	CHECK_EQ(info.uid, getuid());
	CHECK_EQ(info.euid, geteuid());
	CHECK_EQ(info.suid, geteuid());
	CHECK_EQ(info.gid, getgid());
	CHECK_EQ(info.egid, getegid());
	CHECK_EQ(info.sgid, getegid());
#else
	CHECK_EQ(info.uid, UINT32_MAX);
	CHECK_EQ(info.egid, UINT32_MAX);
#endif
	CHECK(info.threads == 1 + on_emulator() || is_untold(info.threads) ||
	      !HOST_POSIX);
	/* The kernel counts pages by processor and adds them up only now and then. */
	CHECK(info.rss_bytes >= 31 << 20);
	CHECK(info.rss_bytes < 64 << 20);
	CHECK(info.virtual_bytes >= info.rss_bytes || is_untold(info.virtual_bytes) ||
	      !HOST_POSIX);
	talk_end(&t);
}

#if HOST_POSIX
TEST(a_new_session_and_another_owner_are_seen)
{
	NEED_INFO();
	struct talk t;
	struct ward_info info;

	if (geteuid() != 0)
		SKIP("needs root, to become somebody else");
	t = talk_start_ready(CHILD("ready"),
	                     WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION |
	                                              WARD_SPAWN_UID | WARD_SPAWN_GID,
	                                     .uid = 4321, .gid = 1234));
	info = info_of(t.w);
	CHECK_EQ(info.sid, info.pid);
	CHECK_EQ(info.pgid, info.pid);
	CHECK_EQ(info.uid, 4321);
	CHECK_EQ(info.euid, 4321);
	CHECK_EQ(info.suid, 4321);
	CHECK_EQ(info.gid, 1234);
	CHECK_EQ(info.egid, 1234);
	CHECK_EQ(info.sgid, 1234);
	talk_end(&t);
}
#endif

TEST(the_short_name_is_told)
{
	NEED_INFO();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_info info = info_of(t.w);
	const char *base = strrchr(check_child(), HOST_SLASH);
	char expected[16];

	snprintf(expected, sizeof(expected), "%s", base ? base + 1 : check_child());
	CHECK_STR(info.name, expected);
	talk_end(&t);
}

#if HOST_POSIX
TEST(a_name_with_spaces_and_brackets_does_not_confuse)
{
	NEED_INFO();
	struct folder folder = folder_make();
	char path[256];
	struct talk t;
	struct ward_info info;

	REQUIRE_EQ(symlink(check_child(),
	                   folder_file(&folder, "a) R 1 (b", path, sizeof(path))),
	           0);
	t = talk_start_ready(ARGV(path, "ready"), NULL);
	info = info_of(t.w);
	/* The BSDs may tell the name of what the link leads to. */
	if (on_linux_system() || strncmp(info.name, "a)", 2) == 0)
		CHECK_STR(info.name, "a) R 1 (b");
	CHECK_EQ(info.ppid, getpid());
	talk_end(&t);
	folder_remove(&folder);
}
#endif

TEST(the_start_time_is_between_before_and_after)
{
	NEED_INFO();
	int64_t before = host_unix_ns();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	int64_t after = host_unix_ns();
	struct ward_info info = info_of(t.w);

	/* The kernel counts it in hundredths of a second. */
	CHECK(info.start_unix_ns >= before - MILLISECONDS(30));
	CHECK(info.start_unix_ns <= after + MILLISECONDS(30));
	talk_end(&t);
}

TEST(processor_time_so_far_grows)
{
	NEED_INFO();
	if (!able_zombie_info())
		SKIP("this system forgets what a zombie has used");
	struct talk t = talk_start(CHILD("spin", "100"), NULL);
	struct host_process p = host_hold(ward_pid(t.w));
	struct ward_info info;

	host_until_ended(&p);
	host_let_go(&p);
	info = info_of(t.w);
	if (on_wine()) {
		talk_end(&t);
		SKIP("Wine forgets the times of a process with its last thread");
	}
	/* The BSDs count it in ticks of a clock. */
	CHECK(info.user_ns + info.system_ns >=
	      (able_watch_strangers() ? MILLISECONDS(40) : MILLISECONDS(80)));
	CHECK(info.user_ns + info.system_ns < SECONDS(30));
	talk_end(&t);
}

#if HOST_POSIX
/* Ask again until it is that: the child cannot say when it sleeps. */
static int until_state(struct ward *w, int state)
{
	struct ward_info info;
	int tries = 100000;

	do
		info = info_of(w);
	while (info.state != state && --tries > 0);
	return info.state;
}

TEST(the_state_is_told)
{
	NEED_INFO();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	siginfo_t info;

	CHECK_EQ(until_state(t.w, WARD_STATE_SLEEPING), WARD_STATE_SLEEPING);
	ward_signal(t.w, SIGSTOP);
	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(t.w), &info, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(info_of(t.w).state, WARD_STATE_STOPPED);
	ward_signal(t.w, SIGKILL);
	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(t.w), &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info_of(t.w).state, WARD_STATE_ENDED);
	talk_end(&t);

	t = talk_start(CHILD("spin", "1000000"), NULL);
	CHECK_EQ(until_state(t.w, WARD_STATE_RUNNING), WARD_STATE_RUNNING);
	ward_signal(t.w, SIGKILL);
	talk_end(&t);
}

TEST(threads_are_counted)
{
	NEED_INFO();
	struct talk t = talk_start_ready(CHILD("exec-by-thread", "exit", "0"), NULL);

	int32_t threads = info_of(t.w).threads;

	CHECK(threads == 2 + on_emulator() || is_untold(threads));
	talk_end(&t);
}
#endif

#ifdef __linux__
/* The inode of the folder that /proc/PID/cgroup names, where cgroup v2 is mounted. */
static ino_t cgroup_of(pid_t pid)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/unified",
		                              "/sys/fs/cgroup" };
	char path[64], line[512], folder[640];
	struct stat st;
	ino_t found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < 2 && !found; i++) {
			snprintf(folder, sizeof(folder), "%s/cgroup.controllers",
			         mounts[i]);
			if (access(folder, F_OK) < 0)
				continue;
			snprintf(folder, sizeof(folder), "%s%s", mounts[i], line + 3);
			found = stat(folder, &st) == 0 ? st.st_ino : 0;
		}
	}
	if (f)
		fclose(f);
	return found;
}

TEST(the_cgroup_is_told)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_info info = info_of(t.w);
	ino_t expected = cgroup_of((pid_t)ward_pid(t.w));

	if (expected && info.cgroup_id != -1)
		CHECK_EQ(info.cgroup_id, expected);
	if (able_exit_info() && has_handle(t.w))
		CHECK(info.cgroup_id > 0);
	talk_end(&t);
	if (!expected)
		SKIP("no cgroup v2 is mounted here");
}
#endif

/* [same-process] */
TEST(nothing_is_said_of_a_process_that_was_waited_for)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	struct ward_info info;

	wait_or_fail(w);
	memset(&info, 0x55, sizeof(info));
	info.size = sizeof(info);
	CHECK_EQ(ward_info(w, &info), -ESRCH);
	CHECK_EQ(info.pid, INT64_C(0x5555555555555555));
	ward_close(w);
}

TEST(info_needs_a_size)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_info info = { .size = 0 };

	CHECK_EQ(ward_info(t.w, &info), -EINVAL);
	info.size = 16;
	CHECK_EQ(ward_info(t.w, &info), -EINVAL);
	talk_end(&t);
}

TEST(we_may_ask_about_a_stranger)
{
	struct ward *w = NULL;
	struct ward_info info;

	if (!able_pidfd_open() && !able_watch_strangers())
		SKIP("strangers cannot be held here");
	REQUIRE_EQ(ward_open(&w, host_parent_pid(), 0), 0);
	info = info_of(w);
	CHECK_EQ(info.pid, host_parent_pid());
#if HOST_POSIX
	CHECK_EQ(info.uid, getuid());
#endif
	ward_close(w);
}

TEST(asking_leaves_errno_alone)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	struct ward_info info = { .size = sizeof(info) };
	struct ward_id id = WARD_ID_INIT;

	errno = 77;
	ward_info(w, &info);
	ward_identity(w, &id);
	ward_wait(w, WARD_FOREVER, NULL);
	ward_info(w, &info);
	CHECK_EQ(errno, 77);
	ward_close(w);
}
