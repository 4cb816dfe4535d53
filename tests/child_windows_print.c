/* SPDX-License-Identifier: MIT */
/*
 * The half of the helper program on Windows that says what it was given. What was
 * inherited is told from what the process has made itself by the mark of inheritance,
 * which a handle keeps in the child.
 */
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "child_windows.h"

enum { FDS = 2048, HANDLES = 4096 };

static HANDLE handle_of(int fd)
{
	return (HANDLE)_get_osfhandle(fd);
}

/* A runtime without a console may say -2 of its stdio. */
static bool is_open(int fd)
{
	intptr_t h = (intptr_t)handle_of(fd);
	DWORD flags;

	return h != -1 && h != -2 && GetHandleInformation((HANDLE)h, &flags);
}

static const char *kind_of(HANDLE h)
{
	switch (GetFileType(h)) {
	case FILE_TYPE_CHAR:
		return "device";
	case FILE_TYPE_DISK:
		return "file";
	case FILE_TYPE_PIPE:
		return "pipe";
	default:
		return "other";
	}
}

/* Each open descriptor in a line of its own: number, kind, inherited or not. */
static int verb_print_fds(char *args[])
{
	DWORD flags;

	(void)args;
	for (int fd = 0; fd < FDS; fd++) {
		if (!is_open(fd))
			continue;
		GetHandleInformation(handle_of(fd), &flags);
		printf("%d %s %d\n", fd, kind_of(handle_of(fd)),
		       (flags & HANDLE_FLAG_INHERIT) != 0);
	}
	return 0;
}

static int verb_print_fd_numbers(char *args[])
{
	(void)args;
	for (int fd = 0; fd < FDS; fd++)
		if (is_open(fd))
			printf("%d ", fd);
	puts("");
	return 0;
}

/* Each handle that was inherited: number and kind. */
static int verb_print_handles(char *args[])
{
	DWORD flags;

	(void)args;
	for (ULONG_PTR i = 1; i < HANDLES; i++) {
		HANDLE h = (HANDLE)(i * 4);

		if (GetHandleInformation(h, &flags) && flags & HANDLE_FLAG_INHERIT)
			printf("%lu %s\n", (unsigned long)(i * 4), kind_of(h));
	}
	return 0;
}

/* How many there are. */
static int verb_count_handles(char *args[])
{
	DWORD flags;
	int n = 0;

	(void)args;
	for (ULONG_PTR i = 1; i < HANDLES; i++)
		if (GetHandleInformation((HANDLE)(i * 4), &flags))
			n += (flags & HANDLE_FLAG_INHERIT) != 0;
	printf("%d\n", n);
	return 0;
}

static int verb_print_argv(char *args[])
{
	for (; *args; args++)
		printf("[%s]\n", *args);
	return 0;
}

/* What stands in argv[0]'s place. */
static int verb_print_name(char *args[])
{
	const wchar_t *line = GetCommandLineW();
	bool quoted = *line == L'"';
	wchar_t name[1024];
	size_t len;

	(void)args;
	line += quoted;
	len = wcscspn(line, quoted ? L"\"" : L" \t");
	if (len >= 1024)
		len = 1023;
	wmemcpy(name, line, len);
	name[len] = L'\0';
	puts(child_narrow(name));
	return 0;
}

/* The command line as it is. */
static int verb_print_command(char *args[])
{
	(void)args;
	puts(child_narrow(GetCommandLineW()));
	return 0;
}

/* How many arguments, and how many characters they have in all. */
static int verb_count_argv(char *args[])
{
	size_t n = 0, len = 0;

	for (; args[n]; n++)
		len += strlen(args[n]);
	printf("%lu %lu\n", (unsigned long)n, (unsigned long)len);
	return 0;
}

/* Not the current folder of each drive, "=C:", which the system keeps there. */
static int verb_print_env(char *args[])
{
	wchar_t *all = GetEnvironmentStringsW();

	(void)args;
	for (wchar_t *e = all; *e; e += wcslen(e) + 1)
		if (*e != L'=')
			puts(child_narrow(e));
	return 0;
}

static int verb_print_cwd(char *args[])
{
	static wchar_t path[4096];

	(void)args;
	GetCurrentDirectoryW(4096, path);
	puts(child_narrow(path));
	return 0;
}

/* Whether there is a console, and whether it has a window. */
static int verb_print_console(char *args[])
{
	HANDLE console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
	                             FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
	                             OPEN_EXISTING, 0, NULL);
	HWND window = GetConsoleWindow();

	(void)args;
	puts(console == INVALID_HANDLE_VALUE ? "none" : window ? "window" : "no window");
	return 0;
}

static int verb_print_priority(char *args[])
{
	(void)args;
	printf("0x%lx\n", GetPriorityClass(GetCurrentProcess()));
	return 0;
}

static int verb_print_affinity(char *args[])
{
	DWORD_PTR own = 0, all = 0;

	(void)args;
	GetProcessAffinityMask(GetCurrentProcess(), &own, &all);
	printf("0x%llx\n", (unsigned long long)own);
	return 0;
}

/* Whether we are in a job. */
static int verb_print_job(char *args[])
{
	BOOL in_job = FALSE;

	(void)args;
	IsProcessInJob(GetCurrentProcess(), NULL, &in_job);
	puts(in_job ? "in a job" : "in none");
	return 0;
}

const struct child_verb child_print_verbs[] = {
	{ "print-fds", verb_print_fds },
	{ "print-fd-numbers", verb_print_fd_numbers },
	{ "print-handles", verb_print_handles },
	{ "count-handles", verb_count_handles },
	{ "print-argv", verb_print_argv },
	{ "print-name", verb_print_name },
	{ "print-command", verb_print_command },
	{ "count-argv", verb_count_argv },
	{ "print-env", verb_print_env },
	{ "print-cwd", verb_print_cwd },
	{ "print-console", verb_print_console },
	{ "print-priority", verb_print_priority },
	{ "print-affinity", verb_print_affinity },
	{ "print-job", verb_print_job },
	{ NULL, NULL },
};
