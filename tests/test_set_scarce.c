/* SPDX-License-Identifier: MIT */
/*
 * A set when the system is out of something: descriptors are made scarce to the last one,
 * and processes are refused for a while. Starts come late then, and not never; what is in
 * the set already needs nothing more.
 */
#include <sys/resource.h>

#include "gate.h"
#include "set.h"

/* --------------------------------------------------------------------- told of delays */

/* The call that makes a process, by its name at the gate. */
static const char *birth_call(void)
{
	static const char *const calls[] = { "clone3", "clone_pidfd", "clone", "pdfork",
		                             "fork" };

	/* The first start of all tries what there is. */
	expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (is_forced(calls[i]))
			continue;
		ward__gate_fail(calls[i], 0, 0);
		expect_exit(spawn_or_fail(CHILD("exit", "0"), NULL), 0);
		if (ward__gate_count() > 0)
			return calls[i];
	}
	return NULL;
}

TEST(a_start_that_the_system_refuses_for_now_is_told_as_a_delay)
{
	const char *call = birth_call();
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e;
	struct ward *w;

	REQUIRE(call != NULL);
	ward__gate_fail(call, 1, EAGAIN);
	queue_or_fail(set, CHILD("exit", "4"), NULL, NULL, NULL);
	CHECK_STR(ward__gate_failed(), call);
	e = expect_event(set, NULL, WARD_EVENT_DELAYED);
	CHECK_EQ(e.code, -EAGAIN);
	CHECK(e.cookie == NULL);
	w = expect_started(set, NULL);
	expect_ended(set, w, 4);
	close_empty(set);
	ward_close(w);
}

/* What fails in the child is its own: a limit that it was given, a file that is not. */
TEST(what_another_attempt_cannot_mend_is_a_failure)
{
	static const struct ward_rlimit none = { WARD_RLIMIT_NOFILE, 0, 2, 2 };
	struct ward_set *set;
	struct ward_event e;

	if (on_valgrind())
		SKIP("valgrind keeps some descriptors to itself, and so their limit");
	set = set_or_fail(NULL);

	queue_or_fail(set, CHILD("exit", "0"),
	              WARD_SPAWN_OPTS(.cwd = "/dev/null", .rlimits = &none,
	                              .n_rlimits = 1),
	              NULL, NULL);
	e = expect_event(set, NULL, WARD_EVENT_FAILED);
	CHECK_EQ(e.code, -ENOTDIR);
	CHECK_EQ(e.flags, WARD_EVENT_LAST);
	close_empty(set);
}

/* ------------------------------------------------------------------------ descriptors */

/* From now on @n descriptors can be had; the limit that was. */
static struct rlimit leave_spare(int n)
{
	struct rlimit before, now;
	int fd = fcntl(0, F_DUPFD_CLOEXEC, 0);

	REQUIRE(fd >= 0);
	close(fd);
	REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)fd + (rlim_t)n;
	REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &now), 0);
	return before;
}

static void have_enough(const struct rlimit *before)
{
	REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, before), 0);
}

TEST(a_set_is_made_or_not_with_any_number_of_spare_descriptors)
{
	bool made = false;

	for (int n = 0; n < 12; n++) {
		struct rlimit before = leave_spare(n);
		struct ward_set *none = (struct ward_set *)&before, *set = none;
		int r = ward_set_new(&set, NULL);

		have_enough(&before);
		CHECK(r == 0 || r == -EMFILE);
		CHECK(r == 0 || set == none);
		CHECK(r == 0 || !made);
		made = r == 0;
		if (r == 0)
			ward_set_close(set);
	}
	CHECK(made);
}

/* [reserve-first] */
TEST(a_ward_is_added_or_not_with_any_number_of_spare_descriptors)
{
	for (int n = 0; n < 4; n++) {
		struct ward_set *set = set_or_fail(NULL);
		struct talk t = stays("5");
		struct rlimit before = leave_spare(n);
		int r = ward_set_add(set, t.w, NULL, NULL);

		CHECK(r == 0 || r == -EMFILE);
		CHECK_EQ(ward_set_count(set), r == 0);
		have_enough(&before);
		if (r < 0)
			add_or_fail(set, t.w, NULL, NULL);
		talk_let_go(&t);
		expect_ended(set, t.w, 5);
		close_empty(set);
		talk_end(&t);
	}
}

/* Every descriptor that can be had, up to a limit of HOARD. */
enum { HOARD = 256 };

struct hoard {
	struct rlimit before;
	int fds[HOARD], n;
};

static void hoard_all(struct hoard *h)
{
	struct rlimit now;
	int fd;

	h->n = 0;
	REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &h->before), 0);
	now = h->before;
	now.rlim_cur = HOARD;
	REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &now), 0);
	while (h->n < HOARD && (fd = fcntl(0, F_DUPFD_CLOEXEC, 0)) >= 0)
		h->fds[h->n++] = fd;
}

static void hoard_end(struct hoard *h)
{
	while (h->n > 0)
		close(h->fds[--h->n]);
	have_enough(&h->before);
}

/* [reserve-first] Ends are told although no descriptor can be had any more. */
TEST(what_is_in_a_set_needs_no_further_descriptor)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(20);
	struct hoard hoard;

	crowd_add(&c, set, NULL);
	hoard_all(&hoard);
	crowd_let_go(&c);
	for (int i = 0; i < c.n; i++) {
		struct ward_event e = next_event(set, NULL, 0);

		check_exited(&e.exit, crowd_index(&c, &e));
	}
	hoard_end(&hoard);
	close_empty(set);
	crowd_end(&c);
}

struct taken {
	int delayed, started, ended;
};

/* Until nothing comes, as nobody else has anything to give back. */
static void take_all(struct ward_set *set, int64_t timeout_ns, struct taken *t)
{
	struct ward_event e = WARD_EVENT_INIT;

	while (ward_set_wait(set, timeout_ns, &e) == 1) {
		t->delayed += e.what == WARD_EVENT_DELAYED;
		t->started += e.what == WARD_EVENT_STARTED;
		CHECK(e.what != WARD_EVENT_FAILED);
		if (e.what == WARD_EVENT_DELAYED)
			CHECK(e.code == -EMFILE || e.code == -EAGAIN);
		if (e.what != WARD_EVENT_ENDED)
			continue;
		t->ended++;
		ward_close(e.ward);
	}
}

/* [reserve-first] */
TEST(starts_wait_for_descriptors_and_none_is_lost)
{
	struct ward_set *set = set_or_fail(NULL);
	struct taken taken = { 0 };
	struct rlimit before;

	CHECK(ward_set_fd(set) >= 0);         /* as a loop would have it */
	before = leave_spare(12);
	for (int i = 0; i < 30; i++)
		queue_or_fail(set, CHILD("exit", "0"),
		              WARD_SPAWN_OPTS(.in = OUT_PIPED, .out = OUT_PIPED), NULL,
		              NULL);
	while (ward_set_count(set) > 0)
		take_all(set, MILLISECONDS(50), &taken);
	have_enough(&before);
	CHECK_EQ(taken.ended, 30);
	CHECK(taken.delayed > 0);
	close_empty(set);
}

/* [reserve-first] Also one that lacks a descriptor only in its child, which has ours. */
TEST(a_start_comes_late_and_not_never_with_any_number_of_spare_descriptors)
{
	struct ward_stdio none = { .kind = WARD_FD_NULL };
	const struct ward_spawn_opts *opts =
		WARD_SPAWN_OPTS(.in = none, .out = OUT_PIPED, .err = none, .cwd = "/");

	for (int n = 0; n < 12; n++) {
		struct ward_set *set = set_or_fail(NULL);
		struct rlimit before = leave_spare(n);
		struct taken taken = { 0 };

		queue_or_fail(set, CHILD("exit", "0"), opts, NULL, NULL);
		take_all(set, MILLISECONDS(5), &taken);
		have_enough(&before);
		CHECK_EQ(taken.delayed, taken.started == 0);
		while (ward_set_count(set) > 0)
			take_all(set, MILLISECONDS(5), &taken);
		CHECK_EQ(taken.ended, 1);
		close_empty(set);
	}
}

/* Nobody of the set's gives anything back: time alone brings the next attempt. */
TEST(a_start_that_finds_no_descriptor_is_tried_again_until_there_is_one)
{
	struct ward_set *set = set_or_fail(NULL);
	struct taken taken = { 0 };
	struct rlimit before;

	before = leave_spare(0);
	queue_or_fail(set, CHILD("exit", "0"), WARD_SPAWN_OPTS(.out = OUT_PIPED), NULL,
	              NULL);
	take_all(set, MILLISECONDS(50), &taken);
	CHECK_EQ(taken.started, 0);
	CHECK_EQ(ward_set_count(set), 1);
	CHECK_EQ(taken.delayed, 1);
	have_enough(&before);
	while (ward_set_count(set) > 0)
		take_all(set, MILLISECONDS(50), &taken);
	CHECK_EQ(taken.delayed, 1);
	CHECK_EQ(taken.ended, 1);
	close_empty(set);
}
