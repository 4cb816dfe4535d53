/* SPDX-License-Identifier: MIT */
/*
 * Asking about a job: who is in it, what it has used; frozen ones; its descriptor.
 */
#include "job.h"
#include "tracer.h"

/* Groups cannot be asked. */
static bool can_be_asked(struct ward_job *job)
{
	struct ward **list;
	size_t n;

	if (ward_job_means(job) != WARD_MEANS_GROUP)
		return true;
	CHECK_EQ(ward_job_members(job, &list, &n), -ENOTSUP);
	CHECK_EQ(ward_job_count(job), -ENOTSUP);
	CHECK_EQ(ward_job_poll_fd(job), -ENOTSUP);
	ward_job_close(job);
	return false;
}

/* A number that nothing pins is not signalled. */
static void kill_member(struct ward *w)
{
	int r = ward_signal(w, SIGKILL);

	CHECK(r == 0 || (r == -ENOTSUP && ward_hold(w) == WARD_HOLD_PID));
}

/* [same-process] */
TEST(its_members_are_held)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward **list = NULL;
		struct talk t;
		size_t n = 0, seen = 0;

		if (!can_be_asked(job))
			continue;
		t = tree_start(job, TREE("daemons", "4"));
		if (job_names_members(job) || ward_job_means(job) != WARD_MEANS_PIDNS)
			CHECK_EQ(ward_job_count(job), 5);
		if (job_names_members(job)) {
			CHECK_EQ(ward_job_members(job, &list, &n), 0);
			CHECK_EQ(n, 5);
		} else {
			CHECK(job_is_lack(ward_job_members(job, &list, &n)));
		}
		for (size_t i = 0; i < n; i++) {
			struct ward_info info = WARD_INFO_INIT;

			CHECK_EQ(ward_info(list[i], &info), 0);
			CHECK(is_child_name(info.name));
			seen += ward_pid(list[i]) == ward_pid(t.w);
			kill_member(list[i]);
		}
		CHECK_EQ(seen, job_names_members(job));
		CHECK_EQ(ward_job_kill(job), 0);
		CHECK(tree_ends(&t, 40));
		ward_job_members_free(list, n);
		talk_end(&t);
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
		CHECK_EQ(ward_job_count(job), 0);
		ward_job_close(job);
	}
}

TEST(an_empty_job_has_no_members)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward **list = NULL;
		size_t n = 7;

		if (!can_be_asked(job))
			continue;
		CHECK_EQ(ward_job_members(job, &list, &n), 0);
		CHECK_EQ(n, 0);
		ward_job_members_free(list, n);
		ward_job_close(job);
	}
	ward_job_members_free(NULL, 0);
}

TEST(usage_is_that_of_the_dead_too)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward_job_usage usage = WARD_JOB_USAGE_INIT;

		expect_exit(
			spawn_or_fail(CHILD("spin", "150"), WARD_SPAWN_OPTS(.job = job)),
			0);
		expect_exit(
			spawn_or_fail(CHILD("spin", "150"), WARD_SPAWN_OPTS(.job = job)),
			0);
		CHECK_EQ(ward_job_usage(job, &usage), 0);
		if (ward_job_means(job) == WARD_MEANS_GROUP) {
			CHECK_EQ(usage.user_ns, -1);
			CHECK_EQ(usage.processes, -1);
		} else if (on_wine()) {
			check_note("Wine does not tell what a job has used");
			CHECK_EQ(usage.user_ns, -1);
			CHECK_EQ(usage.processes, 0);
		} else {
			if (!CHECK(usage.user_ns + usage.system_ns >= MILLISECONDS(240)))
				check_note("by %s: %lld and %lld ns",
				           ward_means_name(ward_job_means(job)),
				           (long long)usage.user_ns,
				           (long long)usage.system_ns);
			CHECK_EQ(usage.processes, 0);
		}
		ward_job_close(job);
	}
}

#ifdef __linux__
/* Who descends from it in a job of the two. */
static struct ward *other_member(struct ward_job *job, const struct ward *root)
{
	struct ward *other = NULL, **list = NULL;
	size_t n = 0;

	REQUIRE_EQ(ward_job_members(job, &list, &n), 0);
	CHECK_EQ(n, 2);
	for (size_t i = 0; i < n; i++)
		if (ward_pid(list[i]) != ward_pid(root))
			other = ward_ref(list[i]);
	ward_job_members_free(list, n);
	REQUIRE(other != NULL);
	return other;
}

/* A debugger holds one of it back: the namespace goes, and is not gone. */
TEST(usage_is_told_while_a_namespace_ends)
{
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;
	struct ward_job *job = job_of(WARD_MEANS_PIDNS, NULL);
	struct talk t, other = { .to = -1, .from = -1 };
	struct tracer tracer;

	if (!job)
		SKIP("there are no pid namespaces here");
	if (!job_names_members(job)) {
		ward_job_close(job);
		SKIP("its members cannot be told");
	}
	t = tree_start(job, TREE("fan", "1"));
	other.w = other_member(job, t.w);
	tracer = trace(&other);
	CHECK_EQ(ward_job_kill(job), 0);
	expect_signal(ward_ref(t.w), SIGKILL);
	if (tracer.pid > 0) {
		until_zombie(&tracer);
		CHECK_EQ(ward_job_wait_empty(job, 0), 0);
	}
	CHECK_EQ(ward_job_usage(job, &usage), 0);
	CHECK(usage.user_ns + usage.system_ns > 0);
	CHECK(usage.max_rss_bytes > 0);
	if (tracer.pid > 0)
		end_tracing(&tracer);
	else
		check_note("not held back: the debugger is refused");
	CHECK(tree_ends(&t, 40));
	ward_close(other.w);
	talk_end(&t);
	ward_job_close(job);
}
#endif

/* A signal is on its way when it has been sent; the kernel says when it has frozen. */
static void await_stop(struct ward_job *job, struct ward *w)
{
	int means = ward_job_means(job);
	struct ward_info info = WARD_INFO_INIT;

	if (means == WARD_MEANS_CGROUP || means == WARD_MEANS_OBJECT)
		return;
	do {
		host_yield();
		REQUIRE_EQ(ward_info(w, &info), 0);
	} while (info.state == WARD_STATE_RUNNING);
}

#if HOST_POSIX
static int64_t time_of(struct ward *w)
{
	struct ward_info info = WARD_INFO_INIT;

	REQUIRE_EQ(ward_info(w, &info), 0);
	return info.user_ns + info.system_ns;
}
#else
/* Asked for all of ward_info, a process of Wine uses some time for it, frozen or not. */
static int64_t time_of(struct ward *w)
{
	FILETIME born, ended, kernel, user;

	REQUIRE(GetProcessTimes(ward_windows_handle(w), &born, &ended, &kernel, &user));
	return 100 * ((int64_t)kernel.dwLowDateTime + user.dwLowDateTime);
}
#endif

/*
 * What a thread has used is counted when it leaves its processor, a moment after it is
 * said to have stopped. Wine stops it only when it runs again: one that waits for a busy
 * processor rests, too. One that does not rest takes too long, and the case is ended.
 */
static void await_rest(struct ward *w)
{
	const int64_t rest = MILLISECONDS(50) * able_slowness();
	int64_t before;

	do {
		before = time_of(w);
		CHECK_EQ(ward_wait(w, rest, NULL), 0);
	} while (time_of(w) != before);
}

/*
 * Wine tells time in ticks of 10 ms, and on a busy machine shows one more in one of a
 * hundred processes that have been stopped for long: of the fifty that go by here.
 */
static void check_uses_nothing(struct ward *w)
{
	const bool ticks = on_wine();
	const int64_t before = time_of(w);

	CHECK_EQ(ward_wait(w, MILLISECONDS(ticks ? 500 : 50), NULL), 0);
	CHECK(time_of(w) - before <= MILLISECONDS(ticks ? 10 : 0));
}

TEST(a_frozen_job_uses_no_time)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward *w = spawn_or_fail(CHILD("spin", "100000"),
		                               WARD_SPAWN_OPTS(.job = job));
		int r = ward_job_freeze(job);

		if (job_is_lack(r)) {
			check_note("%s cannot freeze",
			           ward_means_name(ward_job_means(job)));
		} else {
			CHECK_EQ(r, 0);
			await_stop(job, w);
			await_rest(w);
			check_uses_nothing(w);
			CHECK_EQ(ward_job_thaw(job), 0);
		}
		CHECK_EQ(ward_job_kill(job), 0);
		expect_signal(w, SIGKILL);
		ward_job_close(job);
	}
}

TEST(a_frozen_job_can_be_killed)
{
	FOR_EACH_MEANS(NULL)
	{
		struct talk t = tree_start(job, TREE("fan", "3"));
		int r = ward_job_freeze(job);

		CHECK(r == 0 || job_is_lack(r));
		CHECK_EQ(ward_job_kill(job), 0);
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
		ward_job_close(job);
	}
}

#if HOST_POSIX
TEST(its_descriptor_is_readable_when_it_becomes_empty)
{
	FOR_EACH_MEANS(NULL)
	{
		struct pollfd p = { .events = POLLIN };
		struct talk t;
		int r = 0;

		if (!can_be_asked(job))
			continue;
		t = tree_start(job, TREE("daemons", "3"));
		p.fd = ward_job_poll_fd(job);
		REQUIRE(p.fd >= 0);
		CHECK_EQ(ward_job_poll_fd(job), p.fd);
		talk_let_go(&t);
		while (r == 0) {
			REQUIRE_EQ(poll(&p, 1, 40000), 1);
			r = ward_job_wait_empty(job, 0);
		}
		CHECK_EQ(r, 1);
		CHECK(tree_ends(&t, 40));
		talk_end(&t);
		ward_job_close(job);
	}
}
#endif

TEST(two_jobs_do_not_know_each_other)
{
	FOR_EACH_MEANS(NULL)
	{
		struct ward_job *other = job_of(ward_job_means(job), NULL);
		struct talk a = tree_start(job, TREE("fan", "2"));
		struct talk b = tree_start(other, TREE("fan", "2"));

		CHECK_EQ(ward_job_kill(job), 0);
		CHECK(tree_ends(&a, 40));
		CHECK(tree_lives(&b));
		CHECK_EQ(ward_job_wait_empty(other, 0), 0);
		tree_let_go(&b);
		talk_end(&a);
		ward_job_close(job);
		ward_job_close(other);
	}
}
