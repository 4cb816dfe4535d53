/* SPDX-License-Identifier: MIT */
/*
 * A cgroup of our own, from mkdir to rmdir. What is hard: all that can fail for want of
 * descriptors is opened as it is made; what is removed must be our own directory and no
 * other that has its name by now; and somebody else may remove it, or move its members,
 * at any time.
 */
#define _GNU_SOURCE 1
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"
#include "../unix/poll.h"
#include "../unix/self.h"
#include "cgroup_file.h"
#include "cgroup_find.h"
#include "cgroup_limits.h"
#include "cgroup_sweep.h"
#include "cgroup_tree.h"
#include "probe.h"
#include "scope.h"

/* --------------------------------------------------------------------- the directory */

static int make_dir(int base, char name[WARD__CGROUP_NAME])
{
	int r;

	for (int tries = 0; tries < 8; tries++) {
		ward__cgroup_name(name);
		r = ward__gate("mkdirat");
		if (r == 0 && mkdirat(base, name, 0755) < 0)
			r = -errno;
		if (r != -EEXIST)
			return r;
	}
	return r;
}

static int remove_named(int dir, const char *name)
{
	int r = ward__gate("rmdir");

	return r < 0 ? r : unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/*
 * The umask may have taken our own rights away; and until it is claimed another's sweep
 * may take the whole of it.
 */
static int open_dir(int base, const char *name)
{
	int fd = ward__cgroup_open(base, name, O_RDONLY | O_DIRECTORY);

	if (fd == -EACCES && fchmodat(base, name, 0755, 0) == 0)
		fd = ward__cgroup_open(base, name, O_RDONLY | O_DIRECTORY);
	return fd == -ENOENT ? -ESTALE : fd;
}

static char *join(const char *path, const char *name)
{
	size_t size = strlen(path) + strlen(name) + 2;
	bool is_root = path[1] == '\0';
	char *whole = ward__alloc(size);

	if (whole)
		snprintf(whole, size, "%s/%s", is_root ? "" : path, name);
	return whole;
}

/* ------------------------------------------------------------------------ what it has */

/* Of a threaded group only threads can be members. */
static int check_type(int dir, struct ward__why *why)
{
	char text[64];
	int r = ward__cgroup_read(dir, "cgroup.type", text, sizeof(text));

	if (r == -ENOENT)
		return 0;
	if (r >= 0 && strcmp(text, "domain\n") != 0)
		r = ward__why(why, -ENOTSUP, "the own cgroup is threaded");
	return r < 0 ? r : 0;
}

/* cgroup.kill, or else the way to hold each member that is to be killed. */
static int open_kill(struct ward__cgroup *cgroup, struct ward__why *why)
{
	cgroup->kill = ward__cgroup_open(cgroup->dir, "cgroup.kill", O_WRONLY);
	if (cgroup->kill >= 0)
		return 0;
	if (cgroup->kill == -EMFILE || cgroup->kill == -ENFILE ||
	    cgroup->kill == -ENOMEM)
		return cgroup->kill;
	if (!ward__can(WARD__PIDFD_OPEN) || !ward__can(WARD__PIDFD_SIGNAL))
		return ward__why(why, -ENOTSUP,
		                 "this kernel has neither cgroup.kill nor pidfds");
	cgroup->kill = -1;
	return 0;
}

static int open_events(int dir)
{
	return ward__cgroup_open(dir, "cgroup.events", O_RDONLY);
}

static int open_all(struct ward__cgroup *cgroup, struct ward__why *why)
{
	struct stat st;
	int r = check_type(cgroup->dir, why);

	if (r < 0)
		return r;
	if (fstat(cgroup->dir, &st) < 0)
		return -errno;
	cgroup->device = st.st_dev;
	cgroup->inode = st.st_ino;
	cgroup->owner = ward__self();
	cgroup->events = r = open_events(cgroup->dir);
	if (r < 0)
		return r;
	r = open_kill(cgroup, why);
	if (r < 0)
		close(cgroup->events);
	return r;
}

static int explain_mkdir(int code, const char *path, struct ward__why *why)
{
	return ward__why(why, code, "no cgroup can be made in %.100s", path);
}

/* All but the limits. */
static int make_once(struct ward__cgroup *ret, const struct ward__cgroup_base *base,
                     struct ward__why *why)
{
	struct ward__cgroup made = { .kill = -1 };
	int r = make_dir(base->dir, made.name);

	if (r < 0)
		return explain_mkdir(r, base->path, why);
	made.dir = r = open_dir(base->dir, made.name);
	if (r < 0)
		goto remove_dir;
	r = ward__cgroup_claim(base->dir, made.name, made.dir);
	if (r < 0)
		goto close_dir;
	r = open_all(&made, why);
	if (r < 0)
		goto close_dir;
	made.path = join(base->path, made.name);
	if (!made.path) {
		r = -ENOMEM;
		goto close_all;
	}
	*ret = made;
	return 0;

close_all:
	close(made.events);
	if (made.kill >= 0)
		close(made.kill);
close_dir:
	close(made.dir);
remove_dir:
	remove_named(base->dir, made.name);
	return r;
}

static int make_in(struct ward__cgroup *ret, const struct ward__cgroup_base *base,
                   struct ward__why *why)
{
	int r = -ESTALE;

	ward__cgroup_sweep(base->dir);
	for (int tries = 0; r == -ESTALE && tries < 8; tries++)
		r = make_once(ret, base, why);
	return r;
}

static int make_limited(struct ward__cgroup *ret, const struct ward__cgroup_base *base,
                        const struct ward__cgroup_limits *limits, struct ward__why *why)
{
	int r = ward__cgroup_enable(base, limits, why);

	if (r == 0)
		r = make_in(ret, base, why);
	if (r < 0)
		return r;
	r = ward__cgroup_limit(ret->dir, limits, why);
	if (r < 0) {
		ward__cgroup_remove(ret);
		ward__cgroup_close(ret);
	}
	return r;
}

/* In the one above, if that is ours; what is said of our own is the better reason. */
static int make_beside(struct ward__cgroup *ret, const struct ward__cgroup_base *base,
                       const struct ward__cgroup_limits *limits)
{
	struct ward__cgroup_base above;
	struct ward__why why;
	int r = ward__cgroup_above(&above, base);

	if (r < 0)
		return r;
	r = make_limited(ret, &above, limits, &why);
	ward__cgroup_base_drop(&above);
	return r;
}

static bool is_shortage(int code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOMEM;
}

static bool is_for_others(int code)
{
	return code == -EACCES || code == -EPERM;
}

/* @ask: systemd might help. */
static int make_own(struct ward__cgroup *ret, const struct ward__cgroup_limits *limits,
                    bool *ask, struct ward__why *why)
{
	struct ward__cgroup_base base;
	int r = ward__cgroup_own(&base, why), beside;

	*ask = is_for_others(r);
	if (r < 0)
		return r;
	if (!ward__cgroup_wants_limits(limits)) {
		r = make_in(ret, &base, why);
	} else {
		r = make_limited(ret, &base, limits, why);
		if (r < 0 && !is_shortage(r)) {
			beside = make_beside(ret, &base, limits);
			r = beside == 0 || is_shortage(beside) ? beside : r;
		}
		*ask = r == -ENOTSUP;
	}
	*ask = *ask || is_for_others(r);
	ward__cgroup_base_drop(&base);
	return r;
}

static int make_in_scope(struct ward__cgroup *ret,
                         const struct ward__cgroup_limits *limits, struct ward__why *why)
{
	struct ward__scope *scope;
	int r = ward__scope_new(&scope, why);

	if (r < 0)
		return r;
	if (ward__cgroup_wants_limits(limits))
		r = make_limited(ret, ward__scope_base(scope), limits, why);
	else
		r = make_in(ret, ward__scope_base(scope), why);
	if (r < 0)
		ward__scope_drop(scope);
	else
		ret->scope = scope;
	return r;
}

/* Without a scope it is our own group's code that is told, and both reasons are. */
int ward__cgroup_new(struct ward__cgroup *ret, const struct ward__cgroup_limits *limits,
                     struct ward__why *why)
{
	struct ward__why first = { "" }, second = { "" };
	bool ask;
	int r = make_own(ret, limits, &ask, &first), scope;

	*why = first;
	if (r == 0 || !ask || geteuid() == 0)
		return r;
	scope = make_in_scope(ret, limits, &second);
	if (scope == 0 || is_shortage(scope))
		return scope;
	return ward__why(why, r, "%.125s; %.125s", first.text,
	                 second.text[0] ? second.text : ward_strerror(scope));
}

void ward__cgroup_close(struct ward__cgroup *cgroup)
{
	close(cgroup->dir);
	close(cgroup->events);
	if (cgroup->kill >= 0)
		close(cgroup->kill);
	ward__free(cgroup->path);
	ward__scope_drop(cgroup->scope);
}

/* -------------------------------------------------------------------------- removal */

int ward__cgroup_is_there(const struct ward__cgroup *cgroup)
{
	char up[WARD__CGROUP_NAME + 4];
	struct stat st;

	snprintf(up, sizeof(up), "../%s", cgroup->name);
	if (fstatat(cgroup->dir, up, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return st.st_ino == cgroup->inode && st.st_dev == cgroup->device ? 0 : -ENOENT;
}

int ward__cgroup_remove(struct ward__cgroup *cgroup)
{
	char up[WARD__CGROUP_NAME + 4];
	int r = ward__cgroup_is_there(cgroup);

	if (r < 0)
		return r;
	if (cgroup->owner != ward__self())
		return -EPERM;
	snprintf(up, sizeof(up), "../%s", cgroup->name);
	r = remove_named(cgroup->dir, up);
	if (r == -EBUSY && ward__cgroup_populated(cgroup) == 0 &&
	    ward__tree_remove(cgroup->dir) == 0)
		r = remove_named(cgroup->dir, up);
	return r;
}

/* ------------------------------------------------------------------------ its state */

/* -ENODEV: it was removed, and -ENOENT when it is opened after that. */
static bool is_gone(int code)
{
	return code == -ENODEV || code == -ENOENT;
}

static int state(int events, const char *key)
{
	char text[128];
	int r = ward__cgroup_read_fd(events, text, sizeof(text));
	int64_t value;

	if (r < 0)
		return r;
	value = ward__cgroup_number(text, key);
	return value < 0 ? -ENOTSUP : value > 0;
}

int ward__cgroup_populated(const struct ward__cgroup *cgroup)
{
	int r = state(cgroup->events, "populated");

	return is_gone(r) ? 0 : r;
}

/* ------------------------------------------------------------------- kill and freeze */

/* Frozen, nobody can start others while they are found; what was frozen stays so. */
static int kill_by_hand(const struct ward__cgroup *cgroup)
{
	char before[8] = "";
	int64_t n;
	int frozen;

	ward__cgroup_read(cgroup->dir, "cgroup.freeze", before, sizeof(before));
	frozen = ward__cgroup_write(cgroup->dir, "cgroup.freeze", "1");
	if (is_gone(frozen) && !is_gone(ward__cgroup_is_there(cgroup)))
		ward__cgroup_signal(cgroup, SIGSTOP);    /* a kernel without a freezer */
	n = ward__cgroup_signal(cgroup, SIGKILL);
	if (frozen == 0 && before[0] != '1')
		ward__cgroup_write(cgroup->dir, "cgroup.freeze", "0");
	return n < 0 ? (int)n : 0;
}

/* @all: nobody was passed over. */
static int kill_at_once(const struct ward__cgroup *cgroup, bool *all)
{
	struct ward__pids threads = { 0 };
	int listed = ward__tree_threads(cgroup->dir, &threads);
	int r = ward__cgroup_write_fd(cgroup->kill, "1");

	*all = r == 0 && listed == 0 && !ward__cgroup_has_others(cgroup, &threads);
	ward__pids_drop(&threads);
	return r;
}

enum { KILL_ROUNDS = 4 };

/*
 * cgroup.kill steps from one member to the next, and passes over two kinds (6.18): who is
 * forked by the last of them, between the step past that one and its signal; and whose
 * first thread is gone, as that alone is signalled. Either is there after it and was not
 * there before, by the first thread. Of the former nobody is left by another round, but
 * by one that is won again; the latter, which may have forked since, are signalled.
 */
int ward__cgroup_kill(const struct ward__cgroup *cgroup)
{
	int r = cgroup->kill >= 0 ? 0 : -EOPNOTSUPP;
	bool all = false;

	for (int round = 0; r == 0 && !all && round < KILL_ROUNDS; round++)
		r = kill_at_once(cgroup, &all);
	if (is_gone(r))
		return 0;
	if (r < 0)
		return kill_by_hand(cgroup);
	if (!all)
		ward__cgroup_signal(cgroup, SIGKILL);
	return 0;
}

/*
 * Who is in the kernel for long (in the middle of a vfork) freezes as it comes back: no
 * reason to wait for ever, nor a failure.
 */
static void wait_frozen(const struct ward__cgroup *cgroup, int64_t deadline)
{
	struct pollfd news = { .fd = open_events(cgroup->dir), .events = POLLPRI };

	if (news.fd < 0)
		return;
	while (state(news.fd, "frozen") == 0 && ward__poll(&news, 1, deadline) > 0)
		;
	close(news.fd);
}

/* 1: by the file, where the kernel has it; else by a signal, which they may notice. */
static int set_frozen(const struct ward__cgroup *cgroup, const char *value, int sig)
{
	int64_t n = ward__cgroup_write(cgroup->dir, "cgroup.freeze", value);

	if (n == 0)
		return 1;
	if (n == -ENOENT && ward__cgroup_is_there(cgroup) == 0)
		n = ward__cgroup_signal(cgroup, sig);
	return n < 0 && !is_gone((int)n) ? (int)n : 0;
}

int ward__cgroup_freeze(const struct ward__cgroup *cgroup, int64_t deadline)
{
	int r = set_frozen(cgroup, "1", SIGSTOP);

	if (r > 0)
		wait_frozen(cgroup, deadline);
	return r < 0 ? r : 0;
}

int ward__cgroup_thaw(const struct ward__cgroup *cgroup)
{
	int r = set_frozen(cgroup, "0", SIGCONT);

	return r < 0 ? r : 0;
}
