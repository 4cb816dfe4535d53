/* SPDX-License-Identifier: MIT */
/*
 * How a keeper finds what descends from it, and signals exactly that. Its own children
 * are pinned: they keep their numbers until it collects them, and waitid says whether a
 * number is one of them. Deeper down nothing is pinned by us: a descendant is held by a
 * pidfd first, and then has to be shown to be the child of one that is held as well; a
 * number that was given away meanwhile has another parent. (keeper_code.h says how this
 * file is compiled.)
 */
#define _GNU_SOURCE 1
#include "keeper_code.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

enum { PASSES = 16 };

#if WARD__KEEPER_HAS_IMAGE
KEEPER long ward__keeper_call(long number, long a, long b, long c, long d, long e)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long r;

	__asm__ volatile("syscall"
	                 : "=a"(r)
	                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return r;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0"
	                 : "+r"(x0)
	                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
	                 : "memory");
	return x0;
#else
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;

	__asm__ volatile("ecall"
	                 : "+r"(a0)
	                 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4)
	                 : "memory");
	return a0;
#endif
}
#else
#include <unistd.h>

/* Only ever in a copy of the host. */
KEEPER long ward__keeper_call(long number, long a, long b, long c, long d, long e)
{
	long r = syscall(number, a, b, c, d, e);

	return r < 0 ? -errno : r;
}
#endif

#define CALL(name, ...) CALL_(SYS_##name, __VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, ...)                                          \
	ward__keeper_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* ---------------------------------------------------------------------------- paths */

KEEPER static int put_word(struct ward__keeper_state *k, int at, const char *word)
{
	for (; *word && at < (int)sizeof(k->path) - 1; word++)
		k->path[at++] = *word;
	k->path[at] = 0;
	return at;
}

KEEPER static int put_number(struct ward__keeper_state *k, int at, pid_t number)
{
	int unit = 1;

	while (number / unit > 9)
		unit *= 10;
	for (; unit > 0 && at < (int)sizeof(k->path) - 1; unit /= 10)
		k->path[at++] = (char)('0' + number / unit % 10);
	k->path[at] = 0;
	return at;
}

KEEPER static int open_path(const struct ward__keeper_state *k, int flags)
{
	return (int)CALL(openat, AT_FDCWD, k->path, flags | O_RDONLY | O_CLOEXEC);
}

/* ------------------------------------------------------------------------ the lists */

KEEPER static void add(struct ward__keeper_state *k, pid_t pid)
{
	if (pid > 1 && k->n_pids < WARD__KEEPER_PIDS)
		k->pids[k->n_pids++] = pid;
}

/* Numbers with blanks between them, however the reads cut them. */
KEEPER static int add_all(struct ward__keeper_state *k, int fd)
{
	pid_t number = 0;
	long n;

	while ((n = CALL(read, fd, k->text, sizeof(k->text))) > 0)
		for (long i = 0; i < n; i++) {
			if (k->text[i] >= '0' && k->text[i] <= '9') {
				number = number * 10 + (k->text[i] - '0');
				continue;
			}
			add(k, number);
			number = 0;
		}
	add(k, number);
	return (int)n;
}

/* What one thread of @pid has forked. */
KEEPER static int list_of_thread(struct ward__keeper_state *k, pid_t pid, pid_t tid)
{
	int at = put_number(k, put_word(k, 0, k->words[WARD__KEEPER_PROC]), pid), fd, r;

	at = put_number(k, put_word(k, at, k->words[WARD__KEEPER_TASK]), tid);
	put_word(k, at, k->words[WARD__KEEPER_CHILDREN]);
	fd = open_path(k, 0);
	if (fd < 0)
		return fd;
	r = add_all(k, fd);
	CALL(close, fd);
	return r;
}

KEEPER static pid_t number_of(const char *name)
{
	pid_t number = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		number = number * 10 + (*name - '0');
	return *name ? 0 : number;
}

KEEPER static int list_of_threads(struct ward__keeper_state *k, pid_t pid, int list)
{
	long n;

	while ((n = CALL(getdents64, list, k->entries, sizeof(k->entries))) > 0)
		for (long at = 0; at < n;) {
			const struct kernel_entry *entry =
				(const void *)(k->entries + at);
			pid_t tid = number_of(entry->name);

			at += entry->length;
			if (tid > 0)
				list_of_thread(k, pid, tid);
		}
	return (int)n;
}

/* The children of @pid, behind what is in the list. */
KEEPER static int list_children(struct ward__keeper_state *k, pid_t pid)
{
	int at = put_number(k, put_word(k, 0, k->words[WARD__KEEPER_PROC]), pid), list, r;

	put_word(k, at, k->words[WARD__KEEPER_TASK]);
	list = open_path(k, O_DIRECTORY);
	if (list < 0)
		return list;
	r = list_of_threads(k, pid, list);
	CALL(close, list);
	return r;
}

/* State and parent out of "1 (name with ) in it) S 0 ...". */
KEEPER static pid_t parent_of(struct ward__keeper_state *k, pid_t pid, char *state)
{
	int at = put_number(k, put_word(k, 0, k->words[WARD__KEEPER_PROC]), pid), fd;
	long n, i;
	pid_t parent = 0;

	put_word(k, at, k->words[WARD__KEEPER_STAT]);
	fd = open_path(k, 0);
	if (fd < 0)
		return 0;
	n = CALL(read, fd, k->text, 200);
	CALL(close, fd);
	for (i = n - 1; i > 0 && k->text[i] != ')'; i--)
		;
	if (i <= 0 || i + 4 >= n)
		return 0;
	*state = k->text[i + 2];
	for (i += 4; i < n && k->text[i] >= '0' && k->text[i] <= '9'; i++)
		parent = parent * 10 + (k->text[i] - '0');
	return parent;
}

/* Where the kernel lists no children: everybody is asked for his parent. */
KEEPER static int list_by_parents(struct ward__keeper_state *k)
{
	char state;
	int list;
	long n;

	put_word(k, 0, k->words[WARD__KEEPER_PROC]);
	list = open_path(k, O_DIRECTORY);
	if (list < 0)
		return list;
	while ((n = CALL(getdents64, list, k->entries, sizeof(k->entries))) > 0)
		for (long at = 0; at < n;) {
			const struct kernel_entry *entry =
				(const void *)(k->entries + at);
			pid_t pid = number_of(entry->name);

			at += entry->length;
			if (pid > 1 && parent_of(k, pid, &state) == k->self)
				add(k, pid);
		}
	CALL(close, list);
	return 0;
}

/* Our own children; without /proc there is at least the first. */
KEEPER static int list_ours(struct ward__keeper_state *k)
{
	int r = list_of_thread(k, k->self, k->self);

	if (r < 0)
		r = list_by_parents(k);
	if (r < 0 && !k->ended)
		add(k, (pid_t)k->numbers[WARD__KEEPER_CHILD]);
	return r;
}

/* -------------------------------------------------------------------------- signals */

/*
 * Is it met for the first time in this walk? In the passes behind the first they come in
 * about the same order.
 */
KEEPER static int meet(struct ward__keeper_state *k, pid_t pid)
{
	for (int n = k->again ? k->n_met : 0; n > 0; n--) {
		if (k->at >= k->n_met)
			k->at = 0;
		if (k->met[k->at++] == pid)
			return 0;
	}
	if (k->n_met < WARD__KEEPER_PIDS)
		k->met[k->n_met++] = pid;
	return 1;
}

/* By a handle, or (-1) a number that is pinned. */
KEEPER static void signal_one(struct ward__keeper_round *round, pid_t pid, int pidfd,
                              char state)
{
	long r;

	if (pidfd >= 0)
		r = CALL(pidfd_send_signal, pidfd, round->signal, 0, 0);
	else
		r = CALL(kill, pid, round->signal);
	if (r == 0 && round->signal && state != 'Z')
		round->signalled++;
	if (r == -EPERM)
		round->refused++;
}

/* Ours to wait for, so the number cannot be anybody else's. */
KEEPER static int is_child(struct ward__keeper_state *k, pid_t pid)
{
	k->info.si_pid = 0;
	return CALL(waitid, P_PID, pid, &k->info,
	            WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
	       k->info.si_pid == 0;
}

/* (The leader of a process may be a zombie while other threads of it live.) */
KEEPER static int is_passed_over(const struct ward__keeper_round *round, char state)
{
	return round->fresh && (state == 'T' || state == 't');
}

/*
 * Who is stopped forks no more, so parents come first. Who ends leaves its children to
 * us, where this walk does not look for them, so parents come last.
 */
KEEPER static int is_first(const struct ward__keeper_round *round)
{
	return round->signal == SIGSTOP;
}

KEEPER static void walk_below(struct ward__keeper_state *k,
                              struct ward__keeper_round *round, pid_t pid, int pidfd,
                              int depth);

KEEPER static void visit_held(struct ward__keeper_state *k,
                              struct ward__keeper_round *round, pid_t pid, int pidfd,
                              char state, int depth)
{
	int is_new = meet(k, pid);

	round->seen += state != 'Z';
	if (is_new && is_first(round) && !is_passed_over(round, state))
		signal_one(round, pid, pidfd, state);
	if (depth >= 0)
		walk_below(k, round, pid, pidfd, depth);
	if (is_new && !is_first(round))
		signal_one(round, pid, pidfd, state);
}

/*
 * @pid was listed as a child of @parent, which is pinned (@parent_fd < 0) or held: is it
 * that now, while its own number is held?
 */
KEEPER static void visit(struct ward__keeper_state *k, struct ward__keeper_round *round,
                         pid_t pid, pid_t parent, int parent_fd, int depth)
{
	int fd = (int)CALL(pidfd_open, pid, 0);
	char state = 0;

	round->missed |= fd == -ESRCH;
	if (fd < 0)
		return;
	if (parent_of(k, pid, &state) == parent &&
	    (parent_fd < 0 || CALL(pidfd_send_signal, parent_fd, 0, 0, 0) == 0))
		visit_held(k, round, pid, fd, state, depth);
	else
		round->missed = 1;
	CALL(close, fd);
}

KEEPER static void walk_below(struct ward__keeper_state *k,
                              struct ward__keeper_round *round, pid_t pid, int pidfd,
                              int depth)
{
	int first = k->n_pids;

	if (depth >= WARD__KEEPER_DEPTH)
		return;
	list_children(k, pid);
	for (int i = first; i < k->n_pids; i++)
		visit(k, round, k->pids[i], pid, pidfd, depth + 1);
	k->n_pids = first;
}

/* One of our own; when it has ended, its children may be ours since the list was made. */
KEEPER static void visit_child(struct ward__keeper_state *k,
                               struct ward__keeper_round *round, pid_t pid, int deep)
{
	char state = 0;

	if (!is_child(k, pid)) {
		meet(k, pid);
		return;
	}
	if (round->fresh)
		parent_of(k, pid, &state);
	visit_held(k, round, pid, -1, state, deep ? 0 : -1);
}

KEEPER static int pass(struct ward__keeper_state *k, struct ward__keeper_round *round,
                       int deep)
{
	int r, n;

	k->n_pids = k->at = 0;
	round->seen = round->missed = 0;
	r = list_ours(k);
	n = k->n_pids;
	for (int i = 0; i < n; i++)
		visit_child(k, round, k->pids[i], deep);
	k->again = 1;
	return r < 0 ? r : 0;
}

KEEPER int ward__keeper_walk_children(struct ward__keeper_state *k,
                                      struct ward__keeper_round *round)
{
	k->n_met = k->again = 0;
	round->signalled = round->refused = 0;
	return pass(k, round, 0);
}

/*
 * Whose parent ends meanwhile is listed elsewhere from then on, where we may have been
 * before; and who forked before it was signalled has a child that was not: until a pass
 * meets nobody new. (One that stops is repeated by who asks for it.)
 */
KEEPER int ward__keeper_walk(struct ward__keeper_state *k,
                             struct ward__keeper_round *round)
{
	int passes = 0, before, r;

	k->n_met = k->again = 0;
	round->signalled = round->refused = 0;
	do {
		before = k->n_met;
		r = pass(k, round, 1);
	} while ((k->n_met > before || round->missed) && !is_first(round) &&
	         ++passes < PASSES);
	return r;
}
