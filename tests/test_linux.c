/* SPDX-License-Identifier: MIT */
/*
 * <ward_linux.h>: pidfds in and out.
 */
#include "able.h"
#include "help.h"

#if defined(__linux__) && !WARD_TEST_POSIX
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "gate.h"
#include "ward_linux.h"

static int raw_pidfd(pid_t pid)
{
	return (int)syscall(ABLE_PIDFD_OPEN, pid, 0);
}

static int raw_nonblocking(pid_t pid)
{
	return (int)syscall(ABLE_PIDFD_OPEN, pid, O_NONBLOCK);
}

TEST(the_pidfd_is_lent)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	int fd = ward_pidfd(t.w);

	if (ward_hold(t.w) == WARD_HOLD_KERNEL || ward_pidfd(t.w) >= 0) {
		CHECK(fd >= 0);
		CHECK_EQ(ward_pidfd(t.w), fd);
		CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
		CHECK_EQ(syscall(ABLE_PIDFD_SEND_SIGNAL, fd, 0, NULL, 0), 0);
	} else {
		CHECK_EQ(fd, -ENOTSUP);
		CHECK_EQ(ward_pidfd_dup(t.w), -ENOTSUP);
	}
	talk_end(&t);
}

#if defined(__x86_64__) || defined(__aarch64__) || \
	(defined(__riscv) && __riscv_xlen == 64)
#define HAS_ENTRY true
#else
#define HAS_ENTRY false
#endif

static int calls_of_a_start(const char *call)
{
	int n;

	ward__gate_fail(call, 0, 0);
	expect_exit(spawn_or_fail(CHILD("exit", "3"), NULL), 3);
	n = ward__gate_count();
	ward__gate_fail(NULL, 0, 0);
	return n;
}

/* clone3 with CLONE_CLEAR_SIGHAND, of Linux 5.5: a plain fork by it. */
static bool able_clear_handlers(void)
{
	const uint64_t args[8] = { 0x100000000, 0, 0, 0, SIGCHLD, 0, 0, 0 };
	long pid = syscall(ABLE_CLONE3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid((pid_t)pid, NULL, 0) == pid;
}

/* Nothing but its speed would tell that the entry of an architecture does not work. */
TEST(the_first_rung_is_taken_where_kernel_and_processor_have_it)
{
	if (!HAS_ENTRY || is_forced("clone3") || !able_clear_handlers())
		SKIP("there is no clone3 that resets handlers here (before 5.5)");
	expect_exit(spawn_or_fail(CHILD("exit", "3"), NULL), 3);
	CHECK_EQ(calls_of_a_start("clone3"), 1);
	CHECK_EQ(calls_of_a_start("clone_pidfd"), 0);
	CHECK_EQ(calls_of_a_start("clone"), 0);
}

/* ------------------------------------------------------------------- pipes far up */

enum { CROWD = 200 };

/* So many descriptors that a new pipe is far up. */
static void make_crowd(int fds[CROWD])
{
	for (int i = 0; i < CROWD; i++)
		REQUIRE((fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
}

static void end_crowd(const int fds[CROWD])
{
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
}

/* Bytes go to a child and come back, and so do both ends of its pipes. */
static void check_echo(void)
{
	struct ward *w = spawn_or_fail(CHILD("cat"),
	                               WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_PIPE },
	                                               .out = { .kind = WARD_FD_PIPE }));
	char buf[8];

	CHECK_EQ(ward_write(w, 0, "hello", 5, WARD_FOREVER), 5);
	CHECK_EQ(ward_read(w, 1, buf, sizeof(buf), WARD_FOREVER), 5);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK_EQ(ward_end_input(w, 0), 0);
	CHECK_EQ(ward_read(w, 1, buf, sizeof(buf), WARD_FOREVER), 0);
	expect_exit(w, 0);
}

TEST(pipes_that_are_far_up_are_opened_anew_by_the_child)
{
	int fds[CROWD];

	if (!HAS_ENTRY || is_forced("clone3") || is_forced("close_range") ||
	    !able_clear_handlers())
		SKIP("the child has a copy of the whole table here");
	make_crowd(fds);
	expect_exit(spawn_or_fail(CHILD("exit", "3"), NULL), 3);
	ward__gate_fail("openat", 0, 0);
	check_echo();
	CHECK_EQ(ward__gate_count(), 2);
	ward__gate_fail(NULL, 0, 0);
	end_crowd(fds);
}

TEST(pipes_that_are_far_up_are_given_where_they_cannot_be_opened)
{
	int fds[CROWD];

	make_crowd(fds);
	for (int i = 1; i <= 2; i++) {
		ward__gate_fail("openat", i, EACCES);
		check_echo();
		ward__gate_fail(NULL, 0, 0);
	}
	end_crowd(fds);
}

/* The very open file may be meant, and another one would be something else. */
TEST(a_given_pipe_that_is_far_up_is_the_very_same_in_the_child)
{
	int fds[CROWD], ends[2];

	make_crowd(fds);
	make_pipe(ends);
	REQUIRE_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	expect_exit(spawn_or_fail(ARGV("sh", "-c", "exec head -c 1 2>&-"),
	                          WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_GIVEN,
	                                                  .fd = ends[0] })),
	            1);
	close(ends[0]);
	close(ends[1]);
	end_crowd(fds);
}

TEST(a_duplicate_outlives_the_ward)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct pollfd p = { .events = POLLIN };

	if (!has_handle(t.w)) {
		talk_end(&t);
		SKIP("there is no pidfd here");
	}
	p.fd = ward_pidfd_dup(t.w);
	REQUIRE(p.fd >= 0);
	CHECK(p.fd != ward_pidfd(t.w));
	CHECK_EQ(fcntl(p.fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(poll(&p, 1, 0), 0);
	talk_end(&t);
	CHECK_EQ(poll(&p, 1, 0), 1);
	close(p.fd);
}

/* [true-status] */
TEST(a_pidfd_is_taken_over)
{
	struct ward *w = NULL;
	struct ward_exit e;
	pid_t pid = fork();
	int fd;

	if (pid == 0)
		_exit(14);
	fd = raw_pidfd(pid);
	if (fd < 0) {
		waitpid(pid, NULL, 0);
		SKIP("there is no pidfd to be had here");
	}
	if (!able_pidfd()) {
		CHECK_EQ(ward_pidfd_take(&w, fd), -ENOTSUP);
		CHECK(w == NULL);
		close(fd);
		waitpid(pid, NULL, 0);
		return;
	}
	REQUIRE_EQ(ward_pidfd_take(&w, fd), 0);
	CHECK_EQ(ward_pidfd(w), fd);
	CHECK_EQ(ward_pid(w), pid);
	CHECK_EQ(ward_hold(w), is_forced("pidfd_send_signal") ? WARD_HOLD_CHILD
	                                                      : WARD_HOLD_KERNEL);
	e = wait_or_fail(w);
	check_exited(&e, 14);
	CHECK_EQ(e.has_usage, 1);
	CHECK_EQ(e.wall_ns, -1);
	ward_close(w);
	CHECK(fcntl(fd, F_GETFD) < 0);
}

/* A pidfd may have been made non-blocking: waiting still waits. */
TEST(a_nonblocking_pidfd_is_waited_for_all_the_same)
{
	struct ward *w = NULL;
	struct ward_exit e;
	char byte;
	int hold[2], fd;
	pid_t pid;

	fd = raw_pidfd(getpid());
	if (fd < 0 || !able_pidfd()) {
		close(fd);
		SKIP("there is no pidfd here");
	}
	close(fd);
	fd = raw_nonblocking(getpid());
	if (fd < 0)
		SKIP("pidfds cannot be made non-blocking here (before 5.10)");
	close(fd);
	make_pipe(hold);
	pid = fork();
	if (pid == 0) {
		close(hold[1]);
		_exit(read(hold[0], &byte, 1) == 0 ? 15 : 99);
	}
	close(hold[0]);
	REQUIRE_EQ(ward_pidfd_take(&w, raw_nonblocking(pid)), 0);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	CHECK_EQ(ward_wait(w, MILLISECONDS(5), NULL), 0);
	close(hold[1]);
	e = wait_or_fail(w);
	check_exited(&e, 15);
	ward_close(w);
}

TEST(what_is_no_pidfd_stays_the_callers)
{
	struct ward *w = NULL;
	int expected = able_pidfd() ? -EBADF : -ENOTSUP, r;
	int fds[3];

	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds[2] = -1;
	for (int i = 0; i < 3; i++) {
		r = ward_pidfd_take(&w, fds[i]);
		CHECK(r == expected || r == -EBADF);
		if (fds[i] >= 0)
			CHECK_EQ(close(fds[i]), 0);
	}
	r = ward_pidfd_take(&w, 1 << 20);
	CHECK(r == expected || r == -EBADF);
	CHECK(w == NULL);
}

static void *hold_thread(void *arg)
{
	int *ends = arg;
	long tid = syscall(SYS_gettid);
	char byte;

	if (write(ends[1], &tid, sizeof(tid)) == sizeof(tid) &&
	    read(ends[2], &byte, 1) == 0)
		return arg;
	return NULL;
}

/* Linux 6.9 has pidfds of threads: PIDFD_THREAD, which is O_EXCL. */
TEST(the_pidfd_of_a_thread_is_refused)
{
	int told[2], hold[2], ends[3], fd;
	struct ward *w = NULL;
	pthread_t thread;
	long tid = 0;

	if (!able_pidfs())
		SKIP("there are no pidfds of threads here");
	make_pipe(told);
	make_pipe(hold);
	ends[0] = told[0];
	ends[1] = told[1];
	ends[2] = hold[0];
	REQUIRE_EQ(pthread_create(&thread, NULL, hold_thread, ends), 0);
	REQUIRE_EQ(read(told[0], &tid, sizeof(tid)), sizeof(tid));
	fd = (int)syscall(ABLE_PIDFD_OPEN, tid, O_EXCL);
	REQUIRE(fd >= 0);
	CHECK_EQ(ward_pidfd_take(&w, fd), -EBADF);
	CHECK_EQ(close(fd), 0);
	close(hold[1]);
	pthread_join(thread, NULL);
	close(told[0]);
	close(told[1]);
	close(hold[0]);
}

/* The number is no longer there to be read, yet the handle knows how it ended. */
TEST(the_pidfd_of_a_process_that_was_collected_can_be_taken)
{
	struct ward *w = NULL;
	struct ward_exit e = WARD_EXIT_INIT;
	pid_t pid;
	int fd, r;

	if (!able_pidfs())
		SKIP("there is no pidfd of this kind here");
	pid = fork();
	if (pid == 0)
		_exit(16);
	fd = raw_pidfd(pid);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	r = ward_pidfd_take(&w, fd);
	if (r < 0) {
		CHECK_EQ(r, -EBADF);
		CHECK_EQ(close(fd), 0);
		return;
	}
	REQUIRE_EQ(ward_wait(w, WARD_FOREVER, &e), 1);
	check_exited_or_lost(&e, 16, able_exit_info());
	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	ward_close(w);
}

/* As fork, past the libc and whatever it calls for it. */
static pid_t bare_fork(void)
{
#ifdef SYS_fork
	return (pid_t)syscall(SYS_fork);
#else
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

/* Which of the two counts is refused: 1, the first; 2, the second. */
static int refused_in_copy(struct ward_set *set)
{
	struct ward_set *own = NULL;
	int r = ward_set_count(set) == -ECHILD ? 1 : 0;

	if (ward_set_new(&own, NULL) < 0 || ward_set_count(own) != 0)
		r |= 2;
	ward_set_close(own);
	ward_set_close(set);
	return r;
}

static int code_of(pid_t pid)
{
	int status = -1;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_own_set_in_copy(bool is_known)
{
	struct ward_set *set;
	pid_t pid;

	if (!is_known)
		ward__gate_fail("wipe_on_fork", 1, ENOSYS);
	REQUIRE_EQ(ward_set_new(&set, NULL), 0);
	REQUIRE_EQ(ward_set_count(set), 0);
	pid = bare_fork();
	if (pid == 0) {
		pid = bare_fork();
		if (pid == 0)
			_exit(refused_in_copy(set));
		_exit(code_of(pid) == 1 ? refused_in_copy(set) : 8);
	}
	CHECK_EQ(code_of(pid), 1);
	CHECK_EQ(ward_set_count(set), 0);
	ward_set_close(set);
}

TEST(a_copy_made_by_the_bare_system_call_has_sets_of_its_own_only)
{
	check_own_set_in_copy(false);
	check_own_set_in_copy(true);
	check_own_set_in_copy(true);
}
#else
TEST(pidfds_are_lent_and_taken)
{
	SKIP("this system has no pidfds");
}
#endif
