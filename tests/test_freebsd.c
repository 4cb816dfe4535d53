/* SPDX-License-Identifier: MIT */
/*
 * What is special of process descriptors, and of what else FreeBSD alone can do.
 */
#include <poll.h>
#include <sys/socket.h>
#ifdef __FreeBSD__
#include <sys/procctl.h>
#endif

#include "able.h"
#include "help.h"

#define NEED_FREEBSD()                                                  \
	do {                                                            \
		if (!on_freebsd_system())                               \
			SKIP("this system has no process descriptors"); \
	} while (0)

/* [true-status] */
TEST(a_wait_for_any_child_does_not_see_ours)
{
	NEED_FREEBSD();
	struct ward *w = spawn_or_fail(CHILD("exit", "8"), NULL);
	siginfo_t info;

	CHECK_EQ(ward_hold(w), WARD_HOLD_KERNEL);
	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(w), &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_EQ(errno, ECHILD);
	expect_exit(w, 8);
}

TEST(the_descriptor_says_hangup)
{
	NEED_FREEBSD();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct pollfd one = { .fd = ward_poll_fd(t.w), .events = POLLIN };

	CHECK_EQ(poll(&one, 1, 0), 0);
	talk_let_go(&t);
	CHECK_EQ(poll(&one, 1, 20000), 1);
	CHECK_EQ(one.revents, POLLHUP);
	talk_end(&t);
}

/* [same-process] The number belongs to the descriptor, whoever has collected it. */
TEST(a_collected_child_keeps_its_number_until_it_is_closed)
{
	NEED_FREEBSD();
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	pid_t pid = (pid_t)ward_pid(w);

	wait_or_fail(w);
	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	for (int i = 0; i < check_scaled(200); i++) {
		pid_t other = fork();

		if (other == 0)
			_exit(0);
		CHECK(other != pid);
		waitpid(other, NULL, 0);
	}
	ward_close(w);
}

/* The last close of a descriptor would kill without PD_DAEMON. */
TEST(a_child_that_is_left_lives_on)
{
	NEED_FREEBSD();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct pollfd one = { .fd = t.from, .events = POLLIN };

	ward_close(t.w);
	CHECK_EQ(poll(&one, 1, 50), 0);
	talk_let_go(&t);
	CHECK_EQ(poll(&one, 1, 20000), 1);
	close(t.from);
	/* Ours again if we are a reaper, else init's. */
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* [true-status] The descriptor keeps the status for whoever holds it. */
TEST(a_receiver_learns_the_status_when_the_sender_is_done_with_it)
{
	NEED_FREEBSD();
	struct talk t = talk_start_ready(CHILD("ready", "19"), NULL);
	struct ward *w = NULL;
	int ends[2];

	REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	REQUIRE_EQ(ward_send(t.w, ends[0], WARD_FOREVER), 0);
	talk_let_go(&t);
	expect_exit(ward_ref(t.w), 19);
	talk_end(&t);
	REQUIRE_EQ(ward_recv(&w, ends[1], WARD_FOREVER), 0);
	expect_exit(w, 19);
	close(ends[0]);
	close(ends[1]);
}

/* [sealed-fds] */
TEST(a_descriptor_of_something_else_is_no_process)
{
	NEED_FREEBSD();
	static const char header[8] = { 'w', 'a', 'r', 'd', 'h', 'n', 'd', 1 };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { (void *)(uintptr_t)header, sizeof(header) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		                  .msg_control = control.bytes,
		                  .msg_controllen = sizeof(control.bytes) };
	struct ward *w = NULL;
	struct cmsghdr *rights;
	int ends[2];

	REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	memset(&control, 0, sizeof(control));
	rights = CMSG_FIRSTHDR(&message);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &ends[0], sizeof(int));
	REQUIRE_EQ(sendmsg(ends[0], &message, 0), (ssize_t)sizeof(header));
	CHECK_EQ(ward_recv(&w, ends[1], SECONDS(5)), -EBADMSG);
	CHECK(w == NULL);
	close(ends[0]);
	close(ends[1]);
}

#ifdef __FreeBSD__
TEST(no_new_privileges_are_set_when_asked_on_freebsd)
{
	NEED_FREEBSD();
	struct talk t = talk_start_ready(
	        CHILD("ready"), WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NO_NEW_PRIVS));
	int how = 0;

	CHECK_EQ(procctl(P_PID, (id_t)ward_pid(t.w), PROC_NO_NEW_PRIVS_STATUS, &how), 0);
	CHECK_EQ(how, PROC_NO_NEW_PRIVS_ENABLE);
	talk_end(&t);
}
#endif

TEST(a_cpu_is_taken_when_asked_on_freebsd)
{
	NEED_FREEBSD();
	static const uint32_t first = 0;

	expect_exit(spawn_or_fail(CHILD("exit", "5"),
	                          WARD_SPAWN_OPTS(.cpus = &first, .n_cpus = 1)),
	            5);
}

/* Of the parent process, and not of its thread. */
TEST(the_death_signal_comes_with_the_end_of_the_process)
{
	NEED_FREEBSD();
	struct pollfd one = { .events = POLLIN };
	int out[2], told[2], in[2];
	pid_t parent;
	char byte;

	make_pipe(out);
	make_pipe(told);
	make_pipe(in);
	parent = fork();
	if (parent == 0) {
		struct ward *w = spawn_or_fail(
		        CHILD("ready"),
		        WARD_SPAWN_OPTS(.death_signal = SIGKILL, .in = GIVEN(in[0]),
		                        .out = GIVEN(out[1])));

		(void)w;
		if (write(told[1], "", 1) != 1 || read(out[0], &byte, 1) != 1)
			_exit(1);
		_exit(0);
	}
	close(out[1]);
	REQUIRE_EQ(read(told[0], &byte, 1), 1);
	REQUIRE_EQ(waitpid(parent, NULL, 0), parent);
	/* in[1] is open still: only the signal can have ended it. */
	one.fd = out[0];
	while (poll(&one, 1, 20000) == 1 && read(out[0], &byte, 1) == 1)
		;
	CHECK(one.revents & POLLHUP);
	close(out[0]);
	close(told[0]);
	close(told[1]);
	close(in[0]);
	close(in[1]);
	while (waitpid(-1, NULL, 0) > 0)
		;
}
