/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of a child, from the options to slots: every target once, in order,
 * every reference to another descriptor of the child resolved. What "all are assigned at
 * once" means is decided here; child_fds.c only carries it out.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { MAX_TARGET = (1 << 20) - 1 };

static uint32_t default_open_flags(int target)
{
	if (target == 0)
		return WARD_FILE_READ;
	if (target <= 2)
		return WARD_FILE_WRITE | WARD_FILE_CREATE | WARD_FILE_TRUNCATE;
	return WARD_FILE_READ | WARD_FILE_WRITE;
}

static int open_flags(uint32_t flags)
{
	int access = O_RDONLY;

	if ((flags & WARD_FILE_WRITE) && (flags & WARD_FILE_READ))
		access = O_RDWR;
	else if (flags & (WARD_FILE_WRITE | WARD_FILE_APPEND))
		access = flags & WARD_FILE_READ ? O_RDWR : O_WRONLY;
	return access | O_CLOEXEC | O_NOCTTY | (flags & WARD_FILE_APPEND ? O_APPEND : 0) |
	       (flags & WARD_FILE_CREATE ? O_CREAT : 0) |
	       (flags & WARD_FILE_TRUNCATE ? O_TRUNC : 0) |
	       (flags & WARD_FILE_EXCLUSIVE ? O_EXCL : 0);
}

static void fill_path(struct ward__slot *slot, const struct ward_stdio *from)
{
	uint32_t flags = from->flags ? from->flags : default_open_flags(slot->target);

	slot->kind = WARD_FD_PATH;
	slot->path = from->path;
	slot->open_flags = open_flags(flags);
	slot->mode = from->mode ? from->mode : 0666;
}

static void fill_null(struct ward__slot *slot)
{
	slot->kind = WARD_FD_PATH;
	slot->path = "/dev/null";
	slot->open_flags = O_RDWR | O_CLOEXEC | O_NOCTTY;
}

static void fill(struct ward__slot *slot, int target, const struct ward_stdio *from)
{
	*slot = (struct ward__slot){
		.target = target, .kind = (int)from->kind, .at = -1
	};
	switch (from->kind) {
	case WARD_FD_NULL:
		fill_null(slot);
		break;
	case WARD_FD_PATH:
		fill_path(slot, from);
		break;
	case WARD_FD_GIVEN:
		slot->is_pipe = (from->flags & WARD__SIDE_PIPE) != 0;
		slot->source = from->fd;
		break;
	case WARD_FD_CHILD:
		slot->source = from->fd;
		break;
	default:
		slot->source = target;
		break;
	}
}

static int by_target(const void *a, const void *b)
{
	const struct ward__slot *x = a, *y = b;

	return (x->target > y->target) - (x->target < y->target);
}

static struct ward__slot *find(const struct ward__plan *plan, int target)
{
	struct ward__slot key = { .target = target };

	return bsearch(&key, plan->slots, plan->n_slots, sizeof(key), by_target);
}

/* Follow CHILD references to the slot that has a source of its own. */
static int resolve(struct ward__plan *plan, struct ward__slot *slot)
{
	struct ward__slot *origin = slot;
	size_t hops = 0;

	while (origin->kind == WARD_FD_CHILD) {
		origin = find(plan, origin->source);
		if (!origin || origin->kind == WARD_FD_CLOSED)
			return -EBADF;
		if (++hops > plan->n_slots)
			return -EINVAL;           /* they refer to one another */
	}
	slot->same_as = (size_t)(origin - plan->slots);
	return 0;
}

/*
 * A slot that others refer to must have its source gathered, so an inherited one that is
 * referred to becomes an ordinary source of the same number for those others.
 */
static void settle(struct ward__plan *plan, struct ward__slot *slot)
{
	const struct ward__slot *origin = &plan->slots[slot->same_as];

	if (slot->kind != WARD_FD_CHILD || origin->kind != WARD_FD_INHERIT)
		return;
	slot->kind = WARD_FD_GIVEN;
	slot->source = origin->source;
	slot->same_as = (size_t)(slot - plan->slots);
}

static int check(const struct ward__plan *plan, size_t i, struct ward_error *error)
{
	const struct ward__slot *slot = &plan->slots[i];

	if (slot->target < 0 || slot->target > MAX_TARGET)
		return ward__fail(error, WARD_STEP_OPTIONS, -EBADF, slot->target, NULL);
	if (i > 0 && slot[-1].target == slot->target)
		return ward__fail(error, WARD_STEP_OPTIONS, -EINVAL, slot->target, NULL);
	if (slot->kind == WARD_FD_HANDLE)
		return ward__fail(error, WARD_STEP_FD, -ENOTSUP, slot->target, NULL);
	if (slot->kind == WARD_FD_GIVEN && slot->source < 0)
		return ward__fail(error, WARD_STEP_FD, -EBADF, slot->target, NULL);
	return 0;
}

/*
 * What the child needs of its parent's table, and whether it has anything to do at all.
 */
void ward__slots_measure(struct ward__plan *plan)
{
	const struct ward_spawn_opts *opts = plan->opts;
	bool program = (opts->flags & WARD_SPAWN_EXE_FD) != 0;

	plan->highest = program ? opts->exe_fd : 0;
	plan->moves = program || plan->n_slots > 3;
	for (size_t i = 0; i < plan->n_slots; i++) {
		const struct ward__slot *slot = &plan->slots[i];
		bool ours = slot->kind == WARD_FD_INHERIT || slot->kind == WARD_FD_GIVEN;

		if (slot->kind != WARD_FD_INHERIT)
			plan->moves = true;
		if (ours && slot->source > plan->highest)
			plan->highest = slot->source;
	}
}

int ward__slots_make(struct ward__plan *plan, struct ward_error *error)
{
	const struct ward_spawn_opts *opts = plan->opts;

	fill(&plan->slots[0], 0, &opts->in);
	fill(&plan->slots[1], 1, &opts->out);
	fill(&plan->slots[2], 2, &opts->err);
	for (size_t i = 0; i < opts->n_fds; i++)
		fill(&plan->slots[3 + i], opts->fds[i].fd, &opts->fds[i].from);
	plan->n_slots = 3 + opts->n_fds;
	if (opts->n_fds > 0)
		qsort(plan->slots, plan->n_slots, sizeof(*plan->slots), by_target);

	for (size_t i = 0; i < plan->n_slots; i++) {
		int r = check(plan, i, error);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < plan->n_slots; i++) {
		int r = resolve(plan, &plan->slots[i]);

		if (r < 0)
			return ward__fail(error, WARD_STEP_FD, r, plan->slots[i].target,
			                  NULL);
	}
	for (size_t i = 0; i < plan->n_slots; i++)
		settle(plan, &plan->slots[i]);
	ward__slots_measure(plan);
	return 0;
}
