/* SPDX-License-Identifier: MIT */
/* The means that a job may have here, best first. */
#include "../unix/job.h"

const struct ward__means *const ward__job_known[] = { &ward__job_group, NULL };
