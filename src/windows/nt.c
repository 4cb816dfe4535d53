/* SPDX-License-Identifier: MIT */
/*
 * Calls of ntdll.dll, found at run time, for not every compiler has an import library of
 * it. Where one is missing its answer is "not told", and nothing depends on it.
 */
#include "nt.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../gate.h"

enum { BASIC_INFORMATION = 0, VM_COUNTERS_INFORMATION = 3 };

/* As <winternl.h> has them, with the names of their words. */
struct basic {
	LONG status;
	void *peb;
	ULONG_PTR affinity;
	LONG priority;
	ULONG_PTR pid;
	ULONG_PTR parent;
};

struct counters {
	SIZE_T peak_virtual, virtual;
	ULONG faults;
	SIZE_T others[8];
};

struct object {
	ULONG attributes;
	ACCESS_MASK access;
	ULONG others[12];
};

typedef LONG(NTAPI *query_fn)(HANDLE, int, void *, ULONG, ULONG *);
typedef LONG(NTAPI *act_fn)(HANDLE);

static FARPROC find(const char *name)
{
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	return ntdll ? GetProcAddress(ntdll, name) : NULL;
}

static bool ask(const char *name, HANDLE handle, int what, void *ret, size_t size)
{
	FARPROC found = ward__gate(name) < 0 ? NULL : find(name);
	query_fn query = NULL;

	memcpy(&query, &found, sizeof(query));
	return query && query(handle, what, ret, (ULONG)size, NULL) >= 0;
}

int64_t ward__nt_parent(HANDLE handle)
{
	struct basic basic;

	if (!ask("NtQueryInformationProcess", handle, BASIC_INFORMATION, &basic,
	         sizeof(basic)))
		return -1;
	return (int64_t)basic.parent;
}

int64_t ward__nt_virtual_bytes(HANDLE handle)
{
	struct counters counters;

	if (!ask("NtQueryInformationProcess", handle, VM_COUNTERS_INFORMATION, &counters,
	         sizeof(counters)))
		return -1;
	return (int64_t)counters.virtual;
}

ACCESS_MASK ward__nt_access(HANDLE handle)
{
	struct object object;

	return ask("NtQueryObject", handle, BASIC_INFORMATION, &object, sizeof(object)) ?
	               object.access :
	               0;
}

/* A process that is on its way to its end cannot be suspended, and need not be. */
static int act(const char *name, HANDLE handle)
{
	const LONG terminating = (LONG)0xC000010A, denied = (LONG)0xC0000022;
	int r = ward__gate(name);
	FARPROC found = r < 0 ? NULL : find(name);
	act_fn fn = NULL;
	LONG status;

	if (!found)
		return r < 0 ? r : -ENOTSUP;
	memcpy(&fn, &found, sizeof(fn));
	status = fn(handle);
	if (status >= 0)
		return 0;
	return status == terminating ? -ESRCH : status == denied ? -EPERM : -EIO;
}

int ward__nt_suspend(HANDLE handle)
{
	return act("NtSuspendProcess", handle);
}

int ward__nt_resume(HANDLE handle)
{
	return act("NtResumeProcess", handle);
}
