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

/*
 * A command that has left its group, as a shell with job control may, is met alone; so is
 * one on a system whose groups cannot be sent this.
 */
static int send_signal(struct watch *watch, int sig)
{
	int r = watch->group ? ward_signal_group(watch->ward, sig) : -ESRCH;

	return r == -ESRCH || r == -ENOTSUP ? ward_signal(watch->ward, sig) : r;
}

static void pass_signals_on(struct watch *watch)
{
	int sig, r;

	while ((sig = tool_signals_next(watch->shared)) != 0) {
		r = send_signal(watch, sig);
		if (r < 0 && r != -ESRCH)
			tool_fail("cannot pass signal %s on: %s", ward_signal_name(sig),
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

static void tick(struct watch *watch)
{
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

/*
 * The command itself has ended by a time-out. What it left in its group got the signals
 * too and has the rest of the grace, then it is killed. Where the kernel cannot reach the
 * group safely any more (see ward_signal_group) there is nothing to be done.
 */
static void end_group(struct watch *watch, struct tool_report *report)
{
	if (watch->stage == KILLED)
		watch->deadline = tool_deadline(WARD_NS_PER_S);
	while (ward_signal_group(watch->ward, 0) == 0) {
		if (!is_over(watch)) {
			tick(watch);
			continue;
		}
		if (watch->stage == KILLED)
			return;               /* zombies that nobody collects */
		report->group_killed =
			ward_signal_group(watch->ward, tool_signal_kill()) == 0;
		watch->stage = KILLED;
		watch->deadline = tool_deadline(WARD_NS_PER_S);
	}
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
	int r;

	r = until_end(&watch, report);
	if (r < 0)
		tool_fail("cannot stop process %" PRId64 ", which runs on: %s",
		          ward_pid(w), ward_strerror(r));
	else if (group && report->timed_out)
		end_group(&watch, report);
	return r;
}
