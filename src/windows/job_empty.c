/* SPDX-License-Identifier: MIT */
/*
 * Waiting until nobody is in a job. A job posts to a port when it becomes empty, but the
 * system does not promise that such a message comes, and a port is no HANDLE to wait for;
 * the end of a process is certain. So one member is watched until it ends, which sets an
 * event, and who looks then finds nobody, or has another one watched: this way nothing is
 * missed, and a wait costs one HANDLE, however many they are. What is hard: the event is
 * everybody's, and must never stay unset with nobody who would set it.
 */
#include <errno.h>

#include "../gate.h"
#include "../memory.h"
#include "job.h"
#include "os_error.h"

enum {
	SOME = 32,                    /* members to choose from */
	SOON_MS = 2,                  /* one that has ended is leaving */
	AGAIN_MS = 50                 /* killed, and may have let somebody in */
};

/* ------------------------------------------------------------------------- the member */

static void CALLBACK tell(void *of, BOOLEAN timed_out)
{
	(void)timed_out;
	SetEvent(of);
}

/* With `watching` held. Blocks while the callback runs, which takes no lock. */
static void let_go(struct ward__job *job)
{
	if (job->wait)
		UnregisterWaitEx(job->wait, INVALID_HANDLE_VALUE);
	if (job->member)
		CloseHandle(job->member);
	job->wait = job->member = NULL;
}

void ward__job_unwatch(struct ward__job *job)
{
	let_go(job);
	if (job->event)
		CloseHandle(job->event);
}

/* NULL: none of them runs, or may be asked. */
static HANDLE choose(const struct ward__job *job)
{
	union {
		JOBOBJECT_BASIC_PROCESS_ID_LIST list;
		char room[sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) +
		          SOME * sizeof(ULONG_PTR)];
	} some = { .list = { .NumberOfProcessIdsInList = 0 } };
	HANDLE handle = NULL;

	/* More of them than there is room for is an error that matters not. */
	QueryInformationJobObject(job->object, JobObjectBasicProcessIdList, &some,
	                          sizeof(some), NULL);
	for (DWORD i = 0; i < some.list.NumberOfProcessIdsInList; i++) {
		const ULONG_PTR *pids = some.list.ProcessIdList;

		if (ward__job_open(job, (DWORD)pids[i], 0, &handle) < 0)
			continue;
		if (WaitForSingleObject(handle, 0) == WAIT_TIMEOUT)
			return handle;
		CloseHandle(handle);
	}
	return NULL;
}

/* Whoever is to be watched; or, by the event itself, which is not set, only the time. */
static int start_watch(struct ward__job *job, bool is_ending)
{
	HANDLE it = job->member ? job->member : job->event;
	DWORD ms = !job->member ? SOON_MS : is_ending ? AGAIN_MS : INFINITE;
	int r = ward__gate("RegisterWaitForSingleObject");

	if (r < 0 || RegisterWaitForSingleObject(&job->wait, it, tell, job->event, ms,
	                                         WT_EXECUTEONLYONCE))
		return r;
	job->wait = NULL;
	return -ENOMEM;
}

/* With `watching` held. */
static int watch(struct ward__job *job, bool is_ending)
{
	int r;

	if (job->wait && WaitForSingleObject(job->event, 0) == WAIT_TIMEOUT)
		return 0;
	let_go(job);
	ResetEvent(job->event);
	job->member = choose(job);
	r = start_watch(job, is_ending);
	if (r < 0) {
		let_go(job);
		SetEvent(job->event);
	}
	return r;
}

/* ------------------------------------------------------------------------------- look */

/* Who waits looks again: whom it waits for may have changed. */
void ward__job_stir(struct ward__job *job)
{
	AcquireSRWLockExclusive(&job->watching);
	if (job->event)
		SetEvent(job->event);
	ReleaseSRWLockExclusive(&job->watching);
}

static int make_event(struct ward__job *job)
{
	int r = job->event ? 0 : ward__gate("CreateEventW");

	if (r < 0 || job->event)
		return r;
	job->event = CreateEventW(NULL, TRUE, TRUE, NULL);
	return job->event ? 0 : -ENOMEM;
}

/* What a process that was killed was just starting is in the job, and was not met. */
static int kill_again(struct ward__job *job, bool *is_ending)
{
	int r = 0;

	AcquireSRWLockExclusive(&job->own);
	*is_ending = job->is_ending;
	if (job->is_ending)
		r = ward__job_terminate(job);
	ReleaseSRWLockExclusive(&job->own);
	return r == -EPERM ? 0 : r;
}

/* Somebody is there: the event, if it was ever asked for, is to tell of the next end. */
static int look_again(struct ward__job *job)
{
	bool is_ending = false;
	int r = kill_again(job, &is_ending);

	AcquireSRWLockExclusive(&job->watching);
	if (r == 0 && job->event)
		r = watch(job, is_ending);
	ReleaseSRWLockExclusive(&job->watching);
	return r;
}

int ward__job_is_empty(struct ward__job *job)
{
	int64_t n = ward__job_active(job);

	if (n <= 0)
		return n < 0 ? (int)n : 1;
	return look_again(job);
}

/* The event is set at first, so that nothing is missed between a look and this. */
int ward__job_await(struct ward__job *job, int64_t *descriptor, int64_t *until)
{
	int r;

	(void)until;
	AcquireSRWLockExclusive(&job->watching);
	r = make_event(job);
	if (r == 0)
		*descriptor = (int64_t)(intptr_t)job->event;
	ReleaseSRWLockExclusive(&job->watching);
	return r;
}
