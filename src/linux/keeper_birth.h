/* SPDX-License-Identifier: MIT */
/*
 * A keeper between its birth and its own program: it borrows its host's memory and its
 * table of descriptors meanwhile, makes the child the same way, and leaves both.
 */
#ifndef WARD_LINUX_KEEPER_BIRTH_H
#define WARD_LINUX_KEEPER_BIRTH_H

#include "../unix/child.h"
#include "keeper_code.h"

struct ward__keeper_birth {
	struct ward__childhood *child; /* NULL: none */
	char *stack;                  /* the child's */
	int image;                    /* the keeper's program */
	char uids[40], gids[40];      /* of a user namespace of its own; "": none */
	int64_t numbers[WARD__KEEPER_NUMBERS];
	const char *words[WARD__KEEPER_WORDS + 1];
	const char *args[WARD__KEEPER_NUMBERS + 2];
	char texts[WARD__KEEPER_NUMBERS][16];

	/* What became of it; volatile, as the reports. */
	volatile int child_fd;        /* of the child, in the host's table; -1 */
	volatile pid_t child_pid;     /* as the keeper sees it; 0: none was made */
	volatile int done;            /* all but the exec was done */
	struct ward__report report;   /* of the keeper itself */
};

/* Never returns; @arg is a struct ward__keeper_birth. */
int ward__keeper_born(void *arg);

/* Ends at once. */
int ward__keeper_stillborn(void *arg);

/* What it does first, in a copy of its host's memory as well. 0 or a negative errno. */
int ward__keeper_settle(struct ward__keeper_birth *birth);

/* After its child, which may have to stay in the host's group: 0, or a negative errno. */
int ward__keeper_leave_group(struct ward__keeper_birth *birth);

/* Close all but what it needs. */
int ward__keeper_shed(struct ward__keeper_birth *birth);

/*
 * A process with the caller's memory on a stack of its own, by the best way there is;
 * pids and negative errnos. @flags are clone's beside CLONE_VM | CLONE_VFORK.
 */
long ward__make_shared(uint64_t flags, char *stack, int (*run)(void *), void *arg,
                       int *pidfd);

#endif
