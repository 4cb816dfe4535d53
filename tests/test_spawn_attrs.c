/* SPDX-License-Identifier: MIT */
/*
 * Attributes of a start, each looked at in the child: identity, limits, scheduling,
 * session, group, terminal.
 */
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <termios.h>

#include "able.h"
#include "help.h"

static char out[8192];

static void say(const char *const argv[], const struct ward_spawn_opts *opts)
{
	output_of(argv, opts, out, sizeof(out));
}

#define NEED_ROOT()                                                     \
	do {                                                            \
		if (geteuid() != 0)                                     \
			SKIP("needs root, to become somebody else");    \
	} while (0)

/* ----------------------------------------------------------------------- identity */

TEST(user_and_group_are_taken)
{
	NEED_ROOT();
	say(CHILD("print-ids"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UID | WARD_SPAWN_GID | WARD_SPAWN_GROUPS,
	                    .uid = 4321, .gid = 1234,
	                    .groups = (const uint32_t[]){ 7, 5, 99999 }, .n_groups = 3));
	CHECK(strncmp(out, "4321 4321 1234 1234\n", 20) == 0);
	CHECK(strstr(out, "7 ") && strstr(out, "5 ") && strstr(out, "99999 "));
#ifdef __linux__
	/* The saved ones, too. */
	say(CHILD("print-status", "Uid", "Gid"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UID | WARD_SPAWN_GID, .uid = 4321,
	                    .gid = 1234));
	CHECK_STR(out, "Uid:\t4321\t4321\t4321\t4321\nGid:\t1234\t1234\t1234\t1234\n");
#endif
}

/* Where the effective group stands first in the list, ours stays it. */
static void take_groups(void)
{
	static const gid_t some[] = { 0, 11, 12, 13 };

	REQUIRE_EQ(is_group_listed() ? setgroups(4, some) : setgroups(3, some + 1), 0);
}

/* Root's own groups must not stay behind. */
TEST(an_empty_list_of_groups_empties_it)
{
	NEED_ROOT();
	take_groups();
	say(CHILD("print-ids"), NULL);
	CHECK(strstr(out, "11 12 13 ") != NULL);
	say(CHILD("print-ids"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_GROUPS));
	CHECK_STR(out, is_group_listed() ? "0 0 0 0\n0 \n" : "0 0 0 0\n\n");
}

/* Somebody other than root who is in the user database. */
static const struct passwd *another_user(void)
{
	const struct passwd *user;

	setpwent();
	while ((user = getpwent()) != NULL && user->pw_uid == 0)
		;
	endpwent();
	return user;
}

TEST(a_user_by_name_brings_uid_gid_and_groups)
{
	const struct passwd *user;
	char expected[128], name[64];

	NEED_ROOT();
	if (!able_user_database())
		SKIP("this static program cannot ask for users here");
	user = another_user();
	if (!user)
		SKIP("there is no other user");
	take_groups();
	snprintf(name, sizeof(name), "%s", user->pw_name);
	snprintf(expected, sizeof(expected), "%u %u %u %u\n", user->pw_uid, user->pw_uid,
	         user->pw_gid, user->pw_gid);
	say(CHILD("print-ids"), WARD_SPAWN_OPTS(.user = name));
	CHECK(strncmp(out, expected, strlen(expected)) == 0);
	CHECK(strstr(out, "11 12 13 ") == NULL);
	snprintf(expected, sizeof(expected), "%u ", user->pw_gid);
	CHECK(strstr(strchr(out, '\n'), expected) != NULL);

	/* A part of it may be replaced. */
	snprintf(expected, sizeof(expected), "%u %u 77 77\n%s42 \n", user->pw_uid,
	         user->pw_uid, is_group_listed() ? "77 " : "");
	say(CHILD("print-ids"),
	    WARD_SPAWN_OPTS(.user = name, .flags = WARD_SPAWN_GID | WARD_SPAWN_GROUPS,
	                    .gid = 77, .groups = (const uint32_t[]){ 42 },
	                    .n_groups = 1));
	CHECK_STR(out, expected);
}

/* [no-globals] libc's wrappers would change every thread of ours. */
TEST(our_own_identity_stays)
{
	NEED_ROOT();
	say(CHILD("print-ids"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UID, .uid = 4321));
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(setuid(0), 0);
}

/* The folder is entered as the new user, the file opened as the old one. */
TEST(files_are_opened_before_and_the_folder_entered_after_the_identity_changes)
{
	struct folder folder = folder_make();
	char path[256];
	struct ward_spawn_opts opts =
	        *WARD_SPAWN_OPTS(.flags = WARD_SPAWN_UID, .uid = 4321, .cwd = "/");

	if (geteuid() != 0) {
		folder_remove(&folder);
		SKIP("needs root, to become somebody else");
	}
	folder_write(&folder, "secret", "only root reads this\n", 0600, path,
	             sizeof(path));
	opts.in = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = path };
	opts.out = (struct ward_stdio){ .kind = WARD_FD_NULL };
	expect_exit(spawn_or_fail(ARGV("sh", "-c", "read -r line"), &opts), 0);
	opts.cwd = folder.path;               /* 0700: not for user 4321 */
	spawn_fails(ARGV("sh"), &opts, -EACCES, WARD_STEP_CHDIR);
	folder_remove(&folder);
}

/* Refused by name, not passed over. [told-why] */
TEST(what_this_system_does_not_have_is_refused)
{
	if (able_no_new_privs() && able_death_signal() && able_affinity())
		SKIP("this system has all attributes");
	if (!able_no_new_privs())
		spawn_fails(CHILD("exit", "0"),
		            WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NO_NEW_PRIVS), -ENOTSUP,
		            WARD_STEP_NO_NEW_PRIVS);
	if (!able_death_signal())
		spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.death_signal = SIGTERM),
		            -ENOTSUP, WARD_STEP_DEATH_SIGNAL);
	if (!able_affinity())
		spawn_fails(CHILD("exit", "0"),
		            WARD_SPAWN_OPTS(.cpus = (const uint32_t[]){ 0 }, .n_cpus = 1),
		            -ENOTSUP, WARD_STEP_AFFINITY);
}

#if defined(__linux__) && !WARD_TEST_POSIX
TEST(no_new_privileges_can_be_gained_when_asked)
{
	say(CHILD("print-status", "NoNewPrivs"), NULL);
	CHECK_STR(out, "NoNewPrivs:\t0\n");
	say(CHILD("print-status", "NoNewPrivs"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NO_NEW_PRIVS));
	CHECK_STR(out, "NoNewPrivs:\t1\n");
	/* [no-globals] */
	say(CHILD("print-status", "NoNewPrivs"), NULL);
	CHECK_STR(out, "NoNewPrivs:\t0\n");
}

TEST(a_death_signal_is_set_when_asked)
{
	say(CHILD("print-death-signal"), NULL);
	CHECK_STR(out, "0\n");
	say(CHILD("print-death-signal"), WARD_SPAWN_OPTS(.death_signal = SIGUSR1));
	CHECK_STR(out, "10\n");
	if (geteuid() != 0)
		return;
	/* The kernel clears it when the identity changes, so it is set afterwards. */
	say(CHILD("print-death-signal"),
	    WARD_SPAWN_OPTS(.death_signal = SIGUSR1, .flags = WARD_SPAWN_UID,
	                    .uid = 4321));
	CHECK_STR(out, "10\n");
}

static void *start_in_thread(void *ret)
{
	*(struct talk *)ret = talk_start_ready(
	        CHILD("ready"), WARD_SPAWN_OPTS(.death_signal = SIGUSR1));
	return NULL;
}

/* It is the thread whose death counts: documented, and so proved. */
TEST(the_death_signal_comes_with_the_end_of_the_thread)
{
	struct talk t;
	pthread_t thread;
	struct ward_exit e;

	REQUIRE_EQ(pthread_create(&thread, NULL, start_in_thread, &t), 0);
	pthread_join(thread, NULL);
	e = wait_or_fail(t.w);
	check_signaled(&e, SIGUSR1);
	talk_end(&t);
}
#endif

static void *start_plain(void *ret)
{
	*(struct talk *)ret = talk_start_ready(CHILD("ready"), NULL);
	return NULL;
}

TEST(without_one_the_child_outlives_the_thread_that_started_it)
{
	struct talk t;
	pthread_t thread;

	REQUIRE_EQ(pthread_create(&thread, NULL, start_plain, &t), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(20), NULL), 0);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 0);
	talk_end(&t);
}

/* ---------------------------------------------------------- limits and scheduling */

static struct rlimit limit_now(int resource)
{
	struct rlimit now;

#ifdef __GLIBC__
	getrlimit((__rlimit_resource_t)resource, &now);
#else
	getrlimit(resource, &now);
#endif
	return now;
}

TEST(limits_are_set_and_halves_kept)
{
	static const struct ward_rlimit limits[] = {
		{ WARD_RLIMIT_NOFILE, 0, 64, 128 },
		{ WARD_RLIMIT_CORE, 0, 0, WARD_RLIMIT_KEEP },
		{ WARD_RLIMIT_FSIZE, 0, 1 << 20, WARD_RLIMIT_INFINITY },
		{ WARD_RLIMIT_CPU, 0, WARD_RLIMIT_KEEP, 1000 },
	};
	char numbers[4][8], expected[256];
	struct rlimit core = limit_now(RLIMIT_CORE), cpu = limit_now(RLIMIT_CPU);

	if (on_valgrind())
		SKIP("valgrind keeps limits to itself");
	snprintf(numbers[0], 8, "%d", RLIMIT_NOFILE);
	snprintf(numbers[1], 8, "%d", RLIMIT_CORE);
	snprintf(numbers[2], 8, "%d", RLIMIT_FSIZE);
	snprintf(numbers[3], 8, "%d", RLIMIT_CPU);
	if (cpu.rlim_cur != RLIM_INFINITY)
		SKIP("the processor time is limited here");
	/* The soft half that is kept is over the new hard one: it cannot be. */
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.rlimits = limits, .n_rlimits = 4), -EINVAL,
	            WARD_STEP_RLIMIT);
	say(CHILD("print-limits", numbers[0], numbers[1], numbers[2]),
	    WARD_SPAWN_OPTS(.rlimits = limits, .n_rlimits = 3));
	snprintf(expected, sizeof(expected), "64 128\n0 %ju\n%d %ju\n",
	         (uintmax_t)core.rlim_max, 1 << 20, (uintmax_t)RLIM_INFINITY);
	CHECK_STR(out, expected);
}

#ifndef RLIMIT_AS
#define RLIMIT_AS (-1)                        /* OpenBSD */
#endif

/* Every name means the same limit as with setrlimit. */
TEST(each_limit_has_its_own_number)
{
	static const int numbers[] = {
		RLIMIT_CPU,     RLIMIT_FSIZE,      RLIMIT_DATA,     RLIMIT_STACK,
		RLIMIT_CORE,    RLIMIT_RSS,        RLIMIT_NPROC,    RLIMIT_NOFILE,
		RLIMIT_MEMLOCK, RLIMIT_AS,
#ifdef __linux__
		RLIMIT_LOCKS,   RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE,
		RLIMIT_RTPRIO,  RLIMIT_RTTIME,
#endif
	};
	char number[16], expected[64];

	if (on_valgrind())
		SKIP("valgrind keeps limits to itself");
	for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++) {
		/* Emulators have some for themselves, and the BSDs lower some to what
		 * there can be. */
		bool kept = numbers[i] == RLIMIT_AS || numbers[i] == RLIMIT_DATA ||
		            numbers[i] == RLIMIT_STACK;
		bool lowered = able_watch_strangers() &&
		               (kept || numbers[i] == RLIMIT_NPROC);

		if (numbers[i] < 0 || lowered || (kept && on_emulator()))
			continue;
		bool small = i == WARD_RLIMIT_NOFILE || i == WARD_RLIMIT_NICE ||
		             i == WARD_RLIMIT_RTPRIO;
		struct ward_rlimit limit = { i, 0, small ? 50 : UINT64_C(1) << 33,
			                     WARD_RLIMIT_KEEP };
		struct rlimit now = limit_now(numbers[i]);

		if (limit.soft > (uint64_t)now.rlim_max)
			limit.soft = now.rlim_max;
		snprintf(number, sizeof(number), "%d", numbers[i]);
		snprintf(expected, sizeof(expected), "%ju %ju\n", (uintmax_t)limit.soft,
		         (uintmax_t)now.rlim_max);
		say(CHILD("print-limits", number),
		    WARD_SPAWN_OPTS(.rlimits = &limit, .n_rlimits = 1));
		if (!CHECK_STR(out, expected))
			check_note("that was limit %d", i);
	}
}

TEST(niceness_is_absolute)
{
	int own = getpriority(PRIO_PROCESS, 0);

	say(CHILD("print-sched"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE, .nice = 7));
	CHECK(strncmp(out, "7\n", 2) == 0);
	if (!able_nice())
		return;
	say(CHILD("print-sched"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE, .nice = -20));
	CHECK(strncmp(out, "-20\n", 4) == 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), own);
}

#if defined(__linux__) && !WARD_TEST_POSIX
/* The niceness, which is the caller's, then policy and priority. */
static void expect_sched(const char *policy)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "%d\n%s\n", getpriority(PRIO_PROCESS, 0),
	         policy);
	CHECK_STR(out, expected);
}

TEST(the_scheduler_policy_is_set)
{
	say(CHILD("print-sched"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SCHED, .sched_policy = WARD_SCHED_BATCH));
	expect_sched("3 0");
	say(CHILD("print-sched"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SCHED, .sched_policy = WARD_SCHED_IDLE));
	expect_sched("5 0");
	if (!able_nice())
		return;
	say(CHILD("print-sched"),
	    WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SCHED, .sched_policy = WARD_SCHED_RR,
	                    .sched_priority = 3));
	expect_sched("2 3");
}

TEST(the_child_runs_on_the_cpus_named)
{
	say(CHILD("print-status", "Cpus_allowed_list"),
	    WARD_SPAWN_OPTS(.cpus = (const uint32_t[]){ 0 }, .n_cpus = 1));
	CHECK_STR(out, "Cpus_allowed_list:\t0\n");
	/* Named twice is named once. */
	say(CHILD("print-status", "Cpus_allowed_list"),
	    WARD_SPAWN_OPTS(.cpus = (const uint32_t[]){ 0, 0 }, .n_cpus = 2));
	CHECK_STR(out, "Cpus_allowed_list:\t0\n");
}
#endif

/* ------------------------------------------------------ session, group, terminal */

struct session {
	int pid, parent, group, session;
};

static struct session session_of(const struct ward_spawn_opts *opts)
{
	struct session s = { 0, 0, 0, 0 };

	say(CHILD("print-session"), opts);
	CHECK_EQ(sscanf(out, "%d %d %d %d", &s.pid, &s.parent, &s.group, &s.session), 4);
	return s;
}

TEST(by_default_the_child_stays_in_our_session_and_group)
{
	struct session s = session_of(NULL);

	CHECK_EQ(s.parent, getpid());
	CHECK_EQ(s.group, getpgrp());
	CHECK_EQ(s.session, getsid(0));
}

TEST(a_new_session_has_a_new_group)
{
	struct session s = session_of(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION));

	CHECK_EQ(s.session, s.pid);
	CHECK_EQ(s.group, s.pid);
}

TEST(a_group_is_made_or_joined)
{
	struct talk leader = talk_start_ready(
		CHILD("ready"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));
	struct session s = session_of(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));

	CHECK_EQ(s.group, s.pid);
	CHECK_EQ(s.session, getsid(0));
	s = session_of(WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP,
	                               .pgroup = ward_pid(leader.w)));
	CHECK_EQ(s.group, ward_pid(leader.w));
	talk_end(&leader);
}

TEST(a_terminal_becomes_the_controlling_one_of_a_new_session)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	char line[128];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(
	        .flags = WARD_SPAWN_SESSION | WARD_SPAWN_TTY | WARD_SPAWN_FOREGROUND);

	REQUIRE(master >= 0);
	REQUIRE_EQ(grantpt(master), 0);
	REQUIRE_EQ(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	REQUIRE(slave >= 0);
	opts.in = (struct ward_stdio)GIVEN(slave);
	opts.out = opts.in;
	expect_exit(spawn_or_fail(CHILD("print-session", "0"), &opts), 0);
	read_line(master, line, sizeof(line));
	read_line(master, line, sizeof(line));
	CHECK_STR(line, "controlling foreground\r\n");
	/* [no-globals] It is not ours. */
	CHECK(tcgetsid(slave) != getsid(0));
	close(slave);
	close(master);
}

/* A file that happens to be a terminal never becomes one's controlling terminal. */
TEST(a_terminal_opened_by_path_is_only_a_file)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.flags = WARD_SPAWN_SESSION);
	int ends[2];

	REQUIRE(master >= 0);
	REQUIRE_EQ(grantpt(master), 0);
	REQUIRE_EQ(unlockpt(master), 0);
	make_pipe(ends);
	opts.in = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = ptsname(master),
		                       .flags = WARD_FILE_READ | WARD_FILE_WRITE };
	opts.out = (struct ward_stdio)GIVEN(ends[1]);
	expect_exit(spawn_or_fail(CHILD("print-session", "0"), &opts), 0);
	close(ends[1]);
	read_all(ends[0], out, sizeof(out));
	CHECK(strstr(out, "none background\n") != NULL);
	close(ends[0]);
	close(master);
}
