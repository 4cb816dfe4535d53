/* SPDX-License-Identifier: MIT */
/*
 * ward run: start a command, watch over it, tell how it went.
 *
 * What is hard is the terminal. Where ward stands in its foreground, the command stays in
 * ward's process group, so that it may read the terminal and Ctrl-C and Ctrl-Z work as
 * ever. Elsewhere it leads a group of its own, and what it leaves there is stopped with
 * it.
 */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "lifeline.h"
#include "process.h"
#include "signals.h"
#include "tree.h"

enum { STANDARD_ERROR = 2 };

static int exit_status(const struct tool_report *report)
{
	if (tool_report_is_bounded(report))
		return STATUS_TIMED_OUT;
	/* Windows has 32 bits of code, also for one that crashed or was killed. */
	if (report->exit.how == WARD_EXITED ||
	    (report->exit.how == WARD_SIGNALED && report->exit.code >= 0))
		return (int)report->exit.code;
	if (report->exit.how == WARD_SIGNALED)
		return STATUS_SIGNALED + report->exit.signal;
	return tool_fail("the command ended, but somebody else took its status: it is "
	                 "lost");
}

static int start_status(const struct ward_error *error)
{
	if (error->step == WARD_STEP_EXEC)
		return error->code == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
	return error->step == WARD_STEP_INTERPRETER || error->step == WARD_STEP_BATCH ?
	               STATUS_CANNOT_RUN :
	               STATUS_FAILED;
}

int run_not_started(const char *name, int r, const struct tool_report *report)
{
	char text[768];

	if (report->error.step == WARD_STEP_NONE ||
	    ward_error_text(&report->error, text, sizeof(text)) < 0)
		return tool_fail("cannot start '%s': %s", name, ward_strerror(r));
	tool_fail("%s", text);
	return start_status(&report->error);
}

int run_hold_signals(const struct run_options *o)
{
	int r = tool_signals_hold();

	if (r < 0)
		return tool_fail("cannot make a pipe for signals: %s", ward_strerror(r));
	r = o->tree.lifeline >= 0 ? tool_lifeline_watch(o->tree.lifeline) : 0;
	if (r < 0)
		return tool_fail("cannot watch the lifeline: %s", ward_strerror(r));
	return STATUS_OK;
}

/* The command has ward's own descriptors. */
static int run_alone(struct run_options *o, struct tree *tree, bool group, bool shared,
                     struct tool_report *report)
{
	struct ward *w = NULL;
	int r = run_hold_signals(o);

	if (r != STATUS_OK)
		return r;
	r = ward_spawn(&w, o->stages[0].argv, &o->spawn);
	tool_signals_watch();
	if (r < 0)
		return run_not_started(o->command[0], r, report);
	report->started = true;
	report->pid = ward_pid(w);
	tool_process_id_text(w, 0, report->id);
	r = run_watch(w, tree, group, shared, report);
	ward_close(w);
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}

static int run_held(struct run_options *o, bool shared, struct tool_report *report)
{
	bool group = !shared && (!o->tree.init || o->tree.to_group);
	struct tree tree;
	int r = tree_open(&tree, o, shared);

	if (r == STATUS_OK)
		r = o->pipe || io_is_any(&o->io) ?
		            run_io(o, &tree, group, shared, report) :
		            run_alone(o, &tree, group, shared, report);
	tree_close(&tree);
	return r;
}

/* The command may keep what its caller passed on purpose: a jobserver, <(...), 3<file. */
static int run_command(struct run_options *o, struct tool_report *report)
{
	bool session = (o->spawn.flags & WARD_SPAWN_SESSION) != 0 || o->io.pty;
	bool shared = !session && tool_host_is_in_front();
	int r;

	o->spawn.error = &report->error;
	o->spawn.flags |= WARD_SPAWN_INHERIT_FDS | WARD_SPAWN_INHERIT_SIGNALS;
	if (!session && !shared)
		o->spawn.flags |= WARD_SPAWN_PGROUP;
	r = run_held(o, shared, report);
	o->spawn.error = NULL;
	return r == STATUS_OK ? exit_status(report) : r;
}

/* Before the start: a report that cannot be written is a reason not to start. */
static int open_report(const struct run_options *o, int *ret)
{
	*ret = STANDARD_ERROR;
	if (!o->report_file)
		return STATUS_OK;
	*ret = tool_host_create(o->report_file);
	if (*ret >= 0)
		return STATUS_OK;
	return tool_fail("cannot open the report file '%s': %s", o->report_file,
	                 strerror(-*ret));
}

static int write_report(const struct run_options *o, const struct tool_report *report,
                        int fd, int status)
{
	int r = o->report == REPORT_NONE ? 0 : tool_report_write(report, o->report, fd);

	int closed = fd != STANDARD_ERROR ? tool_host_close(fd) : 0;

	r = r < 0 ? r : closed;
	if (r < 0)
		return tool_fail("cannot write the report%s%s: %s",
		                 o->report_file ? " to " : "",
		                 o->report_file ? o->report_file : "", ward_strerror(r));
	return status;
}

int run_whole(struct run_options *o)
{
	struct tool_report report = { .argv = o->command, .exit = WARD_EXIT_INIT,
		                      .error = WARD_ERROR_INIT, .failed = -1 };
	int fd, status = open_report(o, &fd);

	if (status == STATUS_OK) {
		status = run_command(o, &report);
		status = write_report(o, &report, fd, status);
	}
	free(report.stages);
	/* Whoever sent us the signal sees what it would see without us: a shell's loop
	 * stops at Ctrl-C only for that. */
	if (report.exit.how == WARD_SIGNALED && !tool_report_is_bounded(&report) &&
	    status == STATUS_SIGNALED + report.exit.signal)
		tool_signals_end_alike(report.exit.signal);
	return status;
}

int tool_run(char **argv)
{
	struct run_options o;
	int status;

	if (run_options_read(&o, argv, false, &status))
		status = run_whole(&o);
	run_options_free(&o);
	return status;
}
