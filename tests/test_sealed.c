/* SPDX-License-Identifier: MIT */
/*
 * Descriptors under trouble: other threads start children at the same moment, the caller
 * has no stdin, stdout or stderr, the table is full of others.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "able.h"
#include "help.h"

static char out[8192];

/* ------------------------------------------------------------------ at the same time */

static atomic_bool stop;

/* Open and close descriptors without CLOEXEC, as careless code in another thread does. */
static void *litter(void *arg)
{
	while (!atomic_load(&stop)) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd >= 0)
			close(fd);
	}
	return arg;
}

/* Start children that are given a pipe of their own under number 3. */
static void *start_with_pipe(void *arg)
{
	while (!atomic_load(&stop)) {
		int ends[2];
		struct ward_fd fd = { .fd = 3 };

		make_pipe(ends);
		fd.from = (struct ward_stdio)GIVEN(ends[1]);
		expect_exit(spawn_or_fail(CHILD("exit", "0"),
		                          WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1)),
		            0);
		close(ends[0]);
		close(ends[1]);
	}
	return arg;
}

/* [sealed-fds] */
TEST(nothing_of_another_thread_leaks_into_a_child)
{
	pthread_t threads[3];
	int n = check_scaled(200);

	REQUIRE_EQ(pthread_create(&threads[0], NULL, litter, NULL), 0);
	REQUIRE_EQ(pthread_create(&threads[1], NULL, start_with_pipe, NULL), 0);
	REQUIRE_EQ(pthread_create(&threads[2], NULL, start_with_pipe, NULL), 0);
	for (int i = 0; i < n; i++) {
		output_of(CHILD("print-fd-numbers"), NULL, out, sizeof(out));
		if (!CHECK_STR(out, "0 1 2 \n"))
			break;
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

/* [sealed-fds] If another child held its end open, the pipe would not end. */
TEST(the_end_of_a_pipe_is_seen_at_once)
{
	struct talk holder[4];
	int ends[2];
	char byte;

	make_pipe(ends);
	for (int i = 0; i < 4; i++)
		holder[i] = talk_start_ready(CHILD("ready"), NULL);
	close(ends[1]);
	CHECK_EQ(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	for (int i = 0; i < 4; i++)
		talk_end(&holder[i]);
}

/* [sealed-fds] Nothing is opened, moved or closed for it: the shortest way there is. */
TEST(a_child_that_is_given_nothing_has_nothing_more)
{
	int plain = fcntl(0, F_DUPFD, 40), saved = fcntl(1, F_DUPFD_CLOEXEC, 100),
	    ends[2];
	struct ward *w;

	make_pipe(ends);
	dup2(ends[1], 1);
	close(ends[1]);
	w = spawn_or_fail(CHILD("print-fd-numbers"), NULL);
	dup2(saved, 1);
	close(saved);
	read_all(ends[0], out, sizeof(out));
	CHECK_STR(out, "0 1 2 \n");
	expect_exit(w, 0);
	close(ends[0]);
	close(plain);
}

/* [sealed-fds] The handle of one child does not get into the next. */
TEST(the_handle_itself_is_not_passed_on)
{
	struct talk first = talk_start_ready(CHILD("ready"), NULL);

	ward_poll_fd(first.w);
	output_of(CHILD("print-fd-numbers"), NULL, out, sizeof(out));
	CHECK_STR(out, "0 1 2 \n");
	talk_end(&first);
}

TEST(what_is_not_cloexec_is_passed_on_when_asked)
{
	int plain = open("/dev/null", O_RDONLY),
	    shut = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int high = fcntl(plain, F_DUPFD, 300);
	char expected[64];

	snprintf(expected, sizeof(expected), "0 1 2 %d %d \n", plain, high);
	output_of(CHILD("print-fd-numbers"),
	          WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_FDS), out, sizeof(out));
	CHECK_STR(out, expected);
	close(plain);
	close(shut);
	close(high);
}

TEST(one_more_may_be_inherited_by_number)
{
	int plain = fcntl(0, F_DUPFD, 40), shut = fcntl(0, F_DUPFD_CLOEXEC, 50);
	struct ward_fd fds[] = { { .fd = 40 }, { .fd = 50 }, { .fd = 60 } };

	/* 50 is CLOEXEC and 60 is closed: as exec would pass them. */
	output_of(CHILD("print-fd-numbers"), WARD_SPAWN_OPTS(.fds = fds, .n_fds = 3), out,
	          sizeof(out));
	CHECK_STR(out, "0 1 2 40 \n");
	close(plain);
	close(shut);
}

/* ------------------------------------------------------------- no 0, 1, 2 of our own */

/* Close some of 0, 1, 2 (bits of @which), run a child, and see what it has. */
static void without(int which, const char *expected)
{
	int ends[2], saved[3];
	struct ward_fd report = { .fd = 9 };
	struct ward *w;

	make_pipe(ends);
	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
		if (which & 1 << i)
			close(i);
	}
	report.from = (struct ward_stdio)GIVEN(ends[1]);
	w = spawn_or_fail(
	        ARGV("sh", "-c", "\"$0\" print-fd-numbers >&9 9>&-", check_child()),
	        WARD_SPAWN_OPTS(.fds = &report, .n_fds = 1));
	expect_exit(w, 0);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	close(ends[1]);
	read_all(ends[0], out, sizeof(out));
	close(ends[0]);
	CHECK_STR(out, expected);
}

/* [sealed-fds] stdout is the report of the shell, so 1 is always there. */
TEST(what_the_caller_has_closed_stays_closed_in_the_child)
{
	if (on_emulator())
		SKIP("the emulator takes the first free descriptor");
	without(0, "0 1 2 \n");
	without(1 << 0, "1 2 \n");
	without(1 << 1, "0 1 2 \n");
	without(1 << 2, "0 1 \n");
	without(1 << 0 | 1 << 1 | 1 << 2, "1 \n");
}

/* [reserve-first] The descriptor of a child may be 0: it is no sign for "none". */
TEST(a_child_may_be_held_by_descriptor_0)
{
	int saved = fcntl(0, F_DUPFD_CLOEXEC, 100);
	struct ward *w;
	struct ward_exit e;

	close(0);
	w = spawn_or_fail(CHILD("exit", "5"), NULL);
	e = wait_or_fail(w);
	check_exited(&e, 5);
	CHECK(ward_poll_fd(w) >= 0);
	ward_close(w);
	CHECK(fcntl(0, F_GETFD) < 0);         /* it was given back */
	dup2(saved, 0);
	close(saved);
}

/* With all of 0, 1, 2 closed, what the start opens gets low numbers itself. */
TEST(low_numbers_of_the_starts_own_descriptors_do_not_get_in_the_way)
{
	int saved[3], ends[2];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL },
	                                               .err = { .kind = WARD_FD_NULL });
	struct ward *w;

	make_pipe(ends);
	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
		close(i);
	}
	opts.out = (struct ward_stdio)GIVEN(ends[1]);
	w = spawn_or_fail(CHILD("print-fd-numbers"), &opts);
	expect_exit(w, 0);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	close(ends[1]);
	read_all(ends[0], out, sizeof(out));
	CHECK_STR(out, "0 1 2 \n");
	close(ends[0]);
}

/* -------------------------------------------------------------------- many of them */

/* [sealed-fds] */
TEST(a_parent_with_thousands_of_descriptors_gives_none_of_them)
{
	struct rlimit limit;
	int fds[3000], n = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	while (n < 3000 && (rlim_t)n + 100 < limit.rlim_cur &&
	       (fds[n] = fcntl(2, F_DUPFD, 3)) >= 0)
		n++;
	output_of(CHILD("print-fd-numbers"), NULL, out, sizeof(out));
	CHECK_STR(out, "0 1 2 \n");
	while (n > 0)
		close(fds[--n]);
}

/* [sealed-fds] The limit was lowered after a high one was opened. */
TEST(a_descriptor_above_the_limit_is_closed_too)
{
	struct rlimit before, low;
	int high = fcntl(2, F_DUPFD, 900);

	if (high < 0)
		SKIP("the limit on descriptors (ulimit -n) is below 900");
	REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 100;
	REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
	output_of(CHILD("print-fd-numbers"), NULL, out, sizeof(out));
	REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
	CHECK_STR(out, "0 1 2 \n");
	close(high);
}

TEST(a_source_with_a_high_number_is_brought_down)
{
	int ends[2], high;
	struct ward_fd fd = { .fd = 3 };
	struct ward *w;

	make_pipe(ends);
	high = fcntl(ends[1], F_DUPFD_CLOEXEC, 3000);
	if (high < 0)
		high = fcntl(ends[1], F_DUPFD_CLOEXEC, 200);
	REQUIRE(high > 0);
	close(ends[1]);
	fd.from = (struct ward_stdio)GIVEN(high);
	w = spawn_or_fail(ARGV("sh", "-c", "echo through >&3"),
	                  WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1));
	expect_exit(w, 0);
	close(high);
	read_all(ends[0], out, sizeof(out));
	CHECK_STR(out, "through\n");
	close(ends[0]);
}

/* A whole table of mappings: 300 targets, sources in the opposite order. */
TEST(three_hundred_descriptors_are_reversed)
{
	enum { N = 300, BASE = 100 };
	static struct ward_fd fds[N];
	char text[16], expected[16];
	int ends[2], original[N];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.fds = fds, .n_fds = N);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 2 * N + BASE)
		SKIP("the limit on descriptors (ulimit -n) is below 700");
	for (int i = 0; i < N; i++) {
		make_pipe(ends);
		original[i] = fcntl(ends[0], F_DUPFD_CLOEXEC, BASE);
		REQUIRE_EQ(original[i], BASE + i);
		close(ends[0]);
		snprintf(text, sizeof(text), "%d\n", i);
		REQUIRE_EQ(write(ends[1], text, strlen(text)), strlen(text));
		close(ends[1]);
	}
	for (int i = 0; i < N; i++) {
		fds[i].fd = BASE + i;
		fds[i].from = (struct ward_stdio)GIVEN(BASE + N - 1 - i);
	}
	/* BASE + 250 must now read what was written for number 49. */
	output_of(CHILD("cat", "350"), &opts, out, sizeof(out));
	snprintf(expected, sizeof(expected), "%d\n", N - 1 - 250);
	CHECK_STR(out, expected);
	for (int i = 0; i < N; i++)
		close(original[i]);
}
