/* SPDX-License-Identifier: MIT */
/*
 * A child copies its parent's table up to the highest number that it needs, and in a
 * parent with ten thousand descriptors a new pipe has the highest of all: that copy takes
 * ten times as long as all the rest. A pipe can be opened once more through /proc
 * instead, which gives the child an open file of its own for the same pipe. That is as
 * good for pipes that we made, and wrong for what a caller gave, who may mean to share
 * the very open file.
 */
#define _GNU_SOURCE 1
#include "reopen.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

/* From where on it pays: measured. */
enum { FAR = 128 };

static bool is_far(const struct ward__slot *slot)
{
	return slot->kind == WARD_FD_GIVEN && slot->is_pipe && slot->source >= FAR;
}

/* In a pid namespace /proc may be that of another one: our number is a stranger's there,
 * and so would be the descriptor. */
static bool proc_knows_us(void)
{
	char ours[16], self[16] = "";

	snprintf(ours, sizeof(ours), "%d", (int)getpid());
	return readlink("/proc/self", self, sizeof(self) - 1) > 0 &&
	       strcmp(ours, self) == 0;
}

static void reopen_slot(struct ward__reopen *reopen, struct ward__slot *slot, int access)
{
	char *path = reopen->paths[reopen->n];

	snprintf(path, sizeof(reopen->paths[0]), "/proc/%d/fd/%d", (int)getpid(),
	         slot->source);
	slot->kind = WARD_FD_PATH;
	slot->path = path;
	slot->open_flags = access | O_CLOEXEC | O_NOCTTY;
	reopen->slots[reopen->n++] = slot;
}

void ward__reopen_plan(struct ward__reopen *reopen, struct ward__plan *plan)
{
	reopen->n = 0;
	if (!plan->unshare || plan->highest < FAR || !ward__can(WARD__REOPEN) ||
	    !proc_knows_us())
		return;
	for (size_t i = 0; i < plan->n_slots && reopen->n < WARD__REOPEN_MOST; i++) {
		struct ward__slot *slot = &plan->slots[i];
		int flags = is_far(slot) ? fcntl(slot->source, F_GETFL) : -1;

		if (flags >= 0)
			reopen_slot(reopen, slot, flags & O_ACCMODE);
	}
	if (reopen->n > 0)
		ward__slots_measure(plan);
}

void ward__reopen_undo(struct ward__reopen *reopen, struct ward__plan *plan)
{
	while (reopen->n > 0)
		reopen->slots[--reopen->n]->kind = WARD_FD_GIVEN;
	ward__slots_measure(plan);
}
