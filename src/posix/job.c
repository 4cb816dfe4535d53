/* SPDX-License-Identifier: MIT */
/* The means that a job may have here, best first. */
#define _GNU_SOURCE 1
#include "../forked/job_kept.h"

const struct ward__means *const ward__job_known[] = { &ward__job_kept_group, NULL };
