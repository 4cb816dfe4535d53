/* SPDX-License-Identifier: MIT */
/*
 * A cgroup (v2) of our own: a directory that holds processes and all that they start,
 * until they are moved elsewhere by somebody who may. Descriptors: its directory, and
 * what must not fail for want of one.
 */
#ifndef WARD_LINUX_CGROUP_H
#define WARD_LINUX_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ward.h"
#include "why.h"

enum { WARD__CGROUP_NAME = 48 };

struct ward__pids;
struct ward__scope;

struct ward__cgroup {
	int dir;                      /* for CLONE_INTO_CGROUP and for names in it */
	int events;                   /* cgroup.events: POLLPRI when it has news */
	int kill;                     /* cgroup.kill; -1: the kernel has none */
	pid_t owner;                  /* who made it: a forked copy leaves it alone */
	uint64_t device, inode;
	char *path;                   /* as /proc/PID/cgroup has it */
	char name[WARD__CGROUP_NAME]; /* its last part */
	struct ward__scope *scope;    /* that it is in, if it is systemd's; or NULL */
};

/* 0 in a field: no limit. */
struct ward__cgroup_limits {
	uint64_t memory;              /* bytes, swapped-out ones included */
	uint64_t processes;           /* and threads */
	uint64_t cpu;                 /* thousandths of one processor */
};

/*
 * Make one below our own cgroup; one with limits where their controllers can be had,
 * which may be beside our own. A user who has the right to neither gets one in a scope of
 * the own systemd (scope.h), which takes a moment. Nothing is left after a failure:
 * -ENOTSUP (there is no way here, or no such controller), -EACCES, -EPERM, -EROFS (not
 * for us), -EMFILE, -ENOMEM, -EAGAIN (no more groups are allowed), and @why says more.
 */
int ward__cgroup_new(struct ward__cgroup *ret, const struct ward__cgroup_limits *limits,
                     struct ward__why *why);

/* Give it up; the directory, if it is still there, stays. */
void ward__cgroup_close(struct ward__cgroup *cgroup);

/*
 * Remove the directory, and those that members have made in it. 0; -EBUSY: it is not
 * empty; -ENOENT: somebody else has removed it. A forked copy removes nothing: -EPERM.
 */
int ward__cgroup_remove(struct ward__cgroup *cgroup);

/* -ENOENT: it was removed by somebody else. */
int ward__cgroup_is_there(const struct ward__cgroup *cgroup);

/*
 * Is somebody in it or below? Zombies are not. 1, 0; 0 too when the directory is gone,
 * which only an empty one can be. Takes the news of @events, which is quiet till the
 * next.
 */
int ward__cgroup_populated(const struct ward__cgroup *cgroup);

/*
 * SIGKILL to everybody in it and below, also to who is being born just now. Not waited
 * for. Without cgroup.kill they are frozen, and found one by one.
 */
int ward__cgroup_kill(const struct ward__cgroup *cgroup);

/*
 * Send @sig to everybody: once to each that a walk finds, till one finds nobody new. How
 * many got it; a failure when nobody did but somebody was there (-EPERM, -ENOTSUP, ...),
 * for KILL when there was one who did not.
 */
int64_t ward__cgroup_signal(const struct ward__cgroup *cgroup, int sig);

/*
 * Is there a process whose first thread is none of @threads (cgroup_tree.h)? Also where
 * that cannot be told.
 */
bool ward__cgroup_has_others(const struct ward__cgroup *cgroup,
                             const struct ward__pids *threads);

/*
 * Stop them, and wait until they are or @deadline has come; let them go. Without
 * cgroup.freeze by SIGSTOP and SIGCONT.
 */
int ward__cgroup_freeze(const struct ward__cgroup *cgroup, int64_t deadline);
int ward__cgroup_thaw(const struct ward__cgroup *cgroup);

/*
 * Hold the members one after another, until @fn, whose the pidfd becomes, says something
 * else than 0, which is returned. Those that have no number here (in another pid
 * namespace) are passed over.
 */
typedef int ward__cgroup_member_fn(void *arg, pid_t pid, int pidfd);
int ward__cgroup_each(const struct ward__cgroup *cgroup, ward__cgroup_member_fn *fn,
                      void *arg);

/* How many, without holding them. */
int64_t ward__cgroup_count(const struct ward__cgroup *cgroup);

/*
 * Move the process in that @pidfd holds. -ESRCH: it has ended. With @pinned its number
 * cannot become another's meanwhile (an uncollected child of ours).
 */
int ward__cgroup_adopt(const struct ward__cgroup *cgroup, pid_t pid, int pidfd,
                       bool pinned);

/*
 * Have a process moved in that is outside of the scope: an uncollected child of ours.
 * Takes a moment, PATIENCE_MS of systemd.c at most.
 */
int ward__cgroup_attach(const struct ward__cgroup *cgroup, pid_t pid);

/* Is the process with this number in it or below? 1, 0; -ENOENT, there is none, ... */
int ward__cgroup_has(const struct ward__cgroup *cgroup, pid_t pid);

/* What all of them have used, the dead included; -1: not told. */
int ward__cgroup_usage(const struct ward__cgroup *cgroup, struct ward_job_usage *ret);

#endif
