/* SPDX-License-Identifier: MIT */
/*
 * macOS: the start by posix_spawn(2). It tells only a number when it fails, and not the
 * step; so it is asked for what hardly fails, and whatever it refuses is left to fork,
 * which does it all again and says why.
 */
#ifdef __APPLE__
#define _DARWIN_C_SOURCE 1
#include "macos.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../forked/number.h"
#include "../gate.h"

enum { KNOWN = WARD_SPAWN_SESSION | WARD_SPAWN_PGROUP | WARD_SPAWN_INHERIT_MASK };

/* Would something be put over the source before it is copied? */
static bool is_overwritten(const struct ward__plan *plan, const struct ward__slot *slot)
{
	for (size_t i = 0; i < plan->n_slots; i++)
		if (plan->slots[i].target == slot->source && &plan->slots[i] != slot &&
		    plan->slots[i].kind != WARD_FD_INHERIT)
			return true;
	return false;
}

static bool can_place(const struct ward__plan *plan, const struct ward__slot *slot)
{
	switch (slot->kind) {
	case WARD_FD_PATH:
		return strcmp(slot->path, "/dev/null") == 0;
	case WARD_FD_GIVEN:
		return !is_overwritten(plan, slot);
	default:
		return true;
	}
}

bool ward__macos_can(const struct ward__plan *plan)
{
	const struct ward_spawn_opts *opts = plan->opts;

	if ((opts->flags & ~(uint64_t)KNOWN) || opts->cwd || opts->user ||
	    opts->n_rlimits > 0 || opts->n_cpus > 0 || opts->death_signal)
		return false;
	for (size_t i = 0; i < plan->n_slots; i++)
		if (!can_place(plan, &plan->slots[i]))
			return false;
	return true;
}

/* As exec would pass it: closed if it is closed or CLOEXEC. */
static int inherit(posix_spawn_file_actions_t *actions, int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || (flags & FD_CLOEXEC))
		return 0;
	return posix_spawn_file_actions_addinherit_np(actions, fd);
}

static int place(posix_spawn_file_actions_t *actions, const struct ward__slot *slot)
{
	switch (slot->kind) {
	case WARD_FD_INHERIT:
		return inherit(actions, slot->target);
	case WARD_FD_PATH:
		return posix_spawn_file_actions_addopen(actions, slot->target, slot->path,
		                                        slot->open_flags & ~O_CLOEXEC,
		                                        (mode_t)slot->mode);
	case WARD_FD_GIVEN:
		if (slot->source == slot->target)
			return posix_spawn_file_actions_addinherit_np(actions,
			                                              slot->target);
		return posix_spawn_file_actions_adddup2(actions, slot->source,
		                                        slot->target);
	default:
		return 0;                         /* not named: closed */
	}
}

/* Those that are copies of another one come last, when that one is in its place. */
static int place_all(posix_spawn_file_actions_t *actions, const struct ward__plan *plan)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_slots; i++)
		r = place(actions, &plan->slots[i]);
	for (size_t i = 0; r == 0 && i < plan->n_slots; i++) {
		const struct ward__slot *slot = &plan->slots[i];

		if (slot->kind == WARD_FD_CHILD)
			r = posix_spawn_file_actions_adddup2(
				actions, plan->slots[slot->same_as].target, slot->target);
	}
	return r;
}

static int set_signals(posix_spawnattr_t *attr, const struct ward__plan *plan)
{
	sigset_t set;
	int r;

	sigfillset(&set);
	sigdelset(&set, SIGKILL);
	sigdelset(&set, SIGSTOP);
	r = posix_spawnattr_setsigdefault(attr, &set);
	if (r != 0 || (plan->opts->flags & WARD_SPAWN_INHERIT_MASK))
		return r;
	sigemptyset(&set);
	return posix_spawnattr_setsigmask(attr, &set);
}

static int set_attributes(posix_spawnattr_t *attr, const struct ward__plan *plan)
{
	uint64_t asked = plan->opts->flags;
	int flags = POSIX_SPAWN_CLOEXEC_DEFAULT | POSIX_SPAWN_START_SUSPENDED |
	            POSIX_SPAWN_SETSIGDEF;
	int r = set_signals(attr, plan);

	if (!(asked & WARD_SPAWN_INHERIT_MASK))
		flags |= POSIX_SPAWN_SETSIGMASK;
	if (asked & WARD_SPAWN_SESSION)
		flags |= POSIX_SPAWN_SETSID;
	else if (asked & WARD_SPAWN_PGROUP)
		flags |= POSIX_SPAWN_SETPGROUP;
	if (r == 0 && (flags & POSIX_SPAWN_SETPGROUP))
		r = posix_spawnattr_setpgroup(attr, (pid_t)plan->opts->pgroup);
	return r != 0 ? r : posix_spawnattr_setflags(attr, (short)flags);
}

/* The first candidate that is there decides. */
static int spawn(pid_t *ret, const struct ward__plan *plan,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr)
{
	char *const *argv = (char *const *)(uintptr_t)plan->start->argv;
	char *const *env = (char *const *)(uintptr_t)plan->start->env;
	int r = ENOENT;

	for (size_t i = 0; i < plan->n_candidates; i++) {
		r = posix_spawn(ret, plan->candidates[i], actions, attr, argv, env);
		if (r != ENOENT && r != ENOTDIR)
			break;
	}
	return r;
}

static int start_suspended(pid_t *ret, const struct ward__plan *plan)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r = ward__gate("posix_spawn");

	if (r < 0)
		return r;
	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r != 0)
		goto destroy_actions;
	r = place_all(&actions, plan);
	if (r == 0)
		r = set_attributes(&attr, plan);
	if (r == 0)
		r = spawn(ret, plan, &actions, &attr);
	posix_spawnattr_destroy(&attr);
destroy_actions:
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int ward__macos_start(pid_t *ret, struct ward__plan *plan, ward__hold_fn *hold, void *arg,
                      struct ward_error *error)
{
	pid_t pid = -1;
	int r;

	if (start_suspended(&pid, plan) < 0)
		return ward__fork_start(ret, plan, hold, arg, error);
	r = hold(arg, pid);
	/* Our own child, not collected: the number is its own. */
	ward__kill(pid, r < 0 ? SIGKILL : SIGCONT, false);
	if (r < 0) {
		ward__collect_failed(pid);
		return ward__fail(error, WARD_STEP_HOLD, r, -1, NULL);
	}
	*ret = pid;
	return 0;
}
#else
typedef int ward__not_macos_spawn; /* ISO C wants something in a file */
#endif
