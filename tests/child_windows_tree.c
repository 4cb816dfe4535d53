/* SPDX-License-Identifier: MIT */
/*
 * The part of the helper program on Windows that starts others. `child tree SHAPE [N
 * [abandon]]` makes a tree of about N processes, says "ready" when all are there, and
 * stays, or leaves them to themselves (the shapes are those of child_tree.c that have a
 * meaning here). All hold its standard output, and end when its standard input is closed.
 * There is no fork: who is to do something is told so by verbs of their own, with the
 * number of an inherited handle.
 */
#include "child_windows.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static UINT code_of(const char *text)
{
	return text ? (UINT)strtoll(text, NULL, 0) : 0;
}

/*
 * Ourselves again, with these arguments and our stdio. Wine loses a start now and then:
 * see tests/check_wine.c.
 */
static bool start_again(const char *args, DWORD flags, HANDLE *ret)
{
	wchar_t path[1024], command[1200];
	PROCESS_INFORMATION process;
	STARTUPINFOW info;
	int tries = 0;

	memset(&info, 0, sizeof(info));
	info.cb = sizeof(info);
	info.dwFlags = STARTF_USESTDHANDLES;
	info.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
	info.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
	info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	GetModuleFileNameW(NULL, path, 1024);
	swprintf(command, 1200, L"child %hs", args);
	while (!CreateProcessW(path, command, NULL, NULL, TRUE, flags, NULL, NULL, &info,
	                       &process))
		if (GetLastError() != ERROR_INTERNAL_ERROR || tries++ == 3)
			return false;
	CloseHandle(process.hThread);
	*ret = process.hProcess;
	return true;
}

static HANDLE start_or_die(const char *args, DWORD flags)
{
	HANDLE process = NULL;

	if (!start_again(args, flags, &process))
		child_die("CreateProcessW");
	return process;
}

/* End at once with CODE; leave a child that holds our stdout until stdin is closed. */
static int verb_fork_and_hold(char *args[])
{
	start_or_die("hold", 0);
	return (int)code_of(args[0]);
}

/* As hold, beside a child in the same group that does so too. Ends when the child has. */
static int verb_fork_and_stay(char *args[])
{
	HANDLE other = start_or_die("hold", 0);

	(void)args;
	child_say("ready\n");
	child_until_closed(0);
	WaitForSingleObject(other, INFINITE);
	return 0;
}

/* Start one that is in no job of ours, if the system lets us. */
static int verb_break_away(char *args[])
{
	char text[64] = "away\n";
	HANDLE process;

	(void)args;
	if (!start_again("exit 0", CREATE_BREAKAWAY_FROM_JOB, &process))
		snprintf(text, sizeof(text), "refused: %lu\n", GetLastError());
	child_say(text);
	return 0;
}

/* -------------------------------------------------------------------- parts of a tree */

static HANDLE handle_of(const char *number)
{
	return (HANDLE)(ULONG_PTR)strtoul(number, NULL, 10);
}

static unsigned long number_of(HANDLE handle)
{
	return (unsigned long)(ULONG_PTR)handle;
}

/* VERB HANDLE NUMBER */
static void start_part(const char *verb, HANDLE handle, long number, DWORD flags)
{
	char args[96];

	snprintf(args, sizeof(args), "%s %lu %ld", verb, number_of(handle), number);
	CloseHandle(start_or_die(args, flags));
}

static void say_here(const char *handle)
{
	DWORD n;

	if (!WriteFile(handle_of(handle), ".", 1, &n, NULL) || n != 1)
		child_die("WriteFile");
}

static int part_settle(char *args[])
{
	say_here(args[0]);
	child_until_closed(0);
	return 0;
}

static int part_link(char *args[])
{
	long left = child_number(args[1]);

	if (left > 1)
		start_part("part-link", handle_of(args[0]), left - 1, 0);
	return part_settle(args);
}

/* A parent that is gone, no console, and a group of its own. */
static int part_daemon(char *args[])
{
	start_part("part-settle", handle_of(args[0]), 0,
	           DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
	return 0;
}

static BOOL WINAPI ignore_event(DWORD event)
{
	(void)event;
	return TRUE;
}

static int part_deaf(char *args[])
{
	SetConsoleCtrlHandler(ignore_event, TRUE);
	return part_settle(args);
}

static int part_stop(char *args[])
{
	say_here(args[0]);
	SuspendThread(GetCurrentThread());
	child_until_closed(0);
	return 0;
}

static unsigned __stdcall settle_thread(void *arg)
{
	char *args[] = { arg, NULL };

	ExitProcess((UINT)part_settle(args));
}

static int part_leaderless(char *args[])
{
	if (!_beginthreadex(NULL, 0, settle_thread, args[0], 0, NULL))
		child_die("_beginthreadex");
	ExitThread(0);
}

/* Who looks at it finds it gone: the next one runs already. */
static int part_hop(char *args[])
{
	long left = child_number(args[1]);

	if (strcmp(args[0], "0") != 0)
		say_here(args[0]);
	if (left > 0)
		start_part("part-hop", NULL, left - 1, 0);
	else
		child_until_closed(0);
	return 0;
}

/* Each starts others, as long as there are tokens. */
static int part_explode(char *args[])
{
	while (WaitForSingleObject(handle_of(args[0]), 0) == WAIT_OBJECT_0)
		start_part("part-explode", handle_of(args[0]), 0, 0);
	child_until_closed(0);
	return 0;
}

/* ----------------------------------------------------------------------------- shapes */

/* Where each says that it is there. */
static HANDLE here;

static int many(const char *verb, int n, DWORD flags)
{
	for (int i = 0; i < n; i++)
		start_part(verb, here, 0, flags);
	return n;
}

static int shape_fan(int n)
{
	return many("part-settle", n, 0);
}

static int shape_chain(int n)
{
	start_part("part-link", here, n, 0);
	return n;
}

static int shape_groups(int n)
{
	return many("part-settle", n, CREATE_NEW_PROCESS_GROUP);
}

static int shape_daemons(int n)
{
	return many("part-daemon", n, 0);
}

static int shape_deaf(int n)
{
	SetConsoleCtrlHandler(ignore_event, TRUE);
	return many("part-deaf", n, 0);
}

static int shape_stopped(int n)
{
	return many("part-stop", n, 0);
}

static int shape_leaderless(int n)
{
	return many("part-leaderless", n, 0);
}

static int shape_hopper(int n)
{
	start_part("part-hop", here, n * 1000L, 0);
	return 1;
}

static int shape_bomb(int n)
{
	SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
	HANDLE tokens = CreateSemaphoreW(&inherited, n, n, NULL);

	if (!tokens)
		child_die("CreateSemaphoreW");
	start_part("part-explode", tokens, 0, 0);
	return 0;
}

static const struct {
	const char *name;
	int (*make)(int n);
} shapes[] = {
	{ "fan", shape_fan },         { "chain", shape_chain },
	{ "groups", shape_groups },   { "daemons", shape_daemons },
	{ "deaf", shape_deaf },       { "stopped", shape_stopped },
	{ "hopper", shape_hopper },   { "leaderless", shape_leaderless },
	{ "bomb", shape_bomb },
};

static int make(const char *shape, int n)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strcmp(shapes[i].name, shape) == 0)
			return shapes[i].make(n);
	ExitProcess(98);
}

static int verb_tree(char *args[])
{
	SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
	int n = args[1] ? child_number(args[1]) : 1;
	HANDLE told;
	DWORD got;
	char byte;

	if (!CreatePipe(&told, &here, &inherited, 0) ||
	    !SetHandleInformation(told, HANDLE_FLAG_INHERIT, 0))
		child_die("CreatePipe");
	for (int left = make(args[0], n); left > 0; left--)
		if (!ReadFile(told, &byte, 1, &got, NULL) || got != 1)
			return 99;
	child_say("ready\n");
	if (args[1] && args[2])
		return 0;
	child_until_closed(0);
	return 0;
}

const struct child_verb child_tree_verbs[] = {
	{ "fork-and-hold", verb_fork_and_hold },
	{ "fork-and-stay", verb_fork_and_stay },
	{ "break-away", verb_break_away },
	{ "tree", verb_tree },
	{ "part-settle", part_settle },
	{ "part-link", part_link },
	{ "part-daemon", part_daemon },
	{ "part-deaf", part_deaf },
	{ "part-stop", part_stop },
	{ "part-leaderless", part_leaderless },
	{ "part-hop", part_hop },
	{ "part-explode", part_explode },
	{ NULL, NULL },
};
