/* SPDX-License-Identifier: MIT */
/*
 * What Windows has of signals: the console's events. Ctrl-C is INT; Ctrl-Break, the
 * closed window, and the end of the session are TERM. The system calls the handler on a
 * thread of its own, which sets bits and an event, and nothing else.
 *
 * A command that shares the console's group with ward gets the events itself. One in a
 * group of its own gets no Ctrl-C, and what ward passes on arrives there as Ctrl-Break.
 */
#define WIN32_LEAN_AND_MEAN 1
#include "../signals.h"

#include <errno.h>
#include <windows.h>

#include "../tool.h"
#include "ward_windows.h"

/* How often to ask where nothing wakes us. */
enum { TICK_MS = 20 };

enum { INTERRUPTED = 1, ASKED_TO_END = 2 };

static volatile LONG arrived, ever;
static HANDLE wake;

static BOOL WINAPI note(DWORD event)
{
	bool last = event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT;

	InterlockedExchange(&ever, 1);
	InterlockedOr(&arrived, event == CTRL_C_EVENT ? INTERRUPTED : ASKED_TO_END);
	SetEvent(wake);
	/* When this returns the system ends us. The command has what is left of the
	 * seconds that we are given, and then main ends this thread, too. */
	if (last)
		Sleep(INFINITE);
	return TRUE;
}

int tool_signals_hold(void)
{
	wake = CreateEventW(NULL, TRUE, FALSE, NULL);
	return wake && SetConsoleCtrlHandler(note, TRUE) ? 0 : -ENOMEM;
}

/* From the first on they are only taken note of. */
void tool_signals_watch(void)
{
}

bool tool_signals_sleep(struct ward *w, int64_t deadline)
{
	HANDLE handles[2] = { wake, w ? ward_windows_handle(w) : NULL };
	int ms = tool_poll_ms(deadline);
	bool both = handles[1] != NULL;

	if (!both && (ms < 0 || ms > TICK_MS))
		ms = TICK_MS;
	return WaitForMultipleObjects(both ? 2 : 1, handles, FALSE,
	                              ms < 0 ? INFINITE : (DWORD)ms) == WAIT_OBJECT_0 + 1;
}

/* Nothing that is to be read can be waited for. */
bool tool_signals_sleep_read(int fd, int64_t deadline)
{
	(void)fd;
	return tool_signals_sleep(NULL, deadline);
}

void tool_signals_take_all(bool shared)
{
	(void)shared;
}

/* Nobody can wait until a pipe takes bytes: the write itself waits. */
bool tool_signals_sleep_write(int fd, int64_t deadline)
{
	(void)fd, (void)deadline;
	return true;
}

int64_t tool_signals_wake(void)
{
	return (int64_t)(intptr_t)wake;
}

void tool_signals_poke(void)
{
	SetEvent(wake);
}

int tool_signals_next(bool shared)
{
	LONG bits;

	/* The event first: what arrives after the look wakes again. */
	ResetEvent(wake);
	if (shared)
		InterlockedExchange(&arrived, 0);
	bits = InterlockedCompareExchange(&arrived, 0, 0);
	if (bits & INTERRUPTED) {
		InterlockedAnd(&arrived, ~INTERRUPTED);
		return ward_signal_number("INT");
	}
	if (bits & ASKED_TO_END) {
		InterlockedAnd(&arrived, ~ASKED_TO_END);
		return ward_signal_number("TERM");
	}
	return 0;
}

bool tool_signals_asked(void)
{
	return ever != 0;
}

/* The exit code says it all: the command's own, 0xC000013A after a Ctrl-C. */
void tool_signals_end_alike(int sig)
{
	(void)sig;
}
