/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the conversation with a keeper. Nothing that a keeper tells is ever
 * taken out of a socket that is kept: each has one message at most, and whoever looks at
 * it sees it, in any thread and any copy of the host. Every question brings a socket of
 * its own for the answer, so two that ask at the same time cannot take each other's.
 */
#define _GNU_SOURCE 1
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "../memory.h"
#include "../unix/poll.h"
#include "../unix/self.h"
#include "../unix/waiter.h"
#include "pidfd.h"

enum { PROMPT_MS = 100, ANSWER_S = 10, END_MS = 5000, GO_MS = 1000 };

int ward__keeper_pair(int ends[2])
{
	int r = ward__gate("socketpair");

	if (r < 0)
		return r;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
}

static void close_pair(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/* --------------------------------------------------------------------- conversation */

/* @fd goes along. */
static int send_ask(int socket, const struct ward__keeper_ask *ask, int fd)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
	struct iovec part = { (void *)(uintptr_t)ask, sizeof(*ask) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		                  .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int r = ward__gate("sendmsg");

	if (r < 0)
		return r;
	memset(room, 0, sizeof(room));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/*
 * Look at the one message: 1, 0 for not yet, -EOWNERDEAD when none will come. (The kernel
 * tells what was said, then an error, then the end.)
 */
static int peek(int socket, void *to, size_t size)
{
	ssize_t n = recv(socket, to, size, MSG_PEEK | MSG_DONTWAIT);

	if (n == (ssize_t)size)
		return 1;
	return n < 0 && errno == EAGAIN ? 0 : -EOWNERDEAD;
}

/* Somebody may have stopped it. Until it is collected its number is its own. */
static void go_on(struct ward__keeper *k)
{
	pthread_mutex_lock(&k->base.lock);
	if (!k->base.collected)
		ward__kill(k->base.pid, SIGCONT, false);
	pthread_mutex_unlock(&k->base.lock);
}

static int await_answer(struct ward__keeper *k, int socket,
                        struct ward__keeper_answer *ret)
{
	int64_t prompt = ward__deadline(PROMPT_MS * WARD_NS_PER_MS);
	int64_t deadline = ward__deadline(ANSWER_S * WARD_NS_PER_S);
	struct pollfd one = { .fd = socket, .events = POLLIN };
	int r = ward__poll(&one, 1, prompt);

	if (r == 0) {
		go_on(k);
		r = ward__poll(&one, 1, deadline);
	}
	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	r = peek(socket, ret, sizeof(*ret));
	return r > 0 ? ret->code : -EOWNERDEAD;
}

int ward__keeper_ask(struct ward__keeper *k, int what, int signal,
                     struct ward__keeper_answer *ret)
{
	struct ward__keeper_ask ask = { what, signal };
	struct ward__keeper_answer own;
	int ends[2], r;

	if (ward__self() != k->base.host)
		return -ECHILD;
	if (what == WARD__ASK_LEAVE)
		atomic_store(&k->let_go, true);
	r = ward__keeper_pair(ends);
	if (r < 0)
		return r;
	r = send_ask(k->socket, &ask, ends[1]);
	close(ends[1]);
	if (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN)
		r = -EOWNERDEAD;
	if (r == 0)
		r = await_answer(k, ends[0], ret ? ret : &own);
	close(ends[0]);
	return r;
}

int ward__keeper_ended(struct ward__keeper *k, struct ward__ending *ret)
{
	struct ward__keeper_end end;
	int r = peek(k->socket, &end, sizeof(end));

	if (r <= 0)
		return r;
	*ret = (struct ward__ending){ .code = end.code, .status = end.status,
		                      .uid = end.uid };
	ward__ending_keep_kernel_usage(ret, &end.usage);
	ward__keeper_collect(k, false);
	return 1;
}

bool ward__keeper_has_told(struct ward__keeper *k)
{
	struct ward__keeper_end end;

	return peek(k->socket, &end, sizeof(end)) > 0;
}

int ward__keeper_empty_fd(const struct ward__keeper *k)
{
	return k->what.namespace && k->pidfd >= 0 ? k->pidfd : k->empty;
}

static int look(struct ward__keeper *k, struct ward__keeper_answer *ret)
{
	int r = peek(k->empty, ret, sizeof(*ret));

	if (!k->what.namespace || k->pidfd < 0)
		return r;
	if (r <= 0)
		memset(ret, 0, sizeof(*ret));
	return (ward__poll_now(k->pidfd, POLLIN) & (POLLIN | POLLHUP)) != 0;
}

int ward__keeper_is_empty(struct ward__keeper *k, struct ward__keeper_answer *ret)
{
	struct ward__keeper_answer own;
	int r = k->empty < 0 ? -ENOTSUP : look(k, ret ? ret : &own);

	if (r > 0)
		ward__keeper_collect(k, false);
	return r;
}

/* -------------------------------------------------------------------------- collect */

bool ward__keeper_was_collected(struct ward__keeper *k, bool block)
{
	int options = block ? 0 : WNOHANG, tries = 3, r;

	do
		r = ward__waitid(k->pidfd, k->base.pid, options, NULL);
	while (r == -EINTR);
	while (r < 0 && r != -ECHILD && tries-- > 0)
		r = ward__waitid(-1, k->base.pid, options, NULL);
	return r > 0 || r == -ECHILD;
}

/* ----------------------------------------------------------------------------- life */

static int make_ends(struct ward__keeper *k, struct ward__keeper_ends *theirs)
{
	bool tells = k->what.tree || k->what.namespace;
	int talk[2], empty[2] = { -1, -1 }, r = ward__keeper_pair(talk);

	if (r < 0)
		return r;
	r = tells ? ward__keeper_pair(empty) : 0;
	if (r < 0) {
		close_pair(talk);
		return r;
	}
	k->socket = talk[0];
	k->empty = empty[0];
	*theirs = (struct ward__keeper_ends){ talk[1], empty[1] };
	return 0;
}

int ward__keeper_new(struct ward__keeper **ret, const struct ward__keeping *what,
                     struct ward__keeper_ends *theirs)
{
	struct ward__keeper *k = ward__alloc(sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->what = *what;
	r = make_ends(k, theirs);
	if (r < 0) {
		ward__free(k);
		return r;
	}
	k->pidfd = -1;
	ward__keeper_begin(k);
	*ret = k;
	return 0;
}

void ward__keeper_close_ends(struct ward__keeper_ends *ends)
{
	if (ends->socket >= 0)
		close(ends->socket);
	if (ends->empty >= 0)
		close(ends->empty);
	*ends = (struct ward__keeper_ends){ -1, -1 };
}

void ward__keeper_free(struct ward__keeper *k)
{
	if (k->socket >= 0)
		close(k->socket);
	if (k->empty >= 0)
		close(k->empty);
	if (k->pidfd >= 0)
		close(k->pidfd);
	ward__free(k);
}

/* It has told everything and is on its way out: a moment. */
static bool is_going(struct ward__keeper *k)
{
	struct ward__keeper_end end;
	struct ward__keeper_answer answer;

	if (k->watches)
		return atomic_load(&k->let_go);
	if (k->empty < 0)
		return peek(k->socket, &end, sizeof(end)) != 0;
	if (peek(k->empty, &answer, sizeof(answer)) != 0)
		return true;
	/* Its child has ended, and it may be just about to see that nothing is left. */
	return peek(k->socket, &end, sizeof(end)) != 0 &&
	       (ward__keeper_ask(k, WARD__ASK_LOOK, 0, &answer) != 0 ||
	        answer.members == 0);
}

void ward__keeper_await_end(struct ward__keeper *k)
{
	struct pollfd one = { .fd = k->pidfd, .events = POLLIN };

	if (!is_going(k))
		return;
	if (k->pidfd < 0 ||
	    ward__poll(&one, 1, ward__deadline(END_MS * WARD_NS_PER_MS)) != 0)
		ward__keeper_collect(k, true);
}

void ward__keeper_let_go(struct ward__keeper *k)
{
	const struct ward__keeper_ask leave = { WARD__ASK_LEAVE, 0 };

	atomic_store(&k->let_go, true);
	if (ward__self() == k->base.host)
		send(k->socket, &leave, sizeof(leave), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ward__keeper_end(struct ward__keeper *k)
{
	struct pollfd end = { .fd = k->pidfd, .events = POLLIN };

	ward__keeper_let_go(k);
	if (k->pidfd < 0 ||
	    ward__poll(&end, 1, ward__deadline(GO_MS * WARD_NS_PER_MS)) != 0)
		ward__keeper_collect(k, true);
}
