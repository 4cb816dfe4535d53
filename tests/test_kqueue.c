/* SPDX-License-Identifier: MIT */
/*
 * What is special where the end of a process is told by a kqueue: ends that come early,
 * ends of strangers, and a descriptor that stays readable.
 */
#include <poll.h>

#include "able.h"
#include "help.h"

#define NEED_KQUEUE()                                        \
	do {                                                 \
		if (!able_watch_strangers())                 \
			SKIP("this system has no kqueue");   \
	} while (0)

static bool is_readable(struct ward *w, int timeout_ms)
{
	struct pollfd one = { .fd = ward_poll_fd(w), .events = POLLIN };

	REQUIRE(one.fd >= 0);
	return poll(&one, 1, timeout_ms) == 1 && (one.revents & (POLLIN | POLLHUP));
}

/* Watched before it runs, or found to have ended: none is missed. [true-status] */
TEST(children_that_end_at_once_are_never_missed)
{
	NEED_KQUEUE();
	char code[16];

	for (int i = 0; i < check_scaled(500); i++) {
		snprintf(code, sizeof(code), "%d", i % 256);
		expect_exit(spawn_or_fail(CHILD("exit", code), NULL), i % 256);
	}
}

/* [true-status] */
TEST(children_that_are_killed_at_once_are_never_missed)
{
	NEED_KQUEUE();
	for (int i = 0; i < check_scaled(200); i++) {
		struct talk t = talk_start(CHILD("ready"), NULL);

		CHECK_EQ(ward_signal(t.w, SIGKILL), 0);
		expect_signal(ward_ref(t.w), SIGKILL);
		talk_end(&t);
	}
}

TEST(the_descriptor_is_readable_from_the_end_on)
{
	NEED_KQUEUE();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	CHECK(!is_readable(t.w, 0));
	talk_let_go(&t);
	CHECK(is_readable(t.w, 20000));
	wait_or_fail(t.w);
	CHECK(is_readable(t.w, 0));
	talk_end(&t);
}

/* The event was taken out for the status that it carries. [true-status] */
TEST(the_descriptor_stays_readable_when_the_status_came_with_the_event)
{
	NEED_KQUEUE();
	struct ward *w = spawn_or_fail(CHILD("exit", "31"), NULL);
	struct ward_exit e;

	REQUIRE_EQ(waitpid((pid_t)ward_pid(w), NULL, 0), ward_pid(w));
	e = wait_or_fail(w);
	check_exited(&e, 31);
	CHECK_EQ(e.has_usage, 0);
	CHECK(is_readable(w, 20000));
	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	ward_close(w);
}

/* Most kernels do not look at zombies: "no such process" means that it has ended. */
TEST(a_zombie_that_is_opened_is_readable)
{
	NEED_KQUEUE();
	struct ward *w = NULL;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(6);
	REQUIRE_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	REQUIRE_EQ(ward_open(&w, pid, WARD_OPEN_CHILD), 0);
	CHECK_EQ(ward_hold(w), WARD_HOLD_CHILD);
	CHECK(is_readable(w, 20000));
	expect_exit(w, 6);
}

/* [same-process] */
TEST(a_child_that_somebody_else_collected_is_not_signalled)
{
	NEED_KQUEUE();
	struct ward *w = NULL;
	int hold[2];
	char byte;
	pid_t pid;

	make_pipe(hold);
	pid = fork();
	if (pid == 0) {
		close(hold[1]);
		_exit(read(hold[0], &byte, 1) == 0 ? 7 : 99);
	}
	/* Watched before it ends: else nobody would have seen how. */
	REQUIRE_EQ(ward_open(&w, pid, WARD_OPEN_CHILD), 0);
	close(hold[0]);
	close(hold[1]);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	CHECK_EQ(ward_signal_group(w, SIGKILL), -ESRCH);
	expect_exit(w, 7);
}

/* In a copy of us a kqueue's number is somebody else's. [sealed-fds] */
TEST(a_forked_copy_that_closes_a_ward_closes_no_descriptor_of_its_own)
{
	NEED_KQUEUE();
	struct ward *w = NULL;
	int hold[2], fd, status = -1;
	char byte;
	pid_t child, copy;

	make_pipe(hold);
	child = fork();
	if (child == 0) {
		close(hold[1]);
		_exit(read(hold[0], &byte, 1) == 0 ? 8 : 99);
	}
	REQUIRE_EQ(ward_open(&w, child, WARD_OPEN_CHILD), 0);
	copy = fork();
	if (copy == 0) {
		fd = ward_poll_fd(w);
		if (fcntl(fd, F_GETFD) >= 0 || dup2(hold[0], fd) != fd)
			_exit(1);
		ward_close(w);
		_exit(fcntl(fd, F_GETFD) >= 0 ? 0 : 2);
	}
	REQUIRE_EQ(waitpid(copy, &status, 0), copy);
	CHECK_EQ(status, 0);
	close(hold[0]);
	close(hold[1]);
	expect_exit(w, 8);
}

/* [same-process] By its start. */
TEST(a_stranger_has_an_identity_and_is_found_by_it)
{
	NEED_KQUEUE();
	struct ward *w = NULL, *again = NULL;
	struct ward_id id = WARD_ID_INIT, same = WARD_ID_INIT;
	struct ward_info info = { .size = sizeof(info) };

	REQUIRE_EQ(ward_open(&w, getppid(), 0), 0);
	CHECK_EQ(ward_hold(w), WARD_HOLD_PID);
	REQUIRE_EQ(ward_identity(w, &id), 0);
	CHECK_EQ(id.kind, WARD_ID_START);
	CHECK_EQ(id.pid, getppid());
	REQUIRE_EQ(ward_info(w, &info), 0);
	CHECK_EQ(info.pid, getppid());
	REQUIRE_EQ(ward_open_id(&again, &id), 0);
	REQUIRE_EQ(ward_identity(again, &same), 0);
	CHECK(same.number == id.number);
	CHECK_EQ(ward_wait(again, 0, NULL), 0);
	CHECK_EQ(ward_signal(again, 0), -ENOTSUP);
	ward_close(again);
	again = NULL;
	id.number++;
	CHECK_EQ(ward_open_id(&again, &id), -ESRCH);
	CHECK(again == NULL);
	ward_close(w);
}

/* [same-process] Only when it was asked for. */
TEST(a_stranger_is_signalled_by_its_number_on_request)
{
	NEED_KQUEUE();
	struct ward *w = NULL;

	REQUIRE_EQ(ward_open(&w, getppid(), WARD_OPEN_WEAK), 0);
	CHECK_EQ(ward_signal(w, 0), 0);
	CHECK_EQ(ward_signal_group(w, 0), -ENOTSUP);
	ward_close(w);
}
