/* SPDX-License-Identifier: MIT */
/*
 * Jobs on POSIX systems: a job is made by the first of the system's means that can do
 * what is asked, and every call goes to it from then on.
 */
#ifndef WARD_UNIX_JOB_H
#define WARD_UNIX_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "../platform.h"

struct ward__means;

struct ward__job {
	const struct ward__means *by;
	atomic_int means;             /* WARD_MEANS_*: GROUP when @by is gone */
	pthread_mutex_t lock;         /* ward__job_lock */
	pid_t owner;                  /* a forked copy has another number */
	uint32_t on_close, on_owner_death;
	void *state;                  /* the means' own */
};

/* Why there is no such job, in words; "" when nobody has said. */
struct ward__reason {
	char text[256];
};

/*
 * One means. @make sets @state; what it says of -ENOTSUP, -EACCES, -EPERM, -EROFS,
 * -ENOSYS, with a reason, lets the next means be tried. Other functions are called in the
 * owner only, and NULL is -ENOTSUP. @lost: -EOWNERDEAD was said, and is said no more.
 */
struct ward__means {
	int32_t means;                /* WARD_MEANS_* */
	bool when_asked_for;          /* not for WARD_MEANS_BEST */
	bool limits, owner_death;     /* can do these options */
	int (*make)(struct ward__job *job, const struct ward_job_opts *opts,
	            struct ward__reason *reason);
	void (*drop)(struct ward__job *job);
	int (*add)(struct ward__job *job, struct ward__process *p);
	int (*signal)(struct ward__job *job, int sig);
	int (*kill)(struct ward__job *job);
	int (*freeze)(struct ward__job *job, bool is_frozen);
	int (*usage)(struct ward__job *job, struct ward_job_usage *ret);
	int (*is_empty)(struct ward__job *job);
	int (*await)(struct ward__job *job, int64_t *descriptor, int64_t *until);
	int (*poll_fd)(struct ward__job *job);
	int (*each)(struct ward__job *job, int (*fn)(struct ward__process *p, void *arg),
	            void *arg);
	int64_t (*count)(struct ward__job *job);
};

/* The system's means, best first, NULL-ended. Each system has this. */
extern const struct ward__means *const ward__job_known[];

/* What every POSIX system has. */
extern const struct ward__means ward__job_group;

#endif
