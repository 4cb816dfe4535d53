/* SPDX-License-Identifier: MIT */
/*
 * The system calls that name a process by its number: each is made in one place only,
 * with what must be true of the number checked there. And poll, which all come to.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "number.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "../unix/fork.h"
#include "../unix/poll.h"
#include "../unix/self.h"
#include "../unix/waiter.h"

pid_t ward__self(void)
{
	return getpid();
}

/* The only place that looks for a child; never a wildcard. */
int ward__peek_child(pid_t pid, bool block)
{
	siginfo_t info;
	int r;

	if (pid <= 0)
		return -ECHILD;
	do
		r = waitid(P_PID, (id_t)pid, &info,
		           WEXITED | WNOWAIT | (block ? 0 : WNOHANG));
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

bool ward__is_child(pid_t pid)
{
	return ward__peek_child(pid, false) == 0;
}

/* The only place that collects one. 1 collected, 0 not yet. */
int ward__collect(pid_t pid, int options, struct ward__ending *ret)
{
	struct rusage usage;
	int status = 0, r = ward__gate("waitid");

	if (r < 0)
		return r;
	do
		r = wait4(pid, &status, options, &usage);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r < 0 ? -errno : 0;
	*ret = (struct ward__ending){ 0 };
	ward__ending_keep_usage(ret, &usage);
	ward__ending_from_status(ret, status);
	return 1;
}

int ward__wait_number(pid_t pid, int options, int *status, struct rusage *usage)
{
	int r;

	if (pid <= 1)
		return -ECHILD;
	do
		r = wait4(pid, status, options, usage);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r > 0;
}

/* Also in a keeper, where there may be no allocation. */
void ward__collect_failed(pid_t pid)
{
	int status, r;

	for (int tries = 0; tries < 3; tries++) {
		if (ward__gate("waitid") < 0)
			continue;
		do
			r = waitpid(pid, &status, 0);
		while (r < 0 && errno == EINTR);
		return;
	}
}

/* The only place that signals. 0, 1 and -1 mean whole groups, init and everybody. */
int ward__kill(pid_t pid, int sig, bool group)
{
	int r = ward__gate("kill");

	if (r < 0)
		return r;
	if (pid <= 1)
		return -EINVAL;
	return kill(group ? -pid : pid, sig) < 0 ? -errno : 0;
}

/* poll counts milliseconds: a part of one is waited for as a whole one. */
static int poll_ms(int64_t deadline)
{
	int64_t left, ms;

	if (deadline < 0)
		return -1;
	left = deadline - ward__now();
	if (left <= 0)
		return 0;
	ms = (left - 1) / WARD_NS_PER_MS + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

int ward__poll(struct pollfd *fds, size_t n, int64_t deadline)
{
	for (;;) {
		int r = ward__gate("ppoll");

		if (r < 0)
			return r;
		r = poll(fds, (nfds_t)n, poll_ms(deadline));
		if (r > 0 || (r == 0 && ward__is_due(deadline)))
			return r;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}
