/* SPDX-License-Identifier: MIT */
/*
 * tests/host.h for Windows. Descriptors are those of the C runtime, paths are UTF-8, and
 * a process is held by its HANDLE.
 */
#ifndef HOST_WINDOWS_H
#define HOST_WINDOWS_H

/* Names that tests have for things of their own. */
#define tell system_tell
#define SIZE SYSTEM_SIZE

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>

#include <tlhelp32.h>

#undef tell
#undef SIZE

#include "check.h"
#include "check_state.h"
#include "wide.h"

#define HOST_POSIX 0
#define HOST_NULL "NUL"
#define HOST_SLASH '\\'
#define HOST_LIST ";"
#ifndef SIGKILL
#define SIGKILL 9                             /* the number that ward gives it */
#endif
#define HOST_SIGNALS                                                                     \
	{ SIGINT, "INT" }, { SIGILL, "ILL" }, { SIGABRT, "ABRT" }, { SIGFPE, "FPE" },    \
	{ SIGKILL, "KILL" }, { SIGSEGV, "SEGV" }, { SIGTERM, "TERM" }

/* ------------------------------------------------------------------- pipes and files */

static inline void host_pipe(int ends[2])
{
	REQUIRE_EQ(_pipe(ends, 65536, _O_BINARY | _O_NOINHERIT), 0);
}

static inline int64_t host_read(int fd, void *buf, size_t size)
{
	return _read(fd, buf, (unsigned)size);
}

static inline bool host_write(int fd, const void *buf, size_t size)
{
	return _write(fd, buf, (unsigned)size) == (int)size;
}

static inline bool host_is_silent(int fd)
{
	DWORD waiting;

	return !PeekNamedPipe((HANDLE)_get_osfhandle(fd), NULL, 0, NULL, &waiting,
	                      NULL) &&
	       GetLastError() == ERROR_BROKEN_PIPE;
}

static inline int host_open(const char *path, int flags)
{
	wchar_t *wide = wide_of(path);
	int fd = _wopen(wide, flags | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);

	free(wide);
	return fd;
}

static inline void host_make_folder(char *path, size_t size)
{
	static LONG number;
	wchar_t base[MAX_PATH], folder[MAX_PATH + 64];
	char *text;

	REQUIRE(GetTempPathW(MAX_PATH, base) > 0);
	swprintf(folder, MAX_PATH + 64, L"%lsward-test-%lu-%ld", base,
	         GetCurrentProcessId(), InterlockedIncrement(&number));
	REQUIRE(CreateDirectoryW(folder, NULL));
	text = narrow_of(folder);
	snprintf(path, size, "%s", text ? text : "");
	free(text);
}

/* There are no modes. */
static inline void host_write_file(const char *path, const char *text, unsigned mode)
{
	int fd = host_open(path, _O_WRONLY | _O_CREAT | _O_TRUNC);

	(void)mode;
	REQUIRE(fd >= 0);
	REQUIRE(host_write(fd, text, strlen(text)));
	_close(fd);
}

/* The helper under another name says what is in the file beside it. */
static inline void host_make_tool(const char *base, const char *words, char *path,
                                  size_t size)
{
	wchar_t *from = wide_of(check_child()), *to;
	char text[256];

	snprintf(path, size, "%s.says", base);
	snprintf(text, sizeof(text), "%s\n", words);
	host_write_file(path, text, 0);
	snprintf(path, size, "%s.exe", base);
	to = wide_of(path);
	REQUIRE(CopyFileW(from, to, FALSE));
	free(to);
	free(from);
}

/* A program that has just ended may be in use for a moment longer. */
static inline void host_remove_file(const wchar_t *path)
{
	for (int tries = 0; !DeleteFileW(path) && tries < 1000; tries++)
		Sleep(1);
}

static inline void host_remove_folder(const char *path)
{
	wchar_t *wide = wide_of(path), file[MAX_PATH * 2];
	WIN32_FIND_DATAW found;
	HANDLE search;

	swprintf(file, MAX_PATH * 2, L"%ls\\*", wide);
	search = FindFirstFileW(file, &found);
	while (search != INVALID_HANDLE_VALUE && FindNextFileW(search, &found)) {
		swprintf(file, MAX_PATH * 2, L"%ls\\%ls", wide, found.cFileName);
		if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
			host_remove_file(file);
	}
	FindClose(search);
	CHECK(RemoveDirectoryW(wide));
	free(wide);
}

/* -------------------------------------------------------------------- clocks, threads */

static inline int64_t host_now_ns(void)
{
	LARGE_INTEGER now, per_second;

	QueryPerformanceFrequency(&per_second);
	QueryPerformanceCounter(&now);
	return now.QuadPart / per_second.QuadPart * 1000000000 +
	       now.QuadPart % per_second.QuadPart * 1000000000 / per_second.QuadPart;
}

static inline int64_t host_unix_ns(void)
{
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	return ((int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) -
	        INT64_C(116444736000000000)) * 100;
}

static inline void host_yield(void)
{
	Sleep(1);
}

struct host_thread {
	HANDLE thread;
	void *(*run)(void *);
	void *arg;
};

static inline unsigned __stdcall host_thread_begin(void *arg)
{
	struct host_thread *t = arg;

	t->run(t->arg);
	return 0;
}

/* @t must stay where it is until the thread was joined. */
static inline void host_thread_start(struct host_thread *t, void *(*run)(void *),
                                     void *arg)
{
	t->run = run;
	t->arg = arg;
	t->thread = (HANDLE)_beginthreadex(NULL, 0, host_thread_begin, t, 0, NULL);
	REQUIRE(t->thread != NULL);
}

static inline void host_thread_join(struct host_thread *t)
{
	WaitForSingleObject(t->thread, INFINITE);
	CloseHandle(t->thread);
}

struct host_sleeper {
	atomic_int here;
};

static inline void host_sleeper_here(struct host_sleeper *s)
{
	atomic_store(&s->here, 1);
}

/* Nothing tells whether a thread blocks: it has had its time to. */
static inline void host_until_asleep(struct host_sleeper *s)
{
	while (atomic_load(&s->here) == 0)
		host_yield();
	for (int i = 0; i < 20; i++)
		host_yield();
}

/* ---------------------------------------------------------------------- environment */

/* The runtime has a copy of its own: both are told. */
static inline void host_setenv(const char *name, const char *value)
{
	_putenv_s(name, value);
	SetEnvironmentVariableA(name, value);
	check_state_environment();
}

static inline void host_unsetenv(const char *name)
{
	_putenv_s(name, "");
	SetEnvironmentVariableA(name, NULL);
	check_state_environment();
}

/* ------------------------------------------------------------------------ processes */

static inline int64_t host_pid(void)
{
	return GetCurrentProcessId();
}

static inline int64_t host_parent_pid(void)
{
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W e = { .dwSize = sizeof(e) };
	int64_t parent = 0;
	BOOL more = Process32FirstW(all, &e);

	for (; more; more = Process32NextW(all, &e))
		if (e.th32ProcessID == GetCurrentProcessId())
			parent = e.th32ParentProcessID;
	CloseHandle(all);
	return parent;
}

struct host_process {
	int64_t pid;
	HANDLE handle;
};

static inline struct host_process host_hold(int64_t pid)
{
	struct host_process p = { pid, OpenProcess(SYNCHRONIZE |
		                                   PROCESS_QUERY_LIMITED_INFORMATION,
		                                   FALSE, (DWORD)pid) };

	REQUIRE(p.handle != NULL);
	return p;
}

/* Arguments must not need quotes, but for the first. */
static inline struct host_process host_start(const char *const argv[], int in)
{
	HANDLE stdin_of_child = (HANDLE)_get_osfhandle(in);
	STARTUPINFOW info;
	PROCESS_INFORMATION process;
	wchar_t *program = wide_of(argv[0]), command[2048];

	swprintf(command, 2048, L"\"%ls\"", program);
	for (int i = 1; argv[i]; i++)
		swprintf(command + wcslen(command), 2048 - wcslen(command), L" %hs",
		         argv[i]);
	memset(&info, 0, sizeof(info));
	info.cb = sizeof(info);
	info.dwFlags = STARTF_USESTDHANDLES;
	info.hStdInput = stdin_of_child;
	info.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
	info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	SetHandleInformation(stdin_of_child, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	REQUIRE(CreateProcessW(program, command, NULL, NULL, TRUE, 0, NULL, NULL, &info,
	                       &process));
	SetHandleInformation(stdin_of_child, HANDLE_FLAG_INHERIT, 0);
	CloseHandle(process.hThread);
	free(program);
	return (struct host_process){ process.dwProcessId, process.hProcess };
}

static inline bool host_is_child(int64_t pid)
{
	HANDLE handle = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)pid);
	bool runs = handle && WaitForSingleObject(handle, 0) == WAIT_TIMEOUT;

	if (handle)
		CloseHandle(handle);
	return runs;
}

static inline bool host_is_running(const struct host_process *p)
{
	return WaitForSingleObject(p->handle, 0) == WAIT_TIMEOUT;
}

static inline void host_until_ended(const struct host_process *p)
{
	REQUIRE_EQ(WaitForSingleObject(p->handle, INFINITE), WAIT_OBJECT_0);
}

static inline void host_let_go(struct host_process *p)
{
	CloseHandle(p->handle);
	p->handle = NULL;
}

static inline int64_t host_collect(struct host_process *p)
{
	DWORD code = 0;

	host_until_ended(p);
	REQUIRE(GetExitCodeProcess(p->handle, &code));
	host_let_go(p);
	return code;
}

static inline void host_collect_orphans(void)
{
	while (check_state_has_children())
		host_yield();
}

#endif
