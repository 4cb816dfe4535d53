/* SPDX-License-Identifier: MIT */
/*
 * Questions about a process. Those by HANDLE are about it; those by number are, too, as
 * long as the HANDLE is open, for it keeps the number.
 */
#include <errno.h>
#include <string.h>

#include "../gate.h"
#include "../memory.h"
#include "nt.h"
#include "os_error.h"
#include "process.h"
#include "system.h"
#include "text.h"
/* after windows.h */
#include <psapi.h>
#include <tlhelp32.h>

enum {
	NS_PER_TICK = 100,
	LONGEST_PATH = 32768
};

/* 1970 in the system's time, which begins in 1601. */
static const int64_t unix_epoch = INT64_C(116444736000000000);

static uint64_t ticks(FILETIME time)
{
	return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

int ward__process_born(HANDLE handle, uint64_t *ret)
{
	FILETIME born, ended, kernel, user;
	int r = ward__gate("GetProcessTimes");

	if (r < 0)
		return r;
	if (!GetProcessTimes(handle, &born, &ended, &kernel, &user))
		return ward__last_error();
	*ret = ticks(born);
	return 0;
}

int ward__process_identity(struct ward__process *p, struct ward_id *ret)
{
	uint64_t born = 0;
	int r = ward__process_born(p->handle, &born);

	if (r < 0)
		return r;
	*ret = (struct ward_id){ .size = sizeof(*ret),
		                 .pid = p->pid,
		                 .kind = WARD_ID_START,
		                 .number = born };
	return 0;
}

/* ----------------------------------------------------------------------------- parent */

/* The number stays when the parent has ended, and may be another's by then. */
static int64_t living_parent(HANDLE handle, uint64_t born)
{
	int64_t parent = ward__nt_parent(handle);
	uint64_t parent_born = 0;
	HANDLE held;

	if (parent <= 0)
		return -1;
	held = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)parent);
	if (!held)
		return GetLastError() == ERROR_ACCESS_DENIED ? parent : -1;
	if (ward__process_born(held, &parent_born) < 0 || parent_born > born)
		parent = -1;
	CloseHandle(held);
	return parent;
}

/* ------------------------------------------------------------------------ the others */

static int32_t count_threads(int64_t pid)
{
	PROCESSENTRY32W entry = { .dwSize = sizeof(entry) };
	HANDLE all = ward__gate("CreateToolhelp32Snapshot") < 0 ?
	                     INVALID_HANDLE_VALUE :
	                     CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	int32_t threads = -1;
	BOOL more;

	if (all == INVALID_HANDLE_VALUE)
		return -1;
	for (more = Process32FirstW(all, &entry); more && threads < 0;
	     more = Process32NextW(all, &entry))
		if (entry.th32ProcessID == (DWORD)pid)
			threads = (int32_t)entry.cntThreads;
	CloseHandle(all);
	return threads;
}

/* What fits, without half a character at the end. */
static void copy_name(char *to, size_t size, const uint16_t *name)
{
	size_t n = ward__utf16_length(name);

	while (ward__utf8_write(NULL, name, n) >= size)
		n--;
	if (n > 0 && name[n] && name[n - 1] >= 0xD800 && name[n - 1] < 0xDC00)
		n--;
	ward__utf8_write(to, name, n);
}

/* The name of its program's file; nothing when it has ended. */
static void ask_name(HANDLE handle, char *to, size_t size)
{
	uint16_t *path = ward__alloc(LONGEST_PATH * sizeof(*path));
	const uint16_t *name = path;
	DWORD n = LONGEST_PATH;

	if (path && ward__gate("QueryFullProcessImageNameW") == 0 &&
	    QueryFullProcessImageNameW(handle, 0, path, &n)) {
		for (DWORD i = 0; i < n; i++)
			if (path[i] == '\\')
				name = path + i + 1;
		copy_name(to, size, name);
	}
	ward__free(path);
}

static void ask_memory(HANDLE handle, struct ward_info *info)
{
	PROCESS_MEMORY_COUNTERS memory = { .cb = sizeof(memory) };

	if (ward__gate("GetProcessMemoryInfo") == 0 &&
	    GetProcessMemoryInfo(handle, &memory, sizeof(memory)))
		info->rss_bytes = (int64_t)memory.WorkingSetSize;
}

static int ask_times(HANDLE handle, struct ward_info *info, uint64_t *start)
{
	FILETIME born, ended, kernel, user;
	int r = ward__gate("GetProcessTimes");

	if (r < 0)
		return r;
	if (!GetProcessTimes(handle, &born, &ended, &kernel, &user))
		return ward__last_error();
	*start = ticks(born);
	info->start_unix_ns = ((int64_t)*start - unix_epoch) * NS_PER_TICK;
	info->user_ns = (int64_t)ticks(user) * NS_PER_TICK;
	info->system_ns = (int64_t)ticks(kernel) * NS_PER_TICK;
	return 0;
}

int ward__process_info(struct ward__process *p, struct ward_info *ret)
{
	struct ward_info info = { .size = sizeof(info), .pid = p->pid };
	uint64_t born = 0;
	int r;

	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return -ESRCH;
	info.pgid = p->leads_group ? p->pid : -1;
	info.sid = info.rss_bytes = info.cgroup_id = -1;
	info.uid = info.euid = info.suid = info.gid = info.egid = info.sgid = UINT32_MAX;
	r = ask_times(p->handle, &info, &born);
	if (r < 0)
		return r;
	info.ppid = living_parent(p->handle, born);
	info.threads = count_threads(p->pid);
	info.virtual_bytes = ward__nt_virtual_bytes(p->handle);
	ask_memory(p->handle, &info);
	ask_name(p->handle, info.name, sizeof(info.name));
	info.state = ward__process_is_over(p) > 0 ? WARD_STATE_ENDED : WARD_STATE_UNKNOWN;
	*ret = info;
	return 0;
}

/* A parent's number says nothing here: it may be another's by now. */
int ward__process_each_below(struct ward__process *p,
                             int (*take)(struct ward__process *p, void *arg), void *arg)
{
	(void)p, (void)take, (void)arg;
	return -ENOTSUP;
}
