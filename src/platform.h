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
 * and agree with its values, its descriptors are of the kinds from INHERIT to HANDLE
 * (channels have taken the place of the others); @env is the child's final
 * environment, @path the PATH to search (NULL: neither the child nor the caller has one;
 * the system's own default).
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
	struct ward__channel *terminal; /* of WARD_FD_PTY; NULL: none */
	struct ward__job *job;        /* opts->job as the system holds it; NULL: none */
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

/* What a sleep waits for: the first of these that is there. */
struct ward__event {
	struct ward__process *process; /* ward__process_end is worth a try */
	struct ward__channel *channel; /* a read or write is worth a try, see @wants */
	int64_t descriptor;   /* the same of a descriptor (a HANDLE: is set) */
	unsigned wants;               /* WARD__READ, WARD__WRITE; with both a channel
	                               * and a descriptor WARD__MOVE: that goes on */
	bool ready;                   /* out */
};
enum { WARD__READ = 1, WARD__WRITE = 2, WARD__MOVE = 4 };

/*
 * Block until one of @n events has come (at once if a process is known to have ended),
 * or until @deadline (ward__now; negative: never), and mark all that have. It must not
 * return early again and again without progress (a debugger that holds a zombie, a
 * stranger that nobody collects). 1: try; 0: deadline. Any number of events.
 */
int ward__sleep(struct ward__event events[], size_t n, int64_t deadline);

/*
 * A poller: sleeping for many, at a cost that does not grow with their number. It has a
 * lock for who uses it; add, arm, remove and alarm are called with the lock held, wait
 * and fd without. Only calls that say so fail in a forked copy of the program, and none
 * disturbs the original there.
 *
 * Add and arm: tell of @event (the end of its process; its channel is ready for READ, or
 * for WRITE; its descriptor is, for READ) once, by @token; then no more until it is armed
 * again. 1: it is known to have come, and nothing was armed; 0; a negative errno
 * (-ENOMEM, -ENOSPC, -EMFILE;
 * -ENOTSUP, it cannot be waited for). *@until is brought forward (negative: never) where
 * it is to be asked by then although nothing was told: a debugger may hold a zombie. Arm
 * is for what was told of and had nothing yet (or no more), or was asked at its time.
 * Remove: forget it; @armed: it was not told of since it was armed. The process or
 * channel is still there.
 */
struct ward__poller;
int ward__poller_new(struct ward__poller **ret);
void ward__poller_free(struct ward__poller *poller);
void ward__poller_lock(struct ward__poller *poller);
void ward__poller_unlock(struct ward__poller *poller);
int ward__poller_add(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until);
int ward__poller_arm(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until);
void ward__poller_remove(struct ward__poller *poller, const struct ward__event *event,
                         uint64_t token, bool armed);

/*
 * Sleep until something is to be told, the alarm has come or @deadline has: how many of
 * @tokens were filled (0 for the last two); a token may be told of after its removal, if
 * that is in another thread. Any number of threads; what is told goes to one of them.
 * -ECHILD in a forked copy.
 */
int ward__poller_wait(struct ward__poller *poller, uint64_t *tokens, size_t n,
                      int64_t deadline);

/*
 * From @when on (ward__now; 0: at once; negative: not) no wait sleeps, until the alarm is
 * set otherwise. Cannot fail.
 */
void ward__poller_alarm(struct ward__poller *poller, int64_t when);

/* A descriptor that is readable when wait would not sleep. Lent. */
int ward__poller_fd(struct ward__poller *poller);

/* A forked copy has another number. */
bool ward__poller_is_ours(const struct ward__poller *poller);

/* A lock of each process, for the layers above: held for a moment, and no call in it. */
void ward__process_lock(struct ward__process *p);
void ward__process_unlock(struct ward__process *p);

/*
 * Call @fn in a thread of its own, which takes no signal and is nobody's to join.
 * -EAGAIN,
 * -ENOMEM.
 */
int ward__thread_start(void (*fn)(void *), void *arg);

/*
 * Signal the process (or, @group, every member of the group that it leads) and no other:
 * -ESRCH once it was collected, even if its number is in use again. -EINVAL: no such
 * signal; -ENOTSUP: the system has no way to send it to this process.
 */
int ward__process_signal(struct ward__process *p, int sig, bool group);

/*
 * Is nobody in the group that it leads, or led? 1; 0; -ENOTSUP: it was collected, and
 * whoever is in a group of that number cannot be reached any more. Keeps: the group is
 * reached also after it was collected.
 */
int ward__process_group_is_empty(struct ward__process *p);
bool ward__process_keeps_group(struct ward__process *p);

/* A descriptor that is readable when ward__process_end is worth a try. Lent. */
int ward__process_poll_fd(struct ward__process *p);

int64_t ward__process_pid(const struct ward__process *p);
int ward__process_hold(const struct ward__process *p);

/* Ask the system. Both results are whole structs of the library's size. */
int ward__process_info(struct ward__process *p, struct ward_info *ret);
int ward__process_identity(struct ward__process *p, struct ward_id *ret);

/*
 * Take hold of what descends from it, as ward__job_each does: each was found as a child
 * of one that was held as well. -ESRCH, it has ended; -ENOTSUP.
 */
int ward__process_each_below(struct ward__process *p,
                             int (*take)(struct ward__process *p, void *arg),
                             void *arg);

/* Pass a process through a unix socket; take hold of the peer of one. */
int ward__process_send(struct ward__process *p, int socket, int64_t deadline);
int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline);
int ward__process_peer(struct ward__process **ret, int socket);

/* What becomes of it when this program ends: WARD_DEATH_*. */
int ward__process_owner_death(const struct ward__process *p);

/*
 * A job as the system contains it. Any thread may use it; ward__job_free has it alone.
 *
 * New: @opts is whole (the library's size), its flags are known. It takes the strongest
 * means that is there, is asked for and can do all of @opts. GROUP is no containment of
 * the system's: the layer above signals the groups of its wards then, and asks the system
 * for nothing but the means and the lock. -ENOTSUP: none; the reason in words is in
 * error->path.
 *
 * Of all the others: -EOWNERDEAD, a part of what contained it is gone (a keeper was
 * killed): what is left of it has been asked, and the means is GROUP from now on; -ECHILD
 * in a forked copy of the program, for which ward__job_free leaves the job alone.
 */
struct ward__job;
int ward__job_new(struct ward__job **ret, const struct ward_job_opts *opts,
                  struct ward_error *error);
void ward__job_free(struct ward__job *job);
int ward__job_means(struct ward__job *job);
void ward__job_lock(struct ward__job *job);
void ward__job_unlock(struct ward__job *job);

/* As their namesakes of the API. Signal: never KILL. */
int ward__job_add(struct ward__job *job, struct ward__process *p);
int ward__job_signal(struct ward__job *job, int sig);
int ward__job_kill(struct ward__job *job);
int ward__job_freeze(struct ward__job *job, bool is_frozen);
int ward__job_usage(struct ward__job *job, struct ward_job_usage *ret);

/*
 * Is nobody in it? And what to sleep for, to ask again: a descriptor that is readable
 * (Windows: a HANDLE that is set) then, -1: none; and by when, *until being brought
 * forward (negative: never).
 */
int ward__job_is_empty(struct ward__job *job);
int ward__job_await(struct ward__job *job, int64_t *descriptor, int64_t *until);
int ward__job_poll_fd(struct ward__job *job);

/*
 * Take hold of who is in it, one after another, until @fn (whose the process becomes)
 * says something else than 0, which is returned then.
 */
int ward__job_each(struct ward__job *job, int (*fn)(struct ward__process *p, void *arg),
                   void *arg);
int64_t ward__job_count(struct ward__job *job);

/*
 * A channel: our side of one descriptor (or of several: a terminal) of a child. Any
 * thread may use it; ward__channel_free has it alone.
 *
 * The makers open both sides. The other side is described in @child, as a source for
 * ward__process_spawn of kind GIVEN or HANDLE; it is the caller's to close
 * (ward__side_close) once every child that gets it has been started. Neither side is
 * inherited by anything else. @wants is what we do with our side. A side that is an end
 * of a pipe may say so by WARD__SIDE_PIPE in its flags: the start may then give the child
 * another opening of the same pipe. The terminal of a pty goes to ward__start.terminal as
 * well, and ward__pty_attach sets in @opts what makes it the child's controlling terminal
 * at its descriptor @fd.
 */
struct ward__channel;
#define WARD__SIDE_PIPE (UINT32_C(1) << 31)
int ward__channel_pipe(struct ward__channel **ret, struct ward_stdio *child,
                       unsigned wants);
int ward__channel_socket(struct ward__channel **ret, struct ward_stdio *child);
int ward__channel_pty(struct ward__channel **ret, struct ward_stdio *child,
                      const struct ward_pty_opts *opts);
void ward__pty_attach(struct ward_spawn_opts *opts, int fd);
void ward__channel_free(struct ward__channel *channel);

/* What we do with it now: WARD__READ, WARD__WRITE. */
unsigned ward__channel_wants(const struct ward__channel *channel);

/* A pipe from one child to another. */
int ward__pipe_between(struct ward_stdio *writer, struct ward_stdio *reader);

/* A file with these bytes, open at its begin, read-only, that nobody else has. */
int ward__memory_file(struct ward_stdio *child, const void *data, size_t size);

/* Close a side that is described by a source of kind GIVEN or HANDLE; else nothing. */
void ward__side_close(struct ward_stdio *child);

/*
 * Read or write what can be had now, and no SIGPIPE. The number of bytes, at least one;
 * 0: end (read); -EAGAIN: nothing now, sleep; -EPIPE: nobody reads; -EBADF: it is not for
 * this. Move goes from the channel to a descriptor of ours (at most @size bytes; 0: only
 * what it holds back of those it has moved, and 0 when that is nothing);
 * -EWOULDBLOCK's twin -ENOBUFS: that descriptor takes nothing now, sleep for MOVE. Held
 * is how much it holds back now, of what was counted as moved. Widen asks for a bigger
 * pipe, since much is coming: it may do nothing.
 */
int64_t ward__channel_read(struct ward__channel *channel, void *buf, size_t size);
int64_t ward__channel_write(struct ward__channel *channel, const void *buf, size_t size);
int64_t ward__channel_move(struct ward__channel *channel, int fd, size_t size);
size_t ward__channel_held(struct ward__channel *channel);
void ward__channel_widen(struct ward__channel *channel);

/*
 * No more is written. 0: done, and a pipe is to be freed by the caller; 1: done, it can
 * still be read from; -EAGAIN: a terminal does not take the character now.
 */
int ward__channel_end(struct ward__channel *channel);

/* Lend our side, -ENOTSUP where it is no descriptor; give it up for good. */
int ward__channel_fd(const struct ward__channel *channel);
int ward__channel_take(struct ward__channel *channel);
int ward__channel_resize(struct ward__channel *channel, int rows, int columns);

/*
 * Read at most @size bytes of a descriptor of the caller's that is to be copied to a
 * child. As ward__channel_read; -ENOTSUP where a system cannot wait for it.
 */
int64_t ward__descriptor_read(int fd, void *buf, size_t size);

/*
 * Memory for much output: @old (NULL: none) of @size bytes becomes one of @new_size, its
 * first @size bytes kept; NULL: there is none, and @old is as it was. Not zeroed. Where
 * the system can, large blocks grow by moving pages and are backed by huge ones.
 */
void *ward__block_resize(void *old, size_t size, size_t new_size);
void ward__block_free(void *block, size_t size);

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
