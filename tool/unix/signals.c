/* SPDX-License-Identifier: MIT */
/*
 * Passing signals on. What is hard:
 *
 *  - None may be lost, from the first instruction on: they are blocked over the start and
 *    noted by a handler afterwards. While the child is being made there is no handler
 *    that could run in it.
 *  - When ward shares its group with the command, the terminal signals both. Then only
 *    what came from a process may be passed on, or the command gets one Ctrl-C as two.
 *    But a Ctrl-C from before the command existed reached ward alone: what is pending
 *    just before the start is passed on whoever sent it. (Nobody can tell for the
 *    microseconds between this look and the birth of the command: such a key is to be
 *    pressed again.)
 *  - A full pipe loses bytes, so the pipe only wakes; the signals are bits that stay set.
 */
#define _POSIX_C_SOURCE 200809L
#include "../signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../tool.h"

/* How often to ask where nothing wakes us. */
enum { TICK_MS = 20 };

/* A bit for each signal, SIGNALS of them. */
typedef uint64_t bits;
enum { SIGNALS = 64 };
#define BIT(sig) ((bits)1 << ((sig) - 1))

#define TO_END (BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGHUP) | BIT(SIGQUIT))
#define STOPS (BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU) | BIT(SIGCONT))
/* What a mistake of our own causes is ours, and what cannot be caught. */
#define OWN                                                                            \
	(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGABRT) |       \
	 BIT(SIGTRAP) | BIT(SIGSYS) | BIT(SIGPIPE) | BIT(SIGKILL) | BIT(SIGSTOP) |     \
	 BIT(SIGTTIN) | BIT(SIGTTOU) | BIT(SIGCHLD))

static bits passed = TO_END | BIT(SIGUSR1) | BIT(SIGUSR2);
static bool hears_children;

/* What arrived and was not taken yet; `ever` keeps it. */
static _Atomic bits by_process, by_terminal, ever;
static int wake[2] = { -1, -1 };
static sigset_t before;

static bits bit_of(int sig)
{
	return sig >= 1 && sig <= SIGNALS ? passed & BIT(sig) : 0;
}

void tool_signals_take_all(bool shared)
{
	passed = ~(OWN | (shared ? STOPS : 0));
	hears_children = true;
}

static bool sent_by_terminal(const siginfo_t *info)
{
#ifdef SI_KERNEL
	return info->si_code == SI_KERNEL;
#else
	return info->si_code != SI_USER && info->si_code != SI_QUEUE;
#endif
}

void tool_signals_poke(void)
{
	int saved = errno;

	/* A pipe that is full wakes just as well. */
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

static void note(int sig, siginfo_t *info, void *context)
{
	(void)context;
	atomic_fetch_or(sent_by_terminal(info) ? &by_terminal : &by_process, bit_of(sig));
	atomic_fetch_or(&ever, bit_of(sig));
	tool_signals_poke();
}

static bool is_ignored(int sig)
{
	struct sigaction action;

	return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int open_pipe(void)
{
	if (pipe(wake) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (fcntl(wake[i], F_SETFD, FD_CLOEXEC) < 0 ||
		    fcntl(wake[i], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	return 0;
}

/* What has arrived and was held back. */
static void note_pending(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	for (int sig = 1; sig <= SIGNALS; sig++)
		if (bit_of(sig) && sigismember(&pending, sig) == 1 && !is_ignored(sig))
			atomic_fetch_or(&by_process, BIT(sig));
}

int tool_signals_hold(void)
{
	sigset_t set;
	int r;

	/* An ignored SIGCHLD would cost the resource usage, an ignored SIGPIPE would be a
	 * surprise to the command. */
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (bit_of(sig) == 0 && is_ignored(sig))
			signal(sig, SIG_DFL);
	sigemptyset(&set);
	for (int sig = 1; sig <= SIGNALS; sig++)
		if (bit_of(sig))
			sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, &before);
	r = open_pipe();
	note_pending();
	return r;
}

static void poke(int sig)
{
	(void)sig;
	tool_signals_poke();
}

static void hear_children(void)
{
	struct sigaction action = { .sa_handler = poke,
		                    .sa_flags = SA_RESTART | SA_NOCLDSTOP };

	sigfillset(&action.sa_mask);
	sigaction(SIGCHLD, &action, NULL);
}

void tool_signals_watch(void)
{
	struct sigaction action = { .sa_sigaction = note,
		                    .sa_flags = SA_SIGINFO | SA_RESTART };

	sigfillset(&action.sa_mask);
	for (int sig = 1; sig <= SIGNALS; sig++) {
		if (!bit_of(sig))
			continue;
		sigdelset(&before, sig);
		if (!is_ignored(sig))
			sigaction(sig, &action, NULL);
	}
	if (hears_children) {
		hear_children();
		/* Nobody has heard of those that ended before. */
		tool_signals_poke();
	}
	/* The report may go to a pipe that nobody reads; the status must survive that. */
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

bool tool_signals_sleep_read(int fd, int64_t deadline)
{
	int ms = tool_poll_ms(deadline);
	struct pollfd fds[2] = { { .fd = wake[0], .events = POLLIN },
		                 { .fd = fd < 0 ? -1 : fd, .events = POLLIN } };

	if (fd < 0 && (ms < 0 || ms > TICK_MS))
		ms = TICK_MS;
	return poll(fds, 2, ms) > 0 && fds[1].revents != 0;
}

bool tool_signals_sleep(struct ward *w, int64_t deadline)
{
	return tool_signals_sleep_read(w ? ward_poll_fd(w) : -1, deadline);
}

bool tool_signals_sleep_write(int fd, int64_t deadline)
{
	struct pollfd fds[2] = { { .fd = wake[0], .events = POLLIN },
		                 { .fd = fd, .events = POLLOUT } };

	/* An end without a reader is told by the write. */
	return poll(fds, 2, tool_poll_ms(deadline)) > 0 && fds[1].revents != 0;
}

int64_t tool_signals_wake(void)
{
	return wake[0];
}

static void drain(void)
{
	char bytes[64];

	while (read(wake[0], bytes, sizeof(bytes)) > 0)
		;
}

/* A hang-up is told to the leader of the session, and to nobody else until that ends. */
static bits to_leader_only(void)
{
	return getsid(0) == getpid() ? BIT(SIGHUP) : 0;
}

int tool_signals_next(bool shared)
{
	bits arrived;

	/* Empty the pipe before looking: a signal after the look wakes again. */
	drain();
	if (shared)
		atomic_fetch_and(&by_terminal, to_leader_only());
	arrived = atomic_load(&by_process) | atomic_load(&by_terminal);
	for (int sig = 1; sig <= SIGNALS; sig++) {
		if (!(arrived & BIT(sig)))
			continue;
		atomic_fetch_and(&by_process, ~BIT(sig));
		atomic_fetch_and(&by_terminal, ~BIT(sig));
		return sig;
	}
	return 0;
}

bool tool_signals_asked(void)
{
	return (atomic_load(&ever) & TO_END) != 0;
}

void tool_signals_end_alike(int sig)
{
	const struct rlimit no_core = { 0, 0 };

	if (!(atomic_load(&ever) & bit_of(sig)))
		return;
	setrlimit(RLIMIT_CORE, &no_core);
	signal(sig, SIG_DFL);
	raise(sig);
}
