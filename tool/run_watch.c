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

#include "signals.h"

enum stage { RUNS, ASKED, KILLED };

struct watch {
	struct ward *ward;
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

static bool is_over(const struct watch *watch)
{
	return tool_time_left(watch->deadline) == 0;
}

/* One that is stopped (Ctrl-Z, or reads the terminal from behind) must run. */
static void let_run(struct watch *watch)
{
	int sig = ward_signal_number("CONT");

	if (sig > 0)
		send_signal(watch, sig);
}

/* The time of this stage is up. What cannot be asked to end is killed at once. */
static int next_stage(struct watch *watch, struct tool_report *report)
{
	bool last = watch->stage == ASKED || watch->options->signal == tool_signal_kill();
	int sig = last ? tool_signal_kill() : watch->options->signal, r;

	watch->stage = last ? KILLED : ASKED;
	watch->deadline = last ? WARD_FOREVER : tool_deadline(watch->options->grace_ns);
	report->timed_out = true;
	r = send_signal(watch, sig);
	if ((r == -ENOTSUP || r == -EINVAL) && !last)
		return next_stage(watch, report);
	if (r < 0 && r != -ESRCH)
		return r;
	report->stopped_by = sig;
	if (!last)
		let_run(watch);
	return 0;
}

static int until_end(struct watch *watch, struct tool_report *report)
{
	int r;

	for (;;) {
		r = ward_wait(watch->ward, 0, &report->exit);
		if (r != 0)
			return r < 0 ? r : 0;
		r = is_over(watch) ? next_stage(watch, report) : 0;
		if (r < 0)
			return r;
		sleep_a_while(watch);
		pass_signals_on(watch);
	}
}

int run_watch(struct ward *w, const struct run_options *o, bool group, bool shared,
              struct tool_report *report)
{
	struct watch watch = { .ward = w, .options = o, .group = group, .shared = shared,
		               .deadline = tool_deadline(o->timeout_ns) };
	int r = until_end(&watch, report);

	if (r < 0)
		tool_fail("cannot stop process %" PRId64 ", which runs on: %s",
		          ward_pid(w), ward_strerror(r));
	else if (group && report->timed_out)
		report->group_killed = group_end(w, watch.deadline, watch.stage == KILLED,
		                                 tick, &watch);
	return r;
}
