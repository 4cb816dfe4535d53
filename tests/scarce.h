/* SPDX-License-Identifier: MIT */
/* Few descriptors: a small table that is full but for some, for systems that limit it. */
#ifndef SCARCE_H
#define SCARCE_H

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"

enum { SCARCE_TABLE = 64 };

struct scarce {
	struct rlimit before;
	int fds[SCARCE_TABLE], n;
};

/* All but @spare are taken. */
static inline void scarce_begin(struct scarce *s, int spare)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &s->before);
	limit = s->before;
	limit.rlim_cur = SCARCE_TABLE;
	REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	s->n = 0;
	while (s->n < SCARCE_TABLE && (s->fds[s->n] = fcntl(2, F_DUPFD_CLOEXEC, 3)) >= 0)
		s->n++;
	while (s->n > 0 && spare-- > 0)
		close(s->fds[--s->n]);
}

static inline void scarce_end(struct scarce *s)
{
	while (s->n > 0)
		close(s->fds[--s->n]);
	setrlimit(RLIMIT_NOFILE, &s->before);
}

#endif
