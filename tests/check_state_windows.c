/* SPDX-License-Identifier: MIT */
/*
 * The state of a process that a case must not change, on Windows: other processes,
 * handles and whether they can be inherited, working directory, environment, console
 * mode, error mode. What is hard: the runtime makes handles of its own when something
 * is done for the first time (a thread, a wait of the thread pool), so that all this is
 * done once before the first look; and the thread pool keeps what it has made for many
 * waits until it has been idle for some seconds, so that what is left over is given
 * that time to go away. A handle that stays is a leak.
 */
#include "check_state.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "check.h"
#include "check_host.h"
#include "check_windows.h"
#include "wide.h"

enum { HANDLES = 1024, PROCESSES = 256, NOT_OPEN = -1, TYPE_QUERY = 2, IDLE_S = 15 };

struct state {
	int handles[HANDLES];                 /* flags of handle 4 * i, or NOT_OPEN */
	wchar_t cwd[1024];
	wchar_t *environment;
	size_t environment_size;
	DWORD console_mode;
	UINT error_mode;
};

static struct state before, after;
static bool of_runtime[HANDLES];             /* made in the warm-up, closed at any time */

/* ------------------------------------------------------------------------ processes */

/* The processes of our job, ours among them. */
static DWORD members(DWORD pids[PROCESSES])
{
	union {
		JOBOBJECT_BASIC_PROCESS_ID_LIST list;
		char room[sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) +
		          PROCESSES * sizeof(ULONG_PTR)];
	} all;
	DWORD n = 0;

	memset(&all, 0, sizeof(all));
	if (!QueryInformationJobObject(check_windows_job, JobObjectBasicProcessIdList,
	                               &all, sizeof(all), NULL)) {
		check_note("the job cannot be asked: error %lu", GetLastError());
		return 0;
	}
	while (n < all.list.NumberOfProcessIdsInList && n < PROCESSES) {
		pids[n] = (DWORD)all.list.ProcessIdList[n];
		n++;
	}
	return n;
}

/* One that has ended may be in the list for a moment longer: its handle knows. */
static bool runs(DWORD pid, bool say)
{
	HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION,
	                             FALSE, pid);
	wchar_t path[512] = L"?";
	DWORD size = 512;
	bool running;
	char *text;

	if (!process)
		return false;
	running = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
	if (running && say) {
		QueryFullProcessImageNameW(process, 0, path, &size);
		text = narrow_of(path);
		check_note("left behind: process %lu (%s)", pid, text ? text : "?");
		free(text);
	}
	CloseHandle(process);
	return running;
}

static int count_others(bool say)
{
	DWORD pids[PROCESSES], n = members(pids);
	int others = 0;

	for (DWORD i = 0; i < n; i++)
		if (pids[i] != GetCurrentProcessId() && runs(pids[i], say))
			others++;
	return others;
}

bool check_state_has_children(void)
{
	return count_others(false) > 0;
}

/* -------------------------------------------------------------------------- handles */

static HANDLE handle_at(int i)
{
	return (HANDLE)((ULONG_PTR)i * 4);
}

static void look_at_handles(struct state *s)
{
	for (int i = 0; i < HANDLES; i++) {
		DWORD flags;

		s->handles[i] = GetHandleInformation(handle_at(i), &flags) ?
		                        (int)flags : NOT_OPEN;
	}
}

/* What kind of object it is, in the system's words. */
static const char *type_of(HANDLE handle, char *buf, size_t size)
{
	typedef LONG(WINAPI * query_fn)(HANDLE, int, void *, ULONG, ULONG *);
	union {
		struct {
			USHORT len, max;
			wchar_t *name;
		} text;
		char room[1024];
	} type;
	FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQueryObject");
	query_fn query;
	char *name;

	memcpy(&query, &found, sizeof(query));
	if (!found || query(handle, TYPE_QUERY, &type, sizeof(type), NULL) < 0)
		return "?";
	name = narrow_of(type.text.name);
	snprintf(buf, size, "%s", name ? name : "?");
	free(name);
	return buf;
}

static void say_what_differs(int i)
{
	char type[64];

	const char *what = "made not inheritable";

	if (before.handles[i] == NOT_OPEN)
		what = "left open";
	else if (after.handles[i] & HANDLE_FLAG_INHERIT)
		what = "made inheritable";
	if (after.handles[i] == NOT_OPEN)
		check_note("handle 0x%x was closed", 4 * i);
	else
		check_note("handle 0x%x was %s: %s", 4 * i, what,
		           type_of(handle_at(i), type, sizeof(type)));
}

static bool same_handles(bool say)
{
	bool same = true;

	for (int i = 0; i < HANDLES; i++) {
		if (before.handles[i] == after.handles[i] ||
		    (of_runtime[i] && after.handles[i] == NOT_OPEN))
			continue;
		same = false;
		if (say)
			say_what_differs(i);
	}
	return same;
}

static bool same_handles_in_time(void)
{
	double end = check_host_seconds() + IDLE_S;

	while (!same_handles(false) && check_host_seconds() < end) {
		Sleep(100);
		look_at_handles(&after);
	}
	return same_handles(true);
}

/* ------------------------------------------------------------------ what is made once */

static unsigned __stdcall no_thread(void *arg)
{
	(void)arg;
	return 0;
}

static void CALLBACK no_callback(void *arg, BOOLEAN timed_out)
{
	(void)arg;
	(void)timed_out;
}

static void CALLBACK no_completion(TP_CALLBACK_INSTANCE *instance, void *arg,
                                   void *operation, ULONG error, ULONG_PTR n, TP_IO *io)
{
	(void)instance, (void)arg, (void)operation, (void)error, (void)n, (void)io;
}

/* The port of the pool that tells of input and output. */
static void warm_up_port(void)
{
	HANDLE pipe;
	wchar_t name[64];
	TP_IO *io;

	swprintf(name, 64, L"\\\\.\\pipe\\ward-test-%lu", GetCurrentProcessId());
	pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
	                        PIPE_TYPE_BYTE, 1, 512, 512, 0, NULL);
	io = CreateThreadpoolIo(pipe, no_completion, NULL, NULL);
	CloseHandle(pipe);
	if (io)
		CloseThreadpoolIo(io);
}

static void warm_up(void)
{
	HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, no_thread, NULL, 0, NULL), wait;

	if (thread && RegisterWaitForSingleObject(&wait, thread, no_callback, NULL,
	                                          INFINITE, WT_EXECUTEONLYONCE))
		UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	warm_up_port();
}

/* Children are to see Ctrl-C, which a process of a new group does not. */
void check_state_enter(void)
{
	SetConsoleCtrlHandler(NULL, FALSE);
	look_at_handles(&before);
	warm_up();
	look_at_handles(&after);
	for (int i = 0; i < HANDLES; i++)
		of_runtime[i] = before.handles[i] == NOT_OPEN &&
		                after.handles[i] != NOT_OPEN;
}

/* ---------------------------------------------------------------------- the whole */

static DWORD console_mode(void)
{
	HANDLE console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
	                             FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
	                             OPEN_EXISTING, 0, NULL);
	DWORD mode = 0;

	if (console == INVALID_HANDLE_VALUE)
		return 0;
	GetConsoleMode(console, &mode);
	CloseHandle(console);
	return mode;
}

static void look_at_environment(struct state *s)
{
	wchar_t *all = GetEnvironmentStringsW(), *end = all;

	while (*end)
		end += wcslen(end) + 1;
	free(s->environment);
	s->environment_size = (size_t)(end - all) * sizeof(*all);
	s->environment = malloc(s->environment_size + 1);
	if (s->environment)
		memcpy(s->environment, all, s->environment_size);
	FreeEnvironmentStringsW(all);
}

static void look(struct state *s)
{
	look_at_handles(s);
	look_at_environment(s);
	GetCurrentDirectoryW(sizeof(s->cwd) / sizeof(s->cwd[0]), s->cwd);
	s->console_mode = console_mode();
	s->error_mode = GetErrorMode();
}

void check_baseline(void)
{
	look(&before);
}

void check_state_environment(void)
{
	look_at_environment(&before);
}

static bool still(bool same, const char *what)
{
	if (!same)
		check_note("the %s was changed", what);
	return same;
}

bool check_state_unchanged(void)
{
	bool same = count_others(true) == 0;

	look(&after);
	same = same_handles_in_time() && same;
	same = still(wcscmp(before.cwd, after.cwd) == 0, "working directory") && same;
	same = still(before.environment && after.environment &&
	                     before.environment_size == after.environment_size &&
	                     memcmp(before.environment, after.environment,
	                            after.environment_size) == 0,
	             "environment") &&
	       same;
	same = still(before.console_mode == after.console_mode, "console mode") && same;
	return still(before.error_mode == after.error_mode, "error mode") && same;
}
