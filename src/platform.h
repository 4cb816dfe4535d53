/* SPDX-License-Identifier: MIT */
/*
 * The porting contract: all that the layers above know of a system. A system is a folder
 * that implements every function here: src/linux, src/posix, later src/freebsd,
 * src/kqueue, src/windows; POSIX systems share src/unix. docs/porting.md explains how to
 * write one.
 *
 * Common rules. Results are 0 or positive, failures a negative errno; `*ret` is written
 * on success only. Every function may be called by many threads on the same process,
 * except ward__process_free, which has it alone. Nothing is a cancellation point;
 * nothing changes signal masks, dispositions, environment or directory of the caller,
 * and no function but ward__process_spawn makes a child.
 */
#ifndef WARD_PLATFORM_H
#define WARD_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ward.h"

/* One process as the system holds it: a pidfd, a HANDLE, a pid with a waiter, ... */
struct ward__process;

/*
 * Start a program and hold it.
 *
 * Before: @argv has an argv[0]; @opts is whole (the library's size), its flags are known
 * and agree with its values; @env is the child's final environment, @path the PATH to
 * search (NULL: neither the child nor the caller has one; the system's own default).
 * After 0: the program has been exec'ed, and *ret holds it. After a failure: no child
 * exists, no zombie, no descriptor or memory is left; @error tells step, code, os_error,
 * number, path. All that can fail for want of memory, descriptors or threads is reserved
 * before the child exists.
 */
struct ward__start {
	const char *const *argv;
	const char *const *env;
	const char *path;
	const struct ward_spawn_opts *opts;
};
int ward__process_spawn(struct ward__process **ret, const struct ward__start *start,
                        struct ward_error *error);

/*
 * Take hold of a running process by its number, or by an identity written down.
 *
 * Before: @pid >= 1; @flags are known. @id is whole and of a kind other than
 * WARD_ID_NONE. After 0 of the second: it is that very process.
 */
int ward__process_open(struct ward__process **ret, int64_t pid, uint32_t flags);
int ward__process_open_id(struct ward__process **ret, const struct ward_id *id);

/* Give up the handle and all that belongs to it; the process itself is not touched. */
void ward__process_free(struct ward__process *p);

/*
 * Collect the result without blocking. 1: ended, *ret (all but wall_ns) is the result,
 * now and at every later call; 0: not known to have ended. A child is collected by this,
 * so that its number becomes free.
 */
int ward__process_end(struct ward__process *p, struct ward_exit *ret);

/*
 * Block until ward__process_end of at least one of @n processes is worth a try (at once
 * if one is known to have ended), or until @deadline (ward__now; negative: never). It
 * must not return early again and again without progress (a debugger that holds a
 * zombie, a stranger that nobody collects). 1: try; 0: deadline.
 */
int ward__process_sleep(struct ward__process *const p[], size_t n, int64_t deadline);

/*
 * Signal the process (or, @group, every member of the group that it leads) and no other:
 * -ESRCH once it was collected, even if its number is in use again. -EINVAL: no such
 * signal; -ENOTSUP: the system has no way to send it to this process.
 */
int ward__process_signal(struct ward__process *p, int sig, bool group);

/* A descriptor that is readable when ward__process_end is worth a try. Lent. */
int ward__process_poll_fd(struct ward__process *p);

int64_t ward__process_pid(const struct ward__process *p);
int ward__process_hold(const struct ward__process *p);

/* Ask the system. Both results are whole structs of the library's size. */
int ward__process_info(struct ward__process *p, struct ward_info *ret);
int ward__process_identity(struct ward__process *p, struct ward_id *ret);

/* Pass a process through a unix socket; take hold of the peer of one. */
int ward__process_send(struct ward__process *p, int socket, int64_t deadline);
int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline);
int ward__process_peer(struct ward__process **ret, int socket);

/* The monotonic clock, in nanoseconds, always positive. */
int64_t ward__now(void);

/*
 * Keep this thread from being cancelled (pthread_cancel) while it is inside the library,
 * where it may hold a lock or a child; give back what was before.
 */
int ward__cancel_disable(void);
void ward__cancel_restore(int before);

/*
 * The environment of the program ("NAME=value", NULL-ended), as it is now. *memory, which
 * may be NULL, is what ward__free is to be given afterwards. 0, or -ENOMEM.
 */
int ward__environ(const char *const **ret, void **memory);

/* Do the first @n bytes of @a and @b name the same variable? */
bool ward__same_variable(const char *a, const char *b, size_t n);

/* Is @file a path, and not a mere name that PATH is searched for? */
bool ward__is_path(const char *file);

/* The signals of the host and their names without SIG ("TERM"); NULL ends the table. */
struct ward__signal {
	int number;
	const char *name;
};
extern const struct ward__signal ward__signals[];

/* The range of real-time signals that programs may use; false where there are none. */
bool ward__signal_realtime(int *first, int *last);

#endif
