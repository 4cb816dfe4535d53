/* SPDX-License-Identifier: MIT */
/* The program's side of the conversation with a keeper. */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
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
#include "../unix/socket.h"
#include "number.h"

enum { PROMPT_MS = 100, ANSWER_S = 10, END_MS = 500 };

/* ---------------------------------------------------------------------------- streams */

int ward__keeper_pair(int ends[2])
{
	int r = ward__gate("socketpair");

	if (r < 0)
		return r;
#ifdef SOCK_CLOEXEC
	r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
#else
	r = socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ? -errno : 0;
	for (int i = 0; r == 0 && i < 2; i++) {
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
		setsockopt(ends[i], SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
	}
#endif
	return r;
}

bool ward__keeper_say(int socket, const void *what, size_t size)
{
	const char *from = what;

	while (size > 0) {
		ssize_t n = send(socket, from, size, WARD__NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		size -= (size_t)n;
	}
	return true;
}

bool ward__keeper_hear(int socket, void *what, size_t size)
{
	char *to = what;

	while (size > 0) {
		ssize_t n = recv(socket, to, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		size -= (size_t)n;
	}
	return true;
}

/*
 * Look at the one message: 1, 0 for not yet, -EOWNERDEAD when there will be none. An
 * error that the kernel keeps for the next call hides the message for one call.
 */
static int peek(int socket, void *to, size_t size)
{
	ssize_t n;

	for (int tries = 0; tries < 3; tries++) {
		n = recv(socket, to, size, MSG_PEEK | MSG_DONTWAIT);
		if (n == (ssize_t)size)
			return 1;
		if (n > 0)
			return 0;
		if (n == 0)
			return -EOWNERDEAD;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
	}
	return -EOWNERDEAD;
}

/* ----------------------------------------------------------------------- conversation */

/* Somebody may have stopped it. Until it is collected its number is its own. */
static void go_on(const struct ward__keeper *k)
{
	if (!k->base.collected)
		ward__kill(k->base.pid, SIGCONT, false);
}

/* An answer to a question that was given up may come first. */
static int await_answer(struct ward__keeper *k, struct ward__keeper_answer *ret)
{
	int64_t prompt = ward__deadline(PROMPT_MS * WARD_NS_PER_MS);
	int64_t deadline = ward__deadline(ANSWER_S * WARD_NS_PER_S);
	struct pollfd one = { .fd = k->streams[WARD__TALK], .events = POLLIN };

	do {
		int r = ward__poll(&one, 1, prompt);

		if (r == 0) {
			go_on(k);
			r = ward__poll(&one, 1, deadline);
		}
		if (r <= 0)
			return r < 0 ? r : -ETIMEDOUT;
		if (!ward__keeper_hear(k->streams[WARD__TALK], ret, sizeof(*ret)))
			return -EOWNERDEAD;
	} while (ret->serial != k->serial);
	return ret->code;
}

static int ask(struct ward__keeper *k, int what, int signal,
               struct ward__keeper_answer *ret)
{
	struct ward__keeper_ask ask = { .what = what, .signal = signal };
	int r = ward__gate("sendmsg");

	if (r < 0)
		return r;
	ask.serial = ++k->serial;
	if (!ward__keeper_say(k->streams[WARD__TALK], &ask, sizeof(ask)))
		return -EOWNERDEAD;
	return what == WARD__ASK_LEAVE ? 0 : await_answer(k, ret);
}

int ward__keeper_ask(struct ward__keeper *k, int what, int signal,
                     struct ward__keeper_answer *ret)
{
	struct ward__keeper_answer own;
	int r;

	if (ward__self() != k->base.host)
		return -ECHILD;
	pthread_mutex_lock(&k->base.lock);
	r = ask(k, what, signal, ret ? ret : &own);
	pthread_mutex_unlock(&k->base.lock);
	return r;
}

void ward__keeper_let_go(struct ward__keeper *k)
{
	if (ward__self() == k->base.host)
		ward__keeper_ask(k, WARD__ASK_LEAVE, 0, NULL);
}

int ward__keeper_ended(struct ward__keeper *k, struct ward__ending *ret)
{
	struct ward__keeper_end end;
	int r = peek(k->streams[WARD__TOLD], &end, sizeof(end));

	if (r <= 0)
		return r;
	*ret = (struct ward__ending){ 0 };
	ward__ending_keep_usage(ret, &end.usage);
	ward__ending_from_status(ret, end.status);
	ward__keeper_collect(k, false);
	return 1;
}

int ward__keeper_is_empty(struct ward__keeper *k, struct ward__keeper_answer *ret)
{
	struct ward__keeper_answer own;
	int fd = k->streams[WARD__EMPTY];
	int r = fd < 0 ? -ENOTSUP : peek(fd, ret ? ret : &own, sizeof(own));

	if (r > 0)
		ward__keeper_collect(k, false);
	return r;
}

int ward__keeper_empty_fd(const struct ward__keeper *k)
{
	return k->streams[WARD__EMPTY];
}

/* ---------------------------------------------------------------------------- collect */

bool ward__keeper_was_collected(struct ward__keeper *k, bool block)
{
	int status;

	if (ward__wait_number(k->base.pid, block ? 0 : WNOHANG, &status, NULL) == 0)
		return false;
	if (k->handle >= 0)
		close(k->handle);
	k->handle = -1;
	return true;
}

/* ------------------------------------------------------------------------------- life */

static void close_streams(const int streams[WARD__STREAMS])
{
	for (int i = 0; i < WARD__STREAMS; i++)
		if (streams[i] >= 0)
			close(streams[i]);
}

static int make_streams(struct ward__keeper *k, int theirs[WARD__STREAMS])
{
	int n = k->what.tree ? WARD__STREAMS : WARD__EMPTY, r = 0;

	for (int i = 0; i < WARD__STREAMS; i++)
		k->streams[i] = theirs[i] = -1;
	for (int i = 0; i < n && r == 0; i++) {
		int ends[2];

		r = ward__keeper_pair(ends);
		if (r == 0) {
			k->streams[i] = ends[0];
			theirs[i] = ends[1];
		}
	}
	if (r < 0) {
		close_streams(k->streams);
		close_streams(theirs);
	}
	return r;
}

int ward__keeper_new(struct ward__keeper **ret, const struct ward__keeping *what,
                     int theirs[WARD__STREAMS])
{
	struct ward__keeper *k = ward__alloc(sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->what = *what;
	k->handle = k->child = -1;
	r = make_streams(k, theirs);
	if (r < 0) {
		ward__free(k);
		return r;
	}
	ward__keeper_begin(k);
	*ret = k;
	return 0;
}

void ward__keeper_free(struct ward__keeper *k)
{
	close_streams(k->streams);
	if (k->handle >= 0)
		close(k->handle);
	if (k->child >= 0)
		close(k->child);
	ward__free(k);
}

static bool has_message(int socket)
{
	char byte;

	return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       (errno != EAGAIN && errno != EWOULDBLOCK);
}

/* Has it told everything, and is about to end? Of a tree's it may have to be asked. */
static bool is_going(struct ward__keeper *k)
{
	struct ward__keeper_answer answer;
	int r = -EAGAIN;

	if (!k->what.tree || !has_message(k->streams[WARD__TOLD]))
		return has_message(k->streams[WARD__TOLD]);
	if (has_message(k->streams[WARD__EMPTY]))
		return true;
	for (int tries = 0; tries < 3 && r < 0 && r != -EOWNERDEAD && r != -ETIMEDOUT;
	     tries++)
		r = ward__keeper_ask(k, WARD__ASK_LOOK, 0, &answer);
	return r == -EOWNERDEAD || (r == 0 && answer.members == 0);
}

/* Its end closes the socket: a moment. */
void ward__keeper_await_end(struct ward__keeper *k)
{
	struct pollfd one = { .fd = k->streams[WARD__TALK], .events = POLLIN };

	if (is_going(k) &&
	    ward__poll(&one, 1, ward__deadline(END_MS * WARD_NS_PER_MS)) != 0)
		ward__keeper_collect(k, true);
}
