/* SPDX-License-Identifier: MIT */
/*
 * A keeper, as far as all systems have the same of it: what it can be, what it is asked,
 * and what a job needs of it. The rest is in the keeper.h of each system's folder.
 */
#ifndef WARD_UNIX_KEEPER_H
#define WARD_UNIX_KEEPER_H

#include <stdbool.h>

struct ward__keeper;
struct ward__process;

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

struct ward__keeper *ward__keeper_ref(struct ward__keeper *k);

/*
 * Give it up. With the last one the keeper lives on as long as there is something to be
 * kept, or its owner to be watched for.
 */
void ward__keeper_drop(struct ward__keeper *k);

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

#endif
