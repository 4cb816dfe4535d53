/* SPDX-License-Identifier: MIT */
/*
 * What a job may use. Not every system that says yes to a limit has one (Wine has none),
 * so that each is read again: a limit that nobody keeps is no limit.
 */
#include <errno.h>

#include "../gate.h"
#include "job.h"
#include "os_error.h"

typedef JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits_t;

enum {
	MILLI = 1000,                 /* of cpu_max, in one processor */
	WHOLE = 10000,                /* of a CpuRate: all processors */
	LARGEST_PAGE = 65536          /* bytes of memory become whole pages */
};

static int set(HANDLE object, JOBOBJECTINFOCLASS what, void *value, DWORD size)
{
	int r = ward__gate("SetInformationJobObject");

	if (r == 0 && !SetInformationJobObject(object, what, value, size))
		r = ward__last_error();
	return r;
}

static bool is_kept(HANDLE object, const limits_t *wanted)
{
	limits_t now = { .JobMemoryLimit = 0 };
	uint64_t memory = wanted->JobMemoryLimit;

	if (!QueryInformationJobObject(object, JobObjectExtendedLimitInformation, &now,
	                               sizeof(now), NULL))
		return false;
	return now.BasicLimitInformation.ActiveProcessLimit ==
	               wanted->BasicLimitInformation.ActiveProcessLimit &&
	       now.JobMemoryLimit + LARGEST_PAGE > memory &&
	       (now.JobMemoryLimit != 0) == (memory != 0);
}

/* -EINVAL where a word of the system's has no room for it. */
static int lay_out(limits_t *limits, bool kills_on_close,
                   const struct ward_job_opts *opts)
{
	DWORD *flags = &limits->BasicLimitInformation.LimitFlags;

	if (opts->pids_max > UINT32_MAX || opts->memory_max > SIZE_MAX)
		return -EINVAL;
	if (kills_on_close)
		*flags |= JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	if (opts->pids_max)
		*flags |= JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
	if (opts->memory_max)
		*flags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
	limits->BasicLimitInformation.ActiveProcessLimit = (DWORD)opts->pids_max;
	limits->JobMemoryLimit = (SIZE_T)opts->memory_max;
	return 0;
}

/* The system counts in all processors together; less than it can say is its least. */
static int limit_processors(HANDLE object, uint64_t cpu_max)
{
	JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = { .ControlFlags = 0 };
	uint64_t n = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS), share;

	if (cpu_max == 0 || cpu_max >= n * MILLI)
		return 0;
	share = cpu_max * (WHOLE / MILLI) / n;
	rate.ControlFlags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE |
	                    JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
	rate.CpuRate = share ? (DWORD)share : 1;
	return set(object, JobObjectCpuRateControlInformation, &rate, sizeof(rate));
}

int ward__job_limit(HANDLE object, bool kills_on_close, const struct ward_job_opts *opts,
                    const char **reason)
{
	limits_t limits = { .JobMemoryLimit = 0 };
	int r = lay_out(&limits, kills_on_close, opts);

	if (r == 0 && limits.BasicLimitInformation.LimitFlags)
		r = set(object, JobObjectExtendedLimitInformation, &limits,
		        sizeof(limits));
	if (r < 0)
		return r;
	if ((opts->memory_max || opts->pids_max) && !is_kept(object, &limits)) {
		*reason = "object: this system keeps no limits of memory and processes";
		return -ENOTSUP;
	}
	r = limit_processors(object, opts->cpu_max);
	if (r == -ENOMEM || r == 0)
		return r;
	*reason = "object: this system cannot limit processor time";
	return -ENOTSUP;
}

bool ward__job_release(HANDLE object)
{
	const DWORD kills = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	limits_t limits = { .JobMemoryLimit = 0 };

	if (!QueryInformationJobObject(object, JobObjectExtendedLimitInformation, &limits,
	                               sizeof(limits), NULL))
		return false;
	limits.BasicLimitInformation.LimitFlags &= ~kills;
	return SetInformationJobObject(object, JobObjectExtendedLimitInformation, &limits,
	                               sizeof(limits));
}
