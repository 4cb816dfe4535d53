/* SPDX-License-Identifier: MIT */
/*
 * ward's own console. Its keys are not passed on: a console gives them as events, not as
 * bytes, and who reads them takes them from everybody else. What the command's terminal
 * writes are escape sequences, which ours has to be told to understand.
 */
#define WIN32_LEAN_AND_MEAN 1
#include "../terminal.h"

#include <windows.h>

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

static DWORD before;
static bool ours;

bool tool_terminal_size(uint16_t *rows, uint16_t *columns)
{
	CONSOLE_SCREEN_BUFFER_INFO info;

	if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info))
		return false;
	*rows = (uint16_t)(info.srWindow.Bottom - info.srWindow.Top + 1);
	*columns = (uint16_t)(info.srWindow.Right - info.srWindow.Left + 1);
	return *rows > 0 && *columns > 0;
}

bool tool_terminal_has_keys(void)
{
	return false;
}

void tool_terminal_take(void)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);

	ours = GetConsoleMode(out, &before) &&
	       SetConsoleMode(out, before | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

void tool_terminal_give_back(void)
{
	if (ours)
		SetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), before);
	ours = false;
}

bool tool_terminal_changed(void)
{
	return false;
}
