/* SPDX-License-Identifier: MIT */
/*
 * A keeper as its host holds it: a process of ours between the host and one child, which
 * tells how that ended and ends what descends from it. keeper_code.h has what it does
 * itself.
 */
#ifndef WARD_LINUX_KEEPER_H
#define WARD_LINUX_KEEPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../unix/ending.h"
#include "../unix/keeper.h"
#include "keeper_code.h"

struct ward__keeper {
	struct ward__keeper_base base;
	int socket;                   /* the conversation, see keeper_code.h */
	int empty;                    /* readable when nothing is left; -1: not a tree */
	int pidfd;                    /* of the keeper; or -1 */
	struct ward__keeping what;
	bool watches;                 /* it has no child */
	atomic_bool let_go;
};

/* What a keeper talks through; -1 where there is none. */
struct ward__keeper_ends {
	int socket;
	int empty;
};

/* Reserve all that the host needs; @theirs are the keeper's ends, to be closed. */
int ward__keeper_new(struct ward__keeper **ret, const struct ward__keeping *what,
                     struct ward__keeper_ends *theirs);

void ward__keeper_close_ends(struct ward__keeper_ends *ends);

/*
 * How its child ended; any number of times, in copies of the host as well. 1; 0, not yet;
 * -EOWNERDEAD, the keeper is gone and has not said.
 */
int ward__keeper_ended(struct ward__keeper *k, struct ward__ending *ret);

/* Has it said how? */
bool ward__keeper_has_told(struct ward__keeper *k);

/*
 * The same for all that it keeps; @ret (may be NULL) has what was used, killed. The end
 * of a namespace's first process is that of all others, killed by the kernel: there it is
 * the keeper itself that must have ended, however it did.
 */
int ward__keeper_is_empty(struct ward__keeper *k, struct ward__keeper_answer *ret);

/*
 * Ask and have the answer: its code, which is 0 or the keeper's negative errno, and *ret
 * (may be NULL). -EOWNERDEAD, it is gone, or about to be with nothing left to be kept;
 * -ETIMEDOUT, somebody stops it again and again; -ECHILD in a forked copy.
 */
int ward__keeper_ask(struct ward__keeper *k, int what, int signal,
                     struct ward__keeper_answer *ret);

/*
 * Signal them one by one, children before their parents; STOP until nobody new comes. For
 * namespaces, where the keeper has no list. The counts are added to.
 */
int ward__keeper_signal_members(struct ward__keeper *k, int sig, int *signalled,
                                int *refused);

/* Let one go that has no child, and collect it; who was stopped is left to itself. */
void ward__keeper_end(struct ward__keeper *k);

/*
 * Two sockets, CLOEXEC, of SOCK_STREAM: a message is as long as its kind, and comes
 * whole, being short and sent by one call. Sockets that keep messages apart would lose
 * the last one: what was said to us is thrown away when we say something as the other end
 * is closed (unix_dgram_disconnected: 5.3, 5.10; no more in today's 6.1), and else may be
 * told of after that end.
 */
int ward__keeper_pair(int ends[2]);

#endif
