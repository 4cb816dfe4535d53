/* SPDX-License-Identifier: MIT */
/*
 * CreateProcessW of a test program, for all that is linked into it: ward, the cases and
 * the runner. Of some thousand processes that Wine makes on a busy machine one ends
 * before it has begun (ERROR_INTERNAL_ERROR). That is not what is tested, and any case
 * would have to expect it of each start, so such a start is made again, and told. Windows
 * is believed.
 *
 * What is hard: the library calls it through the slot that its import has. The linker
 * gives ours for that one (--wrap, in meson.build).
 */
#include <windows.h>

#include "check.h"

typedef BOOL WINAPI create_process(LPCWSTR, LPWSTR, LPSECURITY_ATTRIBUTES,
                                   LPSECURITY_ATTRIBUTES, BOOL, DWORD, LPVOID, LPCWSTR,
                                   LPSTARTUPINFOW, LPPROCESS_INFORMATION);

enum { LOSSES = 3 };                  /* as many as a process is excused for */

extern create_process *of_the_system __asm__("__real___imp_CreateProcessW");
extern create_process *of_the_tests __asm__("__wrap___imp_CreateProcessW");

static bool was_lost(DWORD error)
{
	static LONG lost;
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	if (error != ERROR_INTERNAL_ERROR || !GetProcAddress(ntdll, "wine_get_version"))
		return false;
	check_note("Wine has lost a process at its start");
	return InterlockedIncrement(&lost) <= LOSSES;
}

static BOOL WINAPI create_again(LPCWSTR program, LPWSTR line,
                                LPSECURITY_ATTRIBUTES process,
                                LPSECURITY_ATTRIBUTES thread, BOOL inherits, DWORD flags,
                                LPVOID environment, LPCWSTR directory,
                                LPSTARTUPINFOW startup, LPPROCESS_INFORMATION ret)
{
	DWORD error = 0;
	BOOL made;

	do {
		made = of_the_system(program, line, process, thread, inherits, flags,
		                     environment, directory, startup, ret);
		error = made ? 0 : GetLastError();
	} while (!made && was_lost(error));
	if (!made)
		SetLastError(error);
	return made;
}

create_process *of_the_tests = create_again;
