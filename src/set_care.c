/* SPDX-License-Identifier: MIT */
/* What a member needs when more than its end is watched: its streams, its steps. */
#include <errno.h>
#include <string.h>

#include "memory.h"
#include "set.h"
#include "sized.h"
#include "stop.h"

enum {
	ALL_FLAGS = WARD_WATCH_OUTPUT | WARD_WATCH_LINES | WARD_WATCH_TELL |
	            WARD_WATCH_THREAD,
	READS = WARD_WATCH_OUTPUT | WARD_WATCH_LINES,
	DEFAULT_LINE = 64 * 1024
};

static int check(const struct ward_watch_opts *opts)
{
	if ((opts->flags & ~(uint64_t)ALL_FLAGS) || (opts->flags & READS) == READS ||
	    !ward__all_zero(opts->reserved, 4) || opts->timeout_ns < 0)
		return -EINVAL;
	if (opts->line_limit > 0 && !(opts->flags & WARD_WATCH_LINES))
		return -EINVAL;
	if (opts->n_stop > 0 && (opts->flags & WARD_WATCH_TELL))
		return -EINVAL;
	return ward__stop_check(opts->stop, opts->n_stop);
}

int ward__watch_read(struct ward_watch_opts *ret, const struct ward_watch_opts *opts)
{
	int r;

	*ret = (struct ward_watch_opts){ .size = sizeof(*ret) };
	if (!opts)
		return 0;
	r = ward__sized_read(ret, sizeof(*ret), opts, sizeof(*ret));
	return r < 0 ? r : check(ret);
}

bool ward__care_is_needed(const struct ward_watch_opts *opts, bool is_fed)
{
	return is_fed || (opts->flags & READS) || opts->timeout_ns > 0 ||
	       opts->n_stop > 0;
}

int ward__care_steps(struct ward__care *care, const struct ward_stop_step steps[],
                     size_t n)
{
	struct ward_stop_step *copy = ward__alloc(n * sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	memcpy(copy, steps, n * sizeof(*copy));
	if (care->steps != care->gentle)
		ward__free(care->steps);
	care->steps = copy;
	care->n_steps = n;
	return 0;
}

void ward__care_gentle(struct ward__care *care)
{
	if (care->steps != care->gentle)
		ward__free(care->steps);
	ward__stop_gentle(care->gentle);
	care->steps = care->gentle;
	care->n_steps = WARD__GENTLE_STEPS;
}

static int new_care(struct ward__care **ret, const struct ward_watch_opts *opts,
                    size_t most_tubes)
{
	struct ward__care *care =
		ward__alloc(sizeof(*care) + most_tubes * sizeof(care->tubes[0]));
	int r = 0;

	if (!care)
		return -ENOMEM;
	care->flags = opts->flags;
	care->timeout_ns = opts->timeout_ns;
	care->line_limit = opts->line_limit ? opts->line_limit : DEFAULT_LINE;
	care->heap_index = SIZE_MAX;
	care->most_tubes = most_tubes;
	care->steps = care->gentle;
	if (opts->n_stop > 0)
		r = ward__care_steps(care, opts->stop, opts->n_stop);
	else
		ward__care_gentle(care);
	if (r < 0) {
		ward__free(care);
		return r;
	}
	*ret = care;
	return 0;
}

int ward__care_make(struct ward__care **ret, struct ward_set *set,
                    const struct ward_watch_opts *opts, size_t most_tubes)
{
	int r = ward__clock_reserve(set);

	if (r < 0)
		return r;
	r = new_care(ret, opts, most_tubes);
	if (r < 0)
		ward__clock_release(set);
	return r;
}

void ward__care_drop(struct ward_set *set, struct ward__care *care)
{
	if (!care)
		return;
	ward__clock_release(set);
	for (size_t i = 0; i < care->n_tubes; i++) {
		if (care->tubes[i].stream)
			ward__stream_leave(care->tubes[i].stream);
		ward__free(care->tubes[i].text);
	}
	if (care->steps != care->gentle)
		ward__free(care->steps);
	ward__free(care);
}

/* The first of its numbers, by which it is told of. */
static int number_of(const struct ward__streams *streams,
                     const struct ward__stream *stream)
{
	for (size_t i = 0; i < streams->n_numbers; i++)
		if (streams->numbers[i].stream == stream)
			return streams->numbers[i].fd;
	return -1;
}

static void open_tube(struct ward__care *care, struct ward *w,
                      struct ward__stream *stream)
{
	bool is_fed = ward__stream_is_hungry(stream);
	bool is_read = (care->flags & READS) && !is_fed &&
	               (ward__channel_wants(stream->channel) & WARD__READ);
	int fd = number_of(w->streams, stream);

	if ((!is_fed && !is_read) || !ward__stream_enter(w, fd))
		return;
	care->tubes[care->n_tubes++] =
		(struct ward__tube){ .stream = stream,
		                     .fd = fd,
		                     .wants = is_fed ? WARD__WRITE : WARD__READ };
}

void ward__care_open(struct ward__care *care, struct ward *w)
{
	for (size_t i = 0; w->streams && i < w->streams->n_streams; i++)
		if (care->n_tubes < care->most_tubes)
			open_tube(care, w, &w->streams->streams[i]);
}
