/* SPDX-License-Identifier: MIT */
/* What descends from a process; and the steps of a run that are for its whole job. */
#include "job.h"

static bool can_walk(void)
{
#ifdef __linux__
	return on_linux_system() && !is_forced("children") &&
	       access("/proc/thread-self/children", R_OK) == 0;
#else
	return false;
#endif
}

TEST(all_that_descends_is_held)
{
	static const char *const shapes[] = { "fan", "chain", "groups", "leaderless" };

	if (!can_walk() || !able_pidfd_open())
		SKIP("this system does not list children");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct talk t = tree_start(NULL, TREE(shapes[i], "5"));
		struct ward **list = NULL;
		size_t n = 0;

		REQUIRE_EQ(ward_descendants(t.w, &list, &n), 0);
		CHECK_EQ(n, 5);
		for (size_t k = 0; k < n; k++) {
			CHECK(ward_pid(list[k]) != ward_pid(t.w));
			CHECK_EQ(ward_signal(list[k], 0),
			         able_pidfd_signal() ? 0 : -ENOTSUP);
		}
		ward_job_members_free(list, n);
		tree_let_go(&t);
	}
}

TEST(what_has_lost_its_parent_does_not_descend)
{
	struct talk t;
	struct ward **list = NULL;
	size_t n = 99;

	if (!can_walk() || !able_pidfd_open())
		SKIP("this system does not list children");
	t = tree_start(NULL, TREE("daemons", "3"));
	REQUIRE_EQ(ward_descendants(t.w, &list, &n), 0);
	CHECK_EQ(n, 0);
	ward_job_members_free(list, n);
	tree_let_go(&t);
}

TEST(nothing_descends_from_what_has_ended)
{
	struct ward *w = NULL;
	struct ward **list = NULL;
	size_t n = 99;

	REQUIRE_EQ(ward_spawn(&w, CHILD("exit", "0"), NULL), 0);
	CHECK_EQ(ward_wait(w, WARD_FOREVER, NULL), 1);
	CHECK_EQ(ward_descendants(w, &list, &n), can_walk() ? -ESRCH : -ENOTSUP);
	CHECK(list == NULL);
	CHECK_EQ(n, 99);
	ward_close(w);
	CHECK_EQ(ward_descendants(NULL, &list, &n), -EINVAL);
}

/* -------------------------------------------------------------------- WARD_STOP_JOB */

/* [whole-tree] */
TEST(steps_of_a_run_can_be_for_the_whole_job)
{
	static const struct ward_stop_step steps[] = {
		{ .signal = SIGTERM, .flags = WARD_STOP_JOB | WARD_STOP_CONTINUE,
		  .timeout_ns = 20 * WARD_NS_PER_S },
	};

	int in[2], r;

	REQUIRE_EQ(pipe2(in, O_CLOEXEC), 0);
	FOR_EACH_MEANS(NULL) {
		struct ward_result result = WARD_RESULT_INIT;
		const struct ward_spawn_opts *spawn = WARD_SPAWN_OPTS(
			.job = job, .in = { .kind = WARD_FD_GIVEN, .fd = in[0] });

		REQUIRE_EQ(ward_run(TREE("fan", "3"),
		                    WARD_RUN_OPTS(.spawn = spawn, .stop = steps,
		                                  .n_stop = 1,
		                                  .timeout_ns = 200 * WARD_NS_PER_MS),
		                    &result),
		           0);
		CHECK(result.flags & WARD_RESULT_TIMED_OUT);
		/* KILL comes last, and what is for the job needs no handles. */
		CHECK_EQ(result.stopped_by, job_takes_signals(job) ? SIGTERM : SIGKILL);
		ward_result_free(&result);
		if (job_signals_children_alone(job)) {
			check_note("a keeper without pidfd_open reaches its own "
			           "children alone");
			CHECK_EQ(ward_job_kill(job), 0);
		}
		/* Nobody else has sent them anything. */
		collect_orphans(0);
		r = ward_job_wait_empty(job, 20 * WARD_NS_PER_S);
		CHECK(r == 1 || (r == -ENOTSUP && !able_pidfs() &&
		                 ward_job_means(job) == WARD_MEANS_GROUP));
		ward_job_close(job);
	}
	close(in[0]);
	close(in[1]);
}

TEST(a_step_for_a_job_needs_one)
{
	static const struct ward_stop_step steps[] = { { SIGTERM, WARD_STOP_JOB, 1 } };
	struct ward *w = NULL;

	CHECK_EQ(ward_run(CHILD("exit", "0"), WARD_RUN_OPTS(.stop = steps, .n_stop = 1),
	                  NULL), -EINVAL);
	REQUIRE_EQ(ward_spawn(&w, CHILD("exit", "0"), NULL), 0);
	CHECK_EQ(ward_stop(w, steps, 1, NULL), -EINVAL);
	CHECK_EQ(ward_wait(w, WARD_FOREVER, NULL), 1);
	ward_close(w);
}
