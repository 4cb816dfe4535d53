/* SPDX-License-Identifier: MIT */
/*
 * Walking over a tree that nobody contains. A process that is held keeps its number from
 * everybody else until it was collected, and its name (PID:INODE) for ever, by which one
 * that was found twice is known.
 */
#include "family.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static int add(struct family *f, struct ward *w, bool ours)
{
	struct family_member *all;
	size_t room = f->room ? 2 * f->room : 64;

	if (f->n == f->room) {
		all = realloc(f->all, room * sizeof(*all));
		if (!all)
			return -ENOMEM;
		f->all = all;
		f->room = room;
	}
	f->all[f->n] = (struct family_member){ .ward = w, .pid = ward_pid(w),
		                               .ours = ours, .seen = true };
	tool_process_id_text(w, 0, f->all[f->n].id);
	f->n++;
	return 0;
}

int family_begin(struct family *f, struct ward *root)
{
	return add(f, root, false);
}

void family_free(struct family *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->all[i].ours)
			ward_close(f->all[i].ward);
	free(f->all);
}

struct family_member *family_find(const struct family *f, int64_t pid)
{
	for (size_t i = f->n; i > 0; i--)
		if (f->all[i - 1].pid == pid)
			return &f->all[i - 1];
	return NULL;
}

/* 1: it is new and in the list; 0: it is not, and is closed; or -ENOMEM. */
static int take(struct family *f, struct ward *w)
{
	struct family_member *known = family_find(f, ward_pid(w));
	char id[WARD_ID_TEXT_MAX];
	int r = 0;

	tool_process_id_text(w, 0, id);
	if (known && strcmp(known->id, id) == 0)
		known->seen = true;
	else if (ward_pid(w) != tool_host_pid())
		r = add(f, w, true) < 0 ? -ENOMEM : 1;
	if (r <= 0)
		ward_close(w);
	return r;
}

static int64_t look_below(struct family *f, struct ward *w)
{
	struct ward **list = NULL;
	size_t n = 0;
	int64_t found = 0;
	int r = ward_descendants(w, &list, &n);

	if (r < 0)
		return r == -ESRCH ? 0 : r;
	for (size_t i = 0; i < n; i++) {
		r = take(f, list[i]);
		list[i] = NULL;
		if (r < 0)
			found = r;
		else if (found >= 0)
			found += r;
	}
	ward_job_members_free(list, n);
	return found;
}

int64_t family_look(struct family *f)
{
	int64_t all = 0;

	for (size_t i = 0; i < f->n; i++)
		f->all[i].seen = false;
	for (size_t i = 0; i < f->n; i++) {
		int64_t r;

		if (f->all[i].seen || f->all[i].over)
			continue;
		r = look_below(f, f->all[i].ward);
		if (r < 0)
			return r;
		all += r;
	}
	return all;
}
