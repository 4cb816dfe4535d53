/* SPDX-License-Identifier: MIT */
/* The means that a job may have here, best first. */
#include "../forked/job_kept.h"

const struct ward__means *const ward__job_known[] = { &ward__job_reaper,
	                                              &ward__job_kept_group, NULL };
