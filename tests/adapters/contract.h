/* SPDX-License-Identifier: MIT */
/*
 * What every adapter promises, whatever its loop is called: contract*.c are the same
 * tests for each, on top of the few functions here that its test_NAME.c defines. What
 * only its loop has, it tests itself.
 *
 * What is hard: a watch is told from inside of its loop, where it may be stopped, freed
 * or started again, its neighbours too. So what happens there is a function of the test's
 * (`then`), and what the adapter needs in memory is a block of its own (`native`), so
 * that a tool sees who still reads it when it is freed.
 */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "able.h"
#include "help.h"

/* ---------------------------------------------------------- what test_NAME.c defines */

/* The loop's own. */
struct loop;

/* One watcher, handle, event, source. */
struct watch {
	struct loop *loop;
	struct ward *w;
	void *native;                         /* the adapter's; NULL: none (yet) */
	int calls;                            /* how often it was told */
	int error;                            /* what it was told with, the last time */
	struct ward_exit exit;
	bool starting;                        /* we are inside of watch_start */
	void (*then)(struct watch *t);        /* what the callback does; NULL: nothing */
	struct watch *other;                  /* ... to this one */
};

struct loop *loop_make(void);

/* Every watch has been freed. */
void loop_free(struct loop *loop);

/* Until no watch is active, or loop_break. */
void loop_run(struct loop *loop);

/* What can be done without waiting. */
void loop_turn(struct loop *loop);

/* From inside: loop_run returns. */
void loop_break(struct loop *loop);

/* That long, whether there is something to do or not. */
void loop_run_for(struct loop *loop, int milliseconds);

/* Make what the adapter needs, when there is no native yet, and start. 0 or a negative
 * errno; when the making has failed there is still no native. */
int watch_start(struct watch *t);
void watch_stop(struct watch *t);

/* Also of one that is active, or was never started. Sets native to NULL. */
void watch_free(struct watch *t);

/* --------------------------------------------------------- what contract.c is to them */

/* For the adapter's callback. @exit may be NULL when @error, a negative errno, is not
 * 0. */
void told(struct watch *t, int error, const struct ward_exit *exit);

struct watch watch_of(struct loop *loop, struct ward *w);

/* watch_start, seen to it that nothing is told from inside of it. */
int try_start(struct watch *t);
void start(struct watch *t);

void check_told(const struct watch *t, int code);

/* Start to end in a loop of its own. */
void check_told_by_loop(struct ward *w, int code);

/* What the callback may do, for `then`. */
void then_break(struct watch *t);
void then_stop_other(struct watch *t);
void then_free_other(struct watch *t);

#endif
