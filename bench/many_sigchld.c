/* SPDX-License-Identifier: MIT */
/*
 * The classic: SIGCHLD, here through a signalfd, and then waitpid(-1) until nobody is
 * left who has ended. Signals merge, so it cannot ask for one child only; and each call
 * walks the list of all children. (It also takes everybody else's children away.)
 */
#include "many.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct classic {
	int signals;
};

static int open_classic(struct hold *h)
{
	struct classic *c = more_memory(sizeof(*c));
	sigset_t set;

	if (!c)
		return -ENOMEM;
	h->own = c;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return c->signals < 0 ? -errno : 0;
}

static int start(struct hold *h, uint32_t slot)
{
	struct words words = { 0 };
	pid_t pid;

	words_of(&words, slot);
	pid = start_raw(words.argv, h->memory, h->stack, NULL);
	return pid < 0 ? pid : 0;
}

static int wait_classic(struct hold *h)
{
	struct classic *c = h->own;
	struct signalfd_siginfo info;

	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return errno == EINTR ? 0 : -errno;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		hold_told(h);
	return 0;
}

const struct watcher sigchld_watcher = {
	.name = "SIGCHLD + waitpid(-1)",
	.open = open_classic,
	.start = start,
	.wait = wait_classic,
};
