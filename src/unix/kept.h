/* SPDX-License-Identifier: MIT */
/*
 * The keepers that a job holds: one for each of its wards. What the job is asked goes to
 * all of them, and what they answer is added up.
 */
#ifndef WARD_UNIX_KEPT_H
#define WARD_UNIX_KEPT_H

#include "job.h"
#include "keeper.h"

struct ward__kept_entry;

/* The state of such a job. */
struct ward__kept {
	struct ward__keeping what;     /* each of them is */
	struct ward__kept_entry *held; /* under the job's lock */
	size_t n;
	int queue;                     /* readable when one has nothing left; -1 */
	bool lost;                     /* one was killed, and is done */
	struct ward_job_usage used;    /* by those that are done */
};

/* What one keeper answers, or all of them together. */
struct ward__kept_answer {
	int members, signalled, refused;
	bool lost;
	struct ward_job_usage usage;  /* times, max_rss_bytes, blocks; else 0 */
};

/* Of a job that holds none yet; to be freed when it is dropped. */
int ward__kept_new(struct ward__job *job, const struct ward__keeping *what);
void ward__kept_free(struct ward__kept *kept);

/*
 * Room for one more: before the start, and taken (or with NULL given back) after it. The
 * job holds the keeper, too.
 */
int ward__kept_reserve(struct ward__job *job);
void ward__kept_put(struct ward__job *job, struct ward__keeper *k);

/* Each as they are now, without the job's lock, until @fn says something but 0. */
int ward__kept_visit(struct ward__job *job, int (*fn)(struct ward__keeper *k, void *arg),
                     void *arg);

/* What a signal that went out comes to: 0 or a negative errno. */
int ward__kept_verdict(const struct ward__kept_answer *sum);

/* Of struct ward__means. */
int ward__kept_signal(struct ward__job *job, int sig);
int ward__kept_kill(struct ward__job *job);
int ward__kept_freeze(struct ward__job *job, bool is_frozen);
int ward__kept_usage(struct ward__job *job, struct ward_job_usage *ret);
int ward__kept_is_empty(struct ward__job *job);
int ward__kept_await(struct ward__job *job, int64_t *descriptor, int64_t *until);
int ward__kept_poll_fd(struct ward__job *job);
int ward__kept_each(struct ward__job *job, int (*fn)(struct ward__process *p, void *arg),
                    void *arg);
int64_t ward__kept_count(struct ward__job *job);

/* Those that go for keepers of all kinds. */
#define WARD__KEPT_CALLS                                                               \
	.owner_death = true, .kill = ward__kept_kill, .freeze = ward__kept_freeze,     \
	.is_empty = ward__kept_is_empty, .await = ward__kept_await,                    \
	.poll_fd = ward__kept_poll_fd, .each = ward__kept_each

/* ------------------------------------------------------------ each system has these */

/*
 * Has it nothing left? 1, and @ret has what was used, or that it is lost; 0, not yet;
 * or a negative errno. @ret is zeroed before.
 */
int ward__kept_look(struct ward__keeper *k, struct ward__kept_answer *ret);

/* Ask it: 0 or a negative errno; 1, it is gone, and @ret is as after a look. */
int ward__kept_ask(struct ward__keeper *k, int what, int signal,
                   struct ward__kept_answer *ret);

/* A descriptor that is readable as long as one of those that were put into it is. */
int ward__kept_queue(void);
void ward__kept_queue_put(int queue, int fd, bool is_in);

#endif
