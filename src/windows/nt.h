/* SPDX-License-Identifier: MIT */
/* The few questions that only ntdll.dll answers; <winternl.h> documents them. */
#ifndef WARD_WINDOWS_NT_H
#define WARD_WINDOWS_NT_H

#include <stdint.h>

#include "system.h"

/* The number of the process that started @handle's; -1: not told. */
int64_t ward__nt_parent(HANDLE handle);

/* How much of its addresses a process has in use; -1: not told. */
int64_t ward__nt_virtual_bytes(HANDLE handle);

/* The rights that came with a HANDLE; 0: not told. */
ACCESS_MASK ward__nt_access(HANDLE handle);

#endif
