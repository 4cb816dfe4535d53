/* SPDX-License-Identifier: MIT */
/*
 * A keeper's life: it sleeps until a child of its has ended, its program asks for
 * something, or its owner is gone. It is a copy of a program that may have had many
 * threads, so it only makes system calls: nothing here allocates or takes a lock. All
 * signals are blocked but SIGCHLD, whose handler rings a bell.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "keeper_life.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unix/pipe.h"
#include "../unix/socket.h"
#include "calls.h"
#include "keeping.h"
#include "number.h"

enum {
	FIRST_PAUSE_MS = 1,
	LONGEST_PAUSE_MS = 250,
	LOOK_MS = 250,                /* for the owner, where nothing tells of its end */
	STOP_PASSES = 3,
	GROUP_PASSES = 3
};

/* Only the keeper has it: the program's own copy is never written. */
static volatile int bell = -1;

static void ring(int signal)
{
	int before = errno;
	ssize_t n = write(bell, "", 1);

	(void)signal;
	(void)n;                      /* a full pipe rings as well */
	errno = before;
}

static void close_stream(struct ward__keeper_life *k, int which)
{
	if (k->streams[which] >= 0)
		close(k->streams[which]);
	k->streams[which] = -1;
}

/* --------------------------------------------------------------------------- collect */

static void tell_end(struct ward__keeper_life *k, int status, const struct rusage *usage)
{
	struct ward__keeper_end end;

	memset(&end, 0, sizeof(end));
	end.status = status;
	end.usage = *usage;
	k->ended = true;
	if (k->streams[WARD__TOLD] >= 0)
		ward__keeper_say(k->streams[WARD__TOLD], &end, sizeof(end));
}

/* Its end rings no bell, and no wait for any child finds it: its handle tells. */
static void collect_child(struct ward__keeper_life *k)
{
	struct rusage usage;
	int status;

	if (k->child_fd < 0 || ward__wait_number(k->child, WNOHANG, &status, &usage) <= 0)
		return;
	tell_end(k, status, &usage);
	close(k->child_fd);
	k->child_fd = -1;
}

/* Of all, since a keeper has no children but those that it is to collect. */
static pid_t wait_for_any(int *status, struct rusage *usage)
{
	pid_t r;

	do
		r = wait4(-1, status, WNOHANG, usage);
	while (r < 0 && errno == EINTR);
	return r;
}

/*
 * All that have ended. What is asked of the child is asked of us, who know whether it was
 * collected: so it does not matter that it is told of afterwards.
 */
static void collect(struct ward__keeper_life *k)
{
	struct rusage usage;
	int status;
	pid_t pid;

	collect_child(k);
	do {
		pid = wait_for_any(&status, &usage);
		if (pid > 0 && pid == k->child && !k->ended)
			tell_end(k, status, &usage);
	} while (pid > 0);
	k->over = (pid < 0 && k->child_fd < 0) || (k->ended && !k->what.tree);
}

/* --------------------------------------------------------------------------- signals */

/* Its number is its own until it is collected, and so is that of the group it leads. */
static int signal_child(struct ward__keeper_life *k, int signal, bool group)
{
	if (k->ended || k->child <= 1)
		return -ESRCH;
	if (group && getpgid(k->child) != k->child)
		return -ESRCH;
	return ward__kill(k->child, signal, group);
}

static int signal_all(struct ward__keeper_life *k, int signal, struct ward__reaped *round)
{
	int r;

	*round = (struct ward__reaped){ 0, 0 };
	if (k->what.tree)
		return ward__reaper_signal(signal, round);
	r = signal_child(k, signal, k->what.group);
	if (r == -ESRCH && k->what.group)
		r = signal_child(k, signal, false);
	round->signalled = r == 0;
	round->refused = r == -EPERM;
	return 0;
}

/* Who is forked meanwhile is met by the next pass. */
static int stop_all(struct ward__keeper_life *k, struct ward__reaped *round)
{
	int r = 0;

	for (int i = 0; i < STOP_PASSES && r == 0; i++)
		r = signal_all(k, SIGSTOP, round);
	return r;
}

static void rest(int ms)
{
	poll(NULL, 0, ms);
}

static void begin_killing(struct ward__keeper_life *k)
{
	k->killing = true;
	k->rounds = 0;
}

/* Once more after each pause, which grows: who cannot be killed must not keep us busy. */
static void go_on_killing(struct ward__keeper_life *k, bool paused)
{
	struct ward__reaped round;

	if (!k->killing || k->over || (k->rounds > 0 && !paused))
		return;
	if (k->rounds++ == 0)
		k->pause_ms = FIRST_PAUSE_MS;
	else if (k->pause_ms < LONGEST_PAUSE_MS)
		k->pause_ms *= 2;
	signal_all(k, SIGKILL, &round);
	k->refused = round.refused;
}

/* ----------------------------------------------------------------------------- owner */

/* Its leader is not collected meanwhile, so the number is that of this group. */
static void kill_group(struct ward__keeper_life *k)
{
	for (int i = 0; i < GROUP_PASSES; i++) {
		if (signal_child(k, SIGKILL, true) < 0)
			return;
		rest(FIRST_PAUSE_MS);
	}
}

static void owner_is_gone(struct ward__keeper_life *k)
{
	close_stream(k, WARD__TALK);
	if (k->owner_fd >= 0)
		close(k->owner_fd);
	k->owner_fd = -1;
	if (k->left)
		return;
	k->left = true;
	if (k->death_signal)
		signal_child(k, k->death_signal, false);
	if (!k->what.kill)
		return;
	if (k->what.group)
		kill_group(k);
	begin_killing(k);
}

/* Nobody else becomes our parent while it lives; 0 is one that is not visible. */
static void look_for_owner(struct ward__keeper_life *k)
{
	pid_t parent = getppid();

	if (!k->left && parent != k->owner && parent != 0)
		owner_is_gone(k);
}

/* --------------------------------------------------------------------------- answers */

static int obey(struct ward__keeper_life *k, const struct ward__keeper_ask *ask,
                struct ward__reaped *round)
{
	switch (ask->what) {
	case WARD__ASK_KILL:
		begin_killing(k);
		go_on_killing(k, false);
		round->refused = k->refused;
		return 0;
	case WARD__ASK_SIGNAL:
		return ask->signal == SIGSTOP ? stop_all(k, round) :
		                                signal_all(k, ask->signal, round);
	case WARD__ASK_CHILD:
		return signal_child(k, ask->signal, false);
	case WARD__ASK_GROUP:
		return signal_child(k, ask->signal, true);
	default:
		return 0;
	}
}

static void answer(struct ward__keeper_life *k, const struct ward__keeper_ask *ask)
{
	struct ward__keeper_answer answer;
	struct ward__reaped round = { 0, 0 };

	memset(&answer, 0, sizeof(answer));
	collect(k);
	answer.serial = ask->serial;
	answer.code = obey(k, ask, &round);
	answer.signalled = round.signalled;
	answer.refused = round.refused;
	answer.members = k->what.tree ? ward__reaper_count() : -1;
	getrusage(RUSAGE_CHILDREN, &answer.usage);
	ward__keeper_say(k->streams[WARD__TALK], &answer, sizeof(answer));
}

/* The end of the conversation without leave: the owner has become another program. */
static void hear(struct ward__keeper_life *k)
{
	struct ward__keeper_ask ask;

	if (!ward__keeper_hear(k->streams[WARD__TALK], &ask, sizeof(ask)))
		owner_is_gone(k);
	else if (ask.what == WARD__ASK_LEAVE)
		k->left = true;
	else
		answer(k, &ask);
}

static void tell_empty(struct ward__keeper_life *k)
{
	struct ward__keeper_answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.refused = k->refused;
	getrusage(RUSAGE_CHILDREN, &answer.usage);
	if (k->streams[WARD__EMPTY] >= 0)
		ward__keeper_say(k->streams[WARD__EMPTY], &answer, sizeof(answer));
}

/* ----------------------------------------------------------------------------- sleep */

static int pause_of(const struct ward__keeper_life *k)
{
	if (k->killing)
		return k->pause_ms;
	return k->left || k->owner_fd >= 0 ? -1 : LOOK_MS;
}

static void empty_bell(struct ward__keeper_life *k)
{
	char bytes[64];

	while (read(k->bell[0], bytes, sizeof(bytes)) > 0)
		;
}

/*
 * Somebody has ended. Who is killed leaves others to us, but not each calls for a walk.
 */
static bool bell_rang(struct ward__keeper_life *k)
{
	if (k->killing)
		rest(FIRST_PAUSE_MS);
	empty_bell(k);
	k->pause_ms = FIRST_PAUSE_MS;
	return k->killing;
}

/* true: what is going on is to go on now. */
static bool doze(struct ward__keeper_life *k)
{
	struct pollfd fds[] = {
		{ .fd = k->bell[0], .events = POLLIN },
		{ .fd = k->streams[WARD__TALK], .events = POLLIN },
		{ .fd = k->owner_fd, .events = POLLIN },
		{ .fd = k->child_fd, .events = POLLIN },
	};
	int n = poll(fds, 4, pause_of(k));
	bool go_on = n == 0;

	if (n <= 0) {
		look_for_owner(k);
		return go_on;
	}
	if (fds[0].revents || fds[3].revents)
		go_on = bell_rang(k);
	if (fds[1].revents)
		hear(k);
	if (k->owner_fd >= 0 && fds[2].revents)
		owner_is_gone(k);
	return go_on;
}

/* ------------------------------------------------------------------------------ life */

static int set_bell(struct ward__keeper_life *k)
{
	struct sigaction action;
	int r = ward__pipe(k->bell);

	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++)
		fcntl(k->bell[i], F_SETFL, O_NONBLOCK);
	bell = k->bell[1];
	memset(&action, 0, sizeof(action));
	sigfillset(&action.sa_mask);
	action.sa_handler = ring;
	return ward__result(ward__bare_sigaction(SIGCHLD, &action, NULL));
}

/*
 * Its child has been forked with the dispositions and the group of the program; a SIGCHLD
 * that is ignored would lose its end.
 */
int ward__keeper_settle(struct ward__keeper_life *k)
{
	int r = set_bell(k);

	return r < 0 ? r : ward__sys_setpgid(0);
}

enum { MOST_KEPT = WARD__STREAMS + 4 };

static int add_kept(int kept[], int n, int fd)
{
	int at = n;

	if (fd < 0)
		return n;
	for (; at > 0 && kept[at - 1] > fd; at--)
		kept[at] = kept[at - 1];
	kept[at] = fd;
	return n + 1;
}

int ward__keeper_shed(struct ward__keeper_life *k)
{
	int kept[MOST_KEPT], n = 0, next = 0, r = 0;

	for (int i = 0; i < WARD__STREAMS; i++)
		n = add_kept(kept, n, k->streams[i]);
	n = add_kept(kept, n, k->news);
	n = add_kept(kept, n, k->child_fd);
	n = add_kept(kept, n, k->bell[0]);
	n = add_kept(kept, n, k->bell[1]);
	for (int i = 0; i < n && r >= 0; i++) {
		if (kept[i] > next)
			r = ward__sys_close_range((unsigned)next, (unsigned)kept[i] - 1);
		next = kept[i] + 1;
	}
	return r < 0 ? r : ward__sys_close_range((unsigned)next, UINT_MAX);
}

void ward__keeper_undo(struct ward__keeper_life *k)
{
	if (k->child <= 1)
		return;
	if (ward__kill(k->child, SIGKILL, false) < 0)
		ward__kill(k->child, SIGKILL, false);
	ward__collect_failed(k->child);
}

static void hear_children(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

_Noreturn void ward__keeper_live(struct ward__keeper_life *k)
{
	bool paused = false;

	k->owner_fd = ward__keeper_watch_owner(k->owner);
	hear_children();
	look_for_owner(k);
	for (;;) {
		collect(k);
		go_on_killing(k, paused);
		if (k->over)
			break;
		paused = doze(k);
	}
	tell_empty(k);
	ward__sys_exit(0);
}
