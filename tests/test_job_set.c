/* SPDX-License-Identifier: MIT */
/*
 * Jobs in sets: told of once, when nobody is in them any more.
 */
#include "job.h"
#include "set.h"

static void expect_empty(struct ward_set *set, struct ward_job *job, void *cookie)
{
	struct ward_event e = next_event(set, NULL, 0);

	CHECK_EQ(e.what, WARD_EVENT_EMPTY);
	CHECK_EQ(e.code, 0);
	CHECK(e.job == job);
	CHECK(e.ward == NULL);
	CHECK(e.cookie == cookie);
	CHECK_EQ(e.flags, WARD_EVENT_LAST);
}

TEST(a_job_is_told_of_when_it_is_empty)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward_set *set = set_or_fail(NULL);
		struct ward_event e = WARD_EVENT_INIT;
		struct talk t = tree_start(job, TREE("daemons", "3"));
		int here;

		CHECK_EQ(ward_set_add_job(set, job, &here), 0);
		CHECK_EQ(ward_set_count(set), 1);
		CHECK_EQ(ward_set_wait(set, MILLISECONDS(20), &e), 0);
		talk_let_go(&t);
		CHECK(tree_ends(&t, 40));
		ward_wait(t.w, SECONDS(40), NULL);
		expect_empty(set, job, &here);
		CHECK_EQ(ward_set_count(set), 0);
		talk_end(&t);
		ward_set_close(set);
		ward_job_close(job);
	}
}

TEST(an_empty_job_is_told_of_at_once)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward_set *set = set_or_fail(NULL);

		CHECK_EQ(ward_set_add_job(set, job, NULL), 0);
		expect_empty(set, job, NULL);
		CHECK_EQ(ward_set_add_job(set, job, set), 0);
		expect_empty(set, job, set);
		ward_set_close(set);
		ward_job_close(job);
	}
}

TEST(a_job_is_in_a_set_once)
{
	struct ward_job *job =
		job_of(HOST_POSIX ? WARD_MEANS_GROUP : WARD_MEANS_OBJECT, NULL);
	struct ward_set *set = set_or_fail(NULL), *other = set_or_fail(NULL);

	CHECK_EQ(ward_set_add_job(set, job, NULL), 0);
	CHECK_EQ(ward_set_add_job(set, job, NULL), -EEXIST);
	CHECK_EQ(ward_set_add_job(other, job, NULL), 0);
	CHECK_EQ(ward_set_remove_job(set, job), 0);
	CHECK_EQ(ward_set_remove_job(set, job), -ENOENT);
	CHECK_EQ(ward_set_add_job(NULL, job, NULL), -EINVAL);
	CHECK_EQ(ward_set_add_job(set, NULL, NULL), -EINVAL);
	CHECK_EQ(ward_set_remove_job(set, NULL), -EINVAL);
	ward_set_close(set);
	ward_set_close(other);
	ward_job_close(job);
}

TEST(a_job_that_is_removed_or_closed_is_not_told_of)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward_set *set = set_or_fail(NULL);
		struct ward_job *other = job_of(ward_job_means(job), NULL);
		struct ward_event e = WARD_EVENT_INIT;

		CHECK_EQ(ward_set_add_job(set, job, NULL), 0);
		CHECK_EQ(ward_set_add_job(set, other, NULL), 0);
		CHECK_EQ(ward_set_remove_job(set, job), 0);
		ward_job_close(other);
		CHECK_EQ(ward_set_count(set), 0);
		CHECK_EQ(ward_set_wait(set, MILLISECONDS(20), &e), 0);
		ward_set_close(set);
		ward_job_close(job);
	}
}

TEST(a_set_that_is_closed_lets_its_jobs_go)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward_set *set = set_or_fail(NULL);
		struct talk t = tree_start(job, TREE("fan", "1"));

		CHECK_EQ(ward_set_add_job(set, job, NULL), 0);
		ward_set_close(set);
		tree_let_go(&t);
		ward_job_close(job);
	}
}

TEST(jobs_and_wards_share_a_set)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward_set *set = set_or_fail(NULL);
		struct talk t = tree_start(job, TREE("fan", "2"));
		bool ended = false, empty = false;

		add_or_fail(set, t.w, NULL, NULL);
		CHECK_EQ(ward_set_add_job(set, job, NULL), 0);
		talk_let_go(&t);
		CHECK(tree_ends(&t, 40));
		while (!ended || !empty) {
			struct ward_event e = next_event(set, NULL, 0);

			ended |= e.what == WARD_EVENT_ENDED;
			empty |= e.what == WARD_EVENT_EMPTY;
			REQUIRE(ended || empty);
		}
		talk_end(&t);
		ward_set_close(set);
		ward_job_close(job);
	}
}
