/* SPDX-License-Identifier: MIT */
/*
 * A poller of plain POSIX, as its parts see it: what is armed (poller.c), how it is
 * looked at (look.c), and the thread that keeps a descriptor readable (watchman.c).
 */
#ifndef WARD_POSIX_POLLER_H
#define WARD_POSIX_POLLER_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../deadline.h"

/* Something that is armed. What was told of is not here any more. */
struct ward__entry {
	uint64_t token;
	int fd;
	short events;
};

/* What one sleeper polls; behind the last one is the bell. */
struct ward__view {
	struct pollfd *fds;
	uint64_t *tokens;
	size_t n, room;
};

struct ward__poller {
	pthread_mutex_t lock;
	pid_t owner;
	struct ward__entry *entries;
	size_t n, room;
	int64_t alarm;
	struct ward__view spare;      /* memory for the next one who looks */

	int bell[2];
	int sleepers;
	int roused; /* those of them that have still to hear the bell */
	pthread_cond_t silence;       /* they all have, or the watchman has gone */

	int lamp[2];                  /* -1: nobody has asked for it */
	bool lit;
	bool has_watchman;
	bool ends;                    /* the watchman is to go */
	bool is_moved; /* something was changed since the watchman has looked */
	pthread_cond_t move;          /* ... who rests while the lamp is lit */
};

/* Of a pipe that never blocks: a byte in it, or none. */
int ward__signal_pipe(int ends[2]);
void ward__signal_pipe_close(int ends[2]);
void ward__signal_set(const int ends[2]);
void ward__signal_clear(const int ends[2]);

/* ---- all of these with the lock held ---- */

/* The place of a token, or n. The one at @near is looked at first. */
size_t ward__entry_find(const struct ward__poller *poller, uint64_t token, size_t near);

/* What the sleepers look at is not so any more. */
void ward__poller_rouse(struct ward__poller *poller);

/*
 * Look at all that is armed, asleep until the alarm or @deadline, with the lock given up
 * meanwhile; or only now, with the lock kept. The number of those that answered, one of
 * which may be the bell; -ENOMEM. The view is to be given back in any case.
 */
int ward__poller_look(struct ward__poller *poller, struct ward__view *view,
                      int64_t deadline);
int ward__poller_peek(struct ward__poller *poller, struct ward__view *view);
void ward__view_give(struct ward__poller *poller, const struct ward__view *view);

/* The place of the next from @i on that is ready and armed still, or n. */
size_t ward__view_next(const struct ward__poller *poller, const struct ward__view *view,
                       size_t *i);

/* The lamp, if there is one, on or off; and as it has to be with another alarm. */
void ward__lamp_light(struct ward__poller *poller, bool lit);
void ward__lamp_relight(struct ward__poller *poller);

/* ---- without ---- */

/* Let the watchman go, and wait until he has: at once. */
void ward__watchman_dismiss(struct ward__poller *poller);

#endif
