/* SPDX-License-Identifier: MIT */
/*
 * The jobs that a process is born in: the caller's or one of ours, and a guard of its own
 * when it is to end with us. The system puts it into all of them when it makes it (this
 * began with Windows 10), so that there is no moment in which it runs outside.
 */
#include "birth.h"

#include <errno.h>

#include "../gate.h"
#include "guard.h"
#include "job.h"
#include "nt.h"
#include "os_error.h"

/*
 * What is no job, or one without the right, would fail as if the program could not be
 * run. A job that may not be asked (access denied) is one.
 */
static int check(HANDLE job, struct ward_error *error)
{
	ACCESS_MASK access;
	BOOL is_in;
	int r = ward__gate("IsProcessInJob");

	if (r < 0)
		return ward__fail(error, WARD_STEP_JOB, r, -1, NULL);
	if (!IsProcessInJob(GetCurrentProcess(), job, &is_in) &&
	    GetLastError() != ERROR_ACCESS_DENIED)
		return ward__fail_last(error, WARD_STEP_JOB, ward__last_error(), -1,
		                       NULL);
	access = ward__nt_access(job);
	if (access != 0 && !(access & JOB_OBJECT_ASSIGN_PROCESS))
		return ward__fail(error, WARD_STEP_JOB, -EACCES, -1, NULL);
	return 0;
}

int ward__birth_prepare(struct ward__birth *birth, const struct ward__start *start,
                        HANDLE theirs, struct ward_error *error)
{
	int r = theirs ? check(theirs, error) : 0;

	if (r == 0 && theirs && start->job)
		r = ward__fail(error, WARD_STEP_OPTIONS, -EINVAL, -1, NULL);
	if (r < 0)
		return r;
	if (theirs || start->job)
		birth->jobs[birth->n++] = theirs ? theirs : start->job->object;
	if (start->opts->on_owner_death != WARD_KILL)
		return 0;
	r = ward__guard_new(&birth->guard);
	if (r < 0)
		return ward__fail_last(error, WARD_STEP_JOB, r, -1, NULL);
	/* The innermost: what the process starts leaves this one, and no other. */
	birth->jobs[birth->n++] = birth->guard;
	return 0;
}

void ward__birth_clean(struct ward__birth *birth)
{
	ward__guard_free(birth->guard, NULL);
}
