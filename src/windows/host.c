/* SPDX-License-Identifier: MIT */
/* The clock, and what little else of the host the layers above ask for. */
#include <string.h>

#include "../platform.h"
#include "system.h"

/* Seconds and the rest apart: the counter times a billion would be too much. */
int64_t ward__now(void)
{
	LARGE_INTEGER frequency, counter;
	int64_t seconds, rest;

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&counter);
	seconds = counter.QuadPart / frequency.QuadPart;
	rest = counter.QuadPart % frequency.QuadPart;
	return seconds * WARD_NS_PER_S + rest * WARD_NS_PER_S / frequency.QuadPart + 1;
}

/* Threads of Windows are not cancelled. */
int ward__cancel_disable(void)
{
	return 0;
}

void ward__cancel_restore(int before)
{
	(void)before;
}

/* A colon is that of a drive, or of a stream: no name has one. */
bool ward__is_path(const char *file)
{
	return strpbrk(file, "/\\:") != NULL;
}
