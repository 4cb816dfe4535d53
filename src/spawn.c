/* SPDX-License-Identifier: MIT */
/*
 * Starting: read and check the options, make the environment, and hand a whole and
 * consistent request to the system. What is refused here is refused before anything
 * exists.
 */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "env.h"
#include "fail.h"
#include "handle.h"
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
	       o->death_signal >= 0 && o->exe_fd >= 0 && o->on_close <= WARD_KILL_WAIT;
}

static int check_stdio(const struct ward_stdio *s)
{
	if (s->kind > WARD_FD_HANDLE || s->data || s->data_size ||
	    !ward__all_zero(s->reserved, 2))
		return -EINVAL;
	if ((s->handle != 0) != (s->kind == WARD_FD_HANDLE))
		return -EINVAL;
	if (s->kind == WARD_FD_PATH)
		return s->path && !(s->flags & ~(uint32_t)ALL_OPEN_FLAGS) &&
		                       s->mode <= 07777 && s->fd == 0 ?
		               0 :
		               -EINVAL;
	if (s->path || s->flags || s->mode)
		return -EINVAL;
	return s->fd != 0 && s->kind != WARD_FD_GIVEN && s->kind != WARD_FD_CHILD ?
	               -EINVAL :
	               0;
}

static int check_fds(const struct ward_spawn_opts *o)
{
	int r = 0;

	if (check_stdio(&o->in) < 0 || check_stdio(&o->out) < 0 ||
	    check_stdio(&o->err) < 0)
		return -EINVAL;
	for (size_t i = 0; r == 0 && i < o->n_fds; i++)
		r = o->fds[i].reserved ? -EINVAL : check_stdio(&o->fds[i].from);
	return r;
}

static int check_rlimits(const struct ward_spawn_opts *o)
{
	for (size_t i = 0; i < o->n_rlimits; i++)
		if (o->rlimits[i].reserved || o->rlimits[i].resource < 0 ||
		    o->rlimits[i].resource >= WARD_RLIMIT_COUNT_)
			return -EINVAL;
	return 0;
}

static int check(const struct ward_spawn_opts *o)
{
	if ((o->flags & ~(uint64_t)ALL_FLAGS) || o->pty ||
	    !ward__all_zero(o->reserved, 7))
		return -EINVAL;
	if (!values_have_flags(o) || !flags_agree(o) || !lists_are_there(o) ||
	    !in_range(o))
		return -EINVAL;
	if (check_rlimits(o) < 0)
		return -EINVAL;
	return check_fds(o);
}

/* ---------------------------------------------------------------------------- start */

static int read_opts(struct ward_spawn_opts *ret, const struct ward_spawn_opts *opts)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(*ret);
	if (!opts)
		return 0;
	r = ward__sized_read(ret, sizeof(*ret), opts, sizeof(*ret));
	return r < 0 ? r : check(ret);
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
                 const struct ward_spawn_opts *opts, struct ward_error *error)
{
	struct ward__start request = { .argv = argv, .opts = opts };
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
	r = start(w, argv, opts, error);
	if (r < 0) {
		ward__delete(w);
		return r;
	}
	*ret = w;
	return 0;
}

int ward_spawn(struct ward **ret, const char *const argv[],
               const struct ward_spawn_opts *opts)
{
	struct ward_error error = { .size = sizeof(error), .number = -1 };
	struct ward_spawn_opts whole;
	struct ward__call call = ward__call_begin();
	int r;

	ward__orphans_collect();
	r = read_opts(&whole, opts);
	if (r == 0 && ward__sized_check(whole.error, sizeof(error)) < 0) {
		whole.error = NULL;
		r = -EINVAL;
	}
	if (r == 0 && (!ret || !argv || !argv[0]))
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
