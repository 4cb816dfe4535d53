/* SPDX-License-Identifier: MIT */
/*
 * Starting: read and check the options, make the environment, and hand a whole and
 * consistent request to the system. What is refused here is refused before anything
 * exists.
 */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "channels.h"
#include "env.h"
#include "fail.h"
#include "handle.h"
#include "job.h"
#include "memory.h"
#include "sized.h"

enum {
	ALL_FLAGS = WARD_SPAWN_EXE_FD | WARD_SPAWN_UMASK | WARD_SPAWN_UID |
	            WARD_SPAWN_GID | WARD_SPAWN_GROUPS | WARD_SPAWN_NO_NEW_PRIVS |
	            WARD_SPAWN_NICE | WARD_SPAWN_SCHED | WARD_SPAWN_SESSION |
	            WARD_SPAWN_PGROUP | WARD_SPAWN_TTY | WARD_SPAWN_FOREGROUND |
	            WARD_SPAWN_INHERIT_MASK | WARD_SPAWN_INHERIT_SIGNALS |
	            WARD_SPAWN_INHERIT_FDS,
	ALL_OPEN_FLAGS = WARD_FILE_READ | WARD_FILE_WRITE | WARD_FILE_APPEND |
	                 WARD_FILE_CREATE | WARD_FILE_TRUNCATE | WARD_FILE_EXCLUSIVE
};

void ward_spawn_opts_init_sized(struct ward_spawn_opts *opts, size_t size)
{
	memset(opts, 0, size);
	opts->size = size;
}

/* --------------------------------------------------------------------------- checks */

/* A value that is there without its flag was meant, and would be ignored. */
static bool values_have_flags(const struct ward_spawn_opts *o)
{
	const struct {
		uint64_t flags;
		bool is_set;
	} values[] = {
		{ WARD_SPAWN_EXE_FD, o->exe_fd != 0 },
		{ WARD_SPAWN_UMASK, o->umask != 0 },
		{ WARD_SPAWN_UID, o->uid != 0 },
		{ WARD_SPAWN_GID, o->gid != 0 },
		{ WARD_SPAWN_GROUPS, o->n_groups != 0 },
		{ WARD_SPAWN_NICE, o->nice != 0 },
		{ WARD_SPAWN_SCHED, o->sched_policy != 0 || o->sched_priority != 0 },
		{ WARD_SPAWN_PGROUP, o->pgroup != 0 },
		{ WARD_SPAWN_TTY | WARD_SPAWN_FOREGROUND, o->tty_fd != 0 },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].is_set && !(o->flags & values[i].flags))
			return false;
	return true;
}

static bool flags_agree(const struct ward_spawn_opts *o)
{
	bool session = (o->flags & WARD_SPAWN_SESSION) != 0;

	if ((o->flags & WARD_SPAWN_TTY) && !session)
		return false;
	/* The leader of a session leads a group of its own and can join no other. */
	return !(session && o->pgroup != 0);
}

static bool lists_are_there(const struct ward_spawn_opts *o)
{
	return (o->fds || !o->n_fds) && (o->groups || !o->n_groups) &&
	       (o->rlimits || !o->n_rlimits) && (o->cpus || !o->n_cpus);
}

/*
 * To setresuid and setresgid the largest number means "as it is": never what was meant.
 */
static bool ids_are_ids(const struct ward_spawn_opts *o)
{
	return !((o->flags & WARD_SPAWN_UID) && o->uid == UINT32_MAX) &&
	       !((o->flags & WARD_SPAWN_GID) && o->gid == UINT32_MAX);
}

static bool in_range(const struct ward_spawn_opts *o)
{
	return ids_are_ids(o) && o->umask <= 0777 && o->nice >= -20 && o->nice <= 19 &&
	       o->pgroup >= 0 && o->pgroup != 1 && o->pgroup <= INT32_MAX &&
	       o->death_signal >= 0 && o->exe_fd >= 0 && o->on_close <= WARD_KILL_WAIT &&
	       o->on_owner_death <= (o->job ? WARD_LEAVE : WARD_KILL);
}

/* What a kind has no use for must not be there: it was meant, and would be ignored. */
static bool only_its_own(const struct ward_stdio *s, uint32_t ours)
{
	bool fd = s->kind == WARD_FD_GIVEN || s->kind == WARD_FD_CHILD;
	bool path = s->kind == WARD_FD_PATH, memory = s->kind == WARD_FD_MEMORY;
	bool flags = path || memory || s->kind == WARD_FD_PIPE;

	return (fd || s->fd == 0) && (path || (!s->path && !s->mode)) &&
	       (flags || !(s->flags & ~ours)) &&
	       (memory || (!s->data && !s->data_size)) &&
	       (s->handle != 0) == (s->kind == WARD_FD_HANDLE);
}

static bool is_whole(const struct ward_stdio *s)
{
	switch (s->kind) {
	case WARD_FD_PATH:
		return s->path && !(s->flags & ~(uint32_t)ALL_OPEN_FLAGS) &&
		       s->mode <= 07777;
	case WARD_FD_PIPE:
		return s->flags == 0 || s->flags == WARD_FILE_READ ||
		       s->flags == WARD_FILE_WRITE;
	case WARD_FD_MEMORY:
		return (s->data || !s->data_size) &&
		       !(s->flags & ~(uint32_t)WARD_MEMORY_FILE);
	default:
		return s->kind < WARD_FD_MEMORY;
	}
}

static int check_stdio(const struct ward_stdio *s, uint32_t ours)
{
	if (!ward__all_zero(s->reserved, 2) || !is_whole(s) || !only_its_own(s, ours))
		return -EINVAL;
	return 0;
}

static int check_fds(const struct ward_spawn_opts *o, uint32_t ours)
{
	int r = 0;

	if (check_stdio(&o->in, ours) < 0 || check_stdio(&o->out, ours) < 0 ||
	    check_stdio(&o->err, ours) < 0)
		return -EINVAL;
	for (size_t i = 0; r == 0 && i < o->n_fds; i++)
		r = o->fds[i].reserved ? -EINVAL : check_stdio(&o->fds[i].from, 0);
	return r;
}

static bool has_terminal(const struct ward_spawn_opts *o)
{
	bool some = o->in.kind == WARD_FD_PTY || o->out.kind == WARD_FD_PTY ||
	            o->err.kind == WARD_FD_PTY;

	for (size_t i = 0; !some && i < o->n_fds; i++)
		some = o->fds[i].from.kind == WARD_FD_PTY;
	return some;
}

/* With a terminal of its own the child leads a session, whose only one that is. */
static int check_pty(struct ward_pty_opts *ret, const struct ward_spawn_opts *o)
{
	const uint64_t others = WARD_SPAWN_TTY | WARD_SPAWN_FOREGROUND |
	                        WARD_SPAWN_PGROUP;
	int r = 0;

	if (has_terminal(o) ? (o->flags & others) != 0 : o->pty != NULL)
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	if (o->pty)
		r = ward__sized_read(ret, sizeof(*ret), o->pty, sizeof(*ret));
	return r < 0 || !(ret->flags & ~(uint32_t)(WARD_PTY_RAW | WARD_PTY_NO_ECHO)) ?
	               r :
	               -EINVAL;
}

static int check_rlimits(const struct ward_spawn_opts *o)
{
	for (size_t i = 0; i < o->n_rlimits; i++)
		if (o->rlimits[i].reserved || o->rlimits[i].resource < 0 ||
		    o->rlimits[i].resource >= WARD_RLIMIT_COUNT_)
			return -EINVAL;
	return 0;
}

static int check(const struct ward_spawn_opts *o, uint32_t ours)
{
	if ((o->flags & ~(uint64_t)ALL_FLAGS) || o->reserved0 ||
	    !ward__all_zero(o->reserved, 5))
		return -EINVAL;
	if (!values_have_flags(o) || !flags_agree(o) || !lists_are_there(o) ||
	    !in_range(o))
		return -EINVAL;
	if (check_rlimits(o) < 0)
		return -EINVAL;
	return check_fds(o, ours);
}

/* ---------------------------------------------------------------------------- start */

/* @pty is where the library's own copy of these options goes. */
static int read_opts(struct ward_spawn_opts *ret, struct ward_pty_opts *pty,
                     const struct ward_spawn_opts *opts, uint32_t ours)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	if (!opts)
		return 0;
	r = ward__sized_read(ret, sizeof(*ret), opts, sizeof(*ret));
	if (r == 0)
		r = check(ret, ours);
	if (r == 0)
		r = check_pty(pty, ret);
	ret->pty = ret->pty ? pty : NULL;
	return r;
}

/* Nobody needs it for a path, and looking for it is not free. */
static const char *path_for(const char *file, const char *const *env,
                            const char *const *own)
{
	const char *path;

	if (ward__is_path(file))
		return NULL;
	path = ward__env_get(env, "PATH");
	return path ? path : ward__env_get(own, "PATH");
}

/* @own is the environment of the caller. */
static int start_from(struct ward *w, struct ward__start *request,
                      const char *const *own, struct ward_error *error)
{
	const struct ward_spawn_opts *opts = request->opts;
	void *memory;
	int r = ward__env_make(&request->env, &memory, opts->env ? opts->env : own,
	                       opts->env_unset, opts->env_set);

	if (r < 0) {
		error->step = r == -ENOMEM ? WARD_STEP_MEMORY : WARD_STEP_OPTIONS;
		return r;
	}
	request->path = path_for(opts->file, request->env, own);
	w->started = ward__now();
	r = ward__process_spawn(&w->process, request, error);
	ward__free(memory);
	return r;
}

static int start(struct ward *w, const char *const argv[],
                 const struct ward_spawn_opts *opts, struct ward__channel *terminal,
                 struct ward_error *error)
{
	struct ward__start request = {
		.argv = argv,
		.opts = opts,
		.terminal = terminal,
		.job = opts->job ? opts->job->held : NULL,
	};
	const char *const *own;
	void *memory;
	int r = ward__environ(&own, &memory);

	if (r < 0) {
		error->step = WARD_STEP_MEMORY;
		return r;
	}
	r = start_from(w, &request, own, error);
	ward__free(memory);
	return r;
}

static int start_in_job(struct ward *w, const char *const argv[],
                        struct ward_spawn_opts *opts, struct ward__channel *terminal,
                        struct ward_error *error)
{
	struct ward_job *job = opts->job;
	int r = job ? job->enter(job, opts) : 0;

	if (r < 0) {
		error->step = WARD_STEP_JOB;
		return r;
	}
	r = start(w, argv, opts, terminal, error);
	if (job)
		job->leave(job, r == 0 ? w : NULL);
	w->ends_with_job = job && job->on_owner_death == WARD_KILL;
	return r;
}

/* The streams are the ward's once there is a child at their other ends. */
static int start_with_channels(struct ward *w, const char *const argv[],
                               struct ward_spawn_opts *opts, struct ward_error *error)
{
	struct ward__channels channels = { 0 };
	int r = ward__channels_open(&channels, opts, error);

	if (r < 0)
		return r;
	r = start_in_job(w, argv, opts, channels.terminal, error);
	if (r == 0) {
		w->streams = channels.streams;
		channels.streams = NULL;
	}
	ward__channels_close(&channels);
	return r;
}

static int spawn(struct ward **ret, const char *const argv[],
                 struct ward_spawn_opts *opts, struct ward_error *error)
{
	struct ward *w = ward__new();
	int r;

	if (!w) {
		error->step = WARD_STEP_MEMORY;
		return -ENOMEM;
	}
	if (!opts->file)
		opts->file = argv[0];
	w->spawned = true;
	w->on_close = opts->on_close;
	r = start_with_channels(w, argv, opts, error);
	if (r < 0) {
		ward__delete(w);
		return r;
	}
	*ret = w;
	return 0;
}

int ward__spawn_check(struct ward_spawn_opts *ret, struct ward_pty_opts *pty,
                      const char *const argv[], const struct ward_spawn_opts *opts,
                      uint32_t ours)
{
	int r = read_opts(ret, pty, opts, ours);

	if (r == 0 && ward__sized_check(ret->error, sizeof(struct ward_error)) < 0) {
		ret->error = NULL;
		r = -EINVAL;
	}
	return r < 0 ? r : argv && argv[0] ? 0 : -EINVAL;
}

int ward__spawn(struct ward **ret, const char *const argv[],
                const struct ward_spawn_opts *opts, uint32_t ours)
{
	struct ward_error error = { .size = sizeof(error), .number = -1 };
	struct ward_spawn_opts whole;
	struct ward_pty_opts pty;
	struct ward__call call = ward__call_begin();
	int r;

	ward__orphans_collect();
	r = ward__spawn_check(&whole, &pty, argv, opts, ours);
	if (r == 0 && !ret)
		r = -EINVAL;
	if (r < 0)
		error.step = WARD_STEP_OPTIONS;
	else
		r = spawn(ret, argv, &whole, &error);
	if (r < 0)
		ward__fail_tell(whole.error, &error, r);
	ward__call_end(&call);
	return r;
}

int ward_spawn(struct ward **ret, const char *const argv[],
               const struct ward_spawn_opts *opts)
{
	return ward__spawn(ret, argv, opts, 0);
}
