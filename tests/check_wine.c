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
#include "check_windows.h"

typedef BOOL WINAPI create_process(LPCWSTR, LPWSTR, LPSECURITY_ATTRIBUTES,
                                   LPSECURITY_ATTRIBUTES, BOOL, DWORD, LPVOID, LPCWSTR,
                                   LPSTARTUPINFOW, LPPROCESS_INFORMATION);

enum { LOSSES = 3 };                  /* as many as a process is excused for */

extern create_process *of_the_system __asm__("__real___imp_CreateProcessW");
extern create_process *of_the_tests __asm__("__wrap___imp_CreateProcessW");

static bool was_lost(DWORD error)
{
	static LONG lost;

	if (error != ERROR_INTERNAL_ERROR || !check_windows_is_wine())
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
	while (!of_the_system(program, line, process, thread, inherits, flags,
	                      environment, directory, startup, ret)) {
		DWORD error = GetLastError();

		if (!was_lost(error)) {
			SetLastError(error);
			return FALSE;
		}
	}
	return TRUE;
}

create_process *of_the_tests = create_again;
