/* SPDX-License-Identifier: MIT */
/*
 * A program that is run to its end by ward, for all contests of starts.
 */
#include "bench.h"

#include <errno.h>

#include "ward.h"

int run_by_ward(char *const argv[], const struct ward_spawn_opts *opts)
{
	struct ward_exit end = WARD_EXIT_INIT;
	struct ward *w;
	int r;

	r = ward_spawn(&w, (const char *const *)argv, opts);
	if (r < 0)
		return r;
	r = ward_wait(w, WARD_FOREVER, &end);
	ward_close(w);
	if (r < 0)
		return r;
	return end.how == WARD_EXITED && end.code == 0 ? 0 : -EPROTO;
}
