/* SPDX-License-Identifier: MIT */
/*
 * Running cases on Windows: the runner starts its own program again with the name of the
 * case, by Win32 alone. What is hard: nothing may outlive the case. It is born into a job
 * of its own, with all that it starts, and the runner ends that job when the case has
 * ended or has taken too long. The verdict is memory that both have mapped, by an
 * inherited handle whose number is an argument: the environment stays as it was.
 */
#include "check_host.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "check_windows.h"
#include "wide.h"

enum { COMMAND_MAX = 2048 };

void *check_windows_job;

static HANDLE notes = INVALID_HANDLE_VALUE;   /* survives a case that closes its stdout */
static HANDLE section;

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "%s: error %lu\n", what, GetLastError());
	exit(99);
}

bool check_windows_is_wine(void)
{
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	return ntdll && GetProcAddress(ntdll, "wine_get_version") != NULL;
}

bool check_host_write(const char *text, size_t len)
{
	DWORD n;

	return WriteFile(notes, text, (DWORD)len, &n, NULL) && n == len;
}

/* Not exit: that would wait for threads and run what others have registered. */
void check_host_end(int code)
{
	TerminateProcess(GetCurrentProcess(), (UINT)code);
	abort();
}

double check_host_seconds(void)
{
	LARGE_INTEGER now, per_second;

	QueryPerformanceFrequency(&per_second);
	QueryPerformanceCounter(&now);
	return (double)now.QuadPart / (double)per_second.QuadPart;
}

/* --------------------------------------------------------------------------- places */

static wchar_t *own_path(wchar_t *path, DWORD size)
{
	DWORD n = GetModuleFileNameW(NULL, path, size);

	if (n == 0 || n >= size)
		give_up("GetModuleFileNameW");
	return path;
}

bool check_host_can_run(const char *path)
{
	wchar_t *wide = wide_of(path);
	DWORD kind = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;

	free(wide);
	return kind != INVALID_FILE_ATTRIBUTES && !(kind & FILE_ATTRIBUTE_DIRECTORY);
}

void check_host_place(const char *path, const char *self, char *whole, size_t size)
{
	wchar_t place[COMMAND_MAX], full[COMMAND_MAX];
	wchar_t *wide = path ? wide_of(path) : NULL;
	char *text;

	(void)self;
	wcscpy(wcsrchr(own_path(place, COMMAND_MAX - 10), L'\\') + 1, L"child.exe");
	GetFullPathNameW(wide ? wide : place, COMMAND_MAX, full, NULL);
	text = narrow_of(full);
	snprintf(whole, size, "%s", text ? text : "");
	free(text);
	free(wide);
}

/* ------------------------------------------------------------------------- the runner */

static void map_verdict(void)
{
	check_verdict = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0,
	                              sizeof(*check_verdict));
	if (!check_verdict)
		give_up("MapViewOfFile");
}

void check_host_prepare(void)
{
	SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };

	_setmode(1, _O_BINARY);
	notes = GetStdHandle(STD_OUTPUT_HANDLE);
	/* A crash is an exit code and not a window; every process below inherits this. */
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX |
	             SEM_NOOPENFILEERRORBOX);
	section = CreateFileMappingW(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0,
	                             sizeof(*check_verdict), NULL);
	if (!section)
		give_up("CreateFileMappingW");
	map_verdict();
}

static HANDLE new_job(void)
{
	SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
	HANDLE job = CreateJobObjectW(&inherited, NULL);

	memset(&limits, 0, sizeof(limits));
	limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	if (!job || !SetInformationJobObject(job, JobObjectExtendedLimitInformation,
	                                     &limits, sizeof(limits)))
		give_up("CreateJobObjectW");
	return job;
}

/* In a group that no break of ours reaches. */
static bool create_suspended(const wchar_t *path, wchar_t *command,
                             PROCESS_INFORMATION *process)
{
	STARTUPINFOW info;

	memset(&info, 0, sizeof(info));
	info.cb = sizeof(info);
	return CreateProcessW(path, command, NULL, NULL, TRUE,
	                      CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP, NULL, NULL,
	                      &info, process);
}

/* Suspended until it is in its job. 0, or the error that kept it from running. */
static DWORD start_case(const struct check_case *c, HANDLE job, HANDLE *ret)
{
	wchar_t path[COMMAND_MAX], command[COMMAND_MAX + 1024];
	PROCESS_INFORMATION process;
	char name[512];
	DWORD error = 0;

	check_name(c, name, sizeof(name));
	swprintf(command, COMMAND_MAX + 1024, L"\"%ls\" --case %hs %lu %lu",
	         own_path(path, COMMAND_MAX), name, (unsigned long)(ULONG_PTR)section,
	         (unsigned long)(ULONG_PTR)job);
	if (!create_suspended(path, command, &process))
		return GetLastError();
	if (!AssignProcessToJobObject(job, process.hProcess)) {
		error = GetLastError();
		TerminateProcess(process.hProcess, 99);
	}
	ResumeThread(process.hThread);
	CloseHandle(process.hThread);
	if (error)
		CloseHandle(process.hProcess);
	else
		*ret = process.hProcess;
	return error;
}

/* What the end of the process says; NULL when it ended in order. */
static const char *trouble(bool in_time, DWORD code, char *text, size_t size)
{
	if (!in_time)
		snprintf(text, size, "took too long and was ended");
	else if (code && !atomic_load(&check_verdict->failures))
		snprintf(text, size, "ended with code 0x%lx", code);
	else
		return NULL;
	return text;
}

const char *check_host_run(const struct check_case *c, double limit_s, char *text,
                           size_t size)
{
	HANDLE job = new_job(), process = NULL;
	DWORD error = start_case(c, job, &process), code = 0;
	bool in_time;

	if (error) {
		CloseHandle(job);
		snprintf(text, size, "was not started: error %lu", error);
		return text;
	}
	in_time = WaitForSingleObject(process, (DWORD)(limit_s * 1000)) == WAIT_OBJECT_0;
	TerminateJobObject(job, 99);
	WaitForSingleObject(process, INFINITE);
	GetExitCodeProcess(process, &code);
	CloseHandle(process);
	CloseHandle(job);
	return trouble(in_time, code, text, size);
}

/* --------------------------------------------------------------------------- the case */

static HANDLE handle_of(const char *number)
{
	return (HANDLE)(ULONG_PTR)strtoul(number, NULL, 10);
}

/* --case FILE:CASE SECTION JOB */
const char *check_host_case(int argc, char *argv[])
{
	HANDLE self = GetCurrentProcess();

	if (argc != 5 || strcmp(argv[1], "--case") != 0)
		return NULL;
	_setmode(1, _O_BINARY);
	if (!DuplicateHandle(self, GetStdHandle(STD_OUTPUT_HANDLE), self, &notes, 0,
	                     FALSE, DUPLICATE_SAME_ACCESS))
		give_up("DuplicateHandle");
	section = handle_of(argv[3]);
	map_verdict();
	CloseHandle(section);
	check_windows_job = handle_of(argv[4]);
	SetHandleInformation(check_windows_job, HANDLE_FLAG_INHERIT, 0);
	return argv[2];
}
