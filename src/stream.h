/* SPDX-License-Identifier: MIT */
/*
 * The streams of a ward: our ends of the child's descriptors, by their numbers. They are
 * made before the child exists (channels.c) and used by all threads after (stream.c).
 */
#ifndef WARD_STREAM_H
#define WARD_STREAM_H

#include "handle.h"

/*
 * A channel and who uses it: one user for the ward, until our end is closed, and one for
 * each call under way. The last one closes it.
 */
struct ward__stream {
	atomic_int users;             /* and WARD__STREAM_CLOSED: no more are let in */
	struct ward__channel *channel;
	/* Of MEMORY, what the pipe has not taken yet; under `feeding`. */
	atomic_bool has_rest;
	atomic_flag feeding;
	char *rest;
	size_t rest_size, rest_at;
};

/* Which descriptor of the child is whose; a terminal has several. */
struct ward__stream_number {
	int fd;
	struct ward__stream *stream;
};

struct ward__streams {
	struct ward__stream *streams;
	size_t n_streams;
	struct ward__stream_number *numbers;
	size_t n_numbers;
	int terminal;                 /* one of its numbers; -1: there is none */
};
enum { WARD__STREAM_CLOSED = 1 << 30 };

/*
 * Write what is in @data from @*at on. 0: all of it; -EAGAIN: the rest is not taken now,
 * or a good deal was and others should have their turn; or what the write came to.
 */
int ward__write_on(struct ward__channel *channel, const char *data, size_t size,
                   size_t *at);

/*
 * Keep the stream of the child's descriptor @fd open until ward__stream_leave;
 * NULL: there is none any more. Close gives up the ward's own hold on it.
 */
struct ward__stream *ward__stream_enter(struct ward *w, int fd);
void ward__stream_leave(struct ward__stream *stream);
void ward__stream_close(struct ward__stream *stream);

/*
 * A channel that is used for longer than one call: our own, or that of a ward's stream,
 * which lends it. Lend: of @fd, which is there. Drop: give it back, or free our own.
 */
struct ward__tap {
	struct ward__channel *channel; /* NULL: none, or closed */
	struct ward__stream *lent;    /* NULL: it is our own */
};
void ward__tap_lend(struct ward__tap *tap, struct ward *w, int fd);
void ward__tap_drop(struct ward__tap *tap);

/* Close our ends of all, and give back the memory of what nobody uses any more. */
void ward__streams_close(struct ward__streams *streams);
void ward__streams_free(struct ward__streams *streams);

/* Was our end given up? Is there something left to feed it? Feed what it takes now. */
bool ward__stream_is_closed(struct ward__stream *stream);
bool ward__stream_is_hungry(struct ward__stream *stream);
void ward__stream_feed(struct ward__stream *stream);

/* Feed the child what it takes at once of what it has not taken. */
void ward__feed_now(struct ward *w);

/*
 * Sleep until @first has come, and feed the child meanwhile what it has not taken. As
 * ward__sleep.
 */
int ward__sleep_fed(struct ward *w, struct ward__event *first, int64_t deadline);

/*
 * The same for who sleeps for more: how many streams there are to feed, now and at most;
 * their events, each stream held in @held; and afterwards those that are ready are fed,
 * and all are let go.
 */
size_t ward__hungry_count(const struct ward *w);
size_t ward__hungry_list(const struct ward *w, struct ward__event *events,
                         struct ward__stream **held, size_t most);
void ward__hungry_feed(const struct ward__event *events, struct ward__stream **held,
                       size_t n);

#endif
