/* SPDX-License-Identifier: MIT */
/*
 * Our ends as descriptors: how they are made, lent, taken and closed while others use
 * them; that no child gets one; that a storm of signals changes nothing.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "able.h"
#include "help_stdio.h"
#include "storm.h"

static const struct ward_spawn_opts both = { .size = sizeof(both),
	                                     .in = PIPED,
	                                     .out = PIPED };

static struct ward *start_ready(void)
{
	struct ward *w = spawn_or_fail(CHILD("ready"), &both);

	EXPECT_LINE(w, 1, "ready\n");
	return w;
}

static void let_go(struct ward *w)
{
	CHECK_EQ(ward_close_fd(w, 0), 0);
	expect_exit(w, 0);
}

/* ------------------------------------------------------------------------------ lent */

static void check_made_well(int fd)
{
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

TEST(our_ends_are_non_blocking_cloexec_and_the_same_each_time)
{
	struct ward_fd fd = { .fd = 9, .from = SOCKETED };
	struct ward_spawn_opts opts = both;
	struct ward *w;
	int in, out, other;

	opts.fds = &fd;
	opts.n_fds = 1;
	w = spawn_or_fail(CHILD("ready"), &opts);
	in = ward_stdin_fd(w);
	out = ward_stdout_fd(w);
	other = ward_fd(w, 9);
	check_made_well(in);
	check_made_well(out);
	check_made_well(other);
	CHECK(in != out && out != other && other != in);
	CHECK_EQ(ward_fd(w, 0), in);
	CHECK_EQ(ward_fd(w, 1), out);
	CHECK_EQ(ward_fd(w, 9), other);
	CHECK_EQ(ward_stderr_fd(w), -EBADF);
	let_go(w);
}

/* A program that finds O_NONBLOCK on its stdin or stdout breaks. */
TEST(the_childs_ends_block_and_are_what_was_asked_for)
{
	struct ward_fd fds[] = { { .fd = 3, .from = PIPED }, { .fd = 4, .from = PIPED } };
	struct ward *w;

	fds[0].from.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("print-kinds", "0", "1", "2", "3", "4"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .err = SOCKETED,
	                                  .fds = fds, .n_fds = 2));
	EXPECT_REST(w, 1,
	            "0 pipe read blocking -1\n"
	            "1 pipe write blocking -1\n"
	            "2 socket both blocking -1\n"
	            "3 pipe read blocking -1\n"
	            "4 pipe write blocking -1\n");
	expect_exit(w, 0);
}

TEST(our_ends_can_be_polled_and_used_directly)
{
	struct ward *w = spawn_or_fail(CHILD("cat"), &both);
	struct pollfd p = { .fd = ward_stdout_fd(w), .events = POLLIN };
	char buf[16];

	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(read(p.fd, buf, sizeof(buf)), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(write(ward_stdin_fd(w), "direct", 6), 6);
	CHECK_EQ(poll(&p, 1, 40000), 1);
	CHECK_EQ(read(p.fd, buf, sizeof(buf)), 6);
	let_go(w);
}

/* One end goes to the ward; the other is the child's alone. [sealed-fds] */
TEST(the_child_has_its_own_ends_and_nothing_else)
{
	struct ward_fd fd = { .fd = 5, .from = MEMORY("x", 1) };
	struct ward *w = spawn_or_fail(
	        CHILD("print-fd-numbers"),
	        WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .err = SOCKETED, .fds = &fd,
	                        .n_fds = 1));

	EXPECT_REST(w, 1, "0 1 2 5 \n");
	expect_exit(w, 0);
}

/* Ours are CLOEXEC, so even who inherits all gets none. */
TEST(who_inherits_everything_does_not_inherit_our_ends)
{
	struct ward *first = start_ready();
	struct ward *second = spawn_or_fail(
	        CHILD("print-fd-numbers"),
	        WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_FDS, .out = PIPED));

	EXPECT_REST(second, 1, "0 1 2 \n");
	expect_exit(second, 0);
	let_go(first);
}

TEST(our_ends_may_get_the_numbers_0_1_and_2)
{
	int saved[3];
	struct ward *w;

	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
		close(i);
	}
	w = spawn_or_fail(CHILD("cat"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .err = SOCKETED));
	say_to(w, 0, "low\n");
	EXPECT_LINE(w, 1, "low\n");
	CHECK_EQ(ward_close_fd(w, 0), 0);
	EXPECT_REST(w, 1, "");
	EXPECT_REST(w, 2, "");
	expect_exit(w, 0);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
}

/* ----------------------------------------------------------------------------- taken */

TEST(an_end_that_was_taken_is_the_callers)
{
	struct ward *w = spawn_or_fail(CHILD("cat"), &both);
	int lent = ward_stdin_fd(w), in = ward_take_fd(w, 0), out = ward_take_fd(w, 1);
	char buf[16];

	CHECK_EQ(in, lent);
	check_made_well(in);
	check_made_well(out);
	CHECK_EQ(ward_fd(w, 0), -EBADF);
	CHECK_EQ(ward_write(w, 0, "x", 1, 0), -EBADF);
	CHECK_EQ(ward_close_fd(w, 0), -EBADF);
	CHECK_EQ(ward_take_fd(w, 0), -EBADF);
	CHECK_EQ(write(in, "mine", 4), 4);
	close(in);
	expect_exit(w, 0);                    /* which closes the ward */
	CHECK_EQ(read(out, buf, sizeof(buf)), 4);
	CHECK_EQ(read(out, buf, sizeof(buf)), 0);
	close(out);
}

/* ------------------------------------------------------------------- at the same time */

struct reader {
	struct ward *w;
	struct host_sleeper sleeper;
	int64_t got;
	char buf[64];
};

static void *read_once(void *arg)
{
	struct reader *r = arg;

	host_sleeper_here(&r->sleeper);
	r->got = ward_read(r->w, 1, r->buf, sizeof(r->buf), LONG_ENOUGH);
	return NULL;
}

/* [threads] */
TEST(a_read_goes_on_while_another_thread_closes_the_end)
{
	struct reader r = { .w = spawn_or_fail(CHILD("cat"), &both) };
	struct host_thread thread;
	char byte;

	host_thread_start(&thread, read_once, &r);
	host_until_asleep(&r.sleeper);
	CHECK_EQ(ward_close_fd(r.w, 1), 0);
	CHECK_EQ(ward_read(r.w, 1, &byte, 1, 0), -EBADF);
	CHECK_EQ(ward_fd(r.w, 1), -EBADF);
	say_to(r.w, 0, "still");
	host_thread_join(&thread);
	CHECK_EQ(r.got, 5);
	let_go(r.w);
}

static void *write_million(void *arg)
{
	static const char bytes[1000000];
	struct reader *r = arg;

	host_sleeper_here(&r->sleeper);
	r->got = ward_write(r->w, 0, bytes, sizeof(bytes), LONG_ENOUGH);
	return NULL;
}

/* [threads] The child sees the end of its input behind the last byte. */
TEST(a_write_goes_on_while_another_thread_closes_the_end)
{
	struct ward_fd go = { .fd = 3, .from = PIPED };
	struct ward_spawn_opts opts = both;
	struct reader r = { .w = NULL };
	struct host_thread thread;

	go.from.flags = WARD_FILE_READ;
	opts.fds = &go;
	opts.n_fds = 1;
	r.w = spawn_or_fail(CHILD("count-later", "3", "0"), &opts);
	EXPECT_LINE(r.w, 1, "ready\n");
	host_thread_start(&thread, write_million, &r);
	host_until_asleep(&r.sleeper);
	CHECK_EQ(ward_close_fd(r.w, 0), 0);
	CHECK_EQ(ward_close_fd(r.w, 3), 0);
	EXPECT_LINE(r.w, 1, "1000000 1\n");
	host_thread_join(&thread);
	CHECK_EQ(r.got, 1000000);
	expect_exit(r.w, 0);
}

/* [threads] It is given up by its last owner; what is under way ends in order. */
TEST(a_read_goes_on_while_another_thread_closes_the_ward)
{
	struct reader r = { .w = spawn_or_fail(CHILD("cat"), &both) };
	struct host_process p = host_hold(ward_pid(r.w));
	struct host_thread thread;
	int in = ward_take_fd(r.w, 0);

	host_thread_start(&thread, read_once, &r);
	host_until_asleep(&r.sleeper);
	ward_close(r.w);
	CHECK_EQ(write(in, "still", 5), 5);
	host_thread_join(&thread);
	CHECK_EQ(r.got, 5);
	close(in);
	if (on_freebsd_system() && !host_is_child(p.pid))
		SKIP("here it is its reaper's child, and not ours");
	CHECK_EQ(host_collect(&p), 0);
}

TEST(an_end_in_use_cannot_be_taken)
{
	struct reader r = { .w = spawn_or_fail(CHILD("cat"), &both) };
	struct host_thread thread;

	host_thread_start(&thread, read_once, &r);
	host_until_asleep(&r.sleeper);
	CHECK_EQ(ward_take_fd(r.w, 1), -EBUSY);
	CHECK(ward_fd(r.w, 1) >= 0);
	say_to(r.w, 0, "done");
	host_thread_join(&thread);
	CHECK_EQ(r.got, 4);
	let_go(r.w);
}

struct share {
	struct ward *w;
	int64_t bytes;
};

static void *read_share(void *arg)
{
	struct share *s = arg;
	char buf[5000];
	int64_t n;

	while ((n = ward_read(s->w, 1, buf, sizeof(buf), LONG_ENOUGH)) > 0)
		s->bytes += n;
	CHECK_EQ(n, 0);
	return NULL;
}

/* [threads] Each byte goes to one of them, and all of them see the end. */
TEST(many_threads_may_read_the_same_end)
{
	enum { READERS = 4, SIZE = 3000000 };
	struct ward *w = spawn_or_fail(CHILD("produce", "3000000", "1"), &both);
	struct host_thread threads[READERS];
	struct share shares[READERS];
	int64_t sum = 0;

	for (int i = 0; i < READERS; i++) {
		shares[i] = (struct share){ .w = w };
		host_thread_start(&threads[i], read_share, &shares[i]);
	}
	for (int i = 0; i < READERS; i++) {
		host_thread_join(&threads[i]);
		sum += shares[i].bytes;
	}
	CHECK_EQ(sum, SIZE);
	let_go(w);
}

static void *write_share(void *arg)
{
	static const char bytes[1000000];
	struct share *s = arg;

	s->bytes = ward_write(s->w, 0, bytes, sizeof(bytes), LONG_ENOUGH);
	return NULL;
}

/* [threads] */
TEST(many_threads_may_write_to_the_same_end)
{
	enum { WRITERS = 3 };
	struct ward *w = spawn_or_fail(CHILD("count", "0"), &both);
	struct host_thread threads[WRITERS];
	struct share shares[WRITERS];
	long long bytes = 0;
	char line[64];

	for (int i = 0; i < WRITERS; i++) {
		shares[i] = (struct share){ .w = w };
		host_thread_start(&threads[i], write_share, &shares[i]);
	}
	for (int i = 0; i < WRITERS; i++) {
		host_thread_join(&threads[i]);
		CHECK_EQ(shares[i].bytes, 1000000);
	}
	CHECK_EQ(ward_close_fd(w, 0), 0);
	hear_line(w, 1, line, sizeof(line));
	sscanf(line, "%lld", &bytes);
	CHECK_EQ(bytes, 3000000);
	expect_exit(w, 0);
}

static atomic_bool stop;

/* Children of all kinds of ends come and go; each must see its end of file. */
static void *start_and_end(void *arg)
{
	while (!atomic_load(&stop)) {
		struct ward *w = spawn_or_fail(
		        CHILD("cat"), WARD_SPAWN_OPTS(.in = PIPED, .out = SOCKETED,
		                                      .err = PIPED));

		say_to(w, 0, "x");
		CHECK_EQ(ward_close_fd(w, 0), 0);
		EXPECT_REST(w, 1, "x");
		expect_exit(w, 0);
	}
	return arg;
}

/* [sealed-fds] */
TEST(no_end_leaks_into_a_child_of_another_thread)
{
	struct host_thread threads[2];
	int n = check_scaled(200);

	for (int i = 0; i < 2; i++)
		host_thread_start(&threads[i], start_and_end, NULL);
	for (int i = 0; i < n; i++) {
		char seen[256];
		struct ward *w = spawn_or_fail(CHILD("print-fd-numbers"),
		                               WARD_SPAWN_OPTS(.out = PIPED));

		hear_all(w, 1, seen, sizeof(seen));
		expect_exit(w, 0);
		if (!CHECK_STR(seen, "0 1 2 \n"))
			break;
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		host_thread_join(&threads[i]);
}

/* ------------------------------------------------------------------------- in a storm */

/* [bounded] */
TEST(a_storm_of_signals_neither_shortens_nor_lengthens_a_read)
{
	struct ward *w = start_ready();
	int64_t begin, took;
	char byte;

	storm_begin();
	begin = host_now_ns();
	CHECK_EQ(ward_read(w, 1, &byte, 1, MILLISECONDS(200)), -ETIMEDOUT);
	took = host_now_ns() - begin;
	storm_end();
	CHECK(took >= MILLISECONDS(200));
	CHECK(took < SECONDS(20));
	let_go(w);
}

/* [bounded] */
TEST(a_storm_of_signals_neither_shortens_nor_lengthens_a_write_or_a_feeding)
{
	static const char bytes[1 << 20];
	struct ward_fd fd = { .fd = 3, .from = MEMORY(bytes, sizeof(bytes)) };
	struct ward_fd go = { .fd = 4, .from = PIPED };
	struct ward_fd fds[2];
	int64_t begin, wrote, fed;
	struct ward *w;

	go.from.flags = WARD_FILE_READ;
	fds[0] = fd;
	fds[1] = go;
	w = spawn_or_fail(CHILD("idle", "1", "4"),
	                  WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .fds = fds,
	                                  .n_fds = 2));
	EXPECT_LINE(w, 1, "ready\n");
	storm_begin();
	begin = host_now_ns();
	CHECK(ward_write(w, 0, bytes, sizeof(bytes), MILLISECONDS(100)) > 0);
	wrote = host_now_ns() - begin;
	begin = host_now_ns();
	CHECK_EQ(ward_feed(w, MILLISECONDS(100)), 0);
	fed = host_now_ns() - begin;
	storm_end();
	CHECK(wrote >= MILLISECONDS(100) && wrote < SECONDS(20));
	CHECK(fed >= MILLISECONDS(100) && fed < SECONDS(20));
	CHECK_EQ(ward_close_fd(w, 4), 0);
	expect_exit(w, 0);
}

TEST(a_storm_of_signals_loses_no_byte_in_either_direction)
{
	enum { SIZE = 16 << 20 };
	int64_t size = check_scaled(SIZE) < (1 << 20) ? 1 << 20 : check_scaled(SIZE);
	void *bytes = pattern_make((size_t)size);
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.out = PIPED);
	struct ward *w;

	opts.in = (struct ward_stdio)MEMORY(bytes, (size_t)size);
	storm_begin();
	w = spawn_or_fail(CHILD("copy", "0", "1"), &opts);
	CHECK_EQ(hear_pattern(w, 1), size);
	storm_end();
	expect_exit(w, 0);
	free(bytes);
}
