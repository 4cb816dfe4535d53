/* SPDX-License-Identifier: MIT */
/*
 * Jobs on Windows: who is in them, what gets away (nothing), waiting, steps. What tries
 * to get away is the helper (tests/child_windows_tree.c).
 */
#include "help_windows_job.h"

enum { KILLED_CODE = 137 };

/* ------------------------------------------------------------------------------ means */

TEST(job_objects_are_the_means_and_the_kernel_keeps_them)
{
	struct ward_job *job = job_or_fail(NULL), *none = NULL;
	struct ward_error error = WARD_ERROR_INIT;

	CHECK_EQ(ward_job_means(job), WARD_MEANS_OBJECT);
	CHECK_EQ(ward_job_strength(job), WARD_STRENGTH_KERNEL);
	CHECK_EQ(ward_job_poll_fd(job), -ENOTSUP);
	CHECK_EQ(ward_job_new(&none, WARD_JOB_OPTS(.means = WARD_MEANS_CGROUP,
	                                           .error = &error)), -ENOTSUP);
	CHECK_EQ(error.step, WARD_STEP_JOB);
	CHECK(strstr(error.path, "cgroup: this system has no such means") != NULL);
	CHECK(none == NULL);
	ward_job_close(job);
}

/* [whole-tree] */
TEST(a_ward_is_born_in_the_job_and_so_is_what_it_starts)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("tree", "chain", "6"), INTO(job));
	struct ward **members = NULL;
	bool is_there = false;
	size_t n = 0;

	CHECK_EQ(ward_job_count(job), 7);
	REQUIRE_EQ(ward_job_members(job, &members, &n), 0);
	CHECK_EQ(n, 7);
	for (size_t i = 0; i < n; i++) {
		is_there = is_there || ward_pid(members[i]) == ward_pid(t.w);
		CHECK_EQ(ward_hold(members[i]), WARD_HOLD_KERNEL);
		CHECK_EQ(ward_wait(members[i], 0, NULL), 0);
	}
	CHECK(is_there);
	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	talk_let_go(&t);
	check_empty(job);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(ward_wait(members[i], SECONDS(40), NULL), 1);
	ward_job_members_free(members, n);
	talk_end(&t);
	ward_job_close(job);
}

/* [whole-tree] */
TEST(nobody_breaks_away)
{
	struct ward_job *job = job_or_fail(WARD_JOB_OPTS(.on_owner_death = WARD_KILL));
	char line[64];

	output_of(CHILD("break-away"), INTO(job), line, sizeof(line));
	CHECK_STR(line, "refused: 5\n");
	check_empty(job);
	ward_job_close(job);
}

TEST(a_job_of_the_callers_and_one_of_ours_are_not_both_entered)
{
	struct ward_job *job = job_or_fail(NULL);
	HANDLE own = CreateJobObjectW(NULL, NULL);

	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.job = job,
	                            .windows = WARD_WINDOWS_OPTS(.job = own)),
	            -EINVAL, WARD_STEP_OPTIONS);
	CHECK_EQ(ward_job_wait_empty(job, 0), 1);
	CloseHandle(own);
	ward_job_close(job);
}

/* ------------------------------------------------------------------------------- kill */

/* [whole-tree] [true-status] */
TEST(kill_ends_all_and_the_ward_is_told_that_it_was_killed)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("tree", "daemons", "3"), INTO(job));
	struct ward_exit e;

	CHECK_EQ(ward_job_kill(job), 0);
	check_empty(job);
	e = wait_or_fail(t.w);
	check_signaled(&e, SIGKILL);
	CHECK_EQ(e.code, KILLED_CODE);
	CHECK_EQ(ward_job_kill(job), 0);
	talk_end(&t);
	ward_job_close(job);
}

/* All of them hold the pipe. */
static void check_beaten(const char *const argv[])
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(argv, INTO(job));
	char byte;

	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	CHECK_EQ(ward_job_kill(job), 0);
	check_empty(job);
	CHECK_EQ(host_read(t.from, &byte, 1), 0);
	talk_end(&t);
	ward_job_close(job);
}

/* [whole-tree] */
TEST(daemons_do_not_get_away)
{
	check_beaten(CHILD("tree", "daemons", "5"));
	check_beaten(CHILD("tree", "daemons", "5", "abandon"));
}

/* [whole-tree] */
TEST(groups_of_their_own_do_not_get_away)
{
	check_beaten(CHILD("tree", "groups", "5"));
}

/* [whole-tree] */
TEST(those_who_listen_to_nothing_do_not_get_away)
{
	check_beaten(CHILD("tree", "deaf", "3"));
	check_beaten(CHILD("tree", "stopped", "3"));
	check_beaten(CHILD("tree", "leaderless", "3"));
}

/* [whole-tree] */
TEST(those_who_are_gone_when_one_looks_do_not_get_away)
{
	check_beaten(CHILD("tree", "hopper", "200"));
}

/* [whole-tree] */
TEST(those_who_start_others_faster_than_one_looks_do_not_get_away)
{
	check_beaten(CHILD("tree", "bomb", "200"));
}

TEST(a_job_can_be_used_after_a_kill)
{
	struct ward_job *job = job_or_fail(NULL);

	CHECK_EQ(ward_job_kill(job), 0);
	expect_exit(spawn_or_fail(CHILD("exit", "4"), INTO(job)), 4);
	/* Its code is that of KILL, which came before it. */
	expect_exit(spawn_or_fail(CHILD("terminate", "137"), INTO(job)), KILLED_CODE);
	check_empty(job);
	ward_job_close(job);
}

/* Until the coarse clock shows a later time than that of its end. */
static void let_the_clock_tick(const struct ward *w)
{
	FILETIME born, ended, kernel, user, now;

	REQUIRE_EQ(WaitForSingleObject(ward_windows_handle(w), 40000), WAIT_OBJECT_0);
	REQUIRE(GetProcessTimes(ward_windows_handle(w), &born, &ended, &kernel, &user));
	do
		GetSystemTimeAsFileTime(&now);
	while (CompareFileTime(&now, &ended) <= 0);
}

/* [true-status] */
TEST(who_had_ended_by_the_code_of_kill_before_it_was_not_killed)
{
	struct ward_job *job = job_or_fail(NULL);
	struct ward *w = spawn_or_fail(CHILD("terminate", "137"), INTO(job));

	let_the_clock_tick(w);
	CHECK_EQ(ward_job_kill(job), 0);
	expect_exit(w, KILLED_CODE);
	ward_job_close(job);
}

/* [true-status] */
TEST(a_ward_knows_that_its_job_was_killed_after_the_job_is_closed)
{
	struct ward_job *job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL));
	struct talk t = talk_start_ready(CHILD("ready"), INTO(job));
	struct ward_exit e;

	ward_job_close(job);
	e = wait_or_fail(t.w);
	check_signaled(&e, SIGKILL);
	talk_end(&t);
}

TEST(close_waits_for_the_end_of_all_when_it_is_to)
{
	struct ward_job *job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT));
	struct talk t = talk_start_ready(CHILD("fork-and-stay"), INTO(job));

	ward_job_close(job);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 1);
	talk_end(&t);
}

TEST(a_job_that_is_left_alone_outlives_its_close)
{
	struct ward_job *job = job_or_fail(WARD_JOB_OPTS(.on_close = WARD_LEAVE,
	                                                 .on_owner_death = WARD_KILL));
	struct talk t = talk_start_ready(CHILD("ready", "6"), INTO(job));
	struct ward_exit e;

	CHECK_EQ(ward_owner_death(t.w), WARD_DEATH_JOB);
	ward_job_close(job);
	talk_let_go(&t);
	e = wait_or_fail(t.w);
	check_exited(&e, 6);
	talk_end(&t);
}

/* ------------------------------------------------------------------------------ empty */

TEST(a_job_is_empty_when_the_last_grandchild_has_ended)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start(CHILD("fork-and-hold"), INTO(job));

	CHECK_EQ(ward_wait(t.w, SECONDS(40), NULL), 1);
	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	CHECK_EQ(ward_job_wait_empty(job, MILLISECONDS(20)), 0);
	talk_let_go(&t);
	check_empty(job);
	talk_end(&t);
	ward_job_close(job);
}

TEST(its_event_tells_any_loop)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("tree", "fan", "3"), INTO(job));
	void *event = NULL, *again = NULL;
	BOOL is_in = FALSE;
	int r;

	REQUIRE_EQ(ward_windows_job_event(job, &event), 0);
	CHECK_EQ(ward_windows_job_event(job, &again), 0);
	CHECK(event == again);
	CHECK_EQ(ward_windows_job_event(NULL, &event), -EINVAL);
	CHECK_EQ(ward_windows_job_event(job, NULL), -EINVAL);
	CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	talk_let_go(&t);
	do {
		REQUIRE_EQ(WaitForSingleObject(event, 40000), WAIT_OBJECT_0);
		r = ward_job_wait_empty(job, 0);
	} while (r == 0);
	CHECK_EQ(r, 1);
	CHECK(ward_windows_job_handle(NULL) == NULL);
	CHECK(IsProcessInJob(ward_windows_handle(t.w), ward_windows_job_handle(job),
	                     &is_in));
	talk_end(&t);
	ward_job_close(job);
}

static struct ward_job *shared;

static void *wait_for_shared(void *arg)
{
	(void)arg;
	check_empty(shared);
	return NULL;
}

/* [threads] */
TEST(several_threads_wait_for_the_same_job)
{
	struct talk t;
	struct host_thread threads[4];

	shared = job_or_fail(NULL);
	t = talk_start_ready(CHILD("tree", "fan", "3"), INTO(shared));
	for (int i = 0; i < 4; i++)
		host_thread_start(&threads[i], wait_for_shared, NULL);
	CHECK_EQ(ward_job_wait_empty(shared, MILLISECONDS(20)), 0);
	talk_let_go(&t);
	for (int i = 0; i < 4; i++)
		host_thread_join(&threads[i]);
	talk_end(&t);
	ward_job_close(shared);
}

/* ------------------------------------------------------------------------------ steps */

TEST(stop_asks_by_the_console_and_kills_who_does_not_listen)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("catch"), INTO(job));
	struct talk deaf = talk_start_ready(CHILD("ignore"), INTO(job));
	static const struct ward_stop_step steps[] = {
		{ SIGTERM, 0, 2 * WARD_NS_PER_S }, { SIGKILL, 0, 40 * WARD_NS_PER_S },
	};
	struct ward_job_result result = WARD_JOB_RESULT_INIT;
	struct ward_exit e;

	CHECK_EQ(ward_job_signal(job, 0), 0);
	CHECK_EQ(ward_job_signal(job, 99), -EINVAL);
	CHECK_EQ(ward_job_stop(job, steps, 2, &result), 2);
	CHECK_EQ(result.step, 2);
	CHECK_EQ(result.means, WARD_MEANS_OBJECT);
	CHECK_EQ(result.n_first, 2);
	CHECK_EQ(result.n_survivors, 0);
	e = wait_or_fail(t.w);
	if (e.how == WARD_EXITED) {
		CHECK_EQ(e.code, 64 + CTRL_BREAK_EVENT);
		CHECK_EQ(result.n_killed, 1);
	} else {
		check_note("there is no console: nobody was asked");
		CHECK_EQ(result.n_killed, 2);
	}
	CHECK_EQ(result.n_names, result.n_killed);
	CHECK(strncmp(result.names[0].name, "child", 5) == 0);
	CHECK_EQ(ward_job_signal(job, SIGTERM), -ESRCH);
	talk_end(&t);
	talk_end(&deaf);
	ward_job_close(job);
}

TEST(who_leads_no_group_is_not_asked_and_nobody_else_is)
{
	struct ward_job *job = job_or_fail(WARD_JOB_OPTS(.flags = WARD_JOB_SHARE_GROUP));
	struct talk t = talk_start_ready(CHILD("ready", "3"), INTO(job));
	struct ward_exit e;

	CHECK_EQ(ward_job_signal(job, SIGTERM), -ENOTSUP);
	talk_let_go(&t);
	e = wait_or_fail(t.w);
	check_exited(&e, 3);
	talk_end(&t);
	ward_job_close(job);
}

/* -------------------------------------------------------------------------------- add */

TEST(a_running_process_is_taken_in_and_shares_its_fate)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e;

	CHECK_EQ(ward_job_add(job, t.w), 0);
	CHECK_EQ(ward_job_add(job, t.w), 0);
	CHECK_EQ(ward_job_count(job), 1);
	CHECK_EQ(ward_job_kill(job), 0);
	e = wait_or_fail(t.w);
	check_signaled(&e, SIGKILL);
	CHECK_EQ(ward_job_add(job, t.w), -ESRCH);
	check_empty(job);
	talk_end(&t);
	ward_job_close(job);
}
