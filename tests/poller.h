/* SPDX-License-Identifier: MIT */
/*
 * A poller of a POSIX system, called below the public interface: each call with the lock,
 * and what it has to tell.
 */
#ifndef POLLER_H
#define POLLER_H

#include <poll.h>
#include <stdlib.h>

#include "../src/handle.h"
#include "../src/platform.h"
#include "help.h"

enum { ROOM = 64 };

static inline struct ward__poller *poller_or_fail(void)
{
	struct ward__poller *poller = NULL;

	REQUIRE_EQ(ward__poller_new(&poller), 0);
	REQUIRE(poller != NULL);
	return poller;
}

static inline int64_t in_ms(int64_t ms)
{
	return ward__now() + MILLISECONDS(ms);
}

static inline struct ward__event end_of(const struct ward *w)
{
	if (!w)
		abort(); /* nobody comes here without one, which analyzers do not see */
	return (struct ward__event){ .process = w->process };
}

static inline struct ward__event readiness(struct ward__channel *channel, unsigned wants)
{
	return (struct ward__event){ .channel = channel, .wants = wants };
}

/* It was not known to have come before it was armed. */
static inline void arm_or_fail(struct ward__poller *poller, struct ward__event event,
                               uint64_t token, bool again)
{
	int64_t until = -1;
	int r;

	ward__poller_lock(poller);
	r = again ? ward__poller_arm(poller, &event, token, &until) :
	            ward__poller_add(poller, &event, token, &until);
	ward__poller_unlock(poller);
	CHECK_EQ(r, 0);
	CHECK_EQ(until, -1);
}

static inline void remove_from(struct ward__poller *poller, struct ward__event event,
                               uint64_t token, bool armed)
{
	ward__poller_lock(poller);
	ward__poller_remove(poller, &event, token, armed);
	ward__poller_unlock(poller);
}

static inline void set_alarm(struct ward__poller *poller, int64_t when)
{
	ward__poller_lock(poller);
	ward__poller_alarm(poller, when);
	ward__poller_unlock(poller);
}

/* The next thing told is this one; there has to be something. */
static inline void expect_told(struct ward__poller *poller, uint64_t token)
{
	uint64_t tokens[ROOM] = { 0 };

	REQUIRE_EQ(ward__poller_wait(poller, tokens, ROOM, in_ms(40000)), 1);
	CHECK(tokens[0] == token);
}

static inline void expect_nothing(struct ward__poller *poller)
{
	uint64_t tokens[ROOM];

	CHECK_EQ(ward__poller_wait(poller, tokens, ROOM, 0), 0);
}

static inline bool is_lit(struct ward__poller *poller, int timeout_ms)
{
	struct pollfd one = { .fd = ward__poller_fd(poller), .events = POLLIN };

	REQUIRE(one.fd >= 0);
	return poll(&one, 1, timeout_ms) == 1 && (one.revents & POLLIN);
}

/* It lives until it is let go. */
static inline struct talk stays(void)
{
	return talk_start_ready(CHILD("ready"), NULL);
}

#endif
