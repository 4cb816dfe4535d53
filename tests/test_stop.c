/* SPDX-License-Identifier: MIT */
/*
 * Stopping step by step, and being told which step did it.
 */
#include "able.h"
#include "help.h"

/* Without a console that it shares with us, a process cannot be asked to end: the step
 * is passed over, and the next one ends it. */
enum {
	TERM_STEP = HOST_POSIX ? 1 : 2,
	TERM_SIGNAL = HOST_POSIX ? SIGTERM : SIGKILL
};

static const struct ward_stop_step term_then_kill[] = {
	{ SIGTERM, 0, 30 * WARD_NS_PER_MS },
	{ SIGKILL, 0, WARD_FOREVER },
};

TEST(by_default_a_willing_process_ends_at_the_first_step)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_stop(t.w, NULL, 0, &e), TERM_STEP);
	check_signaled(&e, TERM_SIGNAL);
	talk_end(&t);
}

#if HOST_POSIX
TEST(a_process_may_end_in_its_own_way_when_asked)
{
	struct talk t = talk_start_ready(CHILD("catch", "TERM"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_stop(t.w, NULL, 0, &e), 1);
	check_exited(&e, 64 + SIGTERM);
	talk_end(&t);
}
#endif

TEST(a_process_that_has_ended_needs_no_step)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	wait_or_fail(w);
	CHECK_EQ(ward_stop(w, NULL, 0, &e), 0);
	check_exited(&e, 3);
	CHECK_EQ(ward_stop(w, term_then_kill, 2, NULL), 0);
	ward_close(w);
}

TEST(an_unwilling_process_ends_at_the_second_step)
{
	struct talk t = talk_start_ready(CHILD("ignore", "TERM"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_stop(t.w, term_then_kill, 2, &e), 2);
	check_signaled(&e, SIGKILL);
	talk_end(&t);
}

TEST(a_step_may_only_wait)
{
	static const struct ward_stop_step wait_first[] = {
		{ 0, 0, WARD_NS_PER_MS },
		{ SIGTERM, 0, WARD_NS_PER_MS },
		{ 0, 0, 0 },
		{ SIGKILL, 0, WARD_FOREVER },
	};
	struct talk t = talk_start_ready(CHILD("ignore", "TERM"), NULL);

	CHECK_EQ(ward_stop(t.w, wait_first, 4, NULL), 4);
	talk_end(&t);

	t = talk_start(CHILD("spin", "100"), NULL);
	CHECK_EQ(ward_stop(t.w, &(struct ward_stop_step){ 0, 0, WARD_FOREVER }, 1, NULL),
	         1);
	talk_end(&t);
}

/* [bounded] */
TEST(a_process_that_survives_all_steps_is_told)
{
	struct talk t = talk_start_ready(CHILD("ignore", "TERM"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_stop(t.w, term_then_kill, 1, &e), TERM_STEP == 1 ? -ETIMEDOUT :
	                                                                  -ENOTSUP);
	CHECK_EQ(ward_stop(t.w, &(struct ward_stop_step){ 0, 0, WARD_NS_PER_MS }, 1, &e),
	         -ETIMEDOUT);
	CHECK_EQ(e.how, 0);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 0);
	talk_end(&t);
}

#if HOST_POSIX
static void until_stopped(struct ward *w)
{
	siginfo_t info;

	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(w), &info, WSTOPPED | WNOWAIT), 0);
}

TEST(a_stopped_process_is_continued_so_that_it_sees_the_signal)
{
	static const struct ward_stop_step term[] = {
		{ SIGTERM, WARD_STOP_CONTINUE, WARD_FOREVER }
	};
	struct talk t = talk_start_ready(CHILD("catch", "TERM"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	ward_signal(t.w, SIGSTOP);
	until_stopped(t.w);
	CHECK_EQ(ward_stop(t.w, term, 1, &e), 1);
	check_exited(&e, 64 + SIGTERM);
	talk_end(&t);
}

TEST(the_default_steps_continue_a_stopped_process)
{
	struct talk t = talk_start_ready(CHILD("catch", "TERM"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	ward_signal(t.w, SIGSTOP);
	until_stopped(t.w);
	CHECK_EQ(ward_stop(t.w, NULL, 0, &e), 1);
	check_exited(&e, 64 + SIGTERM);
	talk_end(&t);
}

TEST(a_step_may_be_for_the_whole_group)
{
	static const struct ward_stop_step kill_group[] = {
		{ SIGKILL, WARD_STOP_GROUP, WARD_FOREVER }
	};
	struct talk t = talk_start_ready(CHILD("fork-and-stay"),
	                                 WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));
	char rest[16];

	CHECK_EQ(ward_stop(t.w, kill_group, 1, NULL), 1);
	/* Its child held the pipe too. */
	read_all(t.from, rest, sizeof(rest));
	talk_end(&t);
	while (waitpid(-1, NULL, 0) > 0)
		;
}
#endif

TEST(steps_that_make_no_sense_are_refused_before_the_first_signal)
{
	static const struct ward_stop_step bad_flag[] = { { SIGKILL, 0, 0 },
		                                          { SIGKILL, 1u << 31, 0 } };
	static const struct ward_stop_step bad_signal[] = { { SIGKILL, 0, 0 },
		                                            { -1, 0, 0 } };
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	CHECK_EQ(ward_stop(t.w, bad_flag, 2, NULL), -EINVAL);
	CHECK_EQ(ward_stop(t.w, bad_signal, 2, NULL), -EINVAL);
	CHECK_EQ(ward_stop(t.w, NULL, 1, NULL), -EINVAL);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(10), NULL), 0);
	talk_end(&t);
}

TEST(steps_may_be_taken_with_a_process_that_was_only_opened)
{
	struct ward *w = NULL;
	struct ward_exit e = WARD_EXIT_INIT;
	struct host_process p;
	int hold[2];

	make_pipe(hold);
	p = host_start(CHILD("hold"), hold[0]);
	REQUIRE_EQ(ward_open(&w, p.pid, WARD_OPEN_CHILD), 0);
	CHECK_EQ(ward_stop(w, NULL, 0, &e), TERM_STEP);
	check_signaled(&e, TERM_SIGNAL);
	ward_close(w);
	host_let_go(&p);
	close(hold[0]);
	close(hold[1]);
}

TEST(stopping_leaves_errno_alone)
{
	struct talk t = talk_start_ready(CHILD("ignore", "TERM"), NULL);

	errno = 77;
	CHECK_EQ(ward_stop(t.w, term_then_kill, 2, NULL), 2);
	CHECK_EQ(errno, 77);
	talk_end(&t);
}
