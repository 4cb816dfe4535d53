/* SPDX-License-Identifier: MIT */
/* One stream of output: from a channel to where its options say. */
#ifndef WARD_OUTPUT_H
#define WARD_OUTPUT_H

#include "buffer.h"
#include "lines.h"
#include "stream.h"

struct ward__output {
	struct ward_output_opts opts;
	void *context;
	int64_t stage;                /* for the callbacks */
	int fd;

	struct ward__tap tap;         /* lent: a terminal */
	struct ward__buffer buffer;
	struct ward__lines lines;
	uint64_t total;
	uint64_t unmoved;             /* of it, held back when the channel was closed */
	uint64_t total_most;          /* once the drain is over */
	uint32_t flags;               /* WARD_OUTPUT_* */
	const char *news;             /* what has just come, if it can be seen; or NULL */
	bool is_wide;
	bool waits;                   /* for opts.fd to take something */
	const struct ward__event *event; /* of this turn; NULL: none */
};

/* What pumping came to. */
enum {
	WARD__PUMP_NOTHING = 0,       /* sleep */
	WARD__PUMP_SOME = 1,
	WARD__PUMP_OVER = 2,          /* closed now */
	WARD__PUMP_LIMIT = 3          /* WARD_KEEP_KILL */
};

/* Reserve what its options need. -ENOMEM. */
int ward__output_init(struct ward__output *output, const struct ward_output_opts *opts);

/* The scratch memory begins where a line of the cache does: the kernel copies more slowly
 * to elsewhere. */
enum {
	WARD__SCRATCH = 256 * 1024,
	WARD__SCRATCH_ALIGN = 64,
	WARD__SCRATCH_BLOCK = WARD__SCRATCH + WARD__SCRATCH_ALIGN
};
static inline char *ward__scratch_of(void *block)
{
	return (char *)block + WARD__SCRATCH_ALIGN -
	       (uintptr_t)block % WARD__SCRATCH_ALIGN;
}

/*
 * Take what is there, but not without end. WARD__PUMP_*, or a negative errno: what a
 * callback or the descriptor said. @scratch has WARD__SCRATCH bytes.
 */
int ward__output_pump(struct ward__output *output, char *scratch);

/* What its channel or descriptor is to be slept for. */
struct ward__event ward__output_event(const struct ward__output *output);

/* Stop reading. @cut: before its end. What a callback said to the last line. */
int ward__output_close(struct ward__output *output, bool cut);

/* From now on nothing is kept and nobody told. */
void ward__output_mute(struct ward__output *output);

void ward__output_finish(struct ward__output *output, struct ward_output *ret);
void ward__output_free(struct ward__output *output);

#endif
