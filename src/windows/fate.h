/* SPDX-License-Identifier: MIT */
/*
 * What befalls all processes of a job at once. It outlives the job: a ward may be waited
 * for long after its job was killed and closed, and is to be told that KILL ended it.
 */
#ifndef WARD_WINDOWS_FATE_H
#define WARD_WINDOWS_FATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "system.h"

struct ward__fate {
	atomic_int owners;
	_Atomic int64_t killed_at;    /* the system's time; 0: it was not */
};

/* One owner; NULL: no memory. Drop: NULL is fine. */
struct ward__fate *ward__fate_new(void);
struct ward__fate *ward__fate_share(struct ward__fate *fate);
void ward__fate_drop(struct ward__fate *fate);

/* The kill comes now; and: it did not, after all. */
void ward__fate_kill(struct ward__fate *fate);
void ward__fate_spare(struct ward__fate *fate);

/* Was a process that has ended, by KILL's code, ended by this? NULL: no. */
bool ward__fate_has_killed(struct ward__fate *fate, HANDLE handle);

#endif
