/* SPDX-License-Identifier: MIT */
/*
 * The members of a cgroup, one by one. The kernel lists numbers, which may be others'
 * the moment after: so each is held first, then asked for its cgroup, and counts when it
 * is still there after that.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../memory.h"
#include "../unix/self.h"
#include "cgroup.h"
#include "cgroup_file.h"
#include "cgroup_find.h"
#include "cgroup_tree.h"
#include "pidfd.h"
#include "probe.h"
#include "scope.h"

/* What follows a path that is told as "(deleted)" does not matter: it has no members. */
static bool is_below(const char *path, const char *above)
{
	size_t n = strlen(above);

	return strncmp(path, above, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

int ward__cgroup_has(const struct ward__cgroup *cgroup, pid_t pid)
{
	char name[64], *text, *path;
	bool has;
	int r;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	r = ward__cgroup_read_all(AT_FDCWD, name, &text);
	if (r < 0)
		return r;
	path = ward__cgroup_line(text);
	has = path && is_below(path, cgroup->path);
	ward__free(text);
	return has;
}

static bool is_alive(int pidfd)
{
	if (!ward__can(WARD__PIDFD_SIGNAL))
		return !(ward__poll_now(pidfd, 0) & POLLHUP);
	return ward__pidfd_signal(pidfd, 0, false) != -ESRCH;
}

/*
 * Said by the kernel (6.13) of the very one that is held. In a group below ours, or
 * before that, the long way has to tell.
 */
static bool is_right_in(const struct ward__cgroup *cgroup, int pidfd)
{
	struct kernel_pidfd_info info;

	return ward__pidfd_info(pidfd, KERNEL_INFO_CGROUP, &info) == 0 &&
	       (info.mask & KERNEL_INFO_CGROUP) && info.cgroupid == cgroup->inode;
}

/* -ESRCH: no longer a member; other failures: that cannot be told. */
static int hold_member(const struct ward__cgroup *cgroup, pid_t pid)
{
	int fd = ward__pidfd_open(pid), r;

	if (fd == -EINVAL || fd == -ENOENT)
		return -ESRCH;        /* it is just being collected */
	if (fd < 0 || is_right_in(cgroup, fd))
		return fd;
	r = ward__cgroup_has(cgroup, pid);
	if (r > 0 && is_alive(fd))
		return fd;
	if (r < 0 && !is_alive(fd))
		r = -ESRCH;
	close(fd);
	return r < 0 ? r : -ESRCH;
}

/* ------------------------------------------------------------------------- a signal */

static bool was_seen(const struct ward__pids *seen, pid_t pid)
{
	size_t low = 0, high = seen->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (seen->at[middle] == pid)
			return true;
		if (seen->at[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* 1: it is a member that was not signalled before. */
static int signal_member(const struct ward__cgroup *cgroup, pid_t pid, int sig)
{
	int fd = ward__can(WARD__PIDFD_SIGNAL) ? hold_member(cgroup, pid) : -ENOTSUP;
	int r;

	if (fd < 0)
		return fd == -ESRCH ? 0 : fd;
	r = ward__pidfd_signal(fd, sig, false);
	close(fd);
	return r == -ESRCH ? 0 : r < 0 ? r : 1;
}

/* What a signal came to. */
struct outcome {
	int64_t got;
	int failed;                   /* the first failure */
};

/*
 * What goes wrong with one does not spare the others. The caller itself, which somebody
 * may have moved in, is left out: it could not go on.
 */
static bool signal_new(const struct ward__cgroup *cgroup, int sig,
                       const struct ward__pids *now, const struct ward__pids *seen,
                       struct outcome *outcome)
{
	int64_t before = outcome->got;

	for (size_t i = 0; i < now->n; i++) {
		pid_t pid = now->at[i];
		int r = 0;

		if (pid > 1 && pid != ward__self() && !was_seen(seen, pid))
			r = signal_member(cgroup, pid, sig);
		if (r < 0 && outcome->failed == 0)
			outcome->failed = r;
		outcome->got += r > 0;
	}
	return outcome->got > before;
}

/*
 * Until a walk finds nobody new: those are born since the one before. Stopped or killed,
 * members start no more; of others, who may start something for ever, the children of
 * those are enough that got it.
 */
int64_t ward__cgroup_signal(const struct ward__cgroup *cgroup, int sig)
{
	int walks = sig == SIGKILL || sig == SIGSTOP ? 1000 : 4;
	struct ward__pids seen = { 0 }, now;
	struct outcome outcome = { 0, 0 };
	bool go_on = true;
	int r = 0;

	while (r == 0 && go_on && walks-- > 0) {
		r = ward__tree_pids(cgroup->dir, &now);
		if (r < 0)
			break;
		go_on = signal_new(cgroup, sig, &now, &seen, &outcome);
		ward__pids_drop(&seen);
		seen = now;
	}
	ward__pids_drop(&seen);
	/* For a kill nobody may be missed; else somebody who got it is enough. */
	if (outcome.got > 0 && (sig != SIGKILL || (r == 0 && outcome.failed == 0)))
		return outcome.got;
	return r < 0 ? r : outcome.failed;
}

bool ward__cgroup_has_others(const struct ward__cgroup *cgroup,
                             const struct ward__pids *threads)
{
	struct ward__pids pids = { 0 };
	bool found = ward__tree_pids(cgroup->dir, &pids) < 0;

	for (size_t i = 0; !found && i < pids.n; i++)
		found = !was_seen(threads, pids.at[i]);
	ward__pids_drop(&pids);
	return found;
}

/* --------------------------------------------------------------------------- a list */

int ward__cgroup_each(const struct ward__cgroup *cgroup, ward__cgroup_member_fn *fn,
                      void *arg)
{
	struct ward__pids pids;
	int r = ward__tree_pids(cgroup->dir, &pids);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < pids.n; i++) {
		int fd = pids.at[i] > 0 ? hold_member(cgroup, pids.at[i]) : -ESRCH;

		if (fd >= 0)
			r = fn(arg, pids.at[i], fd);
		else if (fd != -ESRCH)
			r = fd == -ENOSYS || fd == -EPERM ? -ENOTSUP : fd;
	}
	ward__pids_drop(&pids);
	return r;
}

int64_t ward__cgroup_count(const struct ward__cgroup *cgroup)
{
	struct ward__pids pids;
	int r = ward__tree_pids(cgroup->dir, &pids);

	if (r < 0)
		return r;
	ward__pids_drop(&pids);
	return (int64_t)pids.n;
}

/* ------------------------------------------------------------------------- adoption */

int ward__cgroup_attach(const struct ward__cgroup *cgroup, pid_t pid)
{
	return ward__scope_attach(cgroup->scope, cgroup->name, pid);
}

/*
 * Whoever took the number in that moment does not belong in: to where we are, or as far
 * as we may move it.
 */
static void put_out(const struct ward__cgroup *cgroup, const char *pid)
{
	ward__cgroup_write(cgroup->dir,
	                   cgroup->scope ? "../" WARD__SCOPE_ANCHOR "/cgroup.procs" :
	                                   "../cgroup.procs",
	                   pid);
}

/*
 * The kernel moves by number alone. A stranger could end, and its number be given to
 * another, between our look and the move: so there is a look behind it, too.
 */
int ward__cgroup_adopt(const struct ward__cgroup *cgroup, pid_t pid, int pidfd,
                       bool pinned)
{
	char text[16];
	int r;

	if (pid <= 1)
		return -EINVAL;
	if (!pinned && pidfd < 0)
		return -ENOTSUP;
	if (!pinned && !is_alive(pidfd))
		return -ESRCH;
	snprintf(text, sizeof(text), "%d", (int)pid);
	if (cgroup->scope)
		r = ward__cgroup_attach(cgroup, pid);
	else
		r = ward__cgroup_write(cgroup->dir, "cgroup.procs", text);
	if (r == 0 && !pinned && !is_alive(pidfd)) {
		put_out(cgroup, text);
		r = -ESRCH;
	}
	return r;
}
