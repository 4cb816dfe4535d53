/* SPDX-License-Identifier: MIT */
/*
 * A code alone does not tell who ended a process: it may have exited with the code of
 * KILL before its job was killed. The times of both tell, by the same clock: the coarse
 * one, which is never ahead of what the system notes as the end.
 */
#include "fate.h"

#include "../gate.h"
#include "../memory.h"

static int64_t ticks(FILETIME time)
{
	return (int64_t)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime);
}

struct ward__fate *ward__fate_new(void)
{
	struct ward__fate *fate = ward__alloc(sizeof(*fate));

	if (fate)
		atomic_store(&fate->owners, 1);
	return fate;
}

struct ward__fate *ward__fate_share(struct ward__fate *fate)
{
	atomic_fetch_add_explicit(&fate->owners, 1, memory_order_relaxed);
	return fate;
}

void ward__fate_drop(struct ward__fate *fate)
{
	if (fate && atomic_fetch_sub(&fate->owners, 1) == 1)
		ward__free(fate);
}

void ward__fate_kill(struct ward__fate *fate)
{
	int64_t never = 0;
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	atomic_compare_exchange_strong(&fate->killed_at, &never, ticks(now));
}

void ward__fate_spare(struct ward__fate *fate)
{
	atomic_store(&fate->killed_at, 0);
}

/* Where the time of the end is not told the kill is believed. */
bool ward__fate_has_killed(struct ward__fate *fate, HANDLE handle)
{
	int64_t killed_at = fate ? atomic_load(&fate->killed_at) : 0;
	FILETIME born, ended, kernel, user;

	if (killed_at == 0)
		return false;
	if (ward__gate("GetProcessTimes") < 0 ||
	    !GetProcessTimes(handle, &born, &ended, &kernel, &user))
		return true;
	return ticks(ended) >= killed_at;
}
