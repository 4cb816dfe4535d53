/* SPDX-License-Identifier: MIT */
/*
 * Somebody in a job of a user without privileges becomes another user, by a set-uid
 * program: whom we may not signal is told of and not waited for.
 */
#include "job.h"
#include "set_uid.h"

/* In the order of its steps: asked in vain, killed in vain, told. */
static void stop_in_vain(struct ward_job *job, const struct set_uid *s)
{
	static const struct ward_stop_step steps[] = {
		{ SIGTERM, 0, 20 * WARD_NS_PER_MS },
		{ SIGKILL, 0, 50 * WARD_NS_PER_MS },
	};
	struct ward_job_result result = WARD_JOB_RESULT_INIT;
	struct talk t = talk_start_ready(ARGV(s->program, "other-user"),
	                                 WARD_SPAWN_OPTS(.job = job));

	CHECK_EQ(ward_signal(t.w, SIGKILL), -EPERM);
	CHECK_EQ(ward_job_stop(job, steps, 2, &result), -ETIMEDOUT);
	/* A group cannot be counted, but is not empty. */
	CHECK_EQ(result.n_survivors, ward_job_means(job) == WARD_MEANS_GROUP ? -1 : 1);
	if (result.n_names == 1) {
		CHECK_EQ(result.names[0].pid, ward_pid(t.w));
		CHECK_EQ(result.names[0].survived, 1);
	}
	CHECK_EQ(ward_job_wait_empty(job, MILLISECONDS(10)), 0);
	talk_let_go(&t);
	expect_exit(t.w, 0);
	close(t.from);
}

static void stop_as_nobody(int means, const struct set_uid *s)
{
	struct ward_job *job;

	become_nobody();
	job = job_of(means, NULL);
	if (job) {
		stop_in_vain(job, s);
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(20)), 1);
		ward_job_close(job);
	}
	_exit(0);
}

/* [bounded] [whole-tree] */
TEST(who_became_another_user_survives_and_is_told)
{
	static const int means[] = { WARD_MEANS_GROUP, WARD_MEANS_KEEPER };
	struct set_uid s;

	if (geteuid() != 0)
		SKIP("only root can make a program set-uid");
	if (!set_uid_make(&s))
		SKIP("set-uid programs are not heeded here");
	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		int status = -1;
		pid_t pid = fork();

		if (pid == 0)
			stop_as_nobody(means[i], &s);
		REQUIRE_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
	set_uid_remove(&s);
}
