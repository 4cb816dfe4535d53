/* SPDX-License-Identifier: MIT */
/*
 * What is Windows' own of the verbs that read, write and look: handles, and consoles.
 * Every read and write blocks, as a program expects it.
 */
#include "child_windows.h"

#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>


/* A pipe that nobody has any more is an end to some runtimes, and broken to others. */
static int read_some(int fd, void *buf, size_t size)
{
	int n = _read(fd, buf, (unsigned)size);

	if (n < 0 && GetLastError() != ERROR_BROKEN_PIPE)
		child_die("_read");
	return n > 0 ? n : 0;
}

static void write_all(int fd, const void *buf, size_t size)
{
	const char *from = buf;

	while (size > 0) {
		int n = _write(fd, from, (unsigned)size);

		if (n <= 0)
			child_die("_write");
		from += n;
		size -= (size_t)n;
	}
}

static void write_text(int fd, const char *text)
{
	write_all(fd, text, strlen(text));
}

/* ---------------------------------------------------------------------------- looks */

/* Try by every way to change the file that FD is: "tried", and what worked before it. */
static int verb_try_to_change(char *args[])
{
	HANDLE file = (HANDLE)_get_osfhandle(child_number(args[0])), again;
	wchar_t path[1024];
	DWORD n;

	if (WriteFile(file, "x", 1, &n, NULL))
		write_text(1, "written\n");
	if (SetEndOfFile(file))
		write_text(1, "cut\n");
	n = GetFinalPathNameByHandleW(file, path, 1024, 0);
	again = n == 0 || n >= 1024 ? INVALID_HANDLE_VALUE :
	                              CreateFileW(path, GENERIC_WRITE,
	                                          FILE_SHARE_READ | FILE_SHARE_WRITE |
	                                                  FILE_SHARE_DELETE,
	                                          NULL, OPEN_EXISTING, 0, NULL);
	if (again != INVALID_HANDLE_VALUE)
		write_text(1, "opened once more\n");
	write_text(1, "tried\n");
	return 0;
}

static const char *kind_of(HANDLE handle)
{
	DWORD mode;

	switch (GetFileType(handle)) {
	case FILE_TYPE_PIPE:
		return "pipe";
	case FILE_TYPE_DISK:
		return "file";
	case FILE_TYPE_CHAR:
		return GetConsoleMode(handle, &mode) ? "terminal" : "other";
	default:
		return "closed";
	}
}

/* For each FD a line: its number and kind. */
static int verb_print_handle_kinds(char *args[])
{
	char line[64];

	for (; *args; args++) {
		int fd = child_number(*args);

		snprintf(line, sizeof(line), "%d %s\n", fd,
		         kind_of((HANDLE)_get_osfhandle(fd)));
		write_text(1, line);
	}
	return 0;
}

/* Say "ready", then of each read of FD how much it was, "N\n", to its end; "end". */
static int verb_print_reads(char *args[])
{
	int fd = child_number(args[0]), n;
	char buf[256], line[300];

	write_text(1, "ready\n");
	while ((n = read_some(fd, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = '\0';
		snprintf(line, sizeof(line), "%d:%s\n", n, buf);
		write_text(1, line);
	}
	write_text(1, "end\n");
	return 0;
}

/* Write nothing at all to FD, and then WORD. */
static int verb_write_nothing(char *args[])
{
	HANDLE handle = (HANDLE)_get_osfhandle(child_number(args[0]));
	DWORD n;

	if (!WriteFile(handle, "", 0, &n, NULL))
		child_die("WriteFile");
	write_text(child_number(args[0]), args[1]);
	return 0;
}

/* -------------------------------------------------------------------------- consoles */

static HANDLE console(const wchar_t *name)
{
	HANDLE handle = CreateFileW(name, GENERIC_READ | GENERIC_WRITE,
	                            FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
	                            OPEN_EXISTING, 0, NULL);

	if (handle == INVALID_HANDLE_VALUE)
		child_die("CreateFileW");
	return handle;
}

static void print(HANDLE out, const char *text)
{
	DWORD n;

	if (!WriteFile(out, text, (DWORD)strlen(text), &n, NULL))
		child_die("WriteFile");
}

/* At the console: "standard" if the first three are it, and its rows and columns. */
static int verb_console(char *args[])
{
	static const DWORD names[] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
		                       STD_ERROR_HANDLE };
	HANDLE out = console(L"CONOUT$");
	CONSOLE_SCREEN_BUFFER_INFO info;
	DWORD mode, standard = 0;
	char line[64];

	(void)args;
	for (int i = 0; i < 3; i++)
		standard += GetConsoleMode(GetStdHandle(names[i]), &mode) != 0;
	if (!GetConsoleScreenBufferInfo(out, &info))
		child_die("GetConsoleScreenBufferInfo");
	snprintf(line, sizeof(line), "standard %lu, rows %d, columns %d.\r\n", standard,
	         info.srWindow.Bottom - info.srWindow.Top + 1,
	         info.srWindow.Right - info.srWindow.Left + 1);
	print(out, line);
	return 0;
}

/*
 * Say "ready." at the console, and what is typed there, in lines, to its end: Ctrl-Z,
 * which Windows makes an end of, and Wine leaves to the program.
 */
static int verb_console_lines(char *args[])
{
	HANDLE in = console(L"CONIN$"), out = console(L"CONOUT$");
	char buf[128], line[200];
	DWORD n;

	(void)args;
	print(out, "ready.\r\n");
	while (ReadFile(in, buf, sizeof(buf) - 1, &n, NULL) && n > 0 && buf[0] != 0x1a) {
		buf[n] = '\0';
		buf[strcspn(buf, "\r\n")] = '\0';
		snprintf(line, sizeof(line), "got <%s>.\r\n", buf);
		print(out, line);
	}
	print(out, "end.\r\n");
	return 0;
}

/* Say "ready." at the console, and stay until it is taken away. */
static int verb_console_stay(char *args[])
{
	(void)args;
	print(console(L"CONOUT$"), "ready.\r\n");
	Sleep(INFINITE);
	return 0;
}

const struct child_verb child_stdio_verbs[] = {
	{ "try-to-change", verb_try_to_change },
	{ "print-handle-kinds", verb_print_handle_kinds },
	{ "print-reads", verb_print_reads },
	{ "write-nothing", verb_write_nothing },
	{ "console", verb_console },
	{ "console-lines", verb_console_lines },
	{ "console-stay", verb_console_stay },
	{ NULL, NULL },
};
