/* SPDX-License-Identifier: MIT */
/* What descends from a process that no job holds. */
#include <errno.h>

#include "call.h"
#include "list.h"

int ward_descendants(struct ward *w, struct ward ***ret, size_t *n)
{
	struct ward__list list = { 0 };
	struct ward__call call;
	int r;

	if (!w || !ret || !n)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = ward__process_each_below(w->process, ward__list_append, &list);
	ward__leave(w);
	if (r == 0) {
		*ret = list.wards;
		*n = list.n;
	} else {
		ward_job_members_free(list.wards, list.n);
	}
	ward__call_end(&call);
	return r;
}
