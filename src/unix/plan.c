/* SPDX-License-Identifier: MIT */
/*
 * Lay out a start: options in, arrays out that the child can walk without deciding
 * anything. All arrays live in one block of memory, measured first and filled
 * afterwards.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../memory.h"
#include "host.h"
#include "user.h"

static const char default_path[] = "/usr/bin:/bin";

enum { MAX_CPU = 1 << 16, BITS = 8 * sizeof(unsigned long) };

int ward__fail_report(struct ward_error *error, const struct ward__report *report)
{
	return ward__fail(error, report->step, report->code, report->number,
	                  report->path);
}

/* -------------------------------------------------------------- one block of memory */

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static void *carve(char **next, size_t size)
{
	void *p = *next;

	*next += aligned(size);
	return p;
}

/* ---------------------------------------------------------------------- PATH search */

static bool is_searched(const struct ward__plan *plan)
{
	return !(plan->opts->flags & WARD_SPAWN_EXE_FD) && !strchr(plan->opts->file, '/');
}

static const char *search_path(const struct ward__plan *plan)
{
	return plan->start->path ? plan->start->path : default_path;
}

static size_t count_entries(const char *path)
{
	size_t n = 1;

	for (; *path; path++)
		n += *path == ':';
	return n;
}

/* Room for every "DIR/FILE", each with its slash and NUL. */
static size_t candidate_bytes(const struct ward__plan *plan)
{
	size_t file = strlen(plan->opts->file);

	if (!is_searched(plan))
		return 0;
	return strlen(search_path(plan)) + count_entries(search_path(plan)) * (file + 2);
}

static size_t candidate_count(const struct ward__plan *plan)
{
	return is_searched(plan) ? count_entries(search_path(plan)) : 1;
}

static char *join(char *to, const char *dir, size_t dir_len, const char *file)
{
	memcpy(to, dir, dir_len);
	to += dir_len;
	*to++ = '/';
	return strcpy(to, file) + strlen(file) + 1;
}

static void list_candidates(struct ward__plan *plan, char *text)
{
	const char *file = plan->opts->file, *dir;

	if (!is_searched(plan)) {
		plan->candidates[plan->n_candidates++] = file;
		return;
	}
	dir = search_path(plan);
	for (;;) {
		size_t n = strcspn(dir, ":");

		if (n > 0 && *file) {
			plan->candidates[plan->n_candidates++] = text;
			text = join(text, dir, n, file);
		}
		if (!dir[n])
			return;
		dir += n + 1;
	}
}

/* ------------------------------------------------------------------------- identity */

static int find_user(struct ward__plan *plan, struct ward_error *error)
{
	struct ward__user user;
	int r;

	if (!plan->opts->user)
		return 0;
	r = ward__user_find(&user, plan->opts->user);
	if (r == -ENOMEM)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	if (r < 0)
		return ward__fail(error, WARD_STEP_USER, r, -1, plan->opts->user);
	plan->set_groups = plan->set_gid = plan->set_uid = true;
	plan->uid = user.uid;
	plan->gid = user.gid;
	plan->looked_up = user.groups;
	plan->groups = user.groups;
	plan->n_groups = user.n_groups;
	return 0;
}

static void override_identity(struct ward__plan *plan)
{
	const struct ward_spawn_opts *opts = plan->opts;

	if (opts->flags & WARD_SPAWN_UID) {
		plan->set_uid = true;
		plan->uid = (uid_t)opts->uid;
	}
	if (opts->flags & WARD_SPAWN_GID) {
		plan->set_gid = true;
		plan->gid = (gid_t)opts->gid;
	}
}

static void override_groups(struct ward__plan *plan, gid_t *groups)
{
	const struct ward_spawn_opts *opts = plan->opts;

	if (!(opts->flags & WARD_SPAWN_GROUPS))
		return;
	for (size_t i = 0; i < opts->n_groups; i++)
		groups[i] = (gid_t)opts->groups[i];
	plan->set_groups = true;
	plan->groups = groups;
	plan->n_groups = opts->n_groups;
}

/* ----------------------------------------------------------------------------- CPUs */

static int check_cpus(const struct ward_spawn_opts *opts, struct ward_error *error)
{
	for (size_t i = 0; i < opts->n_cpus; i++)
		if (opts->cpus[i] >= MAX_CPU)
			return ward__fail(error, WARD_STEP_AFFINITY, -EINVAL,
			                  opts->cpus[i], NULL);
	return 0;
}

static size_t cpu_bytes(const struct ward_spawn_opts *opts)
{
	uint32_t last = 0;

	if (opts->n_cpus == 0)
		return 0;
	for (size_t i = 0; i < opts->n_cpus; i++)
		if (opts->cpus[i] > last)
			last = opts->cpus[i];
	return (last / BITS + 1) * sizeof(unsigned long);
}

static void list_cpus(struct ward__plan *plan)
{
	const struct ward_spawn_opts *opts = plan->opts;

	for (size_t i = 0; i < opts->n_cpus; i++)
		plan->cpus[opts->cpus[i] / BITS] |= 1ul << (opts->cpus[i] % BITS);
}

/* ------------------------------------------------------ limits, policy, signal mask */

static int translate(struct ward__plan *plan, struct ward_error *error)
{
	const struct ward_spawn_opts *opts = plan->opts;

	for (size_t i = 0; i < opts->n_rlimits; i++) {
		int resource = opts->rlimits[i].resource;

		plan->rlimits[i] = ward__host_rlimit(resource);
		if (plan->rlimits[i] < 0)
			return ward__fail(error, WARD_STEP_RLIMIT, -ENOTSUP, resource,
			                  NULL);
	}
	plan->policy = ward__host_sched(opts->sched_policy);
	if (plan->policy < 0)
		return ward__fail(error, WARD_STEP_SCHED, -EINVAL, opts->sched_policy,
		                  NULL);
	return 0;
}

void ward__plan_mask(struct ward__plan *plan, const struct ward__mask *before)
{
	if (plan->opts->flags & WARD_SPAWN_INHERIT_MASK)
		plan->mask = *before;
	else
		ward__sys_empty_mask(&plan->mask);
}

/* ----------------------------------------------------------------------------- plan */

static int carve_arrays(struct ward__plan *plan)
{
	const struct ward_spawn_opts *opts = plan->opts;
	size_t slots = (3 + opts->n_fds) * sizeof(*plan->slots);
	size_t candidates = candidate_count(plan) * sizeof(*plan->candidates);
	size_t text = candidate_bytes(plan);
	size_t groups = opts->n_groups * sizeof(gid_t);
	size_t rlimits = opts->n_rlimits * sizeof(*plan->rlimits);
	char *next;

	plan->cpus_bytes = cpu_bytes(opts);
	next = ward__alloc(aligned(slots) + aligned(candidates) + aligned(text) +
	                   aligned(groups) + aligned(rlimits) +
	                   aligned(plan->cpus_bytes));
	if (!next)
		return -ENOMEM;
	plan->memory = next;
	plan->slots = carve(&next, slots);
	plan->candidates = carve(&next, candidates);
	list_candidates(plan, carve(&next, text));
	override_groups(plan, carve(&next, groups));
	plan->rlimits = carve(&next, rlimits);
	plan->cpus = carve(&next, plan->cpus_bytes);
	list_cpus(plan);
	return 0;
}

/* Nothing real has so many entries; it keeps the sizes above from overflowing. */
static int check_counts(const struct ward_spawn_opts *opts, struct ward_error *error)
{
	const size_t most = 1 << 20;

	if (opts->n_fds > most || opts->n_groups > most || opts->n_cpus > most ||
	    opts->n_rlimits > most)
		return ward__fail(error, WARD_STEP_OPTIONS, -EINVAL, -1, NULL);
	if (opts->windows)
		return ward__fail(error, WARD_STEP_OPTIONS, -ENOTSUP, -1, NULL);
	return check_cpus(opts, error);
}

int ward__plan_make(struct ward__plan *plan, const struct ward__start *start,
                    struct ward_error *error)
{
	int r;

	*plan = (struct ward__plan){ .start = start, .opts = start->opts, .join = -1 };
	plan->death_signal = plan->opts->death_signal;
	if (plan->death_signal)
		plan->parent = getpid();
	r = check_counts(plan->opts, error);
	if (r < 0)
		return r;
	r = find_user(plan, error);
	if (r < 0)
		return r;
	override_identity(plan);
	if (carve_arrays(plan) < 0) {
		r = ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
		goto free_plan;
	}
	r = translate(plan, error);
	if (r < 0)
		goto free_plan;
	r = ward__slots_make(plan, error);
	if (r < 0)
		goto free_plan;
	return 0;

free_plan:
	ward__plan_free(plan);
	return r;
}

void ward__plan_free(struct ward__plan *plan)
{
	ward__free(plan->memory);
	ward__free(plan->looked_up);
}
