/* SPDX-License-Identifier: MIT */
/*
 * A keeper's life: it sleeps until a child of its has ended, its host asks for something,
 * or its owner is gone. The end of the child that it was made for is told before that
 * child is collected, so whoever sees it gone finds the answer. (keeper_code.h says how
 * this file is compiled.)
 */
#define _GNU_SOURCE 1
#include "keeper_code.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
	CALM_ROUNDS = 8, /* so deep a tree is killed from the top, else stopped first */
	STOP_PASSES = 8,
	FIRST_PAUSE_MS = 1,
	LONGEST_PAUSE_MS = 250,
	LOOK_MS = 250 /* for the owner, where it has no pidfd */
};

#define CALL(name, ...) CALL_(SYS_##name, __VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, ...)                                          \
	ward__keeper_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* A loop that no compiler makes a call of. */
KEEPER static void clear(void *what, unsigned long size)
{
	volatile char *at = what;

	while (size--)
		*at++ = 0;
}

KEEPER static int has(const struct ward__keeper_state *k, int flag)
{
	return ((int)k->numbers[WARD__KEEPER_FLAGS] & flag) != 0;
}

KEEPER static int fd_of(const struct ward__keeper_state *k, int number)
{
	return (int)k->numbers[number];
}

KEEPER static void close_number(struct ward__keeper_state *k, int number)
{
	if (k->numbers[number] >= 0)
		CALL(close, k->numbers[number]);
	k->numbers[number] = -1;
}

KEEPER static void say(struct ward__keeper_state *k, int socket, const void *what,
                       unsigned long size)
{
	clear(&k->message, sizeof(k->message));
	k->part.iov_base = (void *)(uintptr_t)what;
	k->part.iov_len = size;
	k->message.msg_iov = &k->part;
	k->message.msg_iovlen = 1;
	CALL(sendmsg, socket, &k->message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* -------------------------------------------------------------------------- collect */

KEEPER static void tell_end(struct ward__keeper_state *k)
{
	k->end.code = k->info.si_code;
	k->end.status = k->info.si_status;
	k->end.uid = k->info.si_uid;
	if (fd_of(k, WARD__KEEPER_SOCKET) >= 0)
		say(k, fd_of(k, WARD__KEEPER_SOCKET), &k->end, sizeof(k->end));
	k->ended = 1;
}

/* One that has ended: told if it is the one, then collected. */
KEEPER static int collect_one(struct ward__keeper_state *k)
{
	long r;

	k->info.si_pid = 0;
	r = CALL_(SYS_waitid, P_ALL, 0, &k->info, WEXITED | WNOHANG | WNOWAIT | __WALL,
	          &k->end.usage, 0);
	if (r == -ECHILD)
		k->over = !has(k, WARD__KEEP_WATCH);
	if (r < 0 || k->info.si_pid == 0)
		return 0;
	if (!k->ended && k->info.si_pid == (pid_t)k->numbers[WARD__KEEPER_CHILD])
		tell_end(k);
	CALL_(SYS_waitid, P_PID, k->info.si_pid, &k->info, WEXITED | WNOHANG | __WALL, 0,
	      0);
	k->reaped++;
	return 1;
}

KEEPER static void collect(struct ward__keeper_state *k)
{
	while (collect_one(k))
		;
	if (k->ended && !has(k, WARD__KEEP_TREE) && !has(k, WARD__KEEP_NAMESPACE))
		k->over = 1;
	/* The end of a namespace's first process is the end of all others. */
	if (k->ended && k->killing && has(k, WARD__KEEP_NAMESPACE))
		k->over = 1;
}

/* -------------------------------------------------------------------------- signals */

/* Its number is its own until it is collected, and so is that of the group it leads. */
KEEPER static int signal_child(struct ward__keeper_state *k, int64_t signal, int group)
{
	pid_t child = (pid_t)k->numbers[WARD__KEEPER_CHILD];

	if (k->ended || child <= 1)
		return -ESRCH;
	if (!group)
		return (int)CALL(kill, child, signal);
	if (CALL(getpgid, child) != child)
		return -ESRCH;
	return (int)CALL(kill, -child, signal);
}

/*
 * Inside a namespace it has no list of who is there: the host signals them one by one.
 */
KEEPER static int signal_all(struct ward__keeper_state *k,
                             struct ward__keeper_round *round, int deep)
{
	if (has(k, WARD__KEEP_NAMESPACE)) {
		round->seen = k->over ? 0 : -1;
		round->signalled = round->refused = round->missed = 0;
		return -ENOTSUP;
	}
	return deep ? ward__keeper_walk(k, round) : ward__keeper_walk_children(k, round);
}

/* Until a walk meets nobody who is not stopped: then nobody is left who could fork. */
KEEPER static int stop_all(struct ward__keeper_state *k, struct ward__keeper_round *round)
{
	int passes = 0, total = 0, r;

	round->signal = SIGSTOP;
	round->fresh = 1;
	do {
		r = signal_all(k, round, 1);
		total += round->signalled;
	} while ((round->signalled > 0 || round->missed) && ++passes < STOP_PASSES);
	round->signalled = total;
	return r;
}

KEEPER static void kill_group(struct ward__keeper_state *k)
{
	if (fd_of(k, WARD__KEEPER_KILL_FD) >= 0)
		CALL(write, fd_of(k, WARD__KEEPER_KILL_FD), k->words[WARD__KEEPER_ONE],
		     1);
}

/*
 * In a namespace the end of our child is told, then the kernel kills all others as we
 * end ourselves; a child that does not end is not waited for.
 *
 * Else: whoever is killed leaves its children to us, so only our own need be killed,
 * round after round, from the top downwards. Who still has some then may fork faster than
 * we look, and is stopped first.
 */
KEEPER static void kill_round(struct ward__keeper_state *k)
{
	struct ward__keeper_round *round = &k->round;

	kill_group(k);
	round->fresh = round->signal = 0;
	if (k->rounds++ >= CALM_ROUNDS && has(k, WARD__KEEP_TREE))
		stop_all(k, round);
	round->fresh = 0;
	round->signal = SIGKILL;
	if (has(k, WARD__KEEP_TREE))
		ward__keeper_walk_children(k, round);
	else {
		round->signalled = signal_child(k, SIGKILL, 0) == 0;
		round->refused = 0;
	}
	k->due = round->signalled;
	k->reaped = 0;
	k->killed += round->signalled;
	k->refused = round->refused;
}

/* Next when all of the last have been collected, or after a while. */
KEEPER static void go_on_killing(struct ward__keeper_state *k, int paused)
{
	int done = k->rounds > 0 && k->due > 0 && k->reaped >= k->due;

	if (!k->killing || k->over)
		return;
	if (k->rounds >= CALM_ROUNDS && has(k, WARD__KEEP_NAMESPACE)) {
		k->over = 1;
		return;
	}
	if (done || k->rounds == 0)
		k->pause_ms = FIRST_PAUSE_MS;
	else if (!paused)
		return;
	else if (k->pause_ms < LONGEST_PAUSE_MS)
		k->pause_ms *= 2;
	kill_round(k);
}

/* ---------------------------------------------------------------------------- owner */

KEEPER static void begin_killing(struct ward__keeper_state *k)
{
	k->killing = 1;
	k->rounds = k->due = k->reaped = 0;
}

KEEPER static void owner_is_gone(struct ward__keeper_state *k)
{
	int64_t signal = k->numbers[WARD__KEEPER_SIGNAL];

	close_number(k, WARD__KEEPER_OWNER_FD);
	close_number(k, WARD__KEEPER_SOCKET);
	if (k->left)
		return;
	k->left = 1;
	if (signal > 0)
		signal_child(k, signal, 0);
	if (has(k, WARD__KEEP_KILL))
		begin_killing(k);
}

KEEPER static void look_for_owner(struct ward__keeper_state *k)
{
	pid_t owner = (pid_t)k->numbers[WARD__KEEPER_OWNER];

	if (k->left || fd_of(k, WARD__KEEPER_OWNER_FD) >= 0 || owner == 0)
		return;
	if (CALL(getppid, 0) != owner)
		owner_is_gone(k);
}

/* -------------------------------------------------------------------------- answers */

KEEPER static void answer(struct ward__keeper_state *k, int to)
{
	k->answer.killed = k->killed;
	k->answer.refused = k->refused;
	CALL(getrusage, -1, &k->answer.usage);
	if (to >= 0)
		say(k, to, &k->answer, sizeof(k->answer));
}

KEEPER static int do_ask(struct ward__keeper_state *k, struct ward__keeper_round *round)
{
	volatile int *what = &k->ask.what;

	round->fresh = 0;
	round->signal = k->ask.signal;
	if (*what == WARD__ASK_KILL) {
		begin_killing(k);
		go_on_killing(k, 0);
		round->signalled = k->due;
		return 0;
	}
	if (*what == WARD__ASK_SIGNAL)
		return k->ask.signal == SIGSTOP ? stop_all(k, round) :
		                                  signal_all(k, round, 1);
	if (*what == WARD__ASK_CHILD)
		return signal_child(k, k->ask.signal, 0);
	if (*what == WARD__ASK_GROUP)
		return signal_child(k, k->ask.signal, 1);
	if (*what == WARD__ASK_LEAVE)
		k->left = 1;
	if (*what == WARD__ASK_LOOK) {
		round->signal = 0;
		signal_all(k, round, 1);
		return 0;
	}
	return 0;
}

/* @to: where the answer goes, or -1. */
KEEPER static void hear_ask(struct ward__keeper_state *k, int to)
{
	struct ward__keeper_round *round = &k->round;

	round->seen = -1;
	round->signalled = 0;
	collect(k);
	k->answer.code = do_ask(k, round);
	k->answer.members = round->seen;
	k->answer.signalled = round->signalled;
	answer(k, to);
	if (to >= 0)
		CALL(close, to);
}

KEEPER static int passed_fd(struct ward__keeper_state *k)
{
	struct cmsghdr *head = (void *)k->control;

	if (k->message.msg_controllen < CMSG_LEN(sizeof(int)) ||
	    head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return -1;
	return *(int *)(void *)CMSG_DATA(head);
}

KEEPER static long receive(struct ward__keeper_state *k)
{
	clear(&k->message, sizeof(k->message));
	k->part.iov_base = &k->ask;
	k->part.iov_len = sizeof(k->ask);
	k->message.msg_iov = &k->part;
	k->message.msg_iovlen = 1;
	k->message.msg_control = k->control;
	k->message.msg_controllen = sizeof(k->control);
	return CALL(recvmsg, k->numbers[WARD__KEEPER_SOCKET], &k->message,
	            MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
}

/* The end of the conversation without leave: the owner has become another program. */
KEEPER static int hear(struct ward__keeper_state *k)
{
	long n = receive(k);

	if (n == (long)sizeof(k->ask)) {
		hear_ask(k, passed_fd(k));
		return 1;
	}
	if (n != -EAGAIN && n != -EINTR)
		owner_is_gone(k);
	return 0;
}

/* ---------------------------------------------------------------------------- sleep */

KEEPER static void poll_for(struct ward__keeper_state *k, int i, int fd)
{
	k->polled[i].fd = fd;
	k->polled[i].events = POLLIN;
	k->polled[i].revents = 0;
}

/* How long to sleep; -1: until something comes. */
KEEPER static int pause_of(const struct ward__keeper_state *k)
{
	if (k->killing)
		return k->pause_ms;
	if (k->signals < 0 || (!k->left && fd_of(k, WARD__KEEPER_OWNER_FD) < 0))
		return LOOK_MS;
	return -1;
}

#ifdef SYS_ppoll
enum { PPOLL = SYS_ppoll };
#else
enum { PPOLL = SYS_ppoll_time64 };
#endif

/* 1: the pause was over. */
KEEPER static int doze(struct ward__keeper_state *k)
{
	int pause = pause_of(k);
	long n;

	poll_for(k, 0, k->signals);
	poll_for(k, 1, fd_of(k, WARD__KEEPER_SOCKET));
	poll_for(k, 2, fd_of(k, WARD__KEEPER_OWNER_FD));
	k->time[0] = pause / 1000;
	k->time[1] = pause % 1000 * (ward__kernel_time)1000000;
	n = CALL_(PPOLL, k->polled, 3, pause < 0 ? 0 : (long)k->time, 0, 0, 0);
	if (n > 0 && k->polled[0].revents)
		CALL(read, k->signals, k->entries, 128);
	return n == 0;
}

KEEPER static void wake(struct ward__keeper_state *k)
{
	if (k->polled[1].revents)
		hear(k);
	if (fd_of(k, WARD__KEEPER_OWNER_FD) >= 0 && k->polled[2].revents)
		owner_is_gone(k);
	look_for_owner(k);
}

/* ----------------------------------------------------------------------------- life */

/* A group can be removed when the last of it has ended, which takes a moment. */
KEEPER static void remove_group(struct ward__keeper_state *k)
{
	int parent = fd_of(k, WARD__KEEPER_PARENT_FD), ms = FIRST_PAUSE_MS;

	for (; parent >= 0 && ms < 4096; ms *= 2) {
		if (CALL(unlinkat, parent, k->words[WARD__KEEPER_GROUP], AT_REMOVEDIR) !=
		    -EBUSY)
			return;
		kill_group(k);
		k->time[0] = ms / 1000;
		k->time[1] = ms % 1000 * (ward__kernel_time)1000000;
		CALL_(PPOLL, 0, 0, k->time, 0, 0, 0);
	}
}

KEEPER static void prepare(struct ward__keeper_state *k)
{
	k->self = (pid_t)CALL(getpid, 0);
	k->pause_ms = FIRST_PAUSE_MS;
	k->mask = (uint64_t)1 << (SIGCHLD - 1);
	k->signals = (int)CALL(signalfd4, -1, &k->mask, KERNEL_SIGSET_BYTES,
	                       O_CLOEXEC | O_NONBLOCK);
}

/* Is there nothing left to be done? */
KEEPER static int is_over(const struct ward__keeper_state *k)
{
	return k->over || (has(k, WARD__KEEP_WATCH) && k->left);
}

KEEPER void ward__keeper_live(struct ward__keeper_state *k)
{
	int paused = 0;

	prepare(k);
	for (;;) {
		collect(k);
		go_on_killing(k, paused);
		if (is_over(k))
			break;
		paused = doze(k);
		wake(k);
	}
	if (k->killing && has(k, WARD__KEEP_WATCH)) {
		kill_round(k);
		remove_group(k);
	}
	/* What was asked and not heard yet. */
	while (fd_of(k, WARD__KEEPER_SOCKET) >= 0 && hear(k))
		;
	k->answer.code = k->answer.members = k->answer.signalled = 0;
	answer(k, fd_of(k, WARD__KEEPER_EMPTY));
}

KEEPER static int64_t parse(const char *text)
{
	int64_t number = 0;
	int negative = *text == '-';

	for (text += negative; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (*text - '0');
	return negative ? -number : number;
}

/* argc, argv: its name and the numbers, NULL, the words for an environment. */
KEEPER _Noreturn void ward__keeper_enter(long *stack, struct ward__keeper_state *k)
{
	char **args = (char **)(void *)(stack + 1);
	char **words = args + stack[0] + 1;

	for (int i = 0; i < WARD__KEEPER_NUMBERS; i++)
		k->numbers[i] = parse(args[1 + i]);
	for (int i = 0; i < WARD__KEEPER_WORDS; i++)
		k->words[i] = words[i];
	CALL(prctl, PR_SET_NAME, args[0]);
	ward__keeper_live(k);
	for (;;)
		CALL(exit_group, 0);
}
