/* SPDX-License-Identifier: MIT */
/*
 * Taking hold of what descends from a keeper. A number that is listed as somebody's child
 * is held first, and then has to be a child of one that is held as well: the keeper is
 * pinned as our own child, and so on downwards.
 */
#define _GNU_SOURCE 1
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "pidfd.h"
#include "process.h"

enum { DEPTH = 200, PASSES = 16 };

typedef int take_fn(struct ward__process *p, void *arg);

struct numbers {
	int64_t *of;
	size_t n, room;
};

static int make_room(struct numbers *list)
{
	size_t room = list->room ? 2 * list->room : 32;
	int64_t *of;

	if (list->n < list->room)
		return 0;
	of = ward__alloc(room * sizeof(*of));
	if (!of)
		return -ENOMEM;
	if (list->n)
		memcpy(of, list->of, list->n * sizeof(*of));
	ward__free(list->of);
	list->of = of;
	list->room = room;
	return 0;
}

static int add(struct numbers *list, int64_t number)
{
	int r = make_room(list);

	if (r == 0)
		list->of[list->n++] = number;
	return r;
}

/* The first that is not smaller, in one that is sorted. */
static size_t find(const struct numbers *list, int64_t number)
{
	size_t low = 0, high = list->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (list->of[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Into one that is sorted. 1: it is new there. */
static int insert(struct numbers *list, int64_t number)
{
	size_t at = find(list, number);
	int r;

	if (at < list->n && list->of[at] == number)
		return 0;
	r = make_room(list);
	if (r < 0)
		return r;
	memmove(list->of + at + 1, list->of + at, (list->n - at) * sizeof(*list->of));
	list->of[at] = number;
	list->n++;
	return 1;
}

static int add_all(struct numbers *list, FILE *file)
{
	long long number;
	int r = 0;

	while (r == 0 && fscanf(file, "%lld", &number) == 1)
		r = add(list, number);
	return r;
}

static int list_of_thread(struct numbers *list, int64_t pid, const char *tid)
{
	char path[64];
	FILE *file;
	int r = ward__gate("children");

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%lld/task/%.20s/children", (long long)pid,
	         tid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	r = add_all(list, file);
	fclose(file);
	return r;
}

/* A thread may just have ended; memory and descriptors are another matter. */
static bool is_failure(int code)
{
	return code == -ENOMEM || code == -EMFILE || code == -ENFILE || code == -ENOTSUP;
}

static int list_children(struct numbers *list, int64_t pid)
{
	struct dirent *entry;
	char path[32];
	DIR *threads;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%lld/task", (long long)pid);
	threads = opendir(path);
	if (!threads)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	while (!is_failure(r) && (entry = readdir(threads)) != NULL)
		if (entry->d_name[0] != '.')
			r = list_of_thread(list, pid, entry->d_name);
	closedir(threads);
	return is_failure(r) ? r : 0;
}

/* Is @p, which is held, a child of @parent (NULL: of the keeper) that still is there? */
static bool is_child_of(struct ward__process *p, int64_t parent_pid,
                        struct ward__process *parent)
{
	struct ward_info info;

	return ward__process_info(p, &info) == 0 && info.ppid == parent_pid &&
	       !(ward__poll_now(p->pidfd, POLLIN) & (POLLIN | POLLHUP)) &&
	       (!parent || ward__process_is_there(parent));
}

/*
 * A walk. Whose parent ends meanwhile is listed elsewhere from then on, where the walk
 * may have been before; and who forks before it is signalled has a child that is not.
 */
struct walk {
	take_fn *take;
	void *arg;
	struct numbers met;
	bool again;                   /* somebody was new */
};

static int take_below(struct walk *walk, int64_t pid, struct ward__process *held,
                      int depth);

static int take_held(struct walk *walk, struct ward__process *p, int64_t parent_pid,
                     struct ward__process *parent, int depth)
{
	int r = 0;

	if (is_child_of(p, parent_pid, parent)) {
		r = take_below(walk, ward__process_pid(p), p, depth + 1);
		if (r == 0)
			return walk->take(p, walk->arg);
	}
	ward__process_free(p);
	return r;
}

static int take_one(struct walk *walk, int64_t pid, int64_t parent_pid,
                    struct ward__process *parent, int depth)
{
	int is_new = insert(&walk->met, pid), r;
	struct ward__process *p;

	if (is_new < 0)
		return is_new;
	walk->again |= is_new > 0;
	r = ward__process_open(&p, pid, 0);
	if (r < 0)
		return is_failure(r) ? r : 0;
	return take_held(walk, p, parent_pid, parent, depth);
}

static int take_below(struct walk *walk, int64_t pid, struct ward__process *held,
                      int depth)
{
	struct numbers list = { 0 };
	int r = depth < DEPTH ? list_children(&list, pid) : 0;

	for (size_t i = 0; r == 0 && i < list.n; i++)
		r = take_one(walk, list.of[i], pid, held, depth);
	ward__free(list.of);
	return r;
}

/* Until a pass meets nobody new. @take gets the same again in each of them. */
static int walk_below(int64_t pid, struct ward__process *held, take_fn *take, void *arg)
{
	struct walk walk = { .take = take, .arg = arg, .again = true };
	int r = 0;

	if (access("/proc/thread-self/children", R_OK) < 0)
		return -ENOTSUP;
	for (int passes = 0; r == 0 && walk.again && passes < PASSES; passes++) {
		walk.again = false;
		r = take_below(&walk, pid, held, 0);
	}
	ward__free(walk.met.of);
	return r;
}

/* Nobody is given to the caller twice. */
struct giving {
	take_fn *take;
	void *arg;
	struct numbers given;
};

static int give(struct ward__process *p, void *arg)
{
	struct giving *giving = arg;
	int is_new = insert(&giving->given, ward__process_pid(p));

	if (is_new > 0)
		return giving->take(p, giving->arg);
	ward__process_free(p);
	return is_new;
}

static int give_below(int64_t pid, struct ward__process *held, take_fn *take, void *arg)
{
	struct giving giving = { .take = take, .arg = arg };
	int r = walk_below(pid, held, give, &giving);

	ward__free(giving.given.of);
	return r;
}

int ward__keeper_members(struct ward__keeper *k, take_fn *fn, void *arg)
{
	return give_below(k->base.pid, NULL, fn, arg);
}

int ward__process_each_below(struct ward__process *p, take_fn *take, void *arg)
{
	if (p->pid < 1)
		return -ENOTSUP;
	if (!ward__process_is_there(p))
		return -ESRCH;
	return give_below(p->pid, p, take, arg);
}

/* -------------------------------------------------------------------------- signals */

struct sending {
	int sig, *signalled, *refused;
	struct numbers sent;          /* who was signalled */
};

/*
 * Nobody twice; but who is stopped may have been continued by others, and is stopped till
 * nobody is met who runs.
 */
static int is_due(struct sending *sending, struct ward__process *p)
{
	struct ward_info info;

	if (sending->sig != SIGSTOP)
		return insert(&sending->sent, ward__process_pid(p));
	return ward__process_info(p, &info) < 0 || info.state != WARD_STATE_STOPPED;
}

static int send_one(struct ward__process *p, void *arg)
{
	struct sending *sending = arg;
	int due = is_due(sending, p), r = 0;

	if (due > 0) {
		r = ward__process_signal(p, sending->sig, false);
		*sending->signalled += r == 0;
		*sending->refused += r < 0 && r != -ESRCH;
	}
	ward__process_free(p);
	return due < 0 ? due : 0;
}

int ward__keeper_signal_members(struct ward__keeper *k, int sig, int *signalled,
                                int *refused)
{
	struct sending sending = { sig, signalled, refused, { 0 } };
	int passes = PASSES, before, r;

	do {
		before = *signalled;
		r = walk_below(k->base.pid, NULL, send_one, &sending);
	} while (r == 0 && sig == SIGSTOP && *signalled > before && --passes > 0);
	ward__free(sending.sent.of);
	return r;
}
