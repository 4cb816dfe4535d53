/* SPDX-License-Identifier: MIT */
/*
 * A keeper, as far as all systems have the same of it: what it can be, what it is asked,
 * and what a job needs of it. The rest is in the keeper.h of each system's folder.
 */
#ifndef WARD_UNIX_KEEPER_H
#define WARD_UNIX_KEEPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../left.h"

struct ward__process;
struct ward__keeper;

/*
 * What it is as a child of ours (keeper.c); the first member of every system's struct
 * ward__keeper.
 */
struct ward__keeper_base {
	struct ward__left left;
	atomic_int users;             /* its ward, and its job */
	pthread_mutex_t lock;         /* collected; the system's, too */
	pid_t pid;                    /* 0: it was not started */
	pid_t host;                   /* whose child it is; a forked copy's it is not */
	bool collected;
};

/* What a keeper is to be. */
struct ward__keeping {
	bool tree;                    /* parent to all orphans among the descendants */
	bool namespace;               /* Linux: first process of a new pid namespace */
	bool group;                   /* others: of the group that its child leads */
	bool kill;                    /* ends what it keeps with its owner */
};

/* What it is asked. */
enum {
	WARD__ASK_LOOK = 'l',         /* how things are */
	WARD__ASK_KILL = 'k',         /* everything, until nothing is left */
	WARD__ASK_SIGNAL = 's',       /* everything, once */
	WARD__ASK_CHILD = 'c',        /* the child alone, if it was not collected */
	WARD__ASK_GROUP = 'g',        /* the group that it leads */
	WARD__ASK_LEAVE = 'q'         /* it is given up: kill nothing, ever */
};

/* It has one user, and is a child of ours from when it has a number. */
void ward__keeper_begin(struct ward__keeper *k);

struct ward__keeper *ward__keeper_ref(struct ward__keeper *k);

/*
 * Give it up. With the last one the keeper lives on as long as there is something to be
 * kept, or its owner to be watched for.
 */
void ward__keeper_drop(struct ward__keeper *k);

/* Collect it if it has ended, or (@block) when it has. */
void ward__keeper_collect(struct ward__keeper *k, bool block);

/* Tell it to kill nothing, ever, and not to mind our end. */
void ward__keeper_let_go(struct ward__keeper *k);

/* Readable when it is worth a call whether nothing is left. */
int ward__keeper_empty_fd(const struct ward__keeper *k);

/*
 * Take hold of what descends from it, as ward__job_each. -ENOTSUP: there is nothing to
 * find them in.
 */
int ward__keeper_members(struct ward__keeper *k,
                         int (*fn)(struct ward__process *p, void *arg), void *arg);

/* ------------------------------------------------------- what each system does of it */

/* Under the lock, of one that was not collected: see whether it can be. */
bool ward__keeper_was_collected(struct ward__keeper *k, bool block);

/* Of one that has nobody left: when it is on its way out, its end takes but a moment. */
void ward__keeper_await_end(struct ward__keeper *k);

/* Close what it has open, and free it. */
void ward__keeper_free(struct ward__keeper *k);

#endif
