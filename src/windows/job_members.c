/* SPDX-License-Identifier: MIT */
/*
 * Who is in a job, what they have used, and freezing them. The system tells numbers, and
 * a number may be another's by the time that it is opened: whom we have hold of is asked
 * whether it is in the job. Freezing is suspending one after another; what they start
 * meanwhile is in the job as well, so that we look until there is nobody new.
 */
#include <errno.h>
#include <stdlib.h>

#include "../gate.h"
#include "../memory.h"
#include "job.h"
#include "nt.h"
#include "os_error.h"
/* after windows.h */
#include <psapi.h>

enum { NS_PER_TICK = 100, FIRST_ROOM = 64 };

/* --------------------------------------------------------------------------- numbers */

/* 1: there are more, and *room is how many; 0. */
static int ask(const struct ward__job *job, JOBOBJECT_BASIC_PROCESS_ID_LIST *list,
               size_t *room)
{
	DWORD size = (DWORD)(sizeof(*list) + *room * sizeof(ULONG_PTR));
	int r = ward__gate("QueryInformationJobObject");

	if (r < 0)
		return r;
	if (QueryInformationJobObject(job->object, JobObjectBasicProcessIdList, list,
	                              size, NULL))
		return 0;
	if (GetLastError() != ERROR_MORE_DATA)
		return ward__last_error();
	*room = 2 * *room > list->NumberOfAssignedProcesses ?
	                2 * *room : 2 * (size_t)list->NumberOfAssignedProcesses;
	return 1;
}

/* The numbers begin where the list had its head. */
static void move_down(ULONG_PTR *to, const JOBOBJECT_BASIC_PROCESS_ID_LIST *list,
                      size_t n)
{
	const ULONG_PTR *from = list->ProcessIdList;

	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
}

int ward__job_list(const struct ward__job *job, ULONG_PTR **ret, size_t *n)
{
	JOBOBJECT_BASIC_PROCESS_ID_LIST *list;
	size_t room = FIRST_ROOM;
	int r;

	do {
		list = ward__alloc(sizeof(*list) + room * sizeof(ULONG_PTR));
		if (!list)
			return -ENOMEM;
		r = ask(job, list, &room);
		if (r != 0)
			ward__free(list);
	} while (r > 0);
	if (r < 0)
		return r;
	*n = list->NumberOfProcessIdsInList;
	*ret = (ULONG_PTR *)(void *)list;
	move_down(*ret, list, *n);
	return 0;
}

/* Windows says "invalid parameter" where there is no such process. */
static int explain_open(void)
{
	switch (GetLastError()) {
	case ERROR_INVALID_PARAMETER:
		return -ESRCH;
	case ERROR_ACCESS_DENIED:
		return -EPERM;
	default:
		return ward__last_error();
	}
}

/* Numbers are multiples of four, and the two lowest bits are not looked at. */
static int check_member(const struct ward__job *job, DWORD pid, HANDLE handle)
{
	BOOL is_in = FALSE;

	if (!IsProcessInJob(handle, job->object, &is_in))
		return explain_open();
	return is_in && GetProcessId(handle) == pid ? 0 : -ESRCH;
}

/* To Wine the limited right to ask is not enough to ask for the job. */
int ward__job_open(const struct ward__job *job, DWORD pid, DWORD rights, HANDLE *ret)
{
	const DWORD least = SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION;
	HANDLE handle;
	int r = ward__gate("OpenProcess");

	if (r < 0)
		return r;
	handle = OpenProcess(least | PROCESS_QUERY_INFORMATION | rights, FALSE, pid);
	if (!handle && GetLastError() == ERROR_ACCESS_DENIED)
		handle = OpenProcess(least | rights, FALSE, pid);
	if (!handle)
		return explain_open();
	r = check_member(job, pid, handle);
	if (r < 0)
		CloseHandle(handle);
	else
		*ret = handle;
	return r;
}

/* ------------------------------------------------------------------------------ wards */

static int tell_of(const struct ward__job *job, DWORD pid,
                   int (*fn)(struct ward__process *p, void *arg), void *arg)
{
	struct ward__process *p;
	HANDLE handle;
	int r = ward__job_open(job, pid, PROCESS_TERMINATE, &handle);

	if (r == -EPERM)
		r = ward__job_open(job, pid, 0, &handle);
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	/* One that has ended is in the list for a moment longer. */
	r = WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
	if (r == 0)
		r = ward__process_adopt(&p, handle);
	else
		r = 1;
	if (r != 0)
		CloseHandle(handle);
	if (r != 0)
		return r < 0 ? r : 0;
	return fn(p, arg);
}

int ward__job_each(struct ward__job *job, int (*fn)(struct ward__process *p, void *arg),
                   void *arg)
{
	ULONG_PTR *pids;
	size_t n;
	int r = ward__job_list(job, &pids, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = tell_of(job, (DWORD)pids[i], fn, arg);
	ward__free(pids);
	return r;
}

/* ------------------------------------------------------------------------------ usage */

typedef JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION accounts_t;

/* Wine knows how many there are, and nothing of what they have used. */
static int ask_accounts(const struct ward__job *job, accounts_t *ret, bool *is_whole)
{
	int r = ward__gate("QueryInformationJobObject");

	if (r < 0)
		return r;
	*is_whole = QueryInformationJobObject(job->object,
	                                      JobObjectBasicAndIoAccountingInformation,
	                                      ret, sizeof(*ret), NULL);
	if (*is_whole ||
	    QueryInformationJobObject(job->object, JobObjectBasicAccountingInformation,
	                              &ret->BasicInfo, sizeof(ret->BasicInfo), NULL))
		return 0;
	return ward__last_error();
}

int64_t ward__job_active(const struct ward__job *job)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION now;
	int r = ward__gate("QueryInformationJobObject");

	if (r < 0)
		return r;
	if (!QueryInformationJobObject(job->object, JobObjectBasicAccountingInformation,
	                               &now, sizeof(now), NULL))
		return ward__last_error();
	return now.ActiveProcesses;
}

int64_t ward__job_count(struct ward__job *job)
{
	return ward__job_active(job);
}

/* What each has for itself, as the limit counts it; -1: one of them cannot be asked. */
static int64_t memory_now(const struct ward__job *job)
{
	ULONG_PTR *pids;
	int64_t sum = 0;
	size_t n;

	if (ward__job_list(job, &pids, &n) < 0)
		return -1;
	for (size_t i = 0; sum >= 0 && i < n; i++) {
		PROCESS_MEMORY_COUNTERS memory = { .cb = sizeof(memory) };
		HANDLE handle;
		int r = ward__job_open(job, (DWORD)pids[i], 0, &handle);

		if (r == -ESRCH)
			continue;
		if (r < 0 || !GetProcessMemoryInfo(handle, &memory, sizeof(memory)))
			sum = -1;
		else
			sum += (int64_t)memory.PagefileUsage;
		if (r == 0)
			CloseHandle(handle);
	}
	ward__free(pids);
	return sum;
}

/* No process has done with no memory: nothing is what Wine says. */
static void ask_peaks(const struct ward__job *job, struct ward_job_usage *ret)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { .PeakJobMemoryUsed = 0 };

	if (ward__gate("QueryInformationJobObject") < 0 ||
	    !QueryInformationJobObject(job->object, JobObjectExtendedLimitInformation,
	                               &limits, sizeof(limits), NULL))
		return;
	if (limits.PeakJobMemoryUsed)
		ret->memory_peak_bytes = (int64_t)limits.PeakJobMemoryUsed;
	if (limits.PeakProcessMemoryUsed)
		ret->max_rss_bytes = (int64_t)limits.PeakProcessMemoryUsed;
}

int ward__job_usage(struct ward__job *job, struct ward_job_usage *ret)
{
	accounts_t accounts;
	bool is_whole = false;
	int r = ask_accounts(job, &accounts, &is_whole);

	if (r < 0)
		return r;
	ret->processes = accounts.BasicInfo.ActiveProcesses;
	if (is_whole) {
		ret->user_ns = accounts.BasicInfo.TotalUserTime.QuadPart * NS_PER_TICK;
		ret->system_ns =
			accounts.BasicInfo.TotalKernelTime.QuadPart * NS_PER_TICK;
		ret->read_bytes = (int64_t)accounts.IoInfo.ReadTransferCount;
		ret->written_bytes = (int64_t)accounts.IoInfo.WriteTransferCount;
	}
	ret->memory_bytes = memory_now(job);
	ask_peaks(job, ret);
	return 0;
}

/* -------------------------------------------------------------------------- freeze */

static int by_number(const void *a, const void *b)
{
	DWORD left = ((const struct ward__hold *)a)->pid;
	DWORD right = ((const struct ward__hold *)b)->pid;

	return (left > right) - (left < right);
}

static bool is_frozen(const struct ward__holds *sorted, DWORD pid)
{
	const struct ward__hold it = { NULL, pid };

	return sorted->n > 0 &&
	       bsearch(&it, sorted->at, sorted->n, sizeof(it), by_number) != NULL;
}

/* 1: it is frozen now; 0: it has ended. */
static int freeze_one(struct ward__job *job, DWORD pid)
{
	struct ward__holds *frozen = &job->frozen;
	HANDLE handle;
	int r = ward__holds_reserve(frozen, 1);

	if (r == 0)
		r = ward__job_open(job, pid, PROCESS_SUSPEND_RESUME, &handle);
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	r = ward__nt_suspend(handle);
	if (r == 0) {
		frozen->at[frozen->n++] = (struct ward__hold){ handle, pid };
		return 1;
	}
	if (WaitForSingleObject(handle, 0) == WAIT_OBJECT_0 || r == -ESRCH)
		r = 0;
	CloseHandle(handle);
	return r;
}

/* How many were frozen. */
static int freeze_new(struct ward__job *job)
{
	struct ward__holds known = job->frozen;
	ULONG_PTR *pids = NULL;
	size_t n = 0;
	int r = ward__job_list(job, &pids, &n), frozen = 0;

	/* Of those that were known, even if there is a new table of all. */
	for (size_t i = 0; r >= 0 && i < n; i++) {
		known.at = job->frozen.at;
		if (is_frozen(&known, (DWORD)pids[i]) ||
		    pids[i] == GetCurrentProcessId())
			continue;
		r = freeze_one(job, (DWORD)pids[i]);
		frozen += r > 0;
	}
	ward__free(pids);
	if (job->frozen.n > 0)
		qsort(job->frozen.at, job->frozen.n, sizeof(*job->frozen.at), by_number);
	return r < 0 ? r : frozen;
}

static int freeze_all(struct ward__job *job)
{
	int r;

	do
		r = freeze_new(job);
	while (r > 0);
	return r;
}

int ward__job_thaw(struct ward__job *job)
{
	int r = 0;

	for (size_t i = 0; i < job->frozen.n; i++) {
		struct ward__hold *it = &job->frozen.at[i];
		int resumed = ward__nt_resume(it->handle);

		if (resumed < 0 && WaitForSingleObject(it->handle, 0) == WAIT_TIMEOUT)
			r = resumed;
		CloseHandle(it->handle);
	}
	job->frozen.n = 0;
	return r;
}

int ward__job_freeze(struct ward__job *job, bool to_freeze)
{
	int r;

	AcquireSRWLockExclusive(&job->own);
	r = to_freeze ? freeze_all(job) : ward__job_thaw(job);
	if (to_freeze && r < 0)
		ward__job_thaw(job);
	ReleaseSRWLockExclusive(&job->own);
	return r;
}
