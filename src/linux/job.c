/* SPDX-License-Identifier: MIT */
/* The means that a job may have here, best first. */
#define _GNU_SOURCE 1
#include "job_cgroup.h"
#include "job_keeper.h"

const struct ward__means *const ward__job_known[] = {
	&ward__job_by_cgroup, &ward__job_pidns, &ward__job_keeper, &ward__job_group, NULL
};
