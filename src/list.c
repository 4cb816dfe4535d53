/* SPDX-License-Identifier: MIT */
/* Lists of wards. */
#include "list.h"

#include <errno.h>

#include "memory.h"

static int grow(struct ward__list *list)
{
	size_t room = list->room ? 2 * list->room : 16;
	struct ward **wards = ward__alloc(room * sizeof(struct ward *));

	if (!wards)
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i++)
		wards[i] = list->wards[i];
	ward__free(list->wards);
	list->wards = wards;
	list->room = room;
	return 0;
}

int ward__list_append(struct ward__process *p, void *arg)
{
	struct ward__list *list = arg;
	bool has_room = list->n < list->room || grow(list) == 0;
	struct ward *w = has_room ? ward__new() : NULL;

	if (!w) {
		ward__process_free(p);
		return -ENOMEM;
	}
	w->process = p;
	list->wards[list->n++] = w;
	return 0;
}

void ward_job_members_free(struct ward **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ward_close(list[i]);
	ward__free(list);
}
