/* SPDX-License-Identifier: MIT */
/* <windows.h>, of the oldest Windows that the library runs on: 10. */
#ifndef WARD_WINDOWS_SYSTEM_H
#define WARD_WINDOWS_SYSTEM_H

#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#endif
