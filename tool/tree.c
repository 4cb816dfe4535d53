/* SPDX-License-Identifier: MIT */
/*
 * Holding and ending all that a command starts. What is hard is not to promise too much:
 * the means may be weak here (a process group), and then who is left cannot be counted,
 * which the report says.
 */
#include "tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "init.h"
#include "process.h"
#include "signals.h"

enum { GROUP_DIES_S = 1, TREE_DIES_S = 5, DYING_MS = 10, DYING_LOOKS = 100 };

/* ----------------------------------------------------------------------------- open */

static bool asks_for_something(const struct tree_options *o)
{
	return o->means || o->at_least || o->memory_max || o->pids_max || o->cpu_max;
}

static struct ward_job_opts describe(const struct tree *t, struct ward_error *error)
{
	const struct tree_options *o = &t->options->tree;

	return (struct ward_job_opts){
		.size = sizeof(struct ward_job_opts),
		.flags = t->shared ? WARD_JOB_SHARE_GROUP : 0,
		.means = o->means, .at_least = o->at_least,
		.on_close = t->leave ? WARD_LEAVE : WARD_KILL,
		.on_owner_death = t->leave ? WARD_LEAVE : WARD_KILL,
		.memory_max = o->memory_max, .pids_max = o->pids_max,
		.cpu_max = o->cpu_max, .error = error,
	};
}

/* What dies with ward is the best; groups cannot, and are better than nothing. */
static int make_job(struct tree *t, struct ward_error *error)
{
	struct ward_job_opts opts = describe(t, error);
	int r;

	if (opts.means == WARD_MEANS_GROUP)
		opts.on_owner_death = WARD_LEAVE;
	r = ward_job_new(&t->job, &opts);
	if (r < 0 && opts.on_owner_death == WARD_KILL) {
		opts.on_owner_death = WARD_LEAVE;
		r = ward_job_new(&t->job, &opts);
	}
	return r;
}

static int open_job(struct tree *t)
{
	const struct tree_options *o = &t->options->tree;
	struct ward_error error = WARD_ERROR_INIT;
	char text[768];
	int r;

	if (t->shared && o->means == WARD_MEANS_GROUP)
		return tool_fail("--means=group: in front of a terminal the command is "
		                 "in ward's own group; --new-session gives it another");
	r = make_job(t, &error);
	if (r == 0 || !asks_for_something(o))
		return 0;
	if (ward_error_text(&error, text, sizeof(text)) < 0)
		return tool_fail("cannot hold what the command starts: %s",
		                 ward_strerror(r));
	return tool_fail("%s", text);
}

/* Where orphans cannot come to us there is nothing that the first process would do. */
static int open_init(struct tree *t)
{
	int r;

	t->all = tool_init_is_first() && !t->leave;
	r = tool_init_is_first() ? 0 : tool_init_adopt();
	if (r < 0)
		return tool_fail("--init: ward is not the first process here, and "
		                 "cannot become the parent of orphans: %s",
		                 ward_strerror(r));
	tool_signals_take_all(t->shared);
	return 0;
}

int tree_open(struct tree *t, struct run_options *o, bool shared)
{
	const struct tree_options *tree = &o->tree;
	int r = 0;

	*t = (struct tree){ .options = o, .leave = tree->leave, .shared = shared };
	if (tree->init)
		r = open_init(t);
	if (r == 0 && (asks_for_something(tree) || (!t->all && !t->leave)))
		r = open_job(t);
	o->spawn.job = t->job;
	return r;
}

void tree_close(struct tree *t)
{
	ward_job_close(t->job);
	t->job = NULL;
}

bool tree_is_held(const struct tree *t)
{
	return t->job || t->all;
}

/* -------------------------------------------------------------------------- signals */

int tree_signal(struct tree *t, int sig)
{
	if (t->all)
		return tool_init_signal_all(sig);
	return t->job ? ward_job_signal(t->job, sig) : -ENOTSUP;
}

static void tell_survivors(struct tool_report *report, const struct ward_job_result *last)
{
	struct report_tree *tree = &report->tree;

	tree->survivors = last->n_survivors;
	if (last->n_survivors < 1)
		return;
	tool_say_begin();
	fprintf(stderr, "%" PRId64 " processes survived KILL:", last->n_survivors);
	for (size_t i = 0; i < last->n_names; i++) {
		struct tool_text text = { 0 };
		char *name;

		tool_text_word(&text, last->names[i].name);
		name = tool_text_take(&text);
		fprintf(stderr, " %" PRId64 " (%s)", last->names[i].pid,
		        name ? name : "?");
		free(name);
	}
	tool_say_end();
}

/* The leader of a group is not gone before we have collected it: no wait for that. */
static int kill_job(struct tree *t, struct tool_report *report)
{
	bool by_group = ward_job_means(t->job) == WARD_MEANS_GROUP;
	const struct ward_stop_step kill = {
		.signal = tool_signal_kill(),
		.timeout_ns = by_group ? 0 : TREE_DIES_S * WARD_NS_PER_S,
	};
	struct ward_job_result result = WARD_JOB_RESULT_INIT;
	int r = ward_job_stop(t->job, &kill, 1, &result);

	if (r < 0 && r != -ETIMEDOUT)
		return r;
	report->tree.killed += result.n_killed;
	report->tree.names = result;
	if (r < 0 && !by_group)
		tell_survivors(report, &result);
	return 0;
}

int tree_kill(struct tree *t, struct tool_report *report)
{
	int r = t->job ? kill_job(t, report) : -ENOTSUP;

	if (!t->all)
		return r;
	if (!t->job)
		report->tree.killed = -1;
	r = tool_init_signal_all(tool_signal_kill());
	return r == -ESRCH ? 0 : r;
}

/* A keeper is the library's own child, and collects the orphans of its tree itself. */
void tree_reap(const struct tree *t, struct ward *but)
{
	int means = t->job ? ward_job_means(t->job) : 0;

	if (!t->options->tree.init || means == WARD_MEANS_KEEPER ||
	    (means == WARD_MEANS_PIDNS && !t->all))
		return;
	tool_init_reap(but ? ward_pid(but) : 0);
}

/* ------------------------------------------------------------------------- is empty */

/* 1: nobody is left; 0; or -ENOTSUP, that cannot be told. */
static int is_empty(struct tree *t)
{
	int r;

	tree_reap(t, NULL);
	r = t->all ? tool_init_signal_all(0) : 0;
	if (t->all)
		return r == -ESRCH;
	return ward_job_wait_empty(t->job, 0);
}

static void sleep_a_while(struct tree *t, int64_t deadline, bool *by_job)
{
	int fd = t->job && !t->all && !*by_job ? ward_job_poll_fd(t->job) : -1;

	/* It may be readable and somebody be left all the same: no spinning. */
	*by_job = tool_signals_sleep_read(fd, deadline);
}

/* As is_empty, but waits until @deadline and passes signals on meanwhile. */
static int wait_empty(struct tree *t, int64_t deadline)
{
	bool by_job = false;
	int r, sig;

	while ((r = is_empty(t)) == 0 && tool_time_left(deadline) != 0) {
		sleep_a_while(t, deadline, &by_job);
		while ((sig = tool_signals_next(t->shared)) != 0)
			tree_signal(t, sig);
	}
	return r;
}

/* -------------------------------------------------------------------------- the end */

/*
 * How many are left? The command's own end is told before all is done with it, and so who
 * is found but cannot be counted is about to be gone.
 */
static int count_left(struct tree *t, int64_t *ret)
{
	int64_t n = 0;
	int r = is_empty(t);

	for (int i = 0; i < DYING_LOOKS && r == 0 && n == 0; i++) {
		n = t->job && !t->all ? ward_job_count(t->job) : -1;
		if (n == 0)
			r = wait_empty(t, tool_deadline(DYING_MS * WARD_NS_PER_MS));
	}
	*ret = r > 0 ? 0 : n > 0 && r == 0 ? n : -1;
	return r;
}

/* They were sent KILL; where that has not been waited for, wait for what comes of it. */
static void await_death(struct tree *t, struct tool_report *report)
{
	bool weak = t->all || ward_job_means(t->job) == WARD_MEANS_GROUP;

	if (weak && wait_empty(t, tool_deadline(GROUP_DIES_S * WARD_NS_PER_S)) == 0)
		report->tree.survivors = -1; /* zombies that nobody collects, perhaps */
}

/* Who cannot be asked (Windows) is killed at once. */
static bool ask(struct tree *t)
{
	int sig = t->options->signal, cont = ward_signal_number("CONT");
	int r = sig == tool_signal_kill() ? -ENOTSUP : tree_signal(t, sig);

	if (r == 0 && cont > 0)
		tree_signal(t, cont);
	return r == 0 || r == -ESRCH;
}

static void end_rest(struct tree *t, const struct tree_stop *stop,
                     struct tool_report *report)
{
	int64_t deadline = stop->deadline;
	bool asked = stop->asked;

	if (!asked) {
		asked = t->options->grace_ns != 0 && ask(t);
		deadline = tool_deadline(t->options->grace_ns);
	}
	if (asked && wait_empty(t, deadline) != 0)
		return;
	report->group_killed = true;
	tree_kill(t, report);
	await_death(t, report);
}

static void tell_means(const struct tree *t, struct report_tree *report)
{
	report->held = true;
	report->means = t->job ? ward_job_means(t->job) : WARD_MEANS_PIDNS;
	report->strength = t->job ? ward_job_strength(t->job) : WARD_STRENGTH_KERNEL;
}

static void tell_usage(const struct tree *t, struct report_tree *report)
{
	report->usage = (struct ward_job_usage){
		sizeof(report->usage), -1, -1, -1, -1, -1, -1, -1, -1
	};
	if (t->options->report != REPORT_NONE && t->job)
		ward_job_usage(t->job, &report->usage);
}

void tree_end(struct tree *t, const struct tree_stop *stop, struct tool_report *report)
{
	if (!tree_is_held(t))
		return;
	if (stop->killed)
		await_death(t, report);
	else if (count_left(t, &report->tree.left) == 0 && (stop->bounded || !t->leave))
		end_rest(t, stop, report);
	tell_means(t, &report->tree);
	tell_usage(t, &report->tree);
}
