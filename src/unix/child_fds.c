/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of a child, put in place by itself: sources are gathered where nothing
 * will be put over them, then every slot is filled, then all else is closed. The table
 * may be the parent's until the first of these steps, and nothing is touched before it.
 * As child.c: bare system calls only.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "child_fds.h"

#include <limits.h>

static int blame_fd(struct ward__report *report, int code, int fd)
{
	report->number = fd;
	return code;
}

/* Until this the table may be the parent's: nothing may be moved before it. */
int ward__fds_leave(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	return plan->unshare ? ward__sys_unshare_above((unsigned)plan->highest) : 0;
}

static const struct ward__slot *slot_of(const struct ward__plan *plan, int target)
{
	size_t low = 0, high = plan->n_slots;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (plan->slots[mid].target == target)
			return &plan->slots[mid];
		if (plan->slots[mid].target < target)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Will another slot put something else on @fd? */
static bool is_overwritten(const struct ward__plan *plan, int fd)
{
	const struct ward__slot *slot = slot_of(plan, fd);

	return slot && slot->kind != WARD_FD_INHERIT;
}

/*
 * A copy of @fd, CLOEXEC, where no slot is: the lowest such number, since the table
 * grows with the highest one, and numbers near the limit may be all that the slots leave
 * free.
 */
static int park(const struct ward__plan *plan, int fd)
{
	int parked = ward__sys_dup_above(fd, 0);

	while (parked >= 0 && slot_of(plan, parked)) {
		int next = ward__sys_dup_above(fd, parked + 1);

		ward__sys_close(parked);
		parked = next;
	}
	return parked;
}

static int open_slot(const struct ward__plan *plan, const struct ward__slot *slot)
{
	int fd = ward__sys_open(slot->path, slot->open_flags, slot->mode), parked;

	if (fd < 0 || !slot_of(plan, fd))
		return fd;
	parked = park(plan, fd);
	ward__sys_close(fd);
	return parked;
}

int ward__fds_open(struct ward__plan *plan, struct ward__report *report)
{
	for (size_t i = 0; i < plan->n_slots; i++) {
		struct ward__slot *slot = &plan->slots[i];

		if (slot->kind != WARD_FD_PATH)
			continue;
		slot->at = open_slot(plan, slot);
		if (slot->at < 0) {
			report->number = slot->target;
			report->path = slot->path;
			return slot->at;
		}
	}
	return 0;
}

/* Bring every source to a place where no slot will be put over it. */
static int gather(struct ward__plan *plan, struct ward__report *report)
{
	for (size_t i = 0; i < plan->n_slots; i++) {
		struct ward__slot *slot = &plan->slots[i];

		if (slot->kind != WARD_FD_GIVEN)
			continue;
		slot->at = slot->source;
		if (slot->source == slot->target || !is_overwritten(plan, slot->source))
			continue;
		slot->at = park(plan, slot->source);
		if (slot->at < 0)
			return blame_fd(report, slot->at, slot->target);
	}
	return 0;
}

static int place_slot(const struct ward__plan *plan, const struct ward__slot *slot)
{
	int at = plan->slots[slot->same_as].at;

	if (slot->kind == WARD_FD_INHERIT)
		return 0;
	if (slot->kind == WARD_FD_CLOSED) {
		ward__sys_close(slot->target);    /* may well be closed already */
		return 0;
	}
	if (at == slot->target)
		return ward__sys_keep(at);
	return ward__sys_dup_to(at, slot->target);
}

int ward__fds_place(struct ward__plan *plan, struct ward__report *report)
{
	int r;

	if (!plan->moves)
		return 0;
	r = gather(plan, report);
	for (size_t i = 0; r >= 0 && i < plan->n_slots; i++) {
		r = place_slot(plan, &plan->slots[i]);
		if (r < 0)
			return blame_fd(report, r, plan->slots[i].target);
	}
	return r < 0 ? r : 0;
}

static int close_from_to(int first, unsigned last)
{
	return (unsigned)first > last ? 0 : ward__sys_close_range((unsigned)first, last);
}

/* The lowest number from @next on that is to stay open; INT_MAX: none. */
static int next_kept(const struct ward__plan *plan, size_t *slot, int next)
{
	int kept = INT_MAX;

	while (*slot < plan->n_slots && plan->slots[*slot].target < next)
		++*slot;
	if (*slot < plan->n_slots)
		kept = plan->slots[*slot].target;
	for (size_t i = 0; i < plan->n_spares; i++)
		if (plan->spares[i] >= next && plan->spares[i] < kept)
			kept = plan->spares[i];
	return kept;
}

static int close_others(const struct ward__plan *plan)
{
	size_t slot = 0;
	int next = 0, r = 0;

	while (r >= 0) {
		int kept = next_kept(plan, &slot, next);

		if (kept == INT_MAX)
			return close_from_to(next, ~0u);
		if (kept > next)
			r = close_from_to(next, (unsigned)kept - 1);
		next = kept + 1;
	}
	return r;
}

/*
 * Where the child left the parent's table and moved nothing, the table is exact already.
 */
int ward__fds_seal(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	if ((plan->opts->flags & WARD_SPAWN_INHERIT_FDS) ||
	    (plan->unshare && !plan->moves))
		return 0;
	return close_others(plan);
}

/* A descriptor of the start's own: parked, and spared until exec. */
int ward__fds_lift(struct ward__plan *plan, int fd)
{
	int lifted = park(plan, fd);

	if (lifted >= 0)
		plan->spares[plan->n_spares++] = lifted;
	return lifted;
}

/* Before anything is put over it. */
int ward__fds_program(struct ward__plan *plan, struct ward__report *report)
{
	if (!(plan->opts->flags & WARD_SPAWN_EXE_FD))
		return 0;
	plan->program = ward__fds_lift(plan, plan->opts->exe_fd);
	return blame_fd(report, plan->program, plan->opts->exe_fd);
}
