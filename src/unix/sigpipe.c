/* SPDX-License-Identifier: MIT */
/*
 * Writing to a pipe that nobody reads without the signal. It comes to the thread that
 * writes, and at once: so it is blocked for this thread, taken if it came, and the mask
 * is as before. A SIGPIPE that was pending already is not ours to take.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "../gate.h"
#include "channel.h"

static bool is_pending(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, SIGPIPE) == 1;
}

static void only_sigpipe(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
}

void ward__sigpipe_hold(struct ward__sigpipe *hold)
{
	sigset_t set;

	only_sigpipe(&set);
	pthread_sigmask(SIG_BLOCK, &set, &hold->before);
	hold->was_pending = is_pending();
}

/* Where it is ignored nothing is pending, and to wait for it would be for ever. */
void ward__sigpipe_release(const struct ward__sigpipe *hold, bool raised)
{
	sigset_t set;
	int taken;

	only_sigpipe(&set);
	if (raised && !hold->was_pending && is_pending())
		sigwait(&set, &taken);
	pthread_sigmask(SIG_SETMASK, &hold->before, NULL);
}

int64_t ward__write_held(int fd, const void *buf, size_t size)
{
	struct ward__sigpipe hold;
	int r = ward__gate("write");
	ssize_t n;

	if (r < 0)
		return r;
	ward__sigpipe_hold(&hold);
	do
		n = write(fd, buf, size);
	while (n < 0 && errno == EINTR);
	r = n < 0 ? -errno : 0;
	ward__sigpipe_release(&hold, r == -EPIPE);
	return r < 0 ? r : n;
}
