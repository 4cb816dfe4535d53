/* SPDX-License-Identifier: MIT */
/*
 * The system calls that a child makes between clone and exec, and a few that its parent
 * makes about it. On Linux the child shares the memory of its parent until exec, so
 * these must be bare system calls: no lock, no allocation, no libc wrapper that talks to
 * other threads (setuid does) or that is a cancellation point. Each system implements
 * them in its sys.c; all return 0 or a result, or a negative errno, and pass the gate
 * first.
 */
#ifndef WARD_UNIX_SYS_H
#define WARD_UNIX_SYS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Descriptors. */
int ward__sys_open(const char *path, int flags, unsigned mode);
int ward__sys_close(int fd);
int ward__sys_dup_above(int fd, int min);              /* CLOEXEC, number >= min */
int ward__sys_dup_to(int fd, int target);              /* target != fd; not CLOEXEC */
int ward__sys_keep(int fd);                            /* clear CLOEXEC */
int ward__sys_close_range(unsigned first, unsigned last);
int ward__sys_unshare_above(unsigned last); /* own table, without those > last */

/* Place: session, group, terminal. */
int ward__sys_setsid(void);
int ward__sys_setpgid(pid_t pgid);                     /* 0: a group of its own */
int ward__sys_set_tty(int fd);
int ward__sys_set_foreground(int fd);

/*
 * Enter the job that the descriptor stands for, or (@asks) ask at its other end to be let
 * in: 0, or the negative errno that comes back. -ENOTSUP where there is no such thing.
 */
int ward__sys_join(int job, bool asks);

/*
 * Limits and scheduling, in the host's numbers. @soft and @hard may be WARD_RLIMIT_KEEP.
 */
int ward__sys_setrlimit(int resource, uint64_t soft, uint64_t hard);
int ward__sys_nice(int nice);
int ward__sys_sched(int policy, int priority);
int ward__sys_affinity(const unsigned long *mask, size_t bytes);

/* Identity. */
int ward__sys_setgroups(size_t n, const gid_t *groups);
int ward__sys_setgid(gid_t gid);
int ward__sys_setuid(uid_t uid);
int ward__sys_no_new_privs(void);

int ward__sys_chdir(const char *path);
void ward__sys_umask(unsigned mask);

/* Ask for @signal when the parent ends; -ECANCELED if @parent has ended already. */
int ward__sys_death_signal(int signal, pid_t parent);

/* Default dispositions for all signals; @keep_ignored leaves the ignored ones so. */
int ward__sys_default_signals(bool keep_ignored);

/* A signal mask as the system calls take it. */
struct ward__mask {
	sigset_t set;
};
int ward__sys_block_signals(struct ward__mask *before);
int ward__sys_set_mask(const struct ward__mask *mask);
void ward__sys_empty_mask(struct ward__mask *mask);

/* Return only on failure. */
int ward__sys_exec(const char *path, const char *const *argv, const char *const *env);
int ward__sys_exec_fd(int fd, const char *const *argv, const char *const *env);

int ward__sys_exists(const char *path);                /* 0: something has this path */
/* A pidfd of the caller itself, CLOEXEC; -ENOTSUP where there is no such thing. */
int ward__sys_hold_self(void);

int ward__sys_hear(int fd);                            /* one byte, or negative */
void ward__sys_tell(int fd, const void *data, size_t size); /* write, without SIGPIPE */
_Noreturn void ward__sys_exit(int code);

#endif
