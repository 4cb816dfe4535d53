/* SPDX-License-Identifier: MIT */
/* Jobs by cgroups. */
#ifndef WARD_LINUX_JOB_CGROUP_H
#define WARD_LINUX_JOB_CGROUP_H

#include "../unix/job.h"

struct ward__cgroup;

extern const struct ward__means ward__job_by_cgroup;

/* The directory that a start in @job goes into; -1: it is NULL, or held otherwise. */
int ward__job_cgroup_dir(const struct ward__job *job);

/* The group, if nobody enters it but by ward__cgroup_attach; else NULL. */
const struct ward__cgroup *ward__job_cgroup_attached(const struct ward__job *job);

/* Processes can be born in it; or were found to be killed there at once: see start.c. */
bool ward__job_cgroup_can_bear(const struct ward__job *job);
void ward__job_cgroup_cannot_bear(struct ward__job *job);

#endif
