/* SPDX-License-Identifier: MIT */
/*
 * The calls of a forked child (unix/sys.h) are libc's functions; those that systems have
 * in common are in calls.c, and this is what each system's sys.c needs for its own.
 */
#ifndef WARD_FORKED_CALLS_H
#define WARD_FORKED_CALLS_H

#include <errno.h>
#include <signal.h>

#include "../gate.h"

/* What a call returned, or the negative errno. */
static inline int ward__result(int r)
{
	return r < 0 ? -errno : r;
}

/* The call, if the gate lets it through. */
#define WARD__CALL(name, expression)                                 \
	do {                                                         \
		int gate_ = ward__gate(name);                        \
                                                                     \
		return gate_ < 0 ? gate_ : ward__result(expression); \
	} while (0)

/*
 * Close what is open of first..last, by trying each number, up to @most: for systems that
 * have nothing better.
 */
int ward__close_each(unsigned first, unsigned last, unsigned most);

/*
 * sigaction(2) as the child may call it: where libc's takes a lock that another thread
 * may have held at the fork, the bare call.
 */
int ward__bare_sigaction(int signal, const struct sigaction *to,
                         struct sigaction *before);

#endif
