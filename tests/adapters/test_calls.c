/* SPDX-License-Identifier: MIT */
/*
 * The examples that wait by the system's own calls: they are read as the way to do it, so
 * they are held to it.
 */
#include <sys/resource.h>

int loop_poll_main(void);
#define main loop_poll_main
#define now now_of_poll
#define left left_of_poll
#include "../../examples/loop_poll.c" /* NOLINT(bugprone-suspicious-include) */
#undef main
#undef now
#undef left

int loop_select_main(void);
#define main loop_select_main
#define now now_of_select
#define left left_of_select
#include "../../examples/loop_select.c" /* NOLINT(bugprone-suspicious-include) */
#undef main
#undef now
#undef left

#ifdef __linux__
int loop_epoll_main(void);
#define main loop_epoll_main
#define now now_of_epoll
#define left left_of_epoll
#define run run_of_epoll
#include "../../examples/loop_epoll.c" /* NOLINT(bugprone-suspicious-include) */
#undef main
#undef now
#undef left
#undef run
#endif

#include "able.h"
#include "gate.h"
#include "help.h"
#include "tracer.h"

typedef int wait_fn(struct ward *w, int64_t timeout_ns, struct ward_exit *exit);

static wait_fn *const calls[] = {
	wait_by_poll,
	wait_by_select,
#ifdef __linux__
	wait_by_epoll,
#endif
};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

TEST(each_call_tells_the_end)
{
	for (int i = 0; i < CALLS; i++) {
		struct ward *w = spawn_or_fail(CHILD("exit", "6"), NULL);
		struct ward_exit exit = WARD_EXIT_INIT;

		CHECK_EQ(calls[i](w, SECONDS(40), &exit), 1);
		check_exited(&exit, 6);
		/* Also an end long ago, and with no time at all. */
		CHECK_EQ(calls[i](w, 0, &exit), 1);
		ward_close(w);
	}
}

/* [bounded] Not less than was asked for, and idle meanwhile. */
TEST(each_call_keeps_the_time)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	for (int i = 0; i < CALLS; i++) {
		int64_t before = now_of_poll();

		ward__gate_fail(NULL, 0, 0);
		CHECK_EQ(calls[i](t.w, MILLISECONDS(20) + 999000, NULL), 0);
		CHECK(now_of_poll() - before >= MILLISECONDS(20) + 999000);
		/* Each try is a call or two; a busy millisecond has hundreds. */
		CHECK(ward__gate_count() < 10);
		CHECK_EQ(calls[i](t.w, 0, NULL), 0);
	}
	CHECK_EQ(left_of_poll(INT64_MAX / 2), 86400000);
	CHECK_EQ(left_of_select(INT64_MAX / 2).tv_sec, 86400);
	CHECK_EQ(left_of_poll(1), 0);
	CHECK_EQ(left_of_select(1).tv_usec, 0);
	talk_end(&t);
}

#ifdef __linux__
/* [bounded] */
TEST(a_child_that_a_debugger_holds_back_makes_no_call_spin)
{
	struct talk t = talk_start_ready(CHILD("ready", "7"), NULL);
	struct tracer tracer = trace(&t);

	if (tracer.pid >= 0) {
		talk_let_go(&t);
		until_zombie(&tracer);
		for (int i = 0; i < CALLS; i++) {
			ward__gate_fail(NULL, 0, 0);
			CHECK_EQ(calls[i](t.w, MILLISECONDS(200), NULL), 0);
			CHECK(ward__gate_count() < 200);
		}
		end_tracing(&tracer);
		for (int i = 0; i < CALLS; i++)
			CHECK_EQ(calls[i](t.w, SECONDS(40), NULL), 1);
	}
	talk_end(&t);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}
#endif

TEST(select_refuses_a_number_that_its_set_has_no_room_for)
{
	struct rlimit limit;
	int low[FD_SETSIZE], n = 0;
	struct ward *w;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < FD_SETSIZE + 100)
		SKIP("no number is that high here");
	while (n < FD_SETSIZE && (low[n] = dup(0)) < FD_SETSIZE)
		REQUIRE(low[n++] >= 0);
	close(low[n]);
	w = spawn_or_fail(CHILD("exit", "8"), NULL);
	CHECK(ward_poll_fd(w) >= FD_SETSIZE);
	CHECK_EQ(wait_by_select(w, SECONDS(40), NULL), -EMFILE);
	CHECK_EQ(wait_by_poll(w, SECONDS(40), NULL), 1);
	expect_exit(w, 8);
	while (n-- > 0)
		close(low[n]);
}
