/* SPDX-License-Identifier: MIT */
/*
 * The life of a scope. Only systemd may move processes of this user from one part of its
 * tree to another; what it was asked to make belongs to the user, who does the rest. What
 * is hard: a scope begins with a process and ends with its last one, but jobs are empty
 * at first, and may be so in between. So a keeper that keeps nothing is its first, and
 * stays as long as we do.
 */
#define _GNU_SOURCE 1
#include "scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "../unix/self.h"
#include "cgroup_file.h"
#include "cgroup_sweep.h"
#include "keeper_start.h"
#include "systemd.h"

struct ward__scope {
	struct ward__cgroup_base base;
	struct ward__keeper *anchor;
	pid_t owner;                  /* a forked copy leaves all as it is */
	char unit[WARD__CGROUP_NAME + 8];
};

/* ------------------------------------------------------------------------ the anchor */

static int start_anchor(struct ward__scope *scope, struct ward__why *why)
{
	int r = ward__keeper_stay(&scope->anchor);

	return r == -ENOTSUP ?
	               ward__why(why, r, "nobody can be started to hold a scope") :
	               r;
}

static void end_anchor(struct ward__scope *scope)
{
	if (scope->owner == ward__self())
		ward__keeper_end(scope->anchor);
	ward__keeper_drop(scope->anchor);
}

/* Out of the scope's own directory: only one without processes hands controllers down. */
static int move_anchor(const struct ward__scope *scope)
{
	int dir = scope->base.dir, r = ward__gate("mkdirat");
	char text[16];

	if (r == 0 && mkdirat(dir, WARD__SCOPE_ANCHOR, 0755) < 0)
		r = -errno;
	if (r < 0)
		return r;
	/* The umask may have taken our own rights away. */
	fchmodat(dir, WARD__SCOPE_ANCHOR, 0755, 0);
	snprintf(text, sizeof(text), "%d", (int)scope->anchor->base.pid);
	return ward__cgroup_write(dir, WARD__SCOPE_ANCHOR "/cgroup.procs", text);
}

/* ------------------------------------------------------------------------------- life */

static void name_unit(struct ward__scope *scope)
{
	char name[WARD__CGROUP_NAME];

	ward__cgroup_name(name);
	snprintf(scope->unit, sizeof(scope->unit), "%s.scope", name);
}

/* Where the anchor is by now, which must be in what we have asked for. */
static int find_base(struct ward__scope *scope, struct ward__why *why)
{
	int r = ward__cgroup_of(&scope->base, scope->anchor->base.pid, why);
	const char *last;

	if (r < 0)
		return r;
	last = strrchr(scope->base.path, '/');
	if (last && strcmp(last + 1, scope->unit) == 0)
		return 0;
	ward__cgroup_base_drop(&scope->base);
	return ward__why(why, -ENOTSUP, "systemd has made no cgroup for the scope");
}

static int fill(struct ward__scope *scope, struct ward__why *why)
{
	int r = ward__systemd_start_scope(scope->unit, scope->anchor->base.pid, why);

	if (r == 0)
		r = find_base(scope, why);
	if (r < 0)
		return r;
	r = move_anchor(scope);
	if (r < 0) {
		ward__why(why, r, "no cgroup can be made in the scope");
		ward__cgroup_base_drop(&scope->base);
	}
	return r;
}

int ward__scope_new(struct ward__scope **ret, struct ward__why *why)
{
	struct ward__scope *scope = ward__alloc(sizeof(*scope));
	int r;

	if (!scope)
		return -ENOMEM;
	memset(scope, 0, sizeof(*scope));
	scope->owner = ward__self();
	name_unit(scope);
	r = start_anchor(scope, why);
	if (r < 0)
		goto free_scope;
	r = fill(scope, why);
	if (r < 0)
		goto drop_anchor;
	*ret = scope;
	return 0;

drop_anchor:
	end_anchor(scope);
free_scope:
	ward__free(scope);
	return r;
}

const struct ward__cgroup_base *ward__scope_base(const struct ward__scope *scope)
{
	return &scope->base;
}

int ward__scope_attach(const struct ward__scope *scope, const char *name, pid_t pid)
{
	char below[WARD__CGROUP_NAME + 2];
	struct ward__why why;

	snprintf(below, sizeof(below), "/%s", name);
	return ward__systemd_attach(scope->unit, below, pid, &why);
}

void ward__scope_drop(struct ward__scope *scope)
{
	if (!scope)
		return;
	end_anchor(scope);
	/* systemd would do it, too, and perhaps has. */
	if (scope->owner == ward__self())
		unlinkat(scope->base.dir, WARD__SCOPE_ANCHOR, AT_REMOVEDIR);
	ward__cgroup_base_drop(&scope->base);
	ward__free(scope);
}
