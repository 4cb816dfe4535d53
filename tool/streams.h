/* SPDX-License-Identifier: MIT */
/* All that the commands of a run write, on its way through ward. */
#ifndef TOOL_STREAMS_H
#define TOOL_STREAMS_H

#include "output.h"
#include "run.h"

struct streams {
	bool through;                 /* output goes through ward at all */
	bool merged;                  /* errors are in standard output (a terminal) */
	bool at_end;                  /* ... but is shown only when all is over */
	struct output_target out_to, err_to, tee;
	struct output out, *err;      /* standard output; each command's errors */
	char **prefixes;              /* one for each command; NULL: none */
	size_t n;                     /* commands */
};

/*
 * Open the files of @o and take up what is to be done; @wait is that of output_target. 0,
 * or STATUS_FAILED after a message. In either case streams_close.
 */
int streams_open(struct streams *s, const struct run_options *o,
                 bool (*wait)(void *context, int fd), void *context);
void streams_close(struct streams *s);

/* Where the commands write to: into @opts. */
void streams_describe(const struct streams *s, const struct run_options *o,
                      struct ward_spawn_opts *spawn, struct ward_run_opts *opts);

/* What came from @fd of command @stage (-1: of any). As output_put. */
int streams_put(struct streams *s, int64_t stage, int fd, const char *data, size_t size);

/* All is over: show what was kept, and tell @report. 0, or STATUS_FAILED: something could
 * not be written, which was said. */
int streams_finish(struct streams *s, const struct ward_result *result,
                   struct tool_report *report);

#endif
