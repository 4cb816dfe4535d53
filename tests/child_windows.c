/* SPDX-License-Identifier: MIT */
/*
 * The helper program on Windows: the verbs of child.c that have a meaning here, with the
 * same words and the same output. It uses nothing of the library and as little of the C
 * runtime as may be, so that what it says is evidence: the command line is read here, by
 * the rules that Microsoft has written down for its runtime, and not by the runtime that
 * happens to be linked. Output is bytes, without a carriage return.
 */
#include "child_windows.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

wchar_t **child_wide_args;

_Noreturn void child_die(const char *what)
{
	fprintf(stderr, "%s: error %lu\n", what, GetLastError());
	ExitProcess(99);
}

int child_number(const char *text)
{
	return text ? (int)strtol(text, NULL, 10) : 0;
}

/* Exit codes have 32 bits: 3221225477, 0xC0000005, -1. */
static UINT code_of(const char *text)
{
	return text ? (UINT)strtoll(text, NULL, 0) : 0;
}

void child_say(const char *text)
{
	DWORD len = (DWORD)strlen(text), n;

	if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, len, &n, NULL) || n != len)
		child_die("WriteFile");
}

void child_until_closed(int fd)
{
	char some[4096];

	while (_read(fd, some, sizeof(some)) > 0)
		;
}

/* ---------------------------------------------------------------------- command line */

/* Backslashes before a quote: half of them stay, an odd one makes the quote plain. */
static const wchar_t *backslashes(const wchar_t *p, wchar_t **to, bool *plain)
{
	size_t n = wcsspn(p, L"\\"), kept = p[n] == L'"' ? n / 2 : n;

	for (size_t i = 0; i < kept; i++)
		*(*to)++ = L'\\';
	*plain = p[n] == L'"' && n % 2;
	return p + n;
}

/* One argument, from *@p on, to *@to. */
static void parse_one(const wchar_t **p, wchar_t **to)
{
	const wchar_t *c = *p;
	bool quoted = false, plain;

	while (*c && (quoted || (*c != L' ' && *c != L'\t'))) {
		if (*c == L'\\') {
			c = backslashes(c, to, &plain);
			if (plain)
				*(*to)++ = *c++;
		} else if (*c != L'"') {
			*(*to)++ = *c++;
		} else if (quoted && c[1] == L'"') {
			*(*to)++ = L'"';
			c += 2;
		} else {
			quoted = !quoted;
			c++;
		}
	}
	*(*to)++ = L'\0';
	*p = c;
}

/* The program's own name ends at the next quote, or blank: no backslash counts. */
static const wchar_t *skip_program(const wchar_t *p)
{
	bool quoted = false;

	for (; *p && (quoted || (*p != L' ' && *p != L'\t')); p++)
		if (*p == L'"')
			quoted = !quoted;
	return p;
}

wchar_t **child_parse(const wchar_t *command)
{
	size_t len = wcslen(command), n = 0;
	wchar_t *text = malloc((len + 2) * sizeof(*text));
	wchar_t **args = malloc((len / 2 + 3) * sizeof(*args));

	if (!text || !args)
		child_die("malloc");
	command = skip_program(command);
	while (*(command += wcsspn(command, L" \t"))) {
		args[n++] = text;
		parse_one(&command, &text);
	}
	args[n] = NULL;
	return args;
}

/* ---------------------------------------------------------------------------- text */

static char *put(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

static bool is_pair(const wchar_t *w)
{
	return w[0] >= 0xd800 && w[0] < 0xdc00 && w[1] >= 0xdc00 && w[1] < 0xe000;
}

char *child_narrow(const wchar_t *wide)
{
	char *text = malloc(wcslen(wide) * 3 + 1), *to = text;

	if (!text)
		child_die("malloc");
	for (; *wide; wide++) {
		if (is_pair(wide)) {
			to = put(to, 0x10000u + ((wide[0] - 0xd800u) << 10) +
			                     (wide[1] - 0xdc00u));
			wide++;
		} else {
			to = put(to, *wide);
		}
	}
	*to = '\0';
	return text;
}

/* ---------------------------------------------------------------------------- ends */

static int verb_exit(char *args[])
{
	ExitProcess(code_of(args[0]));
}

/* The way in which such a signal comes about here. */
static int verb_raise(char *args[])
{
	volatile int *nowhere = NULL;

	if (strcmp(args[0], "SEGV") == 0)
		*nowhere = 1;
	if (strcmp(args[0], "ILL") == 0)
		RaiseException(0xC000001D, 0, 0, NULL);
	if (strcmp(args[0], "FPE") == 0)
		RaiseException(0xC0000094, 0, 0, NULL);
	if (strcmp(args[0], "KILL") == 0)
		TerminateProcess(GetCurrentProcess(), 137);
	if (strcmp(args[0], "ABRT") == 0)
		RaiseException(0xC0000409, EXCEPTION_NONCONTINUABLE, 0, NULL);
	return 98;
}

/* As the C runtime does it. */
static int verb_abort(char *args[])
{
	(void)args;
	abort();
}

/* Be ended by TerminateProcess with CODE. */
static int verb_terminate(char *args[])
{
	TerminateProcess(GetCurrentProcess(), code_of(args[0]));
	return 98;
}

static int verb_hold(char *args[])
{
	child_until_closed(child_number(args[0]));
	return args[0] && args[1] ? (int)code_of(args[1]) : 0;
}

static int verb_ready(char *args[])
{
	child_say("ready\n");
	child_until_closed(0);
	return (int)code_of(args[0]);
}

/* ------------------------------------------------------------------- console events */

static volatile LONG caught = -1;
static HANDLE came;

static BOOL WINAPI ignore_event(DWORD event)
{
	(void)event;
	return TRUE;
}

static BOOL WINAPI catch_event(DWORD event)
{
	InterlockedExchange(&caught, event == CTRL_C_EVENT ? SIGINT : SIGBREAK);
	SetEvent(came);
	return TRUE;
}

static int verb_ignore(char *args[])
{
	SetConsoleCtrlHandler(ignore_event, TRUE);
	(void)args;
	return verb_ready(&(char *){ NULL });
}

/* Say "ready"; exit with 64 plus INT (2) or BREAK (21), whichever comes. */
static int verb_catch(char *args[])
{
	(void)args;
	came = CreateEventW(NULL, TRUE, FALSE, NULL);
	SetConsoleCtrlHandler(catch_event, TRUE);
	child_say("ready\n");
	WaitForSingleObject(came, INFINITE);
	return 64 + (int)caught;
}

/* ------------------------------------------------------------------------- threads */

static UINT end_code;

static unsigned __stdcall other_thread(void *arg)
{
	(void)arg;
	child_say("ready\n");
	child_until_closed(0);
	ExitProcess(end_code);
}

/* The first thread ends; another one ends the process with CODE when stdin is closed. */
static int verb_leader_exits_first(char *args[])
{
	end_code = code_of(args[0]);
	if (!_beginthreadex(NULL, 0, other_thread, NULL, 0, NULL))
		child_die("_beginthreadex");
	ExitThread(3);
}

/* -------------------------------------------------------------------------- others */

static int verb_spin(char *args[])
{
	FILETIME born, ended, system, user;
	ULONGLONG wanted = (ULONGLONG)child_number(args[0]) * 10000, used;

	do {
		GetProcessTimes(GetCurrentProcess(), &born, &ended, &system, &user);
		used = ((ULONGLONG)user.dwHighDateTime << 32 | user.dwLowDateTime) +
		       ((ULONGLONG)system.dwHighDateTime << 32 | system.dwLowDateTime);
	} while (used < wanted);
	return 0;
}

static int verb_touch(char *args[])
{
	size_t size = (size_t)child_number(args[0]) << 20;
	volatile char *memory = malloc(size);

	if (!memory)
		child_die("malloc");
	for (size_t i = 0; i < size; i += 1024)
		memory[i] = 1;
	child_say("ready\n");
	child_until_closed(0);
	return 0;
}

static int verb_cat(char *args[])
{
	int fd = child_number(args[0]), n;
	char buf[4096];

	_setmode(fd, _O_BINARY);
	while ((n = _read(fd, buf, sizeof(buf))) > 0)
		if (_write(1, buf, (unsigned)n) != n)
			child_die("write");
	return n < 0 ? 99 : 0;
}

static int verb_write(char *args[])
{
	int fd = child_number(args[0]), n = (int)strlen(args[1]);

	_setmode(fd, _O_BINARY);
	return _write(fd, args[1], (unsigned)n) == n ? 0 : 99;
}

/* ---------------------------------------------------------------------------- main */

static const struct child_verb verbs[] = {
	{ "exit", verb_exit },
	{ "raise", verb_raise },
	{ "abort", verb_abort },
	{ "terminate", verb_terminate },
	{ "hold", verb_hold },
	{ "ready", verb_ready },
	{ "ignore", verb_ignore },
	{ "catch", verb_catch },
	{ "leader-exits-first", verb_leader_exits_first },
	{ "spin", verb_spin },
	{ "touch", verb_touch },
	{ "cat", verb_cat },
	{ "write", verb_write },
	{ NULL, NULL },
};

static const struct child_verb *find(const struct child_verb *list, const char *name)
{
	while (list->name && strcmp(list->name, name) != 0)
		list++;
	return list->name ? list : NULL;
}

/* The runtime would end us for a descriptor that is not open: it is to say so instead. */
static void no_matter(const wchar_t *a, const wchar_t *b, const wchar_t *c, unsigned d,
                      uintptr_t e)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	(void)e;
}

static char **narrow_all(wchar_t *wide[])
{
	size_t n = 0;
	char **all;

	while (wide[n])
		n++;
	all = calloc(n + 3, sizeof(*all));
	for (size_t i = 0; all && i < n; i++)
		all[i] = child_narrow(wide[i]);
	return all;
}

/* Under another name than child.exe we say what is in the file beside us. */
static void say_what_stands_beside(void)
{
	wchar_t path[1024], *dot;
	char text[256];
	FILE *f;

	GetModuleFileNameW(NULL, path, 1024);
	dot = wcsrchr(path, L'.');
	if (!dot || wcslen(path) > 1000)
		return;
	wcscpy(dot, L".says");
	f = _wfopen(path, L"rb");
	if (!f)
		return;
	if (fgets(text, sizeof(text), f))
		child_say(text);
	ExitProcess(0);
}

int main(void)
{
	const struct child_verb *verb;
	char **args;

	say_what_stands_beside();
	_set_invalid_parameter_handler(no_matter);
	for (int fd = 0; fd < 3; fd++)
		_setmode(fd, _O_BINARY);
	child_wide_args = child_parse(GetCommandLineW());
	args = narrow_all(child_wide_args);
	if (!args || !args[0])
		return 98;
	verb = find(verbs, args[0]);
	if (!verb)
		verb = find(child_print_verbs, args[0]);
	if (!verb)
		verb = find(child_play_verbs, args[0]);
	if (!verb)
		verb = find(child_bytes_verbs, args[0]);
	if (!verb)
		verb = find(child_stdio_verbs, args[0]);
	if (!verb)
		verb = find(child_tree_verbs, args[0]);
	if (verb)
		return verb->run(args + 1);
	fprintf(stderr, "child: no such verb: %s\n", args[0]);
	return 98;
}
