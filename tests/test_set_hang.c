/* SPDX-License-Identifier: MIT */
/*
 * Starts that hang, and must not hold up the loop: on a thread of their own. What hangs
 * here is the opening of a named pipe for the child's stdin, which is over when somebody
 * writes to it; a program on a file system that does not answer hangs the same way.
 */
#include "set.h"

#define ON_THREAD WARD_WATCH_OPTS(.flags = WARD_WATCH_THREAD)

/* A named pipe that nobody has open. */
struct fifo {
	struct folder folder;
	char path[300];
	struct ward_spawn_opts opts;
};

static void fifo_make(struct fifo *f)
{
	f->folder = folder_make();
	folder_file(&f->folder, "fifo", f->path, sizeof(f->path));
	REQUIRE_EQ(mkfifo(f->path, 0600), 0);
	f->opts = *WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_PATH, .path = f->path });
}

/* Whoever hangs on it goes on: blocks until somebody does. */
static int fifo_open(const struct fifo *f)
{
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	return fd;
}

static void fifo_remove(const struct fifo *f)
{
	folder_remove(&f->folder);
}

/* ---------------------------------------------------------------------- nothing hangs */

TEST(a_start_on_a_thread_is_like_any_other)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e;
	struct ward *w;
	int cookie;

	queue_or_fail(set, CHILD("exit", "21"), NULL, &cookie, ON_THREAD);
	CHECK_EQ(ward_set_count(set), 1);
	w = expect_started(set, &cookie);
	e = expect_end(set, w);
	check_exited(&e.exit, 21);
	CHECK(e.cookie == &cookie);
	close_empty(set);
	ward_close(w);
}

/* [told-why] */
TEST(a_start_on_a_thread_that_fails_says_why)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_event e;

	queue_or_fail(set, CHILD("exit", "0"),
	              WARD_SPAWN_OPTS(.cwd = "/no/such/place", .error = &error), &error,
	              ON_THREAD);
	e = expect_event(set, NULL, WARD_EVENT_FAILED);
	CHECK(e.cookie == &error);
	CHECK_EQ(e.code, -ENOENT);
	CHECK_EQ(e.step, WARD_STEP_CHDIR);
	CHECK_STR(error.path, "/no/such/place");
	close_empty(set);
}

TEST(fifty_starts_on_threads_are_all_told_of)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 10));
	int started = 0, ended = 0;

	for (int i = 0; i < 50; i++)
		queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, ON_THREAD);
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, NULL, 0);

		started += e.what == WARD_EVENT_STARTED;
		ended += e.what == WARD_EVENT_ENDED;
		CHECK(started - ended <= 10);
		if (e.what == WARD_EVENT_ENDED)
			ward_close(e.ward);
	}
	CHECK_EQ(started, 50);
	CHECK_EQ(ended, 50);
	close_empty(set);
}

/* [clean-child] The thread's own mask blocks all signals; the child's does not. */
TEST(a_child_that_a_thread_started_has_a_clean_mask)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w;

	queue_or_fail(set, CHILD("hold", "0"), WARD_SPAWN_OPTS(.in = OUT_PIPED), NULL,
	              ON_THREAD);
	w = expect_started(set, NULL);
	CHECK_EQ(ward_signal(w, SIGTERM), 0);
	expect_signaled(set, w, SIGTERM);
	close_empty(set);
	ward_close(w);
}

/* ------------------------------------------------------------------------- one hangs */

/* [bounded] */
TEST(a_start_that_hangs_on_its_thread_holds_up_neither_wait_nor_others)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	struct talk t = stays("3");
	struct ward *w, *other;
	struct fifo f;
	int hung, fd;

	fifo_make(&f);
	add_or_fail(set, t.w, NULL, NULL);
	queue_or_fail(set, CHILD("hold", "0", "8"), &f.opts, &hung, ON_THREAD);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(30), &e), 0);
	CHECK_EQ(ward_set_count(set), 2);
	/* Not by its stdin: what was forked and hangs has a copy of our end of it. */
	CHECK_EQ(ward_signal(t.w, SIGTERM), 0);
	expect_signaled(set, t.w, SIGTERM);
	queue_or_fail(set, CHILD("exit", "5"), NULL, NULL, ON_THREAD);
	other = expect_started(set, NULL);
	expect_ended(set, other, 5);
	ward_close(other);
	fd = fifo_open(&f);
	w = expect_started(set, &hung);
	close(fd);
	expect_ended(set, w, 8);
	close_empty(set);
	ward_close(w);
	talk_end(&t);
	fifo_remove(&f);
}

TEST(a_start_that_hangs_counts_against_the_limit)
{
	struct ward_set *set = set_or_fail(WARD_SET_OPTS(.max_alive = 1));
	struct ward_event e = WARD_EVENT_INIT;
	struct ward *w;
	struct fifo f;
	int hung, next, fd;

	fifo_make(&f);
	queue_or_fail(set, CHILD("hold", "0"), &f.opts, &hung, ON_THREAD);
	queue_or_fail(set, CHILD("exit", "5"), NULL, &next, NULL);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(30), &e), 0);
	fd = fifo_open(&f);
	w = expect_started(set, &hung);
	close(fd);
	expect_ended(set, w, 0);
	ward_close(w);
	w = expect_started(set, &next);
	expect_ended(set, w, 5);
	ward_close(w);
	close_empty(set);
	fifo_remove(&f);
}

/* What was copied is the thread's until it is done. */
TEST(a_hung_start_has_what_it_was_given_although_the_caller_has_not)
{
	struct ward_set *set = set_or_fail(NULL);
	char word[] = "9";
	const char *argv[] = { check_child(), "hold", "0", word, NULL };
	struct ward_spawn_opts opts;
	struct ward *w;
	struct fifo f;
	int fd;

	fifo_make(&f);
	opts = f.opts;
	queue_or_fail(set, argv, &opts, NULL, ON_THREAD);
	memset(word, '?', 1);
	memset(argv, 0, sizeof(argv));
	memset(&opts, 0xff, sizeof(opts));
	fd = fifo_open(&f);
	w = expect_started(set, NULL);
	close(fd);
	expect_ended(set, w, 9);
	close_empty(set);
	ward_close(w);
	fifo_remove(&f);
}

/* ------------------------------------------------------------- the set is closed then */

static void *do_nothing(void *arg)
{
	return arg;
}

/* Our threads, where that can be known; else 0. A tool may have one more of its own as
 * soon as there has been any. */
static int count_threads(void)
{
	struct host_thread first;
	DIR *dir;
	int n = 0;

	host_thread_start(&first, do_nothing, NULL);
	host_thread_join(&first);
	dir = opendir("/proc/self/task");
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/*
 * Until all that the closed set left has ended: its threads, and what they started. One
 * that ends while they are counted may hide others, so that one look is not enough.
 */
static void until_no_more_than(int threads)
{
	int64_t begin = host_now_ns();
	int looks = 0;

	do {
		host_yield();
		host_collect_orphans();
		looks = count_threads() <= threads ? looks + 1 : 0;
	} while (looks < 3 && host_now_ns() - begin < ENOUGH);
	CHECK(looks == 3);
	host_collect_orphans();
}

/* [bounded] The close does not wait for it; what comes of it later is given up. */
TEST(a_set_may_be_closed_while_a_start_hangs)
{
	struct ward_set *set = set_or_fail(NULL);
	struct ward_event e = WARD_EVENT_INIT;
	int fd, threads = count_threads();
	struct fifo f;

	fifo_make(&f);
	queue_or_fail(set, CHILD("hold", "0"), &f.opts, NULL, ON_THREAD);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(10), &e), 0);
	ward_set_close(set);
	fd = fifo_open(&f);
	close(fd);
	until_no_more_than(threads);
	fifo_remove(&f);
}

TEST(sets_that_are_closed_at_any_moment_of_their_starts_lose_nothing)
{
	int rounds = check_scaled(50), threads = count_threads();

	for (int i = 0; i < rounds; i++) {
		struct ward_set *set = set_or_fail(NULL);
		struct ward_event e = WARD_EVENT_INIT;

		for (int k = 0; k < 4; k++)
			queue_or_fail(set, CHILD("exit", "0"), NULL, NULL, ON_THREAD);
		if (ward_set_wait(set, i * 20000, &e) == 1 &&
		    e.what == WARD_EVENT_STARTED)
			ward_close(e.ward);
		ward_set_close(set);
	}
	until_no_more_than(threads);
}
