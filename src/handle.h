/* SPDX-License-Identifier: MIT */
/* The ward itself, and how a function of the API keeps it alive while it runs. */
#ifndef WARD_HANDLE_H
#define WARD_HANDLE_H

#include <stdatomic.h>

#include "deadline.h"
#include "left.h"

struct ward {
	union {
		struct ward__left left; /* in the list of orphans, which are in no set */
		/* Its places in sets; under ward__process_lock. */
		_Atomic(struct ward__member *) members;
	};
	atomic_int owners;            /* wards given out: spawn, open, ward_ref */
	atomic_int users; /* calls under way, and one for all owners together */
	uint32_t on_close;
	bool spawned;                 /* ours to collect */
	bool ends_with_job;           /* which ends with this program */
	atomic_int grouped;           /* WARD__GROUP_* */
	int64_t started;      /* ward__now at the start; -1: not started by ward */
	_Atomic int64_t wall; /* from start to when the end was seen; -1: not yet */
	struct ward__process *process;
	struct ward__streams *streams; /* our ends of its descriptors; NULL: none */
};

/* To a job that has nothing but its group. */
enum {
	WARD__GROUP_NONE,
	WARD__GROUP_LED,              /* the group is the job's */
	WARD__GROUP_LEFT              /* and so is its leader, to be collected */
};

/* A new ward without process, with one owner; NULL for want of memory. */
struct ward *ward__new(void);
void ward__delete(struct ward *w);

/*
 * Every function that may block or that uses the process does it between enter and leave:
 * a close by another thread then frees the ward when the last one leaves.
 */
void ward__enter(struct ward *w);
void ward__leave(struct ward *w);

/* ward__process_end with wall_ns and remembered. */
int ward__end(struct ward *w, struct ward_exit *ret);

/* As ward_spawn; sources of kind GIVEN may have these flags of the library's own. */
int ward__spawn(struct ward **ret, const char *const argv[],
                const struct ward_spawn_opts *opts, uint32_t ours);

/*
 * What ward__spawn says of these before it does anything; the options in the library's
 * size, and those of a terminal. -EINVAL, -E2BIG; a @ret->error of no sense is NULL then.
 */
int ward__spawn_check(struct ward_spawn_opts *ret, struct ward_pty_opts *pty,
                      const char *const argv[], const struct ward_spawn_opts *opts,
                      uint32_t ours);

/* Kill it, unless it is to be left; what cannot be killed is to be left from now on. */
void ward__kill_or_leave(struct ward *w);

/* Wait for the end, or only ask. As ward_wait, within enter and leave. */
int ward__wait(struct ward *w, int64_t deadline, struct ward_exit *ret);
int ward__ask(struct ward *w, struct ward_exit *ret);

/* Killed wards whose owner is gone, until they can be collected (orphan.c). */
void ward__orphan_add(struct ward *w);
void ward__orphans_collect(void);

#endif
