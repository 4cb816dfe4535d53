/* SPDX-License-Identifier: MIT */
/* Jobs in tests of what only Windows has. */
#ifndef HELP_WINDOWS_JOB_H
#define HELP_WINDOWS_JOB_H

#include "help_windows.h"

static inline struct ward_job *job_or_fail(const struct ward_job_opts *opts)
{
	struct ward_job *job = NULL;

	REQUIRE_EQ(ward_job_new(&job, opts), 0);
	REQUIRE(job != NULL);
	return job;
}

#define INTO(the_job) WARD_SPAWN_OPTS(.job = (the_job))

static inline void check_empty(struct ward_job *job)
{
	CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
	CHECK_EQ(ward_job_count(job), 0);
}

#endif
