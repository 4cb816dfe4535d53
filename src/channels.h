/* SPDX-License-Identifier: MIT */
/* The channels of a start. */
#ifndef WARD_CHANNELS_H
#define WARD_CHANNELS_H

#include "stream.h"

/* How many of the sources of @opts are of the kinds PIPE, SOCKET, PTY and MEMORY. */
size_t ward__channels_count(const struct ward_spawn_opts *opts);

/*
 * Open what the kinds PIPE, SOCKET, PTY and MEMORY of @opts ask for, and put the
 * children's sides in their place. @ret begins zeroed; it is all zero where there is no
 * such kind. After a failure, which @error tells, nothing is left open, and @opts is not
 * to be used.
 */
struct ward__channels {
	struct ward__streams *streams; /* for the ward to take */
	struct ward__channel *terminal;
	struct ward_fd *fds;           /* instead of those of @opts */
	struct ward_stdio *sides;      /* the children's */
	size_t n_sides;
};
int ward__channels_open(struct ward__channels *ret, struct ward_spawn_opts *opts,
                        struct ward_error *error);

/* After the start: closes the children's sides, and streams that nobody took. */
void ward__channels_close(struct ward__channels *channels);

#endif
