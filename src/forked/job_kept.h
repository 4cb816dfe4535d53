/* SPDX-License-Identifier: MIT */
/* Jobs that keepers hold, as far as a start needs to know of them. */
#ifndef WARD_FORKED_JOB_KEPT_H
#define WARD_FORKED_JOB_KEPT_H

#include "../unix/kept.h"

/*
 * By reapers (keeping.h); by groups, which their keepers end with their owner if asked.
 */
extern const struct ward__means ward__job_reaper, ward__job_kept_group;

/* Is a ward of this job (NULL: none) to have a keeper, and of what kind? */
bool ward__job_keeping(const struct ward__job *job, struct ward__keeping *ret);

#endif
