/* SPDX-License-Identifier: MIT */
/*
 * The usher: a thread for one start. The child says a word through a socket, with which
 * the kernel tells its number, and has the usher's answer before it goes on. What is
 * hard: our end and the child's are in one table, so neither sees the other's end by its
 * closing; the usher is sent away by a shutdown, and the child looks for its parent
 * (ward__sys_join).
 */
#define _GNU_SOURCE 1
#include "usher.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/thread.h"
#include "keeper.h"

enum { LOOK_MS = 250 };

/* Who asks: its number; 0: nobody will any more. */
static pid_t hear(int socket)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(struct ucred))];
	char word[8];
	struct iovec part = { word, sizeof(word) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		                  .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *head;
	struct ucred who;
	ssize_t n;

	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!head || head->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&who, CMSG_DATA(head), sizeof(who));
	return who.pid;
}

static void *serve(void *arg)
{
	const struct ward__usher *usher = arg;
	pid_t pid;

	while ((pid = hear(usher->socket)) > 1) {
		int32_t answer = ward__cgroup_attach(usher->group, pid);

		send(usher->socket, &answer, sizeof(answer), MSG_NOSIGNAL);
	}
	return NULL;
}

static int set(int socket, int option, const void *value, socklen_t size)
{
	int r = ward__gate("setsockopt");

	if (r == 0 && setsockopt(socket, SOL_SOCKET, option, value, size) < 0)
		r = -errno;
	return r;
}

int ward__usher_start(struct ward__usher *usher, struct ward__plan *plan)
{
	const struct timeval look = { 0, LOOK_MS * 1000 };
	const int on = 1;
	int ends[2], r = ward__keeper_pair(ends);

	if (r < 0)
		return r;
	usher->socket = ends[0];
	r = set(ends[0], SO_PASSCRED, &on, sizeof(on));
	if (r == 0)
		r = set(ends[1], SO_RCVTIMEO, &look, sizeof(look));
	if (r == 0)
		r = ward__thread_make(&usher->thread, NULL, serve, usher);
	if (r < 0) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	usher->is_there = true;
	plan->join = ends[1];
	plan->join_asks = true;
	return 0;
}

void ward__usher_end(struct ward__usher *usher, struct ward__plan *plan)
{
	if (!usher->is_there)
		return;
	/* Not by closing: another thread's child may hold the same end. */
	shutdown(plan->join, SHUT_RDWR);
	pthread_join(usher->thread, NULL);
	close(usher->socket);
	close(plan->join);
	plan->join = -1;
	plan->join_asks = false;
	usher->is_there = false;
}
