/* SPDX-License-Identifier: MIT */
/*
 * <ward_posix.h>: results in the words of waitid, wait4 and waitpid.
 */
#include "ward_posix.h"

#include <sys/resource.h>

#include "able.h"
#include "help.h"

TEST(siginfo_of_an_exit)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "9"), NULL);
	pid_t pid = (pid_t)ward_pid(w);
	siginfo_t info;

	wait_or_fail(w);
	REQUIRE_EQ(ward_siginfo(w, &info), 0);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_uid, getuid());
	ward_close(w);
}

TEST(siginfo_of_a_death_by_signal)
{
	struct ward *w = spawn_or_fail(CHILD("raise", "KILL"), NULL);
	siginfo_t info;

	wait_or_fail(w);
	REQUIRE_EQ(ward_siginfo(w, &info), 0);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
	ward_close(w);
}

TEST(siginfo_and_usage_of_a_running_process_are_not_there_yet)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	siginfo_t info;
	struct rusage usage;

	memset(&info, 0x55, sizeof(info));
	CHECK_EQ(ward_siginfo(t.w, &info), -EAGAIN);
	CHECK_EQ(info.si_signo, 0x55555555);
	CHECK_EQ(ward_rusage(t.w, &usage), -EAGAIN);
	talk_end(&t);
}

/* [true-status] */
TEST(usage_is_what_wait4_tells)
{
	struct ward *w = spawn_or_fail(CHILD("spin", "60"), NULL);
	struct ward_exit e = wait_or_fail(w);
	struct rusage usage;

	memset(&usage, 0, sizeof(usage));
	REQUIRE_EQ(ward_rusage(w, &usage), 0);
	CHECK_EQ(usage.ru_utime.tv_sec * WARD_NS_PER_S + usage.ru_utime.tv_usec * 1000,
	         e.user_ns);
	CHECK_EQ(usage.ru_stime.tv_sec * WARD_NS_PER_S + usage.ru_stime.tv_usec * 1000,
	         e.system_ns);
	CHECK_EQ(usage.ru_minflt, e.minor_faults);
	CHECK_EQ(usage.ru_majflt, e.major_faults);
	CHECK_EQ(usage.ru_nvcsw, e.voluntary_switches);
	CHECK_EQ(usage.ru_nivcsw, e.involuntary_switches);
	CHECK_EQ(usage.ru_inblock, e.blocks_in);
	CHECK_EQ(usage.ru_oublock, e.blocks_out);
#ifdef __linux__
	CHECK_EQ(usage.ru_maxrss * 1024, e.max_rss_bytes);
#endif
	ward_close(w);
}

static int64_t ns_of(const struct timeval *later, const struct timeval *sooner)
{
	return (later->tv_sec - sooner->tv_sec) * WARD_NS_PER_S +
	       (later->tv_usec - sooner->tv_usec) * 1000;
}

/* Each sum was cut to microseconds. */
static bool is_near(int64_t a, int64_t b)
{
	return a - b <= 2000 && b - a <= 2000;
}

/* [true-status] Told by another call, whose layout libc knows: on 32 bits it has two. */
TEST(usage_is_what_our_children_have_used_since)
{
	struct rusage before, after, usage;
	struct ward *w;

	/* The library's own questions to the kernel are behind us then. */
	expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
	REQUIRE_EQ(getrusage(RUSAGE_CHILDREN, &before), 0);
	w = spawn_or_fail(CHILD("spin", "60"), NULL);
	wait_or_fail(w);
	REQUIRE_EQ(getrusage(RUSAGE_CHILDREN, &after), 0);
	REQUIRE_EQ(ward_rusage(w, &usage), 0);
	CHECK(is_near(ns_of(&after.ru_utime, &before.ru_utime),
	              usage.ru_utime.tv_sec * WARD_NS_PER_S +
	                      usage.ru_utime.tv_usec * 1000));
	CHECK(is_near(ns_of(&after.ru_stime, &before.ru_stime),
	              usage.ru_stime.tv_sec * WARD_NS_PER_S +
	                      usage.ru_stime.tv_usec * 1000));
	CHECK_EQ(usage.ru_minflt, after.ru_minflt - before.ru_minflt);
	CHECK_EQ(usage.ru_majflt, after.ru_majflt - before.ru_majflt);
	CHECK_EQ(usage.ru_nvcsw, after.ru_nvcsw - before.ru_nvcsw);
	CHECK_EQ(usage.ru_nivcsw, after.ru_nivcsw - before.ru_nivcsw);
	CHECK_EQ(usage.ru_inblock, after.ru_inblock - before.ru_inblock);
	CHECK_EQ(usage.ru_oublock, after.ru_oublock - before.ru_oublock);
	CHECK(usage.ru_maxrss > 0 && usage.ru_maxrss <= after.ru_maxrss);
	ward_close(w);
}

/* [true-status] */
TEST(a_stolen_status_has_no_usage)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "6"), NULL);
	bool known = keeps_status(w);
	struct rusage usage;
	siginfo_t info;
	struct ward_exit e;
	int status = 0;

	CHECK_EQ(waitpid((pid_t)ward_pid(w), &status, 0), ward_pid(w));
	e = wait_or_fail(w);
	CHECK_EQ(ward_rusage(w, &usage), -ENODATA);
	check_exited_or_lost(&e, 6, known);
	if (e.how == WARD_EXITED) {
		CHECK_EQ(ward_siginfo(w, &info), 0);
		CHECK_EQ(info.si_status, 6);
		CHECK_EQ(info.si_uid, 0);
		CHECK_EQ(ward_wait_status(&e, &status), 0);
	} else {
		CHECK_EQ(ward_siginfo(w, &info), -ENODATA);
		CHECK_EQ(ward_wait_status(&e, &status), -ENODATA);
	}
	ward_close(w);
}

TEST(a_wait_status_says_the_same)
{
	struct ward_exit e = WARD_EXIT_INIT;
	int status = -1;

	e.how = WARD_EXITED;
	e.code = 255;
	e.signal = -1;
	REQUIRE_EQ(ward_wait_status(&e, &status), 0);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 255);

	e.how = WARD_SIGNALED;
	e.code = -1;
	e.signal = SIGABRT;
	e.core_dumped = 1;
	REQUIRE_EQ(ward_wait_status(&e, &status), 0);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGABRT);
	CHECK(WCOREDUMP(status));

	e.core_dumped = 0;
	REQUIRE_EQ(ward_wait_status(&e, &status), 0);
	CHECK(!WCOREDUMP(status));
}

/* [true-status] */
TEST(a_lost_status_is_never_turned_into_a_number)
{
	struct ward_exit e = WARD_EXIT_INIT;
	int status = 0x1234;

	e.how = WARD_LOST;
	e.code = e.signal = -1;
	CHECK_EQ(ward_wait_status(&e, &status), -ENODATA);
	e.how = 0;
	CHECK_EQ(ward_wait_status(&e, &status), -EINVAL);
	e.how = 17;
	CHECK_EQ(ward_wait_status(&e, &status), -EINVAL);
	e.how = WARD_EXITED;
	CHECK_EQ(ward_wait_status(&e, &status), -EINVAL);
	e.code = 0;
	e.size = 0;
	CHECK_EQ(ward_wait_status(&e, &status), -EINVAL);
	CHECK_EQ(status, 0x1234);
}

/*
 * glibc takes them off the stack of every thread: where the library needs one, it is not
 * to fail for want of room.
 */
TEST(a_program_with_many_thread_locals_can_start_children)
{
	static _Thread_local volatile char much[1 << 17];

	much[sizeof(much) / 2] = 1;
	expect_exit(spawn_or_fail(CHILD("exit", "4"), NULL), 4);
	CHECK_EQ(much[sizeof(much) / 2], 1);
}
