/* SPDX-License-Identifier: MIT */
/* A list of wards that grows by processes taken hold of one after another. */
#ifndef WARD_LIST_H
#define WARD_LIST_H

#include "handle.h"

/* Begins as { 0 }; what was made of it is freed by ward_job_members_free. */
struct ward__list {
	struct ward **wards;
	size_t n, room;
};

/* @arg is a list; @p becomes its, or is freed: 0, or -ENOMEM. */
int ward__list_append(struct ward__process *p, void *arg);

#endif
