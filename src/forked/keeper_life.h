/* SPDX-License-Identifier: MIT */
/* A keeper as it sees itself. */
#ifndef WARD_FORKED_KEEPER_LIFE_H
#define WARD_FORKED_KEEPER_LIFE_H

#include "keeper.h"

struct ward__keeper_life {
	struct ward__keeping what;
	int streams[WARD__STREAMS];   /* its ends; -1 */
	pid_t owner, child;
	int death_signal;             /* what its child gets when the owner ends; 0 */

	int news;                     /* tells of its start, until that is over; -1 */
	int child_fd;                 /* a handle of the child, if there are such; -1 */
	int bell[2];                  /* rung by SIGCHLD */
	int owner_fd;                 /* readable when the owner has ended; -1 */
	bool ended, over;             /* its child was collected; nothing is left */
	bool left;                    /* the owner gave it up, or is gone */
	bool killing;
	int rounds, pause_ms;         /* of killing */
	int refused;
};

/* With the child still waiting: what is needed to hear of its end. */
int ward__keeper_settle(struct ward__keeper_life *k);

/* Close everything but what it needs itself. */
int ward__keeper_shed(struct ward__keeper_life *k);

/* Live, until there is nothing left to be done. */
_Noreturn void ward__keeper_live(struct ward__keeper_life *k);

/* Kill the child and collect it: its start has failed. */
void ward__keeper_undo(struct ward__keeper_life *k);

#endif
