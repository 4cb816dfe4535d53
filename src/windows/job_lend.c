/* SPDX-License-Identifier: MIT */
/* <ward_windows.h>: what is lent of a job, for limits of its own and for any loop. */
#include <errno.h>

#include "../call.h"
#include "../job.h"
#include "job.h"
#include "ward_windows.h"

void *ward_windows_job_handle(const struct ward_job *job)
{
	return job ? job->held->object : NULL;
}

int ward_windows_job_event(struct ward_job *job, void **ret)
{
	int64_t event = -1, until = -1;
	struct ward__call call;
	int r;

	if (!job || !ret)
		return -EINVAL;
	call = ward__call_begin();
	r = ward__job_await(job->held, &event, &until);
	if (r == 0)
		*ret = (void *)(intptr_t)event;
	ward__call_end(&call);
	return r;
}
