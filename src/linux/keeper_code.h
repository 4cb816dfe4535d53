/* SPDX-License-Identifier: MIT */
/*
 * The keeper's program, and what it says to its host. The program is the code of one
 * section of the library and nothing else: the host copies that section into a file of
 * its own (keeper_image.c), where there is no libc, no constant and no variable. So the
 * code calls nothing outside of the section, has neither text nor tables (words come from
 * outside), and all its memory is one struct that it is given. Its functions are compiled
 * plainly and without instruments, whatever the rest is compiled with: an optimizer makes
 * memset of a loop and a table of a switch.
 */
#ifndef WARD_LINUX_KEEPER_CODE_H
#define WARD_LINUX_KEEPER_CODE_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "../unix/keeper.h"
#include "kernel.h"

#if defined(__x86_64__) && !defined(__ILP32__)
#define WARD__KEEPER_HAS_IMAGE 1
#elif defined(__aarch64__) && !defined(__ILP32__) && !defined(__AARCH64EB__)
#define WARD__KEEPER_HAS_IMAGE 1
#elif defined(__riscv) && __riscv_xlen == 64
#define WARD__KEEPER_HAS_IMAGE 1
#else
#define WARD__KEEPER_HAS_IMAGE 0
#endif

#ifndef __has_attribute
#define __has_attribute(x) 0
#endif
#if __has_attribute(no_stack_protector)
#define KEEPER_NO_PROTECTOR __attribute__((no_stack_protector))
#else
#define KEEPER_NO_PROTECTOR
#endif
#if __has_attribute(no_profile_instrument_function)
#define KEEPER_NO_PROFILE __attribute__((no_profile_instrument_function))
#else
#define KEEPER_NO_PROFILE
#endif
#if __has_attribute(disable_sanitizer_instrumentation)
#define KEEPER_PLAIN                                                                \
	__attribute__((optnone, no_sanitize("all"), disable_sanitizer_instrumentation))
#elif defined(__clang__)
#define KEEPER_PLAIN __attribute__((optnone, no_sanitize("all")))
#else
#define KEEPER_PLAIN                                                               \
	__attribute__((optimize("O0", "no-stack-protector"), no_sanitize_address,      \
	               no_sanitize_thread, no_sanitize_undefined))
#endif
/* Between the files of the section nothing may go through a table of the linker's. */
#define KEEPER_SHARED __attribute__((visibility("hidden")))
#define KEEPER                                                                     \
	__attribute__((section("ward_keeper"), noinline, used,                         \
	               no_instrument_function))                                        \
	KEEPER_NO_PROTECTOR KEEPER_NO_PROFILE KEEPER_PLAIN

/* --------------------------------------------------------------------- conversation */

/*
 * The host's end of the socket gets one message, the end of the child, which nobody ever
 * takes out: whoever looks (MSG_PEEK) sees it, in any thread and in any copy of the host,
 * and the socket is readable from then on.
 */
struct ward__keeper_end {
	int32_t code, status;         /* of siginfo_t */
	uint32_t uid, spare;
	struct kernel_rusage usage;
};

/* WARD__ASK_*. The answer goes to a socket that comes with the question. */
struct ward__keeper_ask {
	int32_t what, signal;
};

struct ward__keeper_answer {
	int32_t code;                 /* 0 or a negative errno */
	int32_t members;              /* that are alive; -1: some */
	int32_t signalled;            /* by the question */
	int32_t killed, refused;      /* so far: SIGKILL, and EPERM */
	int32_t spare;
	struct kernel_rusage usage;   /* of all that has been collected */
};

/* ------------------------------------------------------------------------ its state */

enum {
	WARD__KEEP_TREE = 1,          /* what descends from its child, too */
	WARD__KEEP_NAMESPACE = 2,     /* it is the first process of a pid namespace */
	WARD__KEEP_KILL = 4,          /* the end of its owner is theirs */
	WARD__KEEP_WATCH = 8,         /* it has no child: it watches for its owner */
	WARD__KEEP_ADOPTED = 16       /* it runs in a copy of its host's memory */
};

/* Numbers that it is given, in this order; a descriptor that is none is -1. */
enum {
	WARD__KEEPER_FLAGS,
	WARD__KEEPER_SOCKET,
	WARD__KEEPER_EMPTY,           /* a socket: who is to hear that nothing is left */
	WARD__KEEPER_OWNER_FD,        /* its pidfd */
	WARD__KEEPER_OWNER,           /* its number; 0: not visible */
	WARD__KEEPER_CHILD,
	WARD__KEEPER_SIGNAL,          /* what its child gets when the owner ends; 0 */
	WARD__KEEPER_KILL_FD,         /* cgroup.kill, of a group to be killed */
	WARD__KEEPER_PARENT_FD,       /* the directory that the group is in */
	WARD__KEEPER_NUMBERS
};

/* And words. */
enum {
	WARD__KEEPER_PROC,            /* "/proc/" */
	WARD__KEEPER_TASK,            /* "/task/" */
	WARD__KEEPER_CHILDREN,        /* "/children" */
	WARD__KEEPER_STAT,            /* "/stat" */
	WARD__KEEPER_ONE,             /* "1" */
	WARD__KEEPER_GROUP,           /* the name of the group in its directory */
	WARD__KEEPER_WORDS
};

enum {
	WARD__KEEPER_PIDS = 1 << 16,  /* that it can remember at one time */
	WARD__KEEPER_DEPTH = 100      /* that it follows a tree downwards */
};

#ifdef SYS_ppoll
typedef long ward__kernel_time;
#else
typedef int64_t ward__kernel_time;
#endif

/* One walk over the members of the tree as they are now. */
struct ward__keeper_round {
	int signal;                   /* 0: only count */
	int fresh;                    /* pass over those that are stopped */
	int seen, signalled, refused;
	int missed;                   /* somebody was not where he was listed */
};

struct ward__keeper_state {
	int64_t numbers[WARD__KEEPER_NUMBERS];
	const char *words[WARD__KEEPER_WORDS];

	pid_t self;
	int signals;                  /* signalfd of SIGCHLD */
	int over;                     /* no child is left */
	int ended;                    /* the child was told of and collected */
	int left;                     /* the owner gave it up, or is gone */
	int killing;
	int rounds, due, reaped;      /* of killing */
	int pause_ms;
	int killed, refused, fresh;

	struct pollfd polled[3];
	ward__kernel_time time[2];
	struct ward__keeper_round round;
	siginfo_t info;
	struct ward__keeper_end end;
	struct ward__keeper_ask ask;
	struct ward__keeper_answer answer;
	struct msghdr message;
	struct iovec part;
	_Alignas(8) char control[64];
	uint64_t mask;

	char path[128];
	_Alignas(8) char entries[2048];
	char text[512];
	int n_pids, n_met, at, again;
	pid_t pids[WARD__KEEPER_PIDS];
	pid_t met[WARD__KEEPER_PIDS]; /* in this walk */
};

/* Live, until nothing is left to be done; @state has numbers and words, else zero. */
KEEPER_SHARED void ward__keeper_live(struct ward__keeper_state *state);

/* The program's first function, with the stack as the kernel made it. */
KEEPER_SHARED _Noreturn void ward__keeper_enter(long *stack,
                                                struct ward__keeper_state *state);

/* The walking part (keeper_walk.c). */
KEEPER_SHARED int ward__keeper_walk(struct ward__keeper_state *state,
                                    struct ward__keeper_round *round);

/* The same for its own children alone, whose numbers are pinned. */
KEEPER_SHARED int ward__keeper_walk_children(struct ward__keeper_state *state,
                               struct ward__keeper_round *round);

/* A system call, bare; the negative errno is its result. */
KEEPER_SHARED long ward__keeper_call(long number, long a, long b, long c, long d, long e);

#endif
