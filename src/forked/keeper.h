/* SPDX-License-Identifier: MIT */
/*
 * A keeper: a process of ours between the program and one child, which ends that with the
 * program, or is the parent of all that descends from it (keeping.h). It is a copy of the
 * program that does nothing but this (keeper_life.c), holds none of its descriptors, and
 * keeps its memory as it was. Its child's number is pinned, since the keeper alone
 * collects it: signals to it go through the keeper.
 */
#ifndef WARD_FORKED_KEEPER_H
#define WARD_FORKED_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "../unix/ending.h"
#include "../unix/fork.h"
#include "../unix/keeper.h"

/* --------------------------------------------------------------------- conversation */

/*
 * There are up to three streams of messages of one size. Two have one message only, which
 * nobody ever takes out: how the child ended, and that nothing is left. Whoever looks
 * sees it, in any thread and any copy of the program, and the socket is readable from
 * then on.
 */
struct ward__keeper_end {
	int32_t status;               /* as of wait4(2) */
	int32_t spare;
	struct rusage usage;
};

/* The third carries questions (WARD__ASK_*) and answers; one question at a time. */
struct ward__keeper_ask {
	uint32_t serial;
	int32_t what, signal;
};

struct ward__keeper_answer {
	uint32_t serial;              /* that of the question */
	int32_t code;                 /* 0 or a negative errno */
	int32_t members;              /* that live; -1: cannot be told */
	int32_t signalled;            /* by the question */
	int32_t refused;              /* to the last signal, with EPERM */
	int32_t spare;
	struct rusage usage;          /* of all that has been collected */
};

enum { WARD__TALK, WARD__TOLD, WARD__EMPTY, WARD__STREAMS };

/* --------------------------------------------------------------------- in the program */

struct ward__keeper {
	struct ward__keeper_base base; /* its lock is that of the conversation, too */
	int streams[WARD__STREAMS];   /* EMPTY: -1 where it is not a tree's */
	int handle;                   /* of the keeper; -1 */
	int child;                    /* a handle of its child, to be taken; -1 */
	struct ward__keeping what;
	uint32_t serial;
};

/*
 * Start the program of @plan under a keeper. @then is called with @arg and the number
 * while the child still waits. A failure leaves neither.
 */
int ward__keeper_start(struct ward__keeper **ret, pid_t *pid, struct ward__plan *plan,
                       const struct ward__keeping *what, ward__hold_fn *then, void *arg,
                       struct ward_error *error);

/* For that: reserve all that the program needs; @theirs are the keeper's ends. */
int ward__keeper_new(struct ward__keeper **ret, const struct ward__keeping *what,
                     int theirs[WARD__STREAMS]);

/* How its child ended: 1; 0, not yet; -EOWNERDEAD, it is gone and has not said. */
int ward__keeper_ended(struct ward__keeper *k, struct ward__ending *ret);

/* The same for all that a tree's keeps; @ret (may be NULL) has what was used. */
int ward__keeper_is_empty(struct ward__keeper *k, struct ward__keeper_answer *ret);

/*
 * Ask and have the answer (@ret may be NULL): its code. -EOWNERDEAD, it is gone, or about
 * to be with nothing left; -ETIMEDOUT, somebody stops it again and again; -ECHILD in a
 * forked copy.
 */
int ward__keeper_ask(struct ward__keeper *k, int what, int signal,
                     struct ward__keeper_answer *ret);

/* Two ends of a stream, CLOEXEC. */
int ward__keeper_pair(int ends[2]);

/* Write all, or read all, however long it takes; false: the other end is gone. */
bool ward__keeper_say(int socket, const void *what, size_t size);
bool ward__keeper_hear(int socket, void *what, size_t size);

#endif
