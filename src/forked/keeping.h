/* SPDX-License-Identifier: MIT */
/*
 * What a system adds to a keeper (keeper.h); each has it in its folder. All but the last
 * part is also called in the keeper itself, which is a copy of a program that may have
 * had many threads: no lock and no allocation there.
 */
#ifndef WARD_FORKED_KEEPING_H
#define WARD_FORKED_KEEPING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * As fork(2), for a keeper. The program is to hear nothing of its end where the system
 * can do that; *handle is a descriptor that belongs to it then, else -1.
 */
pid_t ward__keeper_fork(int *handle);

/*
 * The same inside of it, for its child. @arg is an int, which is set to a descriptor that
 * is a handle of the child where the system has such, and is left alone elsewhere.
 */
pid_t ward__keeper_fork_child(void *arg);

/*
 * A descriptor that is readable once the parent @owner has ended; -ENOTSUP: it is asked
 * now and then who the parent is.
 */
int ward__keeper_watch_owner(pid_t owner);

/* What the kernel can send to a child whose keeper was killed: KILL, or 0. */
int ward__keeper_last_signal(void);

/* ----------------------------------------------------------------------------- reaper */

/*
 * To be the parent of all that descends from one and has lost its own. From before the
 * first child on, or those are not covered. -ENOTSUP: there is no such thing here.
 */
int ward__reaper_acquire(void);

/* Signal all that descends from the caller: 0, how many got it and were refused it. */
struct ward__reaped {
	int signalled, refused;
};
int ward__reaper_signal(int sig, struct ward__reaped *ret);

/* How many descend from it and live. */
int ward__reaper_count(void);

/* For the program: can there be one? NULL, or why not in words. */
const char *ward__reaper_shortcoming(void);

/* The numbers of all that descend from @reaper, a child of ours; to be given back. */
int ward__reaper_list(pid_t reaper, pid_t **ret, size_t *n);

#endif
