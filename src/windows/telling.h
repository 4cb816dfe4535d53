/* SPDX-License-Identifier: MIT */
/*
 * What is to be told to who waits on a poller, and when a wait does not sleep. It has a
 * lock of its own that is taken last, by callbacks of the thread pool, too.
 */
#ifndef WARD_WINDOWS_TELLING_H
#define WARD_WINDOWS_TELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system.h"

/* One thing: a member of what is watched. Zeroed but for its token it is idle. */
struct ward__told {
	uint64_t token;
	int state;
	struct ward__told *before, *after; /* while it is to be told */
};

/* The packet that is owed to a port of the caller's. */
struct ward__packet {
	HANDLE port;
	ULONG_PTR key;
	OVERLAPPED *overlapped;
};

struct ward__telling {
	SRWLOCK lock;

	/* With the lock: */
	CONDITION_VARIABLE changed;
	struct ward__told ring;       /* its `after` is the first to be told */
	int64_t alarm;                /* negative: none */
	TP_TIMER *timer;              /* of the alarm; NULL until a loop waits */
	HANDLE event;                 /* NULL until asked for */
	bool is_set;
	struct ward__packet packet;   /* its port is NULL: none is owed */
};

void ward__telling_open(struct ward__telling *t);

/* No callback of what was told by it runs any more. */
void ward__telling_close(struct ward__telling *t);

/*
 * Expect: it may be told of once; false: that is so already. Tell: it has come, if it was
 * expected. Forget: it is idle again, told of or not.
 */
bool ward__telling_expect(struct ward__telling *t, struct ward__told *it);
void ward__telling_tell(struct ward__telling *t, struct ward__told *it);
void ward__telling_forget(struct ward__telling *t, struct ward__told *it);

/* As the functions of the poller. */
int ward__telling_wait(struct ward__telling *t, uint64_t *tokens, size_t n,
                       int64_t deadline);
void ward__telling_alarm(struct ward__telling *t, int64_t when);
int ward__telling_event(struct ward__telling *t, HANDLE *ret);
int ward__telling_post(struct ward__telling *t, const struct ward__packet *packet);

#endif
