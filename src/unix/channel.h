/* SPDX-License-Identifier: MIT */
/* A channel where everything is a descriptor. */
#ifndef WARD_UNIX_CHANNEL_H
#define WARD_UNIX_CHANNEL_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../platform.h"

enum ward__channel_kind { WARD__CHANNEL_PIPE, WARD__CHANNEL_SOCKET, WARD__CHANNEL_PTY };

struct ward__channel {
	int fd;                       /* ours: non-blocking, CLOEXEC */
	enum ward__channel_kind kind;
	/* Two threads may write, or one read while another ends the input. */
	atomic_uint wants;            /* WARD__READ, WARD__WRITE */
	atomic_bool in_line;          /* PTY: the last byte written was no newline */
	struct ward__held *held;      /* read and not yet moved on; NULL: nothing */
};

/* A channel around @fd, which is made non-blocking and is the channel's then. */
int ward__channel_new(struct ward__channel **ret, int fd, enum ward__channel_kind kind,
                      unsigned wants);

/* The source that gives @fd to a child. */
void ward__side_set(struct ward_stdio *child, int fd);

/*
 * Keep SIGPIPE from this thread while it writes: hold, write, release with what the write
 * came to. What was pending before stays so.
 */
struct ward__sigpipe {
	sigset_t before;
	bool was_pending;
};
void ward__sigpipe_hold(struct ward__sigpipe *hold);
void ward__sigpipe_release(const struct ward__sigpipe *hold, bool raised);
int64_t ward__write_held(int fd, const void *buf, size_t size);

/* As the above, by what each system has: its own way, or held. */
int64_t ward__write_quietly(int fd, const void *buf, size_t size);
void ward__pipe_widen(int fd);

/* The other side of the terminal whose master this is, CLOEXEC, not ours to control. */
int ward__pty_peer(int master);

/*
 * Read and write in turn, for where splice does not go. As ward__channel_move.
 */
int64_t ward__move_by_copy(struct ward__channel *channel, int fd, size_t size);

/* A file without a name, to read from its begin. As ward__memory_file. */
int ward__unnamed_file(struct ward_stdio *child, const void *data, size_t size);
int ward__write_whole(int fd, const void *data, size_t size);

#endif
