/* SPDX-License-Identifier: MIT */
/*
 * What a child does between its birth and exec, step by step. It may share its parent's
 * memory, so nothing here allocates, locks, or returns; every step is a bare system call
 * (sys.h), and a step that fails is told to the parent by its name. The order is part of
 * the documented behaviour: files are opened as the caller, limits and scheduling are
 * set while the caller's privileges last, the directory is entered as the new user.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "child.h"

#include <errno.h>

#include "child_fds.h"

/* A step: 0, or a negative errno after it has put number and path into the report. */
typedef int step_fn(struct ward__plan *plan, struct ward__report *report);

static int blame_fd(struct ward__report *report, int code, int fd)
{
	report->number = fd;
	return code;
}

static int blame_path(struct ward__report *report, int code, const char *path)
{
	report->path = path;
	return code;
}

static bool has(const struct ward__plan *plan, uint64_t flag)
{
	return (plan->opts->flags & flag) != 0;
}

/*
 * While the table is still the parent's, so that the parent has the child before it runs.
 */
static int hold_self(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	if (!plan->hold_self)
		return 0;
	plan->self = ward__sys_hold_self();
	return plan->self < 0 ? plan->self : 0;
}

/* While the caller's descriptors are there, and its privileges. */
static int join(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	return plan->join < 0 ? 0 : ward__sys_join(plan->join, plan->join_asks);
}

/* --------------------------------------------------------- session, group, terminal */

static int session(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	return has(plan, WARD_SPAWN_SESSION) ? ward__sys_setsid() : 0;
}

static int pgroup(struct ward__plan *plan, struct ward__report *report)
{
	if (!has(plan, WARD_SPAWN_PGROUP) || has(plan, WARD_SPAWN_SESSION))
		return 0; /* the leader of a session leads its group */
	report->number = plan->opts->pgroup;
	return ward__sys_setpgid((pid_t)plan->opts->pgroup);
}

/*
 * A group in the background that does this is stopped by SIGTTOU, unless that is blocked.
 */
static int foreground(struct ward__plan *plan)
{
	struct ward__mask before;
	int r = ward__sys_block_signals(&before);

	if (r < 0)
		return r;
	r = ward__sys_set_foreground(plan->opts->tty_fd);
	ward__sys_set_mask(&before);
	return r;
}

static int terminal(struct ward__plan *plan, struct ward__report *report)
{
	int r = 0;

	report->number = plan->opts->tty_fd;
	if (has(plan, WARD_SPAWN_TTY))
		r = ward__sys_set_tty(plan->opts->tty_fd);
	if (r >= 0 && has(plan, WARD_SPAWN_FOREGROUND))
		r = foreground(plan);
	return r;
}

/* ------------------------------------------------------------ limits and scheduling */

static int rlimits(struct ward__plan *plan, struct ward__report *report)
{
	for (size_t i = 0; i < plan->opts->n_rlimits; i++) {
		const struct ward_rlimit *limit = &plan->opts->rlimits[i];
		int r = ward__sys_setrlimit(plan->rlimits[i], limit->soft, limit->hard);

		if (r < 0)
			return blame_fd(report, r, limit->resource);
	}
	return 0;
}

static int niceness(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	return has(plan, WARD_SPAWN_NICE) ? ward__sys_nice(plan->opts->nice) : 0;
}

static int sched(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	if (!has(plan, WARD_SPAWN_SCHED))
		return 0;
	return ward__sys_sched(plan->policy, plan->opts->sched_priority);
}

static int affinity(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	return plan->cpus_bytes ? ward__sys_affinity(plan->cpus, plan->cpus_bytes) : 0;
}

/* ------------------------------------------------------------------------- identity */

static int groups(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	/* An empty list is set like any other: that is what drops root's groups. */
	return plan->set_groups ? ward__sys_setgroups(plan->n_groups, plan->groups) : 0;
}

static int gid(struct ward__plan *plan, struct ward__report *report)
{
	report->number = plan->gid;
	return plan->set_gid ? ward__sys_setgid(plan->gid) : 0;
}

static int uid(struct ward__plan *plan, struct ward__report *report)
{
	report->number = plan->uid;
	return plan->set_uid ? ward__sys_setuid(plan->uid) : 0;
}

static int change_dir(struct ward__plan *plan, struct ward__report *report)
{
	if (has(plan, WARD_SPAWN_UMASK))
		ward__sys_umask(plan->opts->umask);
	if (!plan->opts->cwd)
		return 0;
	return blame_path(report, ward__sys_chdir(plan->opts->cwd), plan->opts->cwd);
}

static int no_new_privs(struct ward__plan *plan, struct ward__report *report)
{
	(void)report;
	return has(plan, WARD_SPAWN_NO_NEW_PRIVS) ? ward__sys_no_new_privs() : 0;
}

/* After the change of identity, which would clear it. */
static int death_signal(struct ward__plan *plan, struct ward__report *report)
{
	if (!plan->death_signal)
		return 0;
	report->number = plan->death_signal;
	return ward__sys_death_signal(plan->death_signal, plan->parent);
}

/* -------------------------------------------------------------------------- signals */

/*
 * Dispositions first: with the mask open, a handler would run on the parent's memory. A
 * child whose handlers the kernel cleared was born with the caller's mask, the others
 * with all signals blocked.
 */
static int signals(struct ward__plan *plan, struct ward__report *report)
{
	bool inherit = has(plan, WARD_SPAWN_INHERIT_SIGNALS);
	int r = 0;

	(void)report;
	if (!inherit || !plan->handlers_cleared)
		r = ward__sys_default_signals(inherit);
	if (r < 0 || (plan->handlers_cleared && has(plan, WARD_SPAWN_INHERIT_MASK)))
		return r;
	return ward__sys_set_mask(&plan->mask);
}

/* ----------------------------------------------------------------------------- exec */

/* May another directory of PATH have a better one? */
static bool is_passed_over(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -EACCES ||
	       code == -ESTALE || code == -ENODEV || code == -ETIMEDOUT ||
	       code == -ELOOP || code == -ENAMETOOLONG;
}

/*
 * "Not found" for a file that is there: what is missing is its interpreter. It is asked
 * here and not before, since a search that succeeds should not pay for it.
 */
static int explain(struct ward__plan *plan, struct ward__report *report, int code)
{
	for (size_t i = 0; code == -ENOENT && i < plan->n_candidates; i++) {
		if (ward__sys_exists(plan->candidates[i]) < 0)
			continue;
		report->step = WARD_STEP_INTERPRETER;
		return blame_path(report, code, plan->candidates[i]);
	}
	return code;
}

static int exec_path(struct ward__plan *plan, struct ward__report *report)
{
	const struct ward__start *start = plan->start;
	const char *file = plan->opts->file;
	bool searched = plan->n_candidates > 0 && plan->candidates[0] != file;
	int worst = -ENOENT;

	report->path = file;
	for (size_t i = 0; i < plan->n_candidates; i++) {
		int r = ward__sys_exec(plan->candidates[i], start->argv, start->env);

		if (r == -EACCES && worst == -ENOENT) {
			worst = r;
			report->path = plan->candidates[i];
		}
		if (searched && is_passed_over(r))
			continue;
		if (r != -EACCES && r != -ENOENT)
			return blame_path(report, r, plan->candidates[i]);
	}
	return explain(plan, report, worst);
}

static int exec_program(struct ward__plan *plan, struct ward__report *report)
{
	const struct ward__start *start = plan->start;

	if (has(plan, WARD_SPAWN_EXE_FD))
		return blame_fd(report,
		                ward__sys_exec_fd(plan->program, start->argv, start->env),
		                plan->opts->exe_fd);
	return exec_path(plan, report);
}

/* ---------------------------------------------------------------------------- steps */

static const struct {
	int step;
	step_fn *run;
} steps[] = {
	{ WARD_STEP_HOLD, hold_self },
	{ WARD_STEP_JOB, join },
	{ WARD_STEP_CLOSE, ward__fds_leave },
	{ WARD_STEP_FD, ward__fds_program },
	{ WARD_STEP_OPEN, ward__fds_open },
	{ WARD_STEP_SESSION, session },
	{ WARD_STEP_PGROUP, pgroup },
	{ WARD_STEP_FD, ward__fds_place },
	{ WARD_STEP_CLOSE, ward__fds_seal },
	{ WARD_STEP_TTY, terminal },
	{ WARD_STEP_RLIMIT, rlimits },
	{ WARD_STEP_NICE, niceness },
	{ WARD_STEP_SCHED, sched },
	{ WARD_STEP_AFFINITY, affinity },
	{ WARD_STEP_GROUPS, groups },
	{ WARD_STEP_GID, gid },
	{ WARD_STEP_UID, uid },
	{ WARD_STEP_CHDIR, change_dir },
	{ WARD_STEP_NO_NEW_PRIVS, no_new_privs },
	{ WARD_STEP_DEATH_SIGNAL, death_signal },
	{ WARD_STEP_SIGNALS, signals },
	{ WARD_STEP_EXEC, exec_program },
};

static int run_steps(struct ward__plan *plan, struct ward__report *report)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
		report->number = -1;
		report->path = NULL;
		report->step = steps[i].step;
		r = steps[i].run(plan, report);
	}
	return r;
}

int ward__child_run(void *arg)
{
	struct ward__childhood *childhood = arg;

	childhood->report.code = run_steps(childhood->plan, &childhood->report);
	ward__sys_exit(127);
}

_Noreturn void ward__child_run_apart(struct ward__plan *plan, int pipe)
{
	struct ward__report report = { .step = WARD_STEP_FD, .number = -1 };
	int to = ward__fds_lift(plan, pipe);

	report.code = to < 0 ? to : run_steps(plan, &report);
	ward__sys_tell(to < 0 ? pipe : to, &report, sizeof(report));
	ward__sys_exit(127);
}
