/* SPDX-License-Identifier: MIT */
/*
 * A held process handed to another process, and the process behind a socket.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "able.h"
#include "help.h"

/* Some systems learn of it by fcntl alone; the harness closes what it opens itself. */
#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#endif
#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

static void make_sockets(int ends[2], int type)
{
	REQUIRE_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
}

static void close_both(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static bool can_send(const struct talk *t)
{
	return has_handle(t->w);
}

/* Receiving needs no handle of our own, but a system that has handles. */
#define NEED_HANDLES()                                          \
	do {                                                    \
		if (!able_pass())                               \
			SKIP("this system has no handles");     \
	} while (0)

/* Hand it over a socket of this type and hold it twice. */
static void pass_over(int type)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *w = NULL;
	struct ward_exit e;
	int ends[2];

	make_sockets(ends, type);
	REQUIRE_EQ(ward_send(t.w, ends[0], WARD_FOREVER), 0);
	REQUIRE_EQ(ward_recv(&w, ends[1], WARD_FOREVER), 0);
	CHECK_EQ(ward_pid(w), ward_pid(t.w));
	CHECK_EQ(ward_hold(w), ward_hold(t.w));
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	e = wait_or_fail(w);
	check_signaled(&e, SIGKILL);
	ward_close(w);
	close_both(ends);
	talk_end(&t);
}

TEST(a_process_is_handed_over_a_socket_of_any_type)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	bool able = can_send(&t);

	talk_end(&t);
	if (!able)
		SKIP("there is no handle to hand over");
	pass_over(SOCK_STREAM);
	pass_over(SOCK_DGRAM);
	pass_over(SOCK_SEQPACKET);
	pass_over(SOCK_STREAM | SOCK_NONBLOCK);
}

/* [same-process] */
TEST(less_than_a_handle_is_not_handed_over)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	int ends[2], r;
	char byte;

	make_sockets(ends, SOCK_STREAM | SOCK_NONBLOCK);
	if (!can_send(&t)) {
		r = ward_send(t.w, ends[0], 0);
		CHECK_EQ(r, -ENOTSUP);
		CHECK(read(ends[1], &byte, 1) < 0);
	}
	r = can_send(&t);
	close_both(ends);
	talk_end(&t);
	if (r)
		SKIP("here every process is held by a handle");
}

/* What the other process does with what it gets: kill it and learn how it ended. */
static _Noreturn void be_receiver(int socket)
{
	struct ward *w = NULL;
	struct ward_exit e = WARD_EXIT_INIT;

	REQUIRE_EQ(ward_recv(&w, socket, WARD_FOREVER), 0);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	REQUIRE_EQ(ward_signal(w, SIGTERM), 0);
	REQUIRE_EQ(ward_wait(w, WARD_FOREVER, &e), 1);
	check_exited_or_lost(&e, 64 + SIGTERM, able_exit_info() || on_freebsd_system());
	CHECK_EQ(e.has_usage, 0);
	ward_close(w);
	_exit(0);
}

/* [true-status] */
TEST(the_receiver_may_signal_it_and_learns_how_it_ended)
{
	struct talk t = talk_start_ready(CHILD("catch", "TERM"), NULL);
	int ends[2], status = 1;
	struct ward_exit e;
	pid_t pid;

	if (!can_send(&t) || is_forced("pidfd_send_signal")) {
		ward_signal(t.w, SIGKILL);
		talk_end(&t);
		SKIP("there is no handle to hand over and signal by");
	}
	make_sockets(ends, SOCK_STREAM);
	pid = fork();
	if (pid == 0)
		be_receiver(ends[1]);
	REQUIRE_EQ(ward_send(t.w, ends[0], WARD_FOREVER), 0);
	e = wait_or_fail(t.w);
	check_exited(&e, 64 + SIGTERM);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close_both(ends);
	talk_end(&t);
}

#ifdef __linux__
/* A receiver that asked the kernel for more than descriptors gets the ward, too. */
static void pass_with_extras(int option)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *w = NULL;
	int ends[2], on = 1;

	make_sockets(ends, SOCK_STREAM);
	if (setsockopt(ends[1], SOL_SOCKET, option, &on, sizeof(on)) == 0) {
		REQUIRE_EQ(ward_send(t.w, ends[0], WARD_FOREVER), 0);
		REQUIRE_EQ(ward_recv(&w, ends[1], WARD_FOREVER), 0);
		CHECK_EQ(ward_pid(w), ward_pid(t.w));
		ward_close(w);
	}
	close_both(ends);
	talk_end(&t);
}

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

/* [sealed-fds] A pidfd of the sender that comes along is closed. */
TEST(what_the_kernel_adds_to_a_message_does_no_harm)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	bool able = can_send(&t);

	talk_end(&t);
	if (!able)
		SKIP("there is no handle to hand over");
	if (!on_linux_system())
		SKIP("no descriptors are added by this system");
	pass_with_extras(SO_PASSCRED);
	pass_with_extras(SO_PASSPIDFD);
}
#endif

/* ------------------------------------------------------------------------ trouble */

/* [bounded] */
TEST(receiving_keeps_its_time_out)
{
	NEED_HANDLES();
	struct ward *w = NULL;
	int ends[2];

	make_sockets(ends, SOCK_STREAM);
	CHECK_EQ(ward_recv(&w, ends[1], 0), -ETIMEDOUT);
	CHECK_EQ(ward_recv(&w, ends[1], MILLISECONDS(20)), -ETIMEDOUT);
	CHECK(w == NULL);
	close_both(ends);
}

static void fill(int socket)
{
	char block[4096] = { 0 };

	while (send(socket, block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	while (send(socket, block, 1, MSG_DONTWAIT) > 0)
		;
}

/* [bounded] */
TEST(sending_keeps_its_time_out)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	int ends[2];
	bool able = can_send(&t);

	make_sockets(ends, SOCK_STREAM);
	fill(ends[0]);
	if (able) {
		CHECK_EQ(ward_send(t.w, ends[0], 0), -ETIMEDOUT);
		CHECK_EQ(ward_send(t.w, ends[0], MILLISECONDS(20)), -ETIMEDOUT);
	}
	close_both(ends);
	talk_end(&t);
	if (!able)
		SKIP("there is no handle to hand over");
}

/* [no-globals] SIGPIPE has its default action here: it would end the case. */
TEST(sending_to_nobody_is_an_error_and_no_sigpipe)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	bool able = can_send(&t);
	int ends[2];

	make_sockets(ends, SOCK_STREAM);
	close(ends[1]);
	if (able)
		CHECK_EQ(ward_send(t.w, ends[0], WARD_FOREVER), -EPIPE);
	close(ends[0]);
	talk_end(&t);
	if (!able)
		SKIP("there is no handle to hand over");
}

TEST(receiving_from_nobody_is_an_error)
{
	NEED_HANDLES();
	struct ward *w = NULL;
	int ends[2];

	make_sockets(ends, SOCK_STREAM);
	close(ends[0]);
	CHECK_EQ(ward_recv(&w, ends[1], WARD_FOREVER), -EPIPE);
	CHECK(w == NULL);
	close(ends[1]);
}

/* What it left unread is an error for us, which the kernel tells of first. */
TEST(who_sends_and_goes_without_having_read_all_has_sent)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	bool able = can_send(&t);
	struct ward *w = NULL;
	int ends[2];

	make_sockets(ends, SOCK_SEQPACKET);
	if (able) {
		REQUIRE_EQ(write(ends[1], "?", 1), 1);
		REQUIRE_EQ(ward_send(t.w, ends[0], WARD_FOREVER), 0);
	}
	close(ends[0]);
	if (able) {
		REQUIRE_EQ(ward_recv(&w, ends[1], SECONDS(5)), 0);
		CHECK_EQ(ward_pid(w), ward_pid(t.w));
		ward_close(w);
		CHECK_EQ(ward_recv(&w, ends[1], SECONDS(5)), -EPIPE);
	}
	close(ends[1]);
	talk_end(&t);
	if (!able)
		SKIP("there is no handle to hand over");
}

/* Send @len bytes of @text with @n descriptors: not in our way. */
static void send_fds(int socket, const char *text, size_t len, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec part = { (char *)text, len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c = (struct cmsghdr *)(void *)control.bytes;

	memset(&control, 0, sizeof(control));
	if (n > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = (socklen_t)CMSG_SPACE(n * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = (socklen_t)CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	REQUIRE_EQ(sendmsg(socket, &message, 0), len);
}

/* [sealed-fds] What came along is closed: the harness would find it. */
TEST(what_is_no_ward_is_refused_and_closed)
{
	NEED_HANDLES();
	static const int plain[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
	struct ward *w = NULL;
	int ends[2];

	make_sockets(ends, SOCK_SEQPACKET);
	send_fds(ends[0], "x", 1, plain, 0);
	CHECK_EQ(ward_recv(&w, ends[1], SECONDS(5)), -EBADMSG);
	send_fds(ends[0], "hello", 5, plain, 1);
	CHECK_EQ(ward_recv(&w, ends[1], SECONDS(5)), -EBADMSG);
	send_fds(ends[0], "x", 1, plain, 1);
	CHECK_EQ(ward_recv(&w, ends[1], SECONDS(5)), -EBADMSG);
	send_fds(ends[0], "x", 1, plain, 2);
	CHECK_EQ(ward_recv(&w, ends[1], SECONDS(5)), -EBADMSG);
	send_fds(ends[0], "x", 1, plain, 8);
	CHECK_EQ(ward_recv(&w, ends[1], SECONDS(5)), -EBADMSG);
	CHECK(w == NULL);
	close_both(ends);
}

TEST(what_is_no_socket_is_refused)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *w = NULL;

	if (can_send(&t)) {
		CHECK_EQ(ward_send(t.w, t.to, 0), -ENOTSOCK);
		CHECK_EQ(ward_send(t.w, -1, 0), -EBADF);
	}
	CHECK(ward_recv(&w, t.from, 0) < 0);
	CHECK(ward_recv(&w, -1, 0) < 0);
	CHECK(ward_peer(&w, t.from) < 0);
	CHECK(ward_peer(&w, -1) < 0);
	CHECK(w == NULL);
	talk_end(&t);
}

/* --------------------------------------------------------------------------- peer */

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static bool able_peer(void)
{
	int ends[2], fd = -1;
	socklen_t len = sizeof(fd);

	if (!on_linux_system() || is_forced("so_peerpidfd"))
		return false;
	make_sockets(ends, SOCK_STREAM);
	if (getsockopt(ends[0], SOL_SOCKET, SO_PEERPIDFD, &fd, &len) == 0)
		close(fd);
	close_both(ends);
	return fd >= 0;
}

/* [same-process] */
TEST(the_peer_is_held_by_a_handle_or_not_at_all)
{
	struct ward *w = NULL;
	int ends[2], r;

	make_sockets(ends, SOCK_STREAM);
	r = ward_peer(&w, ends[0]);
	close_both(ends);
	if (able_peer()) {
		REQUIRE_EQ(r, 0);
		CHECK_EQ(ward_pid(w), getpid());
		CHECK_EQ(ward_hold(w),
		         able_pidfd_signal() ? WARD_HOLD_KERNEL : WARD_HOLD_PID);
		ward_close(w);
	} else {
		CHECK(r == -ENOTSUP || r == -ESRCH);
		CHECK(w == NULL);
	}
}

static void listen_at(int listener, struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	REQUIRE(strlen(path) < sizeof(address->sun_path));
	strcpy(address->sun_path, path);
	REQUIRE_EQ(bind(listener, (struct sockaddr *)address, sizeof(*address)), 0);
	REQUIRE_EQ(listen(listener, 1), 0);
}

TEST(the_peer_is_the_process_that_called_connect)
{
	struct folder folder = folder_make();
	struct sockaddr_un address;
	struct ward *w = NULL;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), one;
	char path[256], byte;
	pid_t pid;

	listen_at(listener, &address, folder_file(&folder, "s", path, sizeof(path)));
	pid = fork();
	if (pid == 0) {
		int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		REQUIRE_EQ(connect(s, (struct sockaddr *)&address, sizeof(address)), 0);
		_exit(read(s, &byte, 1) == 0 ? 17 : 99);
	}
	one = accept(listener, NULL, NULL);
	if (able_peer()) {
		struct ward_exit e;

		REQUIRE_EQ(ward_peer(&w, one), 0);
		CHECK_EQ(ward_pid(w), pid);
		close(one);
		e = wait_or_fail(w);
		check_exited(&e, 17);
		ward_close(w);
	} else {
		CHECK(ward_peer(&w, one) < 0);
		close(one);
		waitpid(pid, NULL, 0);
	}
	close(listener);
	folder_remove(&folder);
}

/* [true-status] */
TEST(a_peer_that_is_gone_is_refused_or_told_truly)
{
	struct ward *w = NULL;
	struct ward_exit e = WARD_EXIT_INIT;
	int told[2], peer = -1, r;
	pid_t pid;

	/* A process that made a pair, sent us one end, and ended. */
	make_sockets(told, SOCK_SEQPACKET);
	pid = fork();
	if (pid == 0) {
		int pair[2];

		make_sockets(pair, SOCK_STREAM);
		send_fds(told[1], "x", 1, &pair[0], 1);
		_exit(18);
	}
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	{
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(sizeof(int))];
		} control;
		char byte;
		struct iovec part = { &byte, 1 };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
			                  .msg_control = control.bytes,
			                  .msg_controllen = sizeof(control) };

		REQUIRE_EQ(recvmsg(told[0], &message, MSG_CMSG_CLOEXEC), 1);
		memcpy(&peer, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(peer));
	}
	r = ward_peer(&w, peer);
	CHECK(r == 0 || r == -ESRCH || r == -ENOTSUP);
	if (r == 0) {
		REQUIRE_EQ(ward_wait(w, WARD_FOREVER, &e), 1);
		check_exited_or_lost(&e, 18, able_exit_info());
		CHECK_EQ(ward_signal(w, 0), -ESRCH);
		ward_close(w);
	}
	close(peer);
	close_both(told);
}
