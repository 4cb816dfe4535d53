/* SPDX-License-Identifier: MIT */
/* Jobs whose wards are kept by keepers. */
#ifndef WARD_LINUX_JOB_KEEPER_H
#define WARD_LINUX_JOB_KEEPER_H

#include "../unix/kept.h"

extern const struct ward__means ward__job_keeper, ward__job_pidns;

/* Is it such a job (NULL: no), and by what kind of keeper is a ward of its to be kept? */
bool ward__job_keeping(const struct ward__job *job, struct ward__keeping *ret);

#endif
