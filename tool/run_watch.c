/* SPDX-License-Identifier: MIT */
/*
 * Watch over the command: one loop that waits for its end, for signals and for the clock
 * at once, so that a signal is passed on also while the command is being stopped.
 *
 * The command is in one of three stages: it runs; it was asked to end and has the grace;
 * it was killed. The clock moves it on, its end finishes the loop in any of them.
 */
#include "run.h"

#include <errno.h>
#include <inttypes.h>

#include "lifeline.h"
#include "signals.h"
#include "tree.h"

enum stage { RUNS, ASKED, KILLED };

struct watch {
	struct ward *ward;
	struct tree *tree;
	const struct run_options *options;
	bool group, shared;
	enum stage stage;
	int64_t deadline;             /* of this stage */
	bool ask_again;               /* its end was told, but there is no result yet */
};

static int send_signal(struct watch *watch, int sig)
{
	return group_signal(watch->ward, watch->group, sig);
}

static void pass_signals_on(struct watch *watch)
{
	int sig, r;

	while ((sig = tool_signals_next(watch->shared)) != 0) {
		r = send_signal(watch, sig);
		if (r < 0 && r != -ESRCH)
			tool_fail("cannot pass signal %s on: %s", tool_signal_text(sig),
			          ward_strerror(r));
	}
	/* After what empties the pipe: a child that ends after the look wakes us. */
	tree_reap(watch->tree, watch->ward);
}

/* Sleep until a signal, the end, or the deadline: or shorter, it does no harm. */
static void sleep_a_while(struct watch *watch)
{
	/* A debugger can hold the status of an ended process back: told, but no result.
	 * Then the clock is asked, or this would spin. */
	watch->ask_again = tool_signals_sleep(watch->ask_again ? NULL : watch->ward,
	                                      watch->deadline);
}

static void tick(void *context, int64_t deadline)
{
	struct watch *watch = context;

	watch->deadline = deadline;
	watch->ask_again = true;
	sleep_a_while(watch);
	pass_signals_on(watch);
}

/* Is the time of this stage up, or the session gone? */
static bool is_over(const struct watch *watch, struct tool_report *report)
{
	if (watch->stage == RUNS && tool_lifeline_is_cut())
		report->cut_off = true;
	else if (tool_time_left(watch->deadline) != 0)
		return false;
	else if (watch->stage == RUNS)
		report->timed_out = true;
	return true;
}

/* A step of a stop is for all that was started, if it can be. */
static int send_step(struct watch *watch, int sig, struct tool_report *report)
{
	int r = -ENOTSUP;

	if (tree_is_held(watch->tree))
		r = sig == tool_signal_kill() ? tree_kill(watch->tree, report) :
		                                tree_signal(watch->tree, sig);
	return r == -ENOTSUP ? send_signal(watch, sig) : r;
}

/* One that is stopped (Ctrl-Z, or reads the terminal from behind) must run. */
static void let_run(struct watch *watch, struct tool_report *report)
{
	int sig = ward_signal_number("CONT");

	if (sig > 0)
		send_step(watch, sig, report);
}

/* The time of this stage is up. What cannot be asked to end is killed at once. */
static int next_stage(struct watch *watch, struct tool_report *report)
{
	bool last = watch->stage == ASKED || watch->options->signal == tool_signal_kill();
	int sig = last ? tool_signal_kill() : watch->options->signal, r;

	watch->stage = last ? KILLED : ASKED;
	watch->deadline = last ? WARD_FOREVER : tool_deadline(watch->options->grace_ns);
	r = send_step(watch, sig, report);
	if ((r == -ENOTSUP || r == -EINVAL) && !last)
		return next_stage(watch, report);
	if (r < 0 && r != -ESRCH)
		return r;
	report->stopped_by = sig;
	if (!last)
		let_run(watch, report);
	return 0;
}

static int until_end(struct watch *watch, struct tool_report *report)
{
	int r;

	for (;;) {
		r = ward_wait(watch->ward, 0, &report->exit);
		if (r != 0)
			return r < 0 ? r : 0;
		r = is_over(watch, report) ? next_stage(watch, report) : 0;
		if (r < 0)
			return r;
		sleep_a_while(watch);
		pass_signals_on(watch);
	}
}

/* What has ended by itself has left its group alone, where nothing else holds it. */
static void end_rest(struct watch *watch, struct tool_report *report)
{
	const struct tree_stop stop = { .bounded = watch->stage != RUNS,
		                        .asked = watch->stage == ASKED,
		                        .killed = watch->stage == KILLED,
		                        .deadline = watch->deadline };

	if (tree_is_held(watch->tree))
		tree_end(watch->tree, &stop, report);
	else if (watch->group && stop.bounded)
		report->group_killed = group_end(watch->ward, stop.deadline, stop.killed,
		                                 tick, watch);
}

int run_watch(struct ward *w, struct tree *tree, bool group, bool shared,
              struct tool_report *report)
{
	struct watch watch = { .ward = w, .tree = tree, .options = tree->options,
		               .group = group, .shared = shared,
		               .deadline = tool_deadline(tree->options->timeout_ns) };
	int r = until_end(&watch, report);

	if (r < 0)
		tool_fail("cannot stop process %" PRId64 ", which runs on: %s",
		          ward_pid(w), ward_strerror(r));
	else
		end_rest(&watch, report);
	return r;
}
