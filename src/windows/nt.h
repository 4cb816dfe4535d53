/* SPDX-License-Identifier: MIT */
/* The few calls that only ntdll.dll has; <winternl.h> documents most of them. */
#ifndef WARD_WINDOWS_NT_H
#define WARD_WINDOWS_NT_H

#include <stdint.h>

#include "system.h"

/* The number of the process that started @handle's; -1: not told. */
int64_t ward__nt_parent(HANDLE handle);

/* How much of its addresses a process has in use; -1: not told. */
int64_t ward__nt_virtual_bytes(HANDLE handle);

/* Keep a process's threads from running, and let them run: once for each time. */
int ward__nt_suspend(HANDLE handle);
int ward__nt_resume(HANDLE handle);

/* The rights that came with a HANDLE; 0: not told. */
ACCESS_MASK ward__nt_access(HANDLE handle);

#endif
