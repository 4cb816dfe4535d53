/* SPDX-License-Identifier: MIT */
/* A run in one call: start, wait, close. */
#include <errno.h>

#include "pipeline.h"
#include "sized.h"

int ward_run_pipeline(const struct ward_stage stages[], size_t n,
                      const struct ward_run_opts *opts, struct ward_result *ret)
{
	struct ward_pipeline *p;
	int r;

	if (ward__sized_check(ret, sizeof(*ret)) < 0)
		return -EINVAL;
	r = ward_pipeline_start(&p, stages, n, opts);
	if (r < 0)
		return r;
	/* Nobody is there to be woken: it would only keep the wait from sleeping. */
	p->opts.flags &= ~(uint64_t)WARD_RUN_WAKE;
	r = ward_pipeline_wait(p, WARD_FOREVER, ret);
	ward_pipeline_close(p);
	return r < 0 ? r : 0;
}

int ward_run(const char *const argv[], const struct ward_run_opts *opts,
             struct ward_result *ret)
{
	const struct ward_stage stage = { argv, NULL };

	return ward_run_pipeline(&stage, 1, opts, ret);
}
