/* SPDX-License-Identifier: MIT */
/*
 * Ending with the owner: a job object that nobody else has, for the process alone; what
 * it starts breaks away. What is hard: a ward may be closed long before its process ends,
 * which is to end with this program all the same. So the HANDLE stays open then: it is
 * what tells the system that we still run.
 */
#include "guard.h"

#include "../gate.h"
#include "os_error.h"

static int limit(HANDLE guard)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { .JobMemoryLimit = 0 };
	int r = ward__gate("SetInformationJobObject");

	limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
	                                          JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
	if (r == 0 && !SetInformationJobObject(guard, JobObjectExtendedLimitInformation,
	                                       &limits, sizeof(limits)))
		r = ward__last_error();
	return r;
}

int ward__guard_new(HANDLE *ret)
{
	int r = ward__gate("CreateJobObjectW");
	HANDLE guard;

	if (r < 0)
		return r;
	guard = CreateJobObjectW(NULL, NULL);
	if (!guard)
		return ward__last_error();
	r = limit(guard);
	if (r < 0)
		CloseHandle(guard);
	else
		*ret = guard;
	return r;
}

void ward__guard_free(HANDLE guard, HANDLE process)
{
	if (guard && (!process || WaitForSingleObject(process, 0) == WAIT_OBJECT_0))
		CloseHandle(guard);
}
