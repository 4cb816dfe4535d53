/* SPDX-License-Identifier: MIT */
/* How a process ended, as POSIX systems tell it: the raw pieces and their translation. */
#ifndef WARD_UNIX_ENDING_H
#define WARD_UNIX_ENDING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "../platform.h"

struct ward__ending {
	bool lost;                    /* it ended; nothing else is known */
	int32_t code;                 /* si_code: CLD_EXITED, CLD_KILLED, CLD_DUMPED */
	int32_t status;               /* exit code or signal */
	uint32_t uid;                 /* 0 when recovered */
	struct rusage *usage; /* apart, since most have not ended; NULL: not known */
};

/*
 * Keep the usage: who has no memory for it does not know it. Drop gives it back.
 */
void ward__ending_keep_usage(struct ward__ending *ending, const struct rusage *usage);
void ward__ending_drop(struct ward__ending *ending);

/* The ending from a status of wait4(2). */
void ward__ending_from_status(struct ward__ending *ending, int status);

/* The portable result; wall_ns is left to the caller. */
void ward__ending_exit(const struct ward__ending *ending, struct ward_exit *ret);

/*
 * The remembered ending of @p, or NULL while none was seen. Each POSIX system has this.
 */
const struct ward__ending *ward__process_ending(struct ward__process *p);

#endif
