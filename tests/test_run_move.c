/* SPDX-License-Identifier: MIT */
/*
 * Output that goes to a descriptor of ours, of whatever kind it is: a pipe, a socket, a
 * file that is appended to, one that blocks or not. What is hard: whatever was read is
 * written as soon as it is taken, and not when the next bytes come.
 */
#include <sys/socket.h>

#include "run.h"

enum { SIZE = 400000 };

/* Reads all that comes through one end once it may begin, and says how much is right. */
struct taker {
	int fd;
	atomic_bool may_begin;
	size_t wanted, right;
	struct gate *gate; /* opened when all that is wanted has come */
	struct host_thread thread;
};

static void *take_all(void *arg)
{
	struct taker *t = arg;
	char buf[8192];
	int64_t n = 1;

	while (!atomic_load(&t->may_begin))
		host_yield();
	while (t->right < t->wanted && n > 0) {
		n = host_read(t->fd, buf, sizeof(buf));
		if (n > 0 && pattern_match(buf, (size_t)n, t->right) == (size_t)n)
			t->right += (size_t)n;
		else
			n = 0;
	}
	if (t->gate)
		gate_open(t->gate);
	return arg;
}

static int begin_taking(void *context, int64_t stage, int fd, const void *data,
                        size_t size)
{
	struct taker *t = context;

	(void)stage;
	(void)fd;
	(void)data;
	(void)size;
	atomic_store(&t->may_begin, true);
	return 0;
}

/*
 * The child writes, says so, and waits until all of it was taken: nothing more comes that
 * could push on what was held back.
 */
static void check_all_is_moved(const int ends[2], size_t size)
{
	struct taker t = { .fd = ends[0], .wanted = size };
	struct ward_result r;
	struct gate g;
	char number[24];

	snprintf(number, sizeof(number), "%zu", size);
	gate_make(&g, true);
	t.gate = &g;
	host_thread_start(&t.thread, take_all, &t);
	r = run_or_fail(PLAY("fill", "1", number, "err", "x", "wait", "3"),
	                WARD_RUN_OPTS(.spawn = &g.opts, .timeout_ns = SECONDS(20),
	                              .out = { .to = WARD_TO_FD, .fd = ends[1] },
	                              .err = { .on_chunk = begin_taking },
	                              .context = &t));
	close(ends[1]);
	host_thread_join(&t.thread);
	close(ends[0]);
	CHECK_EQ(r.flags, 0);
	CHECK_EQ(r.out.total, size);
	CHECK_EQ(t.right, size);
	ward_result_free(&r);
	gate_end(&g);
}

/* No more than the child can write before somebody reads. */
static const size_t sizes[] = { 1, 4096, 4097, 20000, 65536, 70001, 100000 };

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* [two-ends] */
TEST(a_pipe_gets_all_as_soon_as_it_takes_it)
{
	for (int i = 0; i < SIZES * 2; i++) {
		int ends[2];

		make_pipe(ends);
		if (i % 2)
			set_nonblocking(ends[1]);
		check_all_is_moved(ends, sizes[i / 2]);
	}
}

/* [two-ends] */
TEST(a_socket_gets_all_as_soon_as_it_takes_it)
{
	const int small = 4096;

	for (int i = 0; i < SIZES * 2; i++) {
		int ends[2];

		REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		fcntl(ends[0], F_SETFD, FD_CLOEXEC);
		fcntl(ends[1], F_SETFD, FD_CLOEXEC);
		setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
		if (i % 2)
			set_nonblocking(ends[1]);
		check_all_is_moved(ends, sizes[i / 2]);
	}
}

static size_t take_the_rest(int fd)
{
	char buf[8192];
	size_t size = 0;
	int64_t n;

	while ((n = host_read(fd, buf, sizeof(buf))) > 0)
		size += (size_t)n;
	return size;
}

/* [two-ends] Whoever takes nothing until it is too late. */
TEST(what_was_read_and_not_taken_is_counted_as_lost)
{
	int64_t late = on_slow_tool() ? SECONDS(2) : MILLISECONDS(100);
	struct ward_result r;
	int ends[2];

	REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	r = run_or_fail(PLAY("fill", "1", "4000000"),
	                WARD_RUN_OPTS(.timeout_ns = late,
	                              .out = { .to = WARD_TO_FD, .fd = ends[1] }));
	close(ends[1]);
	CHECK_EQ(r.out.flags, WARD_OUTPUT_CUT);
	CHECK(r.out.lost > 0);
	CHECK_EQ(take_the_rest(ends[0]), r.out.total - r.out.lost);
	close(ends[0]);
	ward_result_free(&r);
}

/* [two-ends] What is within the limit may be on its way still when it is reached. */
TEST(a_socket_gets_all_up_to_the_limit)
{
	const int small = 4096;
	struct taker t = { .wanted = 50001 };
	struct ward_result r;
	int ends[2];

	REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	t.fd = ends[0];
	host_thread_start(&t.thread, take_all, &t);
	r = run_or_fail(
		PLAY("fill", "1", "100000", "err", "x"),
		WARD_RUN_OPTS(.timeout_ns = SECONDS(20),
	                      .out = { .to = WARD_TO_FD, .fd = ends[1], .limit = 50001 },
	                      .err = { .on_chunk = begin_taking }, .context = &t));
	close(ends[1]);
	host_thread_join(&t.thread);
	close(ends[0]);
	CHECK_EQ(r.flags, 0);
	CHECK_EQ(r.out.total, 100000);
	CHECK_EQ(r.out.lost, 100000 - 50001);
	CHECK_EQ(t.right, 50001);
	ward_result_free(&r);
}

static void check_file(int flags, size_t limit)
{
	struct folder f = folder_make();
	char path[512], *data = calloc(1, SIZE + 1);
	int fd = host_open(folder_file(&f, "out", path, sizeof(path)),
	                   O_RDWR | O_CREAT | flags);
	size_t size = limit ? limit : SIZE;
	struct ward_result r;

	REQUIRE(fd >= 0 && data != NULL);
	r = run_or_fail(
		PLAY("fill", "1", "400000"),
		WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = fd, .limit = limit }));
	CHECK_EQ(r.out.total, SIZE);
	CHECK_EQ(r.out.lost, SIZE - size);
	CHECK_EQ(lseek(fd, 0, SEEK_END), (off_t)size);
	lseek(fd, 0, SEEK_SET);
	CHECK_EQ(host_read(fd, data, SIZE), (int64_t)size);
	CHECK_EQ(pattern_match(data, size, 0), size);
	ward_result_free(&r);
	close(fd);
	folder_remove(&f);
	free(data);
}

TEST(a_file_gets_all_appended_or_not_and_no_more_than_the_limit)
{
	check_file(0, 0);
	check_file(O_APPEND, 0);
	check_file(0, 100001);
	check_file(O_APPEND, 100001);
}

TEST(a_device_that_takes_all_gets_all)
{
	int fd = host_open(HOST_NULL, O_WRONLY);
	struct ward_result r =
		run_or_fail(PLAY("fill", "1", "400000"),
	                    WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = fd }));

	CHECK_EQ(r.out.total, SIZE);
	CHECK_EQ(r.out.lost, 0);
	ward_result_free(&r);
	close(fd);
}

TEST(a_descriptor_that_cannot_be_written_to_is_an_error_and_leaves_nothing)
{
	int fd = host_open(HOST_NULL, O_RDONLY);
	struct gate g;

	gate_make(&g, false);
	run_fails(PLAY("deaf", "out", "x", "tick", "2", "10"),
	          WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = fd }, .spawn = &g.opts,
	                        .stop = &(struct ward_stop_step){ SIGKILL, 0, 0 },
	                        .n_stop = 1),
	          -EBADF);
	check_nobody_there(&g);
	gate_end(&g);
	close(fd);
}

/* As in a shell: the command learns it, by its next write. */
TEST(a_descriptor_with_its_reader_gone_closes_the_pipe)
{
	struct ward_result ret = WARD_RESULT_INIT;
	int ends[2];

	make_pipe(ends);
	close(ends[0]);
	REQUIRE_EQ(ward_run(PLAY("pour", "1"),
	                    WARD_RUN_OPTS(.out = { .to = WARD_TO_FD, .fd = ends[1] }),
	                    &ret),
	           0);
	CHECK_EQ(ret.exit.how, WARD_SIGNALED);
	CHECK_EQ(ret.exit.signal, SIGPIPE);
	CHECK_EQ(ret.out.flags, WARD_OUTPUT_CUT);
	ward_result_free(&ret);
	close(ends[1]);
}
