/* SPDX-License-Identifier: MIT */
/* What this kernel can do, and lets us do. */
#ifndef WARD_LINUX_PROBE_H
#define WARD_LINUX_PROBE_H

#include <stdbool.h>

enum ward__ability {
	WARD__CLONE3,        /* clone3 with CLEAR_SIGHAND: 5.5 */
	WARD__INTO_CGROUP,   /* clone3 with INTO_CGROUP: 5.7 */
	WARD__CLONE_PIDFD,   /* clone with CLONE_PIDFD: 5.2 */
	WARD__SHARED_MEMORY, /* CLONE_VM really shares; not so in user-mode emulators */
	WARD__UNSHARE_TABLE, /* close_range with UNSHARE: 5.9 */
	WARD__PIDFD,         /* pidfds that can be polled: 5.3 */
	WARD__PIDFD_OPEN,    /* 5.3 */
	WARD__PIDFD_WAIT,    /* waitid(P_PIDFD): 5.4 */
	WARD__PIDFD_SIGNAL,  /* 5.1 */
	WARD__REOPEN,        /* our pipes through /proc, by a child */
	WARD__QUIET_WRITE,   /* pwritev2 with RWF_NOSIGNAL: 6.18 */
	WARD__EPOLL_NS,      /* epoll_pwait2, whose time-outs are nanoseconds: 5.11 */
	WARD__KEEPER_IMAGE,  /* a keeper runs its own program: files in memory, 3.17 */
	WARD__ABILITIES_
};

/*
 * Asked of the kernel once, by trying it in a harmless way and looking at the errno,
 * never by its version: distributions and seccomp filters differ from what versions
 * promise. What is scarce just now is not held against it: false, and asked again.
 */
bool ward__can(enum ward__ability ability);

/* The same as 1 or 0; or the scarcity for which it cannot be told. */
int ward__probe(enum ward__ability ability);

/* A real use was refused: do not try again. */
void ward__cannot(enum ward__ability ability);

/*
 * Is this errno a "not here" rather than a failure? EPERM is what old seccomp filters
 * say.
 */
bool ward__is_refusal(int code);

/* Or is it that descriptors, memory or processes are short for now? */
bool ward__is_scarcity(int code);

#endif
