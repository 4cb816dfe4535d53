/* SPDX-License-Identifier: MIT */
/*
 * Commands whose input or output goes through ward. The library moves it, watches the
 * clock and stops them; a signal, or a change of ward's terminal, wakes its wait.
 *
 * What is hard is a reader of ours who does not read: then ward waits in the middle of
 * passing output on, and must not become deaf by it. So that wait, too, ends by a signal
 * and by the clock; and it is given up, and the rest of the output kept for the end, when
 * time is up, or when ward was asked to end and the commands have ended.
 */
#include <errno.h>
#include <stdlib.h>

#include "host.h"
#include "lifeline.h"
#include "process.h"
#include "run.h"
#include "signals.h"
#include "streams.h"
#include "terminal.h"
#include "tree.h"

enum { TICK_MS = 20 };

struct run_io {
	struct run_options *options;
	struct tree *tree;
	struct tool_report *report;
	struct ward_pipeline *pipeline;
	struct streams streams;
	struct tool_input input;
	bool group, shared;
	bool silent;                  /* for too long: they are being stopped for it */
	bool cut_off;                 /* ... the lifeline is cut */
	bool finishing;               /* the commands have ended */
	int64_t deadline;             /* of waiting for who reads our output */
	int64_t moved;                /* when there was output, last */
};

/* ------------------------------------------------------------------- while they run */

static struct ward *ward_of(const struct run_io *io, size_t stage)
{
	return io->pipeline ? ward_pipeline_ward(io->pipeline, stage) : NULL;
}

static void pass_on(struct run_io *io, int sig)
{
	for (size_t i = 0; i < io->options->n_stages; i++) {
		struct ward *w = ward_of(io, i);
		int r = w ? group_signal(w, io->group, sig) : -ESRCH;

		if (r < 0 && r != -ESRCH)
			tool_fail("cannot pass signal %s on: %s", tool_signal_text(sig),
			          ward_strerror(r));
	}
}

static void resize(struct run_io *io)
{
	uint16_t rows, columns;

	if (ward_of(io, 0) && tool_terminal_size(&rows, &columns))
		ward_resize(ward_of(io, 0), rows, columns);
}

/* Whatever may have woken us. */
static void attend(struct run_io *io)
{
	int sig;

	while ((sig = tool_signals_next(io->shared)) != 0)
		pass_on(io, sig);
	tree_reap(io->tree, ward_of(io, 0));
	if (io->options->io.pty && tool_terminal_changed())
		resize(io);
}

static bool have_ended(const struct run_io *io)
{
	for (size_t i = 0; i < io->options->n_stages && !io->finishing; i++)
		if (ward_of(io, i) && ward_wait(ward_of(io, i), 0, NULL) == 0)
			return false;
	return true;
}

static bool gives_up(const struct run_io *io)
{
	return tool_time_left(io->deadline) == 0 || tool_lifeline_is_cut() ||
	       (tool_signals_asked() && have_ended(io));
}

/* While we wait for a reader the end of the commands does not wake us. */
static int64_t next_look(const struct run_io *io)
{
	int64_t left = tool_time_left(io->deadline);
	bool soon = tool_signals_asked() &&
	            (left < 0 || left > TICK_MS * WARD_NS_PER_MS);

	return soon ? tool_deadline(TICK_MS * WARD_NS_PER_MS) : io->deadline;
}

static bool wait_for_reader(void *context, int fd)
{
	struct run_io *io = context;

	for (;;) {
		if (tool_signals_sleep_write(fd, next_look(io)))
			return true;
		attend(io);
		if (gives_up(io))
			return false;
	}
}

/* How long they may be silent yet. */
static int64_t silence_left(const struct run_io *io)
{
	int64_t idle = io->options->io.idle_ns;

	if (idle <= 0 || io->silent || idle > INT64_MAX - io->moved)
		return WARD_FOREVER;
	return tool_time_left(io->moved + idle);
}

/* Not by the library's clock of it: we have to know when nobody is to be waited for. */
static void look_for_silence(struct run_io *io)
{
	if (silence_left(io) != 0)
		return;
	io->silent = true;
	io->deadline = tool_now();
	ward_pipeline_stop(io->pipeline);
}

static void look_at_lifeline(struct run_io *io)
{
	if (io->cut_off || !tool_lifeline_is_cut())
		return;
	io->cut_off = true;
	io->deadline = tool_now();
	ward_pipeline_stop(io->pipeline);
}

static int on_chunk(void *context, int64_t stage, int fd, const void *data, size_t size)
{
	struct run_io *io = context;
	int r = streams_put(&io->streams, stage, fd, data, size);

	io->moved = tool_now();
	return r;
}

/* ---------------------------------------------------------------------------- start */

static int open_input(struct run_io *io)
{
	const char *path = io->options->io.input;
	int r = path ? tool_host_input(path, &io->input) : 0;

	if (r < 0)
		return tool_fail("cannot read '%s': %s", path, ward_strerror(r));
	return 0;
}

static void describe_input(const struct run_io *io, struct ward_run_opts *opts)
{
	const struct io_options *options = &io->options->io;
	bool keys = options->pty && !options->input && tool_terminal_has_keys();

	if (options->input && io->input.data) {
		opts->input = io->input.data;
		opts->input_size = io->input.size;
	} else if (options->input || keys) {
		opts->flags |= WARD_RUN_INPUT_FD;
		opts->input_fd = keys ? 0 : io->input.fd;
	}
}

/* How a time-out ends them: steps in @stop; how many. The library's own KILL comes last,
 * for what has left its group. */
static size_t describe_stop(const struct run_io *io, struct ward_stop_step stop[2])
{
	const struct run_options *o = io->options;
	uint32_t group = io->group ? WARD_STOP_GROUP : 0;
	size_t n = 0;

	if (io->tree->job)
		group = WARD_STOP_JOB;

	if (o->signal != tool_signal_kill())
		stop[n++] = (struct ward_stop_step){ .signal = o->signal,
			                             .flags = group | WARD_STOP_CONTINUE,
			                             .timeout_ns = o->grace_ns };
	stop[n++] = (struct ward_stop_step){ .signal = tool_signal_kill(), .flags = group,
		                             .timeout_ns = WARD_NS_PER_S };
	return n;
}

static int64_t bound(int64_t timeout_ns)
{
	return timeout_ns < 0 ? 0 : timeout_ns;
}

static int start_described(struct run_io *io, const struct ward_run_opts *opts)
{
	struct run_options *o = io->options;
	int r = ward_pipeline_start(&io->pipeline, o->stages, o->n_stages, opts);

	tool_signals_watch();
	if (r < 0)
		return run_not_started(o->stages[0].argv[0], r, io->report);
	io->deadline = tool_deadline(o->timeout_ns);
	io->moved = tool_now();
	if (o->io.pty)
		tool_terminal_take();
	return 0;
}

static int start(struct run_io *io)
{
	struct run_options *o = io->options;
	struct ward_spawn_opts spawn = o->spawn;
	struct ward_pty_opts pty = { .size = sizeof(pty) };
	struct ward_stop_step stop[2];
	struct ward_run_opts opts = {
		.size = sizeof(opts), .flags = WARD_RUN_WAKE, .spawn = &spawn,
		.timeout_ns = bound(o->timeout_ns),
		.drain_ns = o->io.drain_ns, .stop = stop, .context = io,
		.error = &io->report->error, .wake = tool_signals_wake(),
	};

	opts.n_stop = describe_stop(io, stop);
	streams_describe(&io->streams, o, &spawn, &opts);
	if (opts.out.to != WARD_TO_SPAWN)
		opts.out.on_chunk = on_chunk;
	if (opts.err.to != WARD_TO_SPAWN)
		opts.err.on_chunk = on_chunk;
	if (o->io.pty) {
		tool_terminal_size(&pty.rows, &pty.columns);
		spawn.pty = &pty;
	}
	describe_input(io, &opts);
	return start_described(io, &opts);
}

/* --------------------------------------------------------------------------- report */

static void report_start(const struct run_io *io)
{
	struct tool_report *report = io->report;
	const struct run_options *o = io->options;

	report->started = true;
	report->fed = o->io.input != NULL;
	report->pid = ward_pid(ward_of(io, 0));
	tool_process_id_text(ward_of(io, 0), 0, report->id);
	if (!o->pipe)
		return;
	report->n_stages = o->n_stages;
	report->stages = tool_alloc(o->n_stages, sizeof(*report->stages));
	for (size_t i = 0; i < o->n_stages; i++) {
		struct report_stage *stage = &report->stages[i];

		stage->argv = o->stages[i].argv;
		stage->pid = ward_pid(ward_of(io, i));
		tool_process_id_text(ward_of(io, i), 0, stage->id);
	}
}

static void report_result(const struct run_io *io, const struct ward_result *result)
{
	struct tool_report *report = io->report;

	report->exit = result->exit;
	report->timed_out = (result->flags & WARD_RESULT_TIMED_OUT) != 0;
	report->idle = io->silent && (result->flags & WARD_RESULT_STOPPED) != 0;
	report->cut_off = io->cut_off && (result->flags & WARD_RESULT_STOPPED) != 0;
	report->limited = (result->flags & WARD_RESULT_LIMIT) != 0;
	report->stopped_by = result->stopped_by;
	report->input_bytes = result->input_written;
	report->failed = result->failed;
	for (size_t i = 0; i < report->n_stages; i++)
		report->stages[i].exit = result->stages[i].exit;
}

/* ------------------------------------------------------------------------------ end */

static void tick(void *context, int64_t deadline)
{
	tool_signals_sleep(NULL, deadline);
	attend(context);
}

/* What is left of the grace: the stop began when a bound was met. */
static int64_t end_of_grace(const struct run_io *io)
{
	const struct run_options *o = io->options;
	int64_t began = io->report->limited ? io->moved : io->deadline;

	return o->grace_ns < 0 || began > INT64_MAX - o->grace_ns ? WARD_FOREVER :
	                                                            began + o->grace_ns;
}

static void end_groups(struct run_io *io, int64_t deadline, bool killed)
{
	for (size_t i = 0; i < io->options->n_stages; i++)
		io->report->group_killed |=
			group_end(ward_of(io, i), deadline, killed, tick, io);
}

static void end_rest(struct run_io *io)
{
	int by = io->report->stopped_by;
	struct tree_stop stop = { .bounded = tool_report_is_bounded(io->report),
		                  .killed = by == tool_signal_kill(),
		                  .deadline = end_of_grace(io) };

	stop.asked = io->tree->job && by != 0 && !stop.killed;
	if (stop.killed)
		io->report->tree.killed = -1; /* by the library, which did not count */
	if (tree_is_held(io->tree))
		tree_end(io->tree, &stop, io->report);
	else if (io->group && stop.bounded)
		end_groups(io, stop.deadline, stop.killed);
}

/* Who stopped them wants an end; who did not can wait for the reader of our output. */
static void begin_finish(struct run_io *io)
{
	int64_t drain = io->options->io.drain_ns;

	io->finishing = true;
	io->deadline = WARD_FOREVER;
	if (tool_report_is_bounded(io->report))
		io->deadline = tool_deadline(drain == 0 ? WARD_NS_PER_S : drain);
}

static int watch(struct run_io *io)
{
	struct ward_result result = WARD_RESULT_INIT;
	int r;

	report_start(io);
	while ((r = ward_pipeline_wait(io->pipeline, silence_left(io), &result)) == 0) {
		attend(io);
		look_for_silence(io);
		look_at_lifeline(io);
	}
	tool_terminal_give_back();
	if (r < 0)
		return tool_fail("cannot go on with '%s': %s",
		                 io->options->stages[0].argv[0], ward_strerror(r));
	report_result(io, &result);
	end_rest(io);
	begin_finish(io);
	r = streams_finish(&io->streams, &result, io->report);
	ward_result_free(&result);
	return r;
}

int run_io(struct run_options *o, struct tree *tree, bool group, bool shared,
           struct tool_report *report)
{
	struct run_io io = { .options = o, .tree = tree, .report = report, .group = group,
		             .shared = shared, .input = { .fd = -1 },
		             .deadline = WARD_FOREVER };
	int r = streams_open(&io.streams, o, wait_for_reader, &io);

	/* A file may be a FIFO that nobody opens: until here signals end us. */
	if (r == 0)
		r = open_input(&io);
	if (r == 0)
		r = run_hold_signals(o);
	if (r == 0)
		r = start(&io);
	if (r == 0)
		r = watch(&io);
	ward_pipeline_close(io.pipeline);
	streams_close(&io.streams);
	if (io.input.fd > 2)
		tool_host_close(io.input.fd);
	free(io.input.data);
	return r;
}
