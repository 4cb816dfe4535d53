/* SPDX-License-Identifier: MIT */
/*
 * The porting contract on Windows: taking hold, and letting go. A HANDLE is one process
 * for ever, and while it is open the number is given to no other; so the hold is always
 * the kernel's, of children and strangers alike.
 */
#include "process.h"

#include <errno.h>

#include "../gate.h"
#include "../memory.h"
#include "guard.h"
#include "job.h"
#include "nt.h"
#include "os_error.h"
#include "start.h"

static struct ward__process *new_process(void)
{
	struct ward__process *p = ward__alloc(sizeof(*p));

	if (p)
		InitializeSRWLock(&p->lock);
	return p;
}

void ward__process_free(struct ward__process *p)
{
	ward__process_unwatch(p);
	ward__guard_free(p->guard, p->handle);
	if (p->handle)
		CloseHandle(p->handle);
	ward__fate_drop(p->fate);
	ward__free(p);
}

void ward__process_lock(struct ward__process *p)
{
	AcquireSRWLockExclusive(&p->lock);
}

void ward__process_unlock(struct ward__process *p)
{
	ReleaseSRWLockExclusive(&p->lock);
}

int64_t ward__process_pid(const struct ward__process *p)
{
	return p->pid;
}

int ward__process_owner_death(const struct ward__process *p)
{
	return p->guard ? WARD_DEATH_KERNEL : WARD_DEATH_LEAVES;
}

int ward__process_hold(const struct ward__process *p)
{
	(void)p;
	return WARD_HOLD_KERNEL;
}

static int start(struct ward__process *p, const struct ward__start *start,
                 struct ward_error *error)
{
	struct ward__started child;
	int r = ward__start(&child, start, error);

	if (r < 0)
		return r;
	p->handle = child.handle;
	p->guard = child.guard;
	p->pid = child.pid;
	p->leads_group = child.leads_group;
	return 0;
}

static int start_in_job(struct ward__process *p, const struct ward__start *how,
                        struct ward_error *error)
{
	int r = ward__job_reserve(how->job, &p->fate);

	if (r < 0)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	r = start(p, how, error);
	ward__job_let_in(how->job, r == 0 ? p : NULL);
	return r;
}

int ward__process_spawn(struct ward__process **ret, const struct ward__start *how,
                        struct ward_error *error)
{
	struct ward__process *p = new_process();
	int r;

	if (!p)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	r = how->job ? start_in_job(p, how, error) : start(p, how, error);
	if (r < 0)
		ward__process_free(p);
	else
		*ret = p;
	return r;
}

int ward__process_adopt(struct ward__process **ret, HANDLE handle)
{
	struct ward__process *p = new_process();

	if (!p)
		return -ENOMEM;
	p->handle = handle;
	p->pid = (int64_t)GetProcessId(handle);
	*ret = p;
	return 0;
}

/* ------------------------------------------------------------------------------- open */

/* Is the number that of a thread? Both kinds of numbers come from one table. */
static bool is_thread(DWORD id)
{
	HANDLE thread = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
	bool is_it = thread && GetThreadId(thread) == id;

	if (thread)
		CloseHandle(thread);
	return is_it;
}

/* Windows says "invalid parameter" where there is no such process. */
static int explain_open(DWORD pid)
{
	switch (GetLastError()) {
	case ERROR_INVALID_PARAMETER:
		return is_thread(pid) ? -EINVAL : -ESRCH;
	case ERROR_ACCESS_DENIED:
		return -EPERM;
	default:
		return ward__last_error();
	}
}

/* As much as there is leave for; less than to ask and to wait is no hold. */
static int open_handle(HANDLE *ret, DWORD pid)
{
	const DWORD least = SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION;
	HANDLE handle = NULL;
	int r = ward__gate("OpenProcess");

	if (r < 0)
		return r;
	handle = OpenProcess(least | PROCESS_TERMINATE, FALSE, pid);
	if (!handle && GetLastError() == ERROR_ACCESS_DENIED)
		handle = OpenProcess(least, FALSE, pid);
	if (!handle)
		return explain_open(pid);
	/* Numbers are multiples of four, and the two lowest bits are not looked at. */
	if (GetProcessId(handle) != pid) {
		CloseHandle(handle);
		return is_thread(pid) ? -EINVAL : -ESRCH;
	}
	*ret = handle;
	return 0;
}

/* Our number may have been another's before, whose children still bear it. */
static bool is_child(HANDLE handle)
{
	uint64_t ours = 0, its = 0;

	return ward__nt_parent(handle) == (int64_t)GetCurrentProcessId() &&
	       ward__process_born(GetCurrentProcess(), &ours) == 0 &&
	       ward__process_born(handle, &its) == 0 && its >= ours;
}

int ward__process_open(struct ward__process **ret, int64_t pid, uint32_t flags)
{
	HANDLE handle = NULL;
	int r;

	if (pid > UINT32_MAX)
		return -EINVAL;
	r = open_handle(&handle, (DWORD)pid);
	if (r < 0)
		return r;
	if ((flags & WARD_OPEN_CHILD) && !is_child(handle))
		r = -ECHILD;
	else
		r = ward__process_adopt(ret, handle);
	if (r < 0)
		CloseHandle(handle);
	return r;
}

int ward__process_open_id(struct ward__process **ret, const struct ward_id *id)
{
	HANDLE handle = NULL;
	uint64_t born = 0;
	int r;

	if (id->kind != WARD_ID_START || id->has_boot)
		return -ENOTSUP;
	if (id->pid > UINT32_MAX)
		return -ESRCH;
	r = open_handle(&handle, (DWORD)id->pid);
	if (r < 0)
		return r == -EINVAL ? -ESRCH : r;
	r = ward__process_born(handle, &born);
	if (r == 0 && born != id->number)
		r = -ESRCH;
	if (r == 0)
		r = ward__process_adopt(ret, handle);
	if (r < 0)
		CloseHandle(handle);
	return r;
}

/* --------------------------------------------------------- of other systems: not here */

int ward__process_poll_fd(struct ward__process *p)
{
	(void)p;
	return -ENOTSUP;
}

int ward__process_send(struct ward__process *p, int socket, int64_t deadline)
{
	(void)p;
	(void)socket;
	(void)deadline;
	return -ENOTSUP;
}

int ward__process_recv(struct ward__process **ret, int socket, int64_t deadline)
{
	(void)ret;
	(void)socket;
	(void)deadline;
	return -ENOTSUP;
}

int ward__process_peer(struct ward__process **ret, int socket)
{
	(void)ret;
	(void)socket;
	return -ENOTSUP;
}
