/* SPDX-License-Identifier: MIT */
/*
 * Children that were killed by ward_close without waiting: each would stay a zombie if
 * nobody collected it. The next start or close does.
 */
#include "handle.h"

static ward__left_list orphans;

void ward__orphan_add(struct ward *w)
{
	ward__left_add(&orphans, &w->left);
}

static bool collect(struct ward__left *one)
{
	struct ward *w = (struct ward *)one;
	struct ward_exit exit = WARD_EXIT_INIT;

	if (ward__end(w, &exit) == 0)
		return false;
	ward__leave(w);
	return true;
}

void ward__orphans_collect(void)
{
	ward__left_try(&orphans, collect);
}
