/* SPDX-License-Identifier: MIT */
/*
 * A job, as its parts on Windows see it: its life (job.c), limits (job_limits.c), who is
 * in it (job_members.c), and waiting until nobody is (job_empty.c).
 */
#ifndef WARD_WINDOWS_JOB_H
#define WARD_WINDOWS_JOB_H

#include "fate.h"
#include "process.h"

/* HANDLEs, each with its number; sorted where that is said. */
struct ward__holds {
	struct ward__hold {
		HANDLE handle;
		DWORD pid;
	} *at;
	size_t n, room;
};

struct ward__job {
	SRWLOCK lock;                 /* of the layer above */
	HANDLE object;
	bool kills_on_close;          /* what the owner's death does, and ours would */

	SRWLOCK own;                  /* for the rest */
	struct ward__fate *fate;      /* of those that are started now */
	bool is_ending;               /* killed, and nobody was let in since */
	struct ward__holds leaders;   /* of groups on our console */
	size_t reserved;              /* room among them, promised */
	struct ward__holds frozen;    /* sorted by number */

	SRWLOCK watching;             /* for these; taken alone */
	HANDLE event;                 /* a look is worth while; NULL: nobody has waited */
	HANDLE member;                /* one whose end sets it; NULL: none */
	HANDLE wait;                  /* for that, or for some time to pass */
};

/* Set the limits that @opts asks for. On failure *reason says why in words, or NULL. */
int ward__job_limit(HANDLE object, bool kills_on_close, const struct ward_job_opts *opts,
                    const char **reason);
/* Leave its processes alone when the last HANDLE of it is closed. */
bool ward__job_release(HANDLE object);

/*
 * Let one in: what it is to know of the job. To be followed by ward__job_let_in, with the
 * process, or with NULL when there is none.
 */
int ward__job_reserve(struct ward__job *job, struct ward__fate **ret);
void ward__job_let_in(struct ward__job *job, const struct ward__process *p);

/* Room for one more; drop: close them all. */
int ward__holds_reserve(struct ward__holds *holds, size_t more);
void ward__holds_drop(struct ward__holds *holds);

/*
 * Take hold of a member by its number, with these rights on top of those to ask and to
 * wait. -ESRCH: it is none, or none any more.
 */
int ward__job_open(const struct ward__job *job, DWORD pid, DWORD rights, HANDLE *ret);

/* The numbers of all members; yours to free. */
int ward__job_list(const struct ward__job *job, ULONG_PTR **ret, size_t *n);

/* How many there are. */
int64_t ward__job_active(const struct ward__job *job);

/* TerminateJobObject; with `own` held. */
int ward__job_terminate(struct ward__job *job);

/* Let run again whom we have frozen; with `own` held. */
int ward__job_thaw(struct ward__job *job);

/* Let who waits look again; and: wait no more. */
void ward__job_stir(struct ward__job *job);
void ward__job_unwatch(struct ward__job *job);

#endif
