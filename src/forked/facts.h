/* SPDX-License-Identifier: MIT */
/* What the system says of a process by its number; each system has it in its folder. */
#ifndef WARD_FORKED_FACTS_H
#define WARD_FORKED_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../platform.h"

/*
 * Read in one piece, so that all of it is about the same process. @start tells one
 * process from another of the same number: nanoseconds, in the system's own count, known
 * to the microsecond; 0 where the system does not tell (a zombie's, on OpenBSD and
 * NetBSD).
 */
struct ward__facts {
	struct ward_info info;
	uint64_t start;
};

/*
 * -ESRCH, no such process; -EINVAL, the number of a thread; -ENOTSUP, this system does
 * not say.
 */
int ward__facts_read(pid_t pid, struct ward__facts *ret);

/* Are these the facts of the process that started then? */
bool ward__facts_same(const struct ward__facts *facts, uint64_t start);

/* Which boot of the machine; false where the system has no name for it. */
bool ward__facts_boot(uint8_t ret[16]);

/* An info that says nothing but the number. */
void ward__facts_unknown(struct ward_info *info, pid_t pid);

#endif
