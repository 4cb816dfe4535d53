/* SPDX-License-Identifier: MIT */
/*
 * Jobs are the system's job objects: a process is born in one, and so is whatever it
 * starts, without a way out of its own. What is hard: a member that is killed in the
 * middle of a start may leave a process that nobody lets run, so that a kill is repeated
 * until nobody is left; and the console tells nobody who is in a group, so that groups
 * are reached through the processes that lead them.
 */
#include "job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../gate.h"
#include "../memory.h"
#include "os_error.h"
#include "signals.h"

/* ------------------------------------------------------------------------------ holds */

int ward__holds_reserve(struct ward__holds *holds, size_t more)
{
	size_t room = holds->room ? 2 * holds->room : 8;
	struct ward__hold *at;

	if (holds->n + more <= holds->room)
		return 0;
	while (room < holds->n + more)
		room *= 2;
	at = ward__alloc(room * sizeof(*at));
	if (!at)
		return -ENOMEM;
	if (holds->n > 0)
		memcpy(at, holds->at, holds->n * sizeof(*at));
	ward__free(holds->at);
	holds->at = at;
	holds->room = room;
	return 0;
}

void ward__holds_drop(struct ward__holds *holds)
{
	for (size_t i = 0; i < holds->n; i++)
		CloseHandle(holds->at[i].handle);
	ward__free(holds->at);
	*holds = (struct ward__holds){ 0 };
}

/* ------------------------------------------------------------------------------- life */

static int make(struct ward__job *job, const struct ward_job_opts *opts,
                struct ward_error *error)
{
	const char *reason = NULL;
	int r = ward__gate("CreateJobObjectW");

	if (r == 0) {
		job->object = CreateJobObjectW(NULL, NULL);
		r = job->object ? 0 : ward__last_error();
	}
	if (r < 0)
		return ward__fail_last(error, WARD_STEP_JOB, r, -1, NULL);
	job->kills_on_close = opts->on_owner_death == WARD_KILL;
	r = ward__job_limit(job->object, job->kills_on_close, opts, &reason);
	if (r == 0)
		return 0;
	CloseHandle(job->object);
	return ward__fail(error, WARD_STEP_JOB, r, -1, reason);
}

static int fail_means(const struct ward_job_opts *opts, struct ward_error *error)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "%s: this system has no such means",
	         ward_means_name((int)opts->means));
	return ward__fail(error, WARD_STEP_JOB, -ENOTSUP, -1, reason);
}

int ward__job_new(struct ward__job **ret, const struct ward_job_opts *opts,
                  struct ward_error *error)
{
	struct ward__job *job;
	int r;

	if (opts->means != WARD_MEANS_BEST && opts->means != WARD_MEANS_OBJECT)
		return fail_means(opts, error);
	job = ward__alloc(sizeof(*job));
	if (!job)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	InitializeSRWLock(&job->lock);
	InitializeSRWLock(&job->own);
	InitializeSRWLock(&job->watching);
	r = make(job, opts, error);
	if (r < 0)
		ward__free(job);
	else
		*ret = job;
	return r;
}

/*
 * What the layer above wanted killed it has killed. Where the system does not let us
 * leave the others alone the HANDLE stays open: they end with this program then, which
 * is what its owner's death was to do anyway. Nobody could let frozen ones run later.
 */
void ward__job_free(struct ward__job *job)
{
	ward__job_unwatch(job);
	ward__job_thaw(job);
	ward__holds_drop(&job->frozen);
	ward__holds_drop(&job->leaders);
	ward__fate_drop(job->fate);
	if (!job->kills_on_close || ward__job_release(job->object))
		CloseHandle(job->object);
	ward__free(job);
}

int ward__job_means(struct ward__job *job)
{
	(void)job;
	return WARD_MEANS_OBJECT;
}

void ward__job_lock(struct ward__job *job)
{
	AcquireSRWLockExclusive(&job->lock);
}

void ward__job_unlock(struct ward__job *job)
{
	ReleaseSRWLockExclusive(&job->lock);
}

int ward__job_poll_fd(struct ward__job *job)
{
	(void)job;
	return -ENOTSUP;
}

/* -------------------------------------------------------------------------- coming in */

static bool is_over(HANDLE process)
{
	return WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
}

/*
 * A group may outlive its leader, of which no one can ask. So the leaders that have ended
 * are kept, until there is no room and half of it is theirs.
 */
static void prune(struct ward__holds *leaders)
{
	size_t kept = 0;

	for (size_t i = 0; i < leaders->n; i++) {
		if (is_over(leaders->at[i].handle))
			CloseHandle(leaders->at[i].handle);
		else
			leaders->at[kept++] = leaders->at[i];
	}
	leaders->n = kept;
}

static int make_room(struct ward__job *job)
{
	enum { MANY = 64 };
	size_t wanted = job->reserved + 1;

	if (job->leaders.n + wanted > job->leaders.room && job->leaders.room >= MANY)
		prune(&job->leaders);
	return ward__holds_reserve(&job->leaders, wanted);
}

/* Whom a kill has met it has met: who comes after it has another fate. */
static int renew_fate(struct ward__job *job)
{
	struct ward__fate *fate;

	if (job->fate && !job->is_ending)
		return 0;
	fate = ward__fate_new();
	if (!fate)
		return -ENOMEM;
	ward__fate_drop(job->fate);
	job->fate = fate;
	job->is_ending = false;
	return 0;
}

int ward__job_reserve(struct ward__job *job, struct ward__fate **ret)
{
	int r;

	AcquireSRWLockExclusive(&job->own);
	r = make_room(job);
	if (r == 0)
		r = renew_fate(job);
	if (r == 0) {
		job->reserved++;
		*ret = ward__fate_share(job->fate);
	}
	ReleaseSRWLockExclusive(&job->own);
	return r;
}

/* Where there is no HANDLE to spare its group is not asked to end, and KILL is next. */
static void add_leader(struct ward__holds *leaders, const struct ward__process *p)
{
	HANDLE self = GetCurrentProcess(), copy;

	if (ward__gate("DuplicateHandle") < 0 ||
	    !DuplicateHandle(self, p->handle, self, &copy, SYNCHRONIZE, FALSE, 0))
		return;
	leaders->at[leaders->n++] = (struct ward__hold){ copy, (DWORD)p->pid };
}

void ward__job_let_in(struct ward__job *job, const struct ward__process *p)
{
	AcquireSRWLockExclusive(&job->own);
	job->reserved--;
	if (p && p->leads_group)
		add_leader(&job->leaders, p);
	ReleaseSRWLockExclusive(&job->own);
}

/* A ward may have no more than the rights to ask and to wait; it keeps its number. */
static int assign(const struct ward__job *job, const struct ward__process *p)
{
	HANDLE handle;
	int r = ward__gate("AssignProcessToJobObject");

	if (r < 0)
		return r;
	handle = OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, FALSE, (DWORD)p->pid);
	if (!handle)
		r = ward__last_error();
	else if (!AssignProcessToJobObject(job->object, handle))
		r = ward__last_error();
	if (handle)
		CloseHandle(handle);
	if (r < 0 && ward__process_is_over(p) > 0)
		return -ESRCH;
	return r;
}

static int add(const struct ward__job *job, struct ward__process *p,
               struct ward__fate *fate)
{
	BOOL is_in = FALSE;
	int r = ward__process_is_over(p);

	if (r != 0)
		return r < 0 ? r : -ESRCH;
	if (IsProcessInJob(p->handle, job->object, &is_in) && is_in)
		return 1;
	/* With the lock, which keeps a wait from seeing its end before its fate. */
	AcquireSRWLockExclusive(&p->lock);
	r = assign(job, p);
	if (r == 0) {
		ward__fate_drop(p->fate);
		p->fate = ward__fate_share(fate);
	}
	ReleaseSRWLockExclusive(&p->lock);
	return r;
}

int ward__job_add(struct ward__job *job, struct ward__process *p)
{
	struct ward__fate *fate;
	int r = ward__job_reserve(job, &fate);

	if (r < 0)
		return r;
	r = add(job, p, fate);
	ward__job_let_in(job, r == 0 ? p : NULL);
	ward__fate_drop(fate);
	return r > 0 ? 0 : r;
}

/* ---------------------------------------------------------------------- kill, signal */

int ward__job_terminate(struct ward__job *job)
{
	int r = ward__gate("TerminateJobObject");

	if (r == 0 && !TerminateJobObject(job->object, WARD__KILLED_CODE))
		r = ward__last_error();
	return r == -EACCES ? -EPERM : r;
}

int ward__job_kill(struct ward__job *job)
{
	bool was_ending;
	int r;

	AcquireSRWLockExclusive(&job->own);
	was_ending = job->is_ending;
	job->is_ending = true;
	if (job->fate)
		ward__fate_kill(job->fate);
	r = ward__job_terminate(job);
	if (r < 0 && !was_ending) {
		job->is_ending = false;
		if (job->fate)
			ward__fate_spare(job->fate);
	}
	ReleaseSRWLockExclusive(&job->own);
	ward__job_stir(job);
	return r;
}

/* Their HANDLEs keep their numbers, which are the groups', from being another's. */
static int send_breaks(const struct ward__holds *leaders)
{
	int r = -ENOTSUP, gate;

	for (size_t i = 0; i < leaders->n; i++) {
		gate = ward__gate("GenerateConsoleCtrlEvent");
		if (gate < 0)
			return gate;
		if (GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, leaders->at[i].pid))
			r = 0;
	}
	return r;
}

int ward__job_signal(struct ward__job *job, int sig)
{
	int64_t n;
	int r;

	if (sig != 0 && sig != SIGINT && sig != SIGTERM)
		return -EINVAL;
	n = ward__job_active(job);
	if (n <= 0)
		return n < 0 ? (int)n : -ESRCH;
	if (sig == 0)
		return 0;
	AcquireSRWLockShared(&job->own);
	r = send_breaks(&job->leaders);
	ReleaseSRWLockShared(&job->own);
	return r;
}
