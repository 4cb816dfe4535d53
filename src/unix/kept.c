/* SPDX-License-Identifier: MIT */
/*
 * The keepers that a job holds. A keeper with nothing left is done: what its tree used is
 * in the sums, and it is given up as soon as its descriptor need not tell that any more.
 * Somebody may kill a keeper at any time: its tree is loose from then on, which answers
 * tell (-EOWNERDEAD), so that the layer above asks the groups, too.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "kept.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "../memory.h"

struct ward__kept_entry {
	struct ward__keeper *keeper;  /* NULL: free, or about to be filled */
	bool reserved, done;          /* done: nothing is left, and it is in the sums */
};

/* -------------------------------------------------------------------------- entries */

static int grow(struct ward__kept *kept)
{
	size_t n = kept->n ? 2 * kept->n : 4;
	struct ward__kept_entry *held = ward__alloc(n * sizeof(*held));

	if (!held)
		return -ENOMEM;
	if (kept->n)
		memcpy(held, kept->held, kept->n * sizeof(*held));
	ward__free(kept->held);
	kept->held = held;
	kept->n = n;
	return 0;
}

static struct ward__kept_entry *free_entry(struct ward__kept *kept)
{
	for (size_t i = 0; i < kept->n; i++)
		if (!kept->held[i].keeper && !kept->held[i].reserved)
			return &kept->held[i];
	return NULL;
}

static void watch(const struct ward__kept *kept, const struct ward__keeper *k, bool is_in)
{
	if (kept->queue >= 0)
		ward__kept_queue_put(kept->queue, ward__keeper_empty_fd(k), is_in);
}

static void give_up(struct ward__kept *kept, struct ward__kept_entry *entry)
{
	watch(kept, entry->keeper, false);
	ward__keeper_drop(entry->keeper);
	*entry = (struct ward__kept_entry){ 0 };
}

/* All that are done, but @but, whose descriptor goes on telling that nobody is left. */
static void give_up_done(struct ward__kept *kept, const struct ward__kept_entry *but)
{
	for (size_t i = 0; i < kept->n; i++)
		if (kept->held[i].keeper && kept->held[i].done && &kept->held[i] != but)
			give_up(kept, &kept->held[i]);
}

/* ----------------------------------------------------------------------- their ends */

static void add_usage(struct ward_job_usage *to, const struct ward_job_usage *from)
{
	to->user_ns += from->user_ns;
	to->system_ns += from->system_ns;
	to->read_bytes += from->read_bytes;
	to->written_bytes += from->written_bytes;
	if (from->max_rss_bytes > to->max_rss_bytes)
		to->max_rss_bytes = from->max_rss_bytes;
}

static void finish(struct ward__kept *kept, struct ward__kept_entry *entry,
                   const struct ward__kept_answer *last)
{
	add_usage(&kept->used, &last->usage);
	kept->lost = kept->lost || last->lost;
	entry->done = true;
}

/* 1: it has nothing left, and is in the sums; or it is lost. */
static int settle(struct ward__kept *kept, struct ward__kept_entry *entry)
{
	struct ward__kept_answer last = { 0 };
	int r;

	if (entry->done)
		return 1;
	r = ward__kept_look(entry->keeper, &last);
	if (r > 0)
		finish(kept, entry, &last);
	return r;
}

/* With the job's lock: how many still have something. */
static int settle_all(struct ward__kept *kept)
{
	struct ward__kept_entry *last = NULL;
	int busy = 0;

	for (size_t i = 0; i < kept->n; i++) {
		struct ward__kept_entry *entry = &kept->held[i];
		int r = entry->keeper ? settle(kept, entry) : 1;

		if (r < 0)
			return r;
		busy += r == 0;
		last = entry->keeper && r > 0 ? entry : last;
	}
	give_up_done(kept, busy ? NULL : last);
	return busy;
}

/* --------------------------------------------------------------------------- starts */

/*
 * Only when there is none, so that what is done neither piles up nor costs each start;
 * and for as many again as there are, since where many live long the next start would
 * look at them all again.
 */
static int make_room(struct ward__kept *kept)
{
	size_t used = 0;
	int r = 0;

	for (size_t i = 0; i < kept->n; i++)
		if (kept->held[i].keeper)
			settle(kept, &kept->held[i]);
	give_up_done(kept, NULL);
	for (size_t i = 0; i < kept->n; i++)
		used += kept->held[i].keeper || kept->held[i].reserved;
	if (2 * used >= kept->n)
		r = grow(kept);
	return used < kept->n ? 0 : r;
}

int ward__kept_reserve(struct ward__job *job)
{
	struct ward__kept *kept = job->state;
	int r = 0;

	ward__job_lock(job);
	if (!free_entry(kept))
		r = make_room(kept);
	if (r == 0)
		free_entry(kept)->reserved = true;
	ward__job_unlock(job);
	return r;
}

void ward__kept_put(struct ward__job *job, struct ward__keeper *k)
{
	struct ward__kept *kept = job->state;
	struct ward__kept_entry *entry;

	ward__job_lock(job);
	entry = kept->held;
	while (!entry->reserved)      /* there is one: what is put was reserved */
		entry++;
	*entry = (struct ward__kept_entry){ .keeper = k ? ward__keeper_ref(k) : NULL };
	if (k) {
		give_up_done(kept, NULL);
		watch(kept, k, true);
	}
	ward__job_unlock(job);
}

/* ------------------------------------------------------------------------ questions */

static int ask_one(struct ward__kept *kept, struct ward__kept_entry *entry, int what,
                   int signal, struct ward__kept_answer *sum)
{
	struct ward__kept_answer answer = { 0 };
	int r = ward__kept_ask(entry->keeper, what, signal, &answer);

	if (r < 0)
		return r;
	if (r > 0) {
		finish(kept, entry, &answer);
		return 0;
	}
	sum->members += answer.members;
	sum->signalled += answer.signalled;
	sum->refused += answer.refused;
	add_usage(&sum->usage, &answer.usage);
	return 0;
}

/* All are asked, whatever one of them says; the first failure is told. */
static int ask_all(struct ward__job *job, int what, int signal,
                   struct ward__kept_answer *sum)
{
	struct ward__kept *kept = job->state;
	int first = 0;

	*sum = (struct ward__kept_answer){ 0 };
	ward__job_lock(job);
	for (size_t i = 0; i < kept->n; i++) {
		bool asked = kept->held[i].keeper && !kept->held[i].done;
		int r = asked ? ask_one(kept, &kept->held[i], what, signal, sum) : 0;

		first = first ? first : r;
	}
	add_usage(&sum->usage, &kept->used);
	first = first ? first : kept->lost ? -EOWNERDEAD : 0;
	ward__job_unlock(job);
	return first;
}

int ward__kept_verdict(const struct ward__kept_answer *sum)
{
	if (sum->signalled > 0)
		return 0;
	return sum->refused > 0 ? -EPERM : -ESRCH;
}

int ward__kept_signal(struct ward__job *job, int sig)
{
	struct ward__kept_answer sum;
	int r = ask_all(job, WARD__ASK_SIGNAL, sig, &sum);

	return r < 0 ? r : ward__kept_verdict(&sum);
}

int ward__kept_kill(struct ward__job *job)
{
	struct ward__kept_answer sum;
	int r = ask_all(job, WARD__ASK_KILL, SIGKILL, &sum);

	return r == 0 && sum.refused > 0 ? -EPERM : r;
}

int ward__kept_freeze(struct ward__job *job, bool is_frozen)
{
	int r = job->by->signal(job, is_frozen ? SIGSTOP : SIGCONT);

	return r == -ESRCH ? 0 : r;
}

int64_t ward__kept_count(struct ward__job *job)
{
	struct ward__kept_answer sum;
	int r = ask_all(job, WARD__ASK_LOOK, 0, &sum);

	return r < 0 ? r : sum.members;
}

int ward__kept_usage(struct ward__job *job, struct ward_job_usage *ret)
{
	struct ward__kept_answer sum;
	int r = ask_all(job, WARD__ASK_LOOK, 0, &sum);

	if (r < 0)
		return r;
	ret->user_ns = sum.usage.user_ns;
	ret->system_ns = sum.usage.system_ns;
	ret->max_rss_bytes = sum.usage.max_rss_bytes;
	ret->read_bytes = sum.usage.read_bytes;
	ret->written_bytes = sum.usage.written_bytes;
	ret->processes = sum.members < 0 ? -1 : sum.members;
	return 0;
}

/* -------------------------------------------------------------------------- waiting */

int ward__kept_is_empty(struct ward__job *job)
{
	struct ward__kept *kept = job->state;
	int r;

	ward__job_lock(job);
	r = settle_all(kept);
	if (kept->lost)
		atomic_store(&job->means, WARD_MEANS_GROUP);
	if (r == 0)
		r = kept->lost ? -EOWNERDEAD : 1;
	else if (r > 0)
		r = 0;
	ward__job_unlock(job);
	return r;
}

/* Any that still has something; another sleep follows when that is done. */
int ward__kept_await(struct ward__job *job, int64_t *descriptor, int64_t *until)
{
	struct ward__kept *kept = job->state;
	int r;

	(void)until;
	*descriptor = -1;
	ward__job_lock(job);
	for (size_t i = 0; i < kept->n && *descriptor < 0; i++)
		if (kept->held[i].keeper && !kept->held[i].done)
			*descriptor = ward__keeper_empty_fd(kept->held[i].keeper);
	r = *descriptor < 0 && kept->lost ? -EOWNERDEAD : 0;
	ward__job_unlock(job);
	return r;
}

static int make_queue(struct ward__kept *kept)
{
	int r = ward__kept_queue();

	if (r < 0)
		return r;
	kept->queue = r;
	for (size_t i = 0; i < kept->n; i++)
		if (kept->held[i].keeper)
			watch(kept, kept->held[i].keeper, true);
	return r;
}

int ward__kept_poll_fd(struct ward__job *job)
{
	struct ward__kept *kept = job->state;
	int r;

	ward__job_lock(job);
	r = kept->queue >= 0 ? kept->queue : make_queue(kept);
	ward__job_unlock(job);
	return r;
}

/* -------------------------------------------------------------------------- members */

/* The keepers as they are now, each held for the caller. */
static int list_keepers(struct ward__job *job, struct ward__keeper ***ret, size_t *n)
{
	struct ward__kept *kept = job->state;
	struct ward__keeper **list;
	int r = 0;

	*n = 0;
	ward__job_lock(job);
	*ret = list = ward__alloc((kept->n + 1) * sizeof(struct ward__keeper *));
	if (!list)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < kept->n; i++)
		if (kept->held[i].keeper && !kept->held[i].done)
			list[(*n)++] = ward__keeper_ref(kept->held[i].keeper);
	ward__job_unlock(job);
	return r;
}

int ward__kept_visit(struct ward__job *job, int (*fn)(struct ward__keeper *k, void *arg),
                     void *arg)
{
	struct ward__keeper **list;
	size_t n;
	int r = list_keepers(job, &list, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (r == 0)
			r = fn(list[i], arg);
		ward__keeper_drop(list[i]);
	}
	ward__free(list);
	return r;
}

struct take {
	int (*fn)(struct ward__process *p, void *arg);
	void *arg;
};

static int take_members(struct ward__keeper *k, void *arg)
{
	const struct take *take = arg;

	return ward__keeper_members(k, take->fn, take->arg);
}

int ward__kept_each(struct ward__job *job, int (*fn)(struct ward__process *p, void *arg),
                    void *arg)
{
	struct take take = { fn, arg };

	return ward__kept_visit(job, take_members, &take);
}

/* ----------------------------------------------------------------------------- life */

int ward__kept_new(struct ward__job *job, const struct ward__keeping *what)
{
	struct ward__kept *kept = ward__alloc(sizeof(*kept));

	if (!kept)
		return -ENOMEM;
	kept->queue = -1;
	kept->what = *what;
	job->state = kept;
	return 0;
}

void ward__kept_free(struct ward__kept *kept)
{
	for (size_t i = 0; i < kept->n; i++) {
		struct ward__keeper *k = kept->held[i].keeper;

		if (!k)
			continue;
		if (!kept->held[i].done)
			ward__keeper_let_go(k);
		ward__keeper_drop(k);
	}
	ward__free(kept->held);
	ward__free(kept);
}
