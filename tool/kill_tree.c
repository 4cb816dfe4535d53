/* SPDX-License-Identifier: MIT */
/*
 * ward kill --tree: end a tree that ward has not started. Nothing contains it, and so it
 * is stopped first: who is stopped starts nobody, and when a look finds no one new, all
 * that can be found are held. What a process has left behind before is not to be found
 * by anybody, and that is said.
 */
#include "kill.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "family.h"
#include "host.h"

enum { LOOK_NS = 10 * 1000 * 1000, MOST_ROUNDS = 1000, DEATH_S = 2 };

struct counts {
	size_t found, killed, survived, refused;
};

static bool is_over(struct family_member *m)
{
	if (!m->over)
		m->over = tool_process_is_over(m->ward);
	return m->over;
}

static size_t count_left(struct family *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += !is_over(&f->all[i]);
	return n;
}

/* To all that are left: how many may not be signalled. */
static size_t send_all(struct family *f, int sig)
{
	size_t refused = 0;

	for (size_t i = 0; i < f->n; i++)
		if (!f->all[i].over)
			refused += ward_signal(f->all[i].ward, sig) == -EPERM;
	return refused;
}

static void stop_new(struct family *f)
{
	int stop = ward_signal_number("STOP");

	for (size_t i = 0; i < f->n; i++) {
		if (f->all[i].stopped)
			continue;
		f->all[i].stopped = true;
		ward_signal(f->all[i].ward, stop);
	}
}

/* 0: all that can be found are held and stopped. */
static int64_t catch_all(struct family *f)
{
	int64_t r = 1;

	for (size_t i = 0; i < f->n; i++)
		f->all[i].stopped = false;
	stop_new(f);
	for (int i = 0; r > 0 && i < MOST_ROUNDS; i++) {
		r = family_look(f);
		stop_new(f);
	}
	return r > 0 ? -ETIMEDOUT : r;
}

static bool wait_all(struct family *f, int64_t deadline)
{
	while (count_left(f) > 0) {
		if (tool_time_left(deadline) == 0)
			return false;
		tool_host_pause(LOOK_NS);
	}
	return true;
}

/* Let run again in any case: a tree that is stopped for ever is worse than none. */
static int64_t ask_all(struct family *f, const struct kill_options *o,
                       struct counts *counts)
{
	int64_t r = catch_all(f);

	if (r == 0)
		counts->refused = send_all(f, o->signal);
	send_all(f, ward_signal_number("CONT"));
	return r;
}

static int64_t kill_rest(struct family *f, struct counts *counts)
{
	int64_t r = catch_all(f);

	counts->killed = count_left(f);
	counts->refused = send_all(f, tool_signal_kill());
	if (!wait_all(f, tool_deadline(DEATH_S * WARD_NS_PER_S)))
		send_all(f, ward_signal_number("CONT"));
	counts->survived = count_left(f);
	return r;
}

static int64_t end_family(struct family *f, const struct kill_options *o,
                          struct counts *counts)
{
	int64_t r = 0;

	if (o->signal != tool_signal_kill()) {
		r = ask_all(f, o, counts);
		if (r < 0 || o->signal == 0)
			return r;
		wait_all(f, tool_deadline(o->grace_ns));
	}
	/* Whoever was started since is looked for, too, below those that are left. */
	return count_left(f) > 0 ? kill_rest(f, counts) : 0;
}

static void tell(const struct tool_process *p, struct family *f,
                 const struct counts *counts)
{
	printf("%s: %zu processes found by walking (not what was orphaned before), %zu "
	       "needed KILL, %zu survived\n",
	       p->text, f->n, counts->killed, counts->survived);
	for (size_t i = 0; i < f->n && counts->survived > 0; i++) {
		struct ward_info info = WARD_INFO_INIT;
		struct tool_text text = { 0 };
		char *name;

		if (is_over(&f->all[i]) || ward_info(f->all[i].ward, &info) < 0)
			continue;
		tool_text_word(&text, info.name);
		name = tool_text_take(&text);
		printf("survived  %s %s\n", f->all[i].id, name ? name : "?");
		free(name);
	}
}

int kill_tree(const struct tool_process *p, const struct kill_options *o)
{
	struct counts counts = { 0 };
	struct family f = { 0 };
	int64_t r = family_begin(&f, p->ward);
	int status = STATUS_OK;

	if (r == 0)
		r = end_family(&f, o, &counts);
	if (r == -ENOTSUP)
		status = tool_fail("cannot find what descends from %s: this system does "
		                   "not say", p->text);
	else if (r == -ETIMEDOUT)
		status = tool_fail("%s and what descends from it fork faster than one "
		                   "looks", p->text);
	else if (r < 0)
		status = tool_process_fail(p, "signal", (int)r);
	else
		tell(p, &f, &counts);
	if (counts.survived > 0 || counts.refused > 0)
		status = tool_worse(status, STATUS_GONE);
	family_free(&f);
	return status;
}
