/* SPDX-License-Identifier: MIT */
/* The options of a start that Windows does not have, each refused at its own step. */
#include <errno.h>

#include "../sized.h"
#include "os_error.h"
#include "start.h"

enum {
	ALL_FLAGS = WARD_WINDOWS_BATCH | WARD_WINDOWS_SEARCH_CWD,
	CPUS = 8 *
	       sizeof(DWORD_PTR) /* one group of processors is all that a mask holds */
};

static int refuse(struct ward_error *error, int step, int64_t number)
{
	return ward__fail(error, step, -ENOTSUP, number, NULL);
}

/* In the order of the steps. */
static int refuse_options(const struct ward_spawn_opts *o, struct ward_error *error)
{
	const struct {
		bool is_set;
		int step;
	} options[] = {
		{ (o->flags & WARD_SPAWN_UMASK) != 0, WARD_STEP_OPTIONS },
		{ o->user != NULL, WARD_STEP_USER },
		{ (o->flags & WARD_SPAWN_SESSION) != 0, WARD_STEP_SESSION },
		{ (o->flags & WARD_SPAWN_PGROUP) && o->pgroup != 0, WARD_STEP_PGROUP },
		{ (o->flags & WARD_SPAWN_TTY) != 0, WARD_STEP_TTY },
		{ (o->flags & WARD_SPAWN_FOREGROUND) != 0, WARD_STEP_TTY },
		{ (o->flags & WARD_SPAWN_SCHED) != 0, WARD_STEP_SCHED },
		{ (o->flags & WARD_SPAWN_GROUPS) != 0, WARD_STEP_GROUPS },
		{ (o->flags & WARD_SPAWN_GID) != 0, WARD_STEP_GID },
		{ (o->flags & WARD_SPAWN_UID) != 0, WARD_STEP_UID },
		{ (o->flags & WARD_SPAWN_NO_NEW_PRIVS) != 0, WARD_STEP_NO_NEW_PRIVS },
		{ o->death_signal != 0, WARD_STEP_DEATH_SIGNAL },
		{ (o->flags & WARD_SPAWN_INHERIT_MASK) != 0, WARD_STEP_SIGNALS },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].is_set)
			return refuse(error, options[i].step, -1);
	if (o->n_rlimits > 0)
		return refuse(error, WARD_STEP_RLIMIT, o->rlimits[0].resource);
	if (o->flags & WARD_SPAWN_EXE_FD)
		return refuse(error, WARD_STEP_EXEC, o->exe_fd);
	return 0;
}

static int check_cpus(const struct ward_spawn_opts *o, struct ward_error *error)
{
	for (size_t i = 0; i < o->n_cpus; i++)
		if (o->cpus[i] >= CPUS)
			return ward__fail(error, WARD_STEP_AFFINITY, -EINVAL, o->cpus[i],
			                  NULL);
	return 0;
}

static int read_own(struct ward_windows_opts *ret, const struct ward_windows_opts *opts)
{
	int r = 0;

	*ret = (struct ward_windows_opts){ .size = sizeof(*ret) };
	if (opts)
		r = ward__sized_read(ret, sizeof(*ret), opts, sizeof(*ret));
	if (r < 0)
		return r;
	if ((ret->flags & ~(uint32_t)ALL_FLAGS) || ret->console > WARD_CONSOLE_DETACHED)
		return -EINVAL;
	for (int i = 0; i < 6; i++)
		if (ret->reserved[i])
			return -EINVAL;
	return 0;
}

int ward__start_check(struct ward_windows_opts *ret, const struct ward_spawn_opts *opts,
                      struct ward_error *error)
{
	int r = read_own(ret, opts->windows);

	if (r < 0)
		return ward__fail(error, WARD_STEP_OPTIONS, r, -1, NULL);
	r = refuse_options(opts, error);
	return r < 0 ? r : check_cpus(opts, error);
}
