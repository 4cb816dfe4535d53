/* SPDX-License-Identifier: MIT */
/*
 * A set, as its parts see it: members (set.c), what they tell (set_event.c), the clock
 * (set_clock.c), starts (set_start.c) and the wait that drives all of them (set_wait.c).
 *
 * Everything is under the lock of the poller, which is never held while the set sleeps or
 * starts a program. A ward's list of members is under the ward's own lock
 * (ward__process_lock), which is taken inside of the set's.
 */
#ifndef WARD_SET_H
#define WARD_SET_H

#include "handle.h"
#include "stream.h"

/*
 * One stream of a member: output that is told of, or input that is fed.
 */
struct ward__tube {
	struct ward__stream *stream;  /* held; NULL: it is over */
	int fd;                       /* the child's number */
	unsigned wants;               /* WARD__READ, WARD__WRITE */
	bool is_armed;
	bool is_ready;                /* worth a try */
	bool has_ended;               /* no more is read; `text` is still to be told */
	bool is_wide;
	int code;                     /* why, if not by its end */
	/* LINES: what was read and not told of. */
	char *text;
	size_t begin, end, room;
};

/* What a member needs when more than its end is watched. */
struct ward__care {
	uint64_t flags;               /* WARD_WATCH_* */
	int64_t timeout_ns;           /* of ward_set_spawn, until it runs */
	int64_t due;                  /* when the clock is to look at it */
	size_t heap_index;            /* in the clock; SIZE_MAX: it is not */
	struct ward_stop_step gentle[2];
	struct ward_stop_step *steps; /* these, or a copy of what was asked for */
	size_t n_steps, step;         /* `step`: the next to take, when it is stopping */
	bool is_stopping;
	size_t line_limit;
	size_t n_tubes, most_tubes;
	struct ward__tube tubes[];
};

enum {
	WARD__MEMBER_QUEUED = 1u << 0,        /* it may have something to tell */
	WARD__MEMBER_ARMED = 1u << 1,         /* the poller will tell of its end */
	WARD__MEMBER_TOLD = 1u << 2,          /* its end is worth a try */
	WARD__MEMBER_OVER = 1u << 3,          /* ENDED was told */
	WARD__MEMBER_OURS = 1u << 4,          /* it was started by the set */
	WARD__MEMBER_STARTED = 1u << 5,       /* STARTED is still to be told */
	WARD__MEMBER_DEADLINE = 1u << 6,      /* DEADLINE is still to be told */
	WARD__MEMBER_ASKED = 1u << 7,         /* to be asked at ask_at */
	WARD__MEMBER_JOB = 1u << 8            /* it is no ward, but a job */
};

/* A ward in a set. There may be very many: what is seldom needed is in `care`. */
struct ward__member {
	union {
		struct ward *ward;    /* NULL: a free place */
		struct ward_job *job; /* with WARD__MEMBER_JOB */
	};
	struct ward_set *set;
	struct ward__member *sibling; /* of the same ward or job, in another set */
	struct ward__member *next;    /* in the queue, or among the free */
	void *cookie;
	struct ward__care *care;      /* NULL: only its end is watched */
	uint32_t place;
	uint32_t generation;          /* of the place */
	uint32_t flags;               /* WARD__MEMBER_* */
	int32_t news;                 /* JOB: what tells of it, see ward__job_await; -1 */
};

/* What a job does in a set (set_job.c). */
struct ward__job_in_set {
	void (*unlink)(struct ward__member *m); /* from the list of its places */
	int (*event)(struct ward_set *set, struct ward__member *m,
	             struct ward_event *ret); /* as ward__member_event */
};

struct ward__queue {
	struct ward__member *first, **end;
};

/* A start that is to be made (set_start.c). */
struct ward__launch;
struct ward__launches {
	struct ward__launch *first, **end;
};

struct ward_set {
	/* What is closed leaves its sets by these, so that ward.c and job.c need no set,
	 * and a set no jobs. They take the user that the caller has counted. */
	void (*forget)(struct ward_set *set, struct ward *w);
	void (*forget_job)(struct ward_set *set, struct ward_job *job);
	atomic_int users;             /* the owner, starting threads, closers of wards */
	struct ward__poller *poller;

	struct ward__member **blocks; /* of WARD__BLOCK members */
	size_t n_blocks, blocks_room;
	struct ward__member *free;
	int64_t n_members;            /* that are in use */
	struct ward__queue queue;     /* those that may have something to tell */
	int64_t ask_at;               /* when some are to be asked, untold; -1: none */

	struct ward__member **heap;   /* by due */
	size_t heap_size, heap_room, heap_reserved;

	struct ward_set_opts opts;
	struct ward__launches launches, failed; /* to be made; FAILED to be told */
	size_t n_launches;            /* of both, and those on threads */
	size_t n_alive;               /* started by us, or being started, and not ended */
	int64_t start_at;             /* no start before this; -1: at any time */
	int64_t paced_at;             /* ... for the sake of starts_per_second */
	int64_t pause;                /* the last one after a shortage; 0: none */
	int shortage;                 /* DELAYED to be told; 0: nothing */

	bool is_lent;                 /* its descriptor: others look at the alarm */
	bool is_closed;
	int waiting;                  /* threads in ward_set_wait */
	int sleeping;                 /* ... of these, in the poller */
	int unasked;                  /* events since the poller was asked */
	int to_wake;                  /* ... that are still to return 0 */
	uint64_t wakes;               /* how often ward_set_wake was called */
	bool is_woken;                /* and nobody was there */
	int64_t alarm;                /* as the poller has it */
};
enum { WARD__BLOCK = 128 };

/*
 * What most calls of the API begin with, -EINVAL for no set, -ECHILD in a forked copy, or
 * 0 with the lock; and what they then end with.
 */
struct ward__call;
void ward__set_lock(struct ward_set *set);
void ward__set_unlock(struct ward_set *set);
int ward__set_begin(struct ward_set *set, struct ward__call *call);
void ward__set_end(struct ward_set *set, const struct ward__call *call);

/* The set is lent to a loop from now on: the alarm always tells when it is due. */
struct ward__poller *ward__set_lend(struct ward_set *set);

/* ---- all of these with the lock held ---- */

/* The place of a number below n_blocks * WARD__BLOCK. */
struct ward__member *ward__set_at(const struct ward_set *set, size_t place);

/* A free place; NULL: no memory. Then join or vacate. */
struct ward__member *ward__set_place(struct ward_set *set);
void ward__set_vacate(struct ward_set *set, struct ward__member *m);

/* The ward, which is not in the set, takes the place, which nobody watches yet. */
void ward__set_join(struct ward_set *set, struct ward__member *m, struct ward *w);

/* It leaves the set: nothing of it is told any more. */
void ward__set_leave(struct ward_set *set, struct ward__member *m);
struct ward__member *ward__set_find(struct ward_set *set, const struct ward *w);

/* The poller is told of it; its end, and its streams. */
int ward__set_watch(struct ward_set *set, struct ward__member *m);
void ward__set_unwatch(struct ward_set *set, struct ward__member *m);

/* A token of the poller's. Those of members that have left mean nothing. */
void ward__set_told(struct ward_set *set, uint64_t token);

/* To be told of again; its streams alike. Close: no more of that stream. */
void ward__member_arm(struct ward_set *set, struct ward__member *m);
void ward__tube_arm(struct ward_set *set, struct ward__member *m,
                    struct ward__tube *tube);
void ward__tube_close(struct ward_set *set, struct ward__member *m,
                      struct ward__tube *tube);

/* The poller would not have it, or there was no memory: it is asked after a pause. */
void ward__member_ask_later(struct ward_set *set, struct ward__member *m);

/* Those that are to be asked by now may have something to tell. */
void ward__set_ask(struct ward_set *set, int64_t now);

/* It may have something to tell. */
void ward__set_queue(struct ward_set *set, struct ward__member *m);

/* When there is something to do that the poller does not tell of; 0: now; -1: never. */
int64_t ward__set_due(const struct ward_set *set);

/* The poller's alarm, as things are now. */
void ward__set_alarm(struct ward_set *set);

/* The next event of @m: 1, or 0 when it has none now; -ENOBUFS; -ENOMEM. */
int ward__member_event(struct ward_set *set, struct ward__member *m,
                       struct ward_event *ret);

bool ward__member_has_more(const struct ward__member *m);

/* Nothing in it yet but @what; the caller's buffer stays that of @ret. */
struct ward_event ward__event_blank(const struct ward_event *ret, int what);

/* An event without a ward: DELAYED, FAILED. As above. */
int ward__set_event(struct ward_set *set, struct ward_event *ret);

/* Options: read and checked; care made of them, with its room in the clock. */
int ward__watch_read(struct ward_watch_opts *ret, const struct ward_watch_opts *opts);
bool ward__care_is_needed(const struct ward_watch_opts *opts, bool is_fed);
int ward__care_make(struct ward__care **ret, struct ward_set *set,
                    const struct ward_watch_opts *opts, size_t most_tubes);
void ward__care_drop(struct ward_set *set, struct ward__care *care);

/* Hold the streams of the ward that are to be watched; never more than most_tubes. */
void ward__care_open(struct ward__care *care, struct ward *w);

/* How it is stopped: by a copy of these; gently. */
int ward__care_steps(struct ward__care *care, const struct ward_stop_step steps[],
                     size_t n);
void ward__care_gentle(struct ward__care *care);

/* The clock: room for one more; then it never fails. */
int ward__clock_reserve(struct ward_set *set);
void ward__clock_release(struct ward_set *set);
void ward__clock_set(struct ward_set *set, struct ward__member *m, int64_t due);
void ward__clock_clear(struct ward_set *set, struct ward__member *m);
int64_t ward__clock_next(const struct ward_set *set);
void ward__clock_run(struct ward_set *set, int64_t now);

/* Starts: as many as may be made now, with the lock given up. When is the next? */
void ward__set_start(struct ward_set *set);
int64_t ward__set_start_at(const struct ward_set *set);
void ward__set_ended(struct ward_set *set);
void ward__launches_init(struct ward_set *set);
void ward__launches_drop(struct ward_set *set);
void ward__set_release(struct ward_set *set);

#endif
