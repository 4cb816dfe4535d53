/* SPDX-License-Identifier: MIT */
/*
 * Taking hold of a process that runs already: a child started by other means, or a
 * stranger.
 */

#include "able.h"
#include "help.h"
#include "stranger.h"

/* A plain child that exits with @code when @hold's writing end is closed. */
static struct host_process plain_child(int hold[2], const char *code)
{
	struct host_process p;

	make_pipe(hold);
	p = host_start(CHILD("hold", "0", code), hold[0]);
	close(hold[0]);
	return p;
}

/* [true-status] */
TEST(a_child_started_by_other_means_is_held_like_any_other)
{
	struct ward *w = NULL;
	struct ward_exit e;
	int hold[2];
	struct host_process p = plain_child(hold, "12");

	REQUIRE_EQ(ward_open(&w, p.pid, WARD_OPEN_CHILD), 0);
	CHECK_EQ(ward_pid(w), p.pid);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	CHECK_EQ(ward_signal(w, 0), 0);
	close(hold[1]);
	e = wait_or_fail(w);
	check_exited(&e, 12);
	CHECK_EQ(e.has_usage, 1);
	CHECK_EQ(e.wall_ns, -1);
	ward_close(w);
	host_let_go(&p);
}

/* [true-status] */
TEST(a_child_that_has_ended_can_still_be_opened)
{
	struct ward *w = NULL;
	struct ward_exit e;
	int hold[2];
	struct host_process p = plain_child(hold, "200");

	close(hold[1]);
	host_until_ended(&p);
	REQUIRE_EQ(ward_open(&w, p.pid, 0), 0);
	e = wait_or_fail(w);
	check_exited(&e, 200);
	ward_close(w);
	host_let_go(&p);
}

TEST(numbers_that_are_no_process_ids_are_refused)
{
	static const int64_t bad[] = { 0, -1, -2, INT32_MIN, INT64_MIN, INT64_MAX,
		                       INT64_C(1) << 32, (INT64_C(1) << 32) + 1 };
	struct ward *none = (struct ward *)&bad, *w = none;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(ward_open(&w, bad[i], 0), -EINVAL);
		CHECK_EQ(ward_open(&w, bad[i], WARD_OPEN_WEAK), -EINVAL);
	}
	CHECK(w == none);
}

TEST(flags_that_are_not_known_are_refused)
{
	struct ward *w = NULL;

	CHECK_EQ(ward_open(&w, host_pid(), 1u << 2), -EINVAL);
	CHECK_EQ(ward_open(&w, host_pid(), UINT32_MAX), -EINVAL);
	CHECK(w == NULL);
}

TEST(a_process_that_is_gone_cannot_be_opened)
{
	struct ward *w = NULL;
	int hold[2];
	struct host_process p = plain_child(hold, "0");
	int r;

	close(hold[1]);
	CHECK_EQ(host_collect(&p), 0);
	r = ward_open(&w, p.pid, WARD_OPEN_WEAK);
	if (!HOST_POSIX && r == 0) {
		/* Somebody has a handle of it still: it can be found, and has ended. */
		CHECK_EQ(ward_wait(w, 0, NULL), 1);
		ward_close(w);
		return;
	}
	CHECK_EQ(r, -ESRCH);
	r = ward_open(&w, p.pid, WARD_OPEN_CHILD);
	CHECK(r == -ESRCH || r == -ECHILD);
	CHECK(w == NULL);
}

/* [same-process] */
TEST(only_a_child_is_accepted_when_a_child_was_asked_for)
{
	struct ward *w = NULL;

	CHECK_EQ(ward_open(&w, host_parent_pid(), WARD_OPEN_CHILD), -ECHILD);
	CHECK_EQ(ward_open(&w, host_pid(), WARD_OPEN_CHILD), -ECHILD);
	CHECK(w == NULL);
}

#ifdef __linux__
static void *hold_thread(void *arg)
{
	int *ends = arg;
	long tid = syscall(SYS_gettid);
	char byte;

	if (write(ends[1], &tid, sizeof(tid)) == sizeof(tid) &&
	    read(ends[2], &byte, 1) == 0)
		return arg;
	return NULL;
}

TEST(the_number_of_a_thread_is_not_that_of_a_process)
{
	if (on_posix_system())
		SKIP("POSIX knows no numbers of threads");
	int told[2], hold[2], ends[3];
	struct ward *w = NULL;
	pthread_t thread;
	long tid = 0;

	make_pipe(told);
	make_pipe(hold);
	ends[0] = told[0];
	ends[1] = told[1];
	ends[2] = hold[0];
	REQUIRE_EQ(pthread_create(&thread, NULL, hold_thread, ends), 0);
	REQUIRE_EQ(read(told[0], &tid, sizeof(tid)), sizeof(tid));
	CHECK(tid != host_pid());
	CHECK_EQ(ward_open(&w, tid, WARD_OPEN_WEAK),
	         on_kqueue_system() ? -ESRCH : -EINVAL);
	CHECK(ward_open(&w, tid, WARD_OPEN_CHILD) < 0);
	CHECK(w == NULL);
	close(hold[1]);
	pthread_join(thread, NULL);
	close(told[0]);
	close(told[1]);
	close(hold[0]);
}
#endif

/* ---------------------------------------------------------------------- strangers */

#if HOST_POSIX

/* [same-process] */
TEST(a_stranger_is_held_by_a_handle_or_refused)
{
	struct stranger s = make_stranger();
	struct ward *w = NULL;
	int r = ward_open(&w, s.pid, 0);

	if (able_pidfd_open()) {
		REQUIRE_EQ(r, 0);
		CHECK_EQ(ward_hold(w),
		         able_pidfd_signal() ? WARD_HOLD_KERNEL : WARD_HOLD_PID);
		CHECK_EQ(ward_pid(w), s.pid);
		CHECK_EQ(ward_wait(w, 0, NULL), 0);
		CHECK_EQ(ward_signal(w, 0),
		         is_forced("pidfd_send_signal") ? -ENOTSUP : 0);
		ward_close(w);
	} else if (able_watch_strangers()) {
		REQUIRE_EQ(r, 0);
		CHECK_EQ(ward_hold(w), WARD_HOLD_PID);
		CHECK_EQ(ward_pid(w), s.pid);
		CHECK_EQ(ward_wait(w, 0, NULL), 0);
		CHECK_EQ(ward_signal(w, 0), -ENOTSUP);
		CHECK_EQ(ward_signal_group(w, 0), -ENOTSUP);
		ward_close(w);
	} else {
		CHECK_EQ(r, -ENOTSUP);
		CHECK(w == NULL);
	}
	close(s.hold);
	close(s.collect);
	collect_owner(&s);
}

/* [same-process] The caller has to ask for it, and can see what he got. */
TEST(a_mere_number_is_accepted_only_on_request)
{
	struct stranger s = make_stranger();
	struct ward *w = NULL;

	REQUIRE_EQ(ward_open(&w, s.pid, WARD_OPEN_WEAK), 0);
	CHECK_EQ(ward_hold(w), able_pidfd_open() && able_pidfd_signal() ?
	                               WARD_HOLD_KERNEL :
	                               WARD_HOLD_PID);
	CHECK_EQ(ward_pid(w), s.pid);
	ward_close(w);
	close(s.hold);
	close(s.collect);
	collect_owner(&s);
}

/* [true-status] */
TEST(how_a_stranger_ended_is_told_when_its_owner_has_collected_it)
{
	struct stranger s = make_stranger();
	struct ward *w = NULL;
	struct ward_exit e = WARD_EXIT_INIT;
	int r;

	if (!able_pidfd_open() && !able_watch_strangers()) {
		close(s.hold);
		close(s.collect);
		collect_owner(&s);
		SKIP("strangers cannot be held here");
	}
	REQUIRE_EQ(ward_open(&w, s.pid, 0), 0);
	close(s.hold);
	/* Where the kernel tells nothing, its end is all there is to wait for. */
	r = ward_wait(w, MILLISECONDS(10), NULL);
	CHECK(r == 0 || !able_exit_info());
	close(s.collect);
	REQUIRE_EQ(ward_wait(w, WARD_FOREVER, &e), 1);
	check_exited_or_lost(&e, 33, able_exit_info() || able_watch_strangers());
	CHECK_EQ(e.has_usage, 0);
	CHECK_EQ(e.user_ns, -1);
	CHECK_EQ(e.max_rss_bytes, -1);
	CHECK_EQ(e.blocks_out, -1);
	CHECK_EQ(e.wall_ns, -1);
	ward_close(w);
	collect_owner(&s);
}

/* [same-process] The process that a mistake would be dearest with. */
TEST(process_1_is_held_like_any_stranger_but_never_signalled_by_number)
{
	struct ward *w = NULL;

	if (getpid() <= 2)
		SKIP("process 1 is a relative here");
	if (able_pidfd_open() || able_watch_strangers()) {
		int r = ward_open(&w, 1, 0);

		/* It is not for everybody to watch there. */
		if (r == -EACCES && on_kqueue_system())
			SKIP("we may not watch process 1");
		REQUIRE_EQ(r, 0);
		CHECK_EQ(ward_pid(w), 1);
		CHECK_EQ(ward_wait(w, 0, NULL), 0);
		CHECK(able_pidfd_open() || ward_signal(w, 0) < 0);
	} else {
		CHECK_EQ(ward_open(&w, 1, 0), -ENOTSUP);
		if (ward_open(&w, 1, WARD_OPEN_WEAK) == 0)
			CHECK(ward_signal(w, 0) < 0);
	}
	ward_close(w);
}
#endif

/* [true-status] */
TEST(two_wards_of_one_child_agree)
{
	struct ward *first = NULL, *second = NULL;
	struct ward_exit e;
	int hold[2];
	struct host_process p = plain_child(hold, "21");

	REQUIRE_EQ(ward_open(&first, p.pid, 0), 0);
	REQUIRE_EQ(ward_open(&second, p.pid, 0), 0);
	close(hold[1]);
	e = wait_or_fail(first);
	check_exited(&e, 21);
	e = wait_or_fail(second);
	check_exited_or_lost(&e, 21, keeps_status(second));
	CHECK_EQ(ward_signal(second, 0), -ESRCH);
	ward_close(first);
	ward_close(second);
	host_let_go(&p);
}

/* [same-process] */
TEST(our_own_starter_is_held_like_any_stranger)
{
	struct ward *w = NULL;

	if (!able_pidfd_open())
		SKIP("strangers cannot be held here");
	REQUIRE_EQ(ward_open(&w, host_parent_pid(), 0), 0);
	CHECK_EQ(ward_pid(w), host_parent_pid());
	CHECK_EQ(ward_hold(w), able_pidfd_signal() ? WARD_HOLD_KERNEL : WARD_HOLD_PID);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	ward_close(w);
}

TEST(we_may_hold_ourselves)
{
	struct ward *w = NULL;

	if (!able_pidfd_open() && !able_watch_strangers())
		SKIP("only children can be held here");
	REQUIRE_EQ(ward_open(&w, host_pid(), 0), 0);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	CHECK_EQ(ward_wait(w, MILLISECONDS(1), NULL), 0);
	ward_close(w);
}
