/* SPDX-License-Identifier: MIT */
/*
 * ward kill: signal processes, and no others. With a grace all of them are asked first,
 * then share the time, and what is left is killed.
 */
#include "kill.h"

#include <errno.h>

#include "host.h"

static const char help[] =
	"Usage: ward kill [OPTION]... PID[:INODE]...\n"
	"Send a signal to processes.\n"
	"\n"
	"  -s, --signal SIGNAL        the signal; TERM. 0 only asks if it could be sent\n"
	"  -k, --kill-after DURATION  wait for the end, send KILL after this time\n"
	"      --group                to the whole process group that each one leads\n"
	"      --tree                 end each one with all that descends from it: stop\n"
	"                             them, signal them, KILL after the grace (5s)\n"
	"  -h, --help                 show this text\n"
	"\n"
	"DURATION is 250ms, 5s, 1.5m, 2h, 1d, 2.5 (seconds) or forever.\n"
	"Exit status: 0 all were signalled; 1 one is gone, is not the one named, or is\n"
	"not yours; 125 ward failed. See ward(1).\n";

/* How often to look whether a process is a zombie. */
enum { LOOK_NS = 20 * 1000 * 1000 };

static int take_signal(void *to, const char *name, const char *value)
{
	return tool_take_signal(name, value, &((struct kill_options *)to)->signal);
}

static int take_kill_after(void *to, const char *name, const char *value)
{
	struct kill_options *o = to;

	o->end = true;
	return tool_take_duration(name, value, &o->grace_ns);
}

static int take_group(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	((struct kill_options *)to)->group = true;
	return 0;
}

static int take_tree(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	((struct kill_options *)to)->tree = true;
	return 0;
}

static const struct tool_option options[] = {
	{ "signal", 's', TOOL_VALUE, take_signal, NULL },
	{ "kill-after", 'k', TOOL_VALUE, take_kill_after, NULL },
	{ "group", 0, TOOL_FLAG, take_group, NULL },
	{ "tree", 0, TOOL_FLAG, take_tree, NULL },
	{ 0 },
};

static int send_signal(struct ward *w, bool group, int sig)
{
	return group ? ward_signal_group(w, sig) : ward_signal(w, sig);
}

static int signal_one(struct tool_process *p, const struct kill_options *o)
{
	int r = send_signal(p->ward, o->group, o->signal);

	/* Windows has no TERM for most processes: who cannot be asked is killed. */
	if (r == -ENOTSUP && o->end)
		r = ward_signal(p->ward, tool_signal_kill());
	if (r >= 0)
		return STATUS_OK;
	if (r != -ESRCH || !o->group)
		return tool_process_fail(p, "signal", r);
	tool_fail("cannot signal the group of %s: it is gone, or leads no group",
	          p->text);
	return STATUS_GONE;
}

static void let_go(struct tool_process *p)
{
	ward_close(p->ward);
	p->ward = NULL;
}

/* Signal all that are open; one that failed is let go, it is not waited for. */
static int signal_all(struct tool_processes *processes, const struct kill_options *o)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < processes->n; i++) {
		struct tool_process *p = &processes->all[i];
		int r = p->ward ? signal_one(p, o) : STATUS_OK;

		if (r != STATUS_OK)
			let_go(p);
		status = tool_worse(status, r);
	}
	return status;
}

/* ------------------------------------------------------------------------ the grace */

/*
 * 1: it has ended; 0: not until @deadline. The wait for a stranger lasts until its parent
 * has collected it, which may never be, but a zombie is dead enough here: so it is asked
 * for, too. With @group: its group, which may outlive it.
 */
static int wait_end(struct ward *w, bool group, int64_t deadline)
{
	int64_t left;

	do {
		int r;

		left = tool_time_left(deadline);
		r = ward_wait(w, left < 0 || left > LOOK_NS ? LOOK_NS : left, NULL);
		if (r < 0)
			return r;
		if ((r > 0 || tool_process_is_zombie(w)) &&
		    !(group && ward_signal_group(w, 0) == 0))
			return 1;
		if (r > 0)
			tool_host_pause(LOOK_NS);
	} while (left != 0);
	return 0;
}

/* Wait until @deadline for each, and let go of those that have ended. */
static int wait_all(struct tool_processes *processes, bool group, int64_t deadline)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < processes->n; i++) {
		struct tool_process *p = &processes->all[i];
		int r = p->ward ? wait_end(p->ward, group, deadline) : 0;

		if (r == 0)
			continue;
		if (r < 0)
			status = tool_worse(status, tool_process_fail(p, "wait for", r));
		let_go(p);
	}
	return status;
}

/* What ends at this very moment is what was wanted. */
static int kill_all(struct tool_processes *processes, bool group)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < processes->n; i++) {
		struct tool_process *p = &processes->all[i];
		int r = p->ward ? send_signal(p->ward, group, tool_signal_kill()) : 0;

		if (r >= 0 || r == -ESRCH)
			continue;
		status = tool_worse(status, tool_process_fail(p, "kill", r));
		let_go(p);
	}
	return status;
}

static int end_all(struct tool_processes *processes, const struct kill_options *o)
{
	int status = wait_all(processes, o->group, tool_deadline(o->grace_ns));

	status = tool_worse(status, kill_all(processes, o->group));
	return tool_worse(status, wait_all(processes, false, WARD_FOREVER));
}

static int no_init(const struct tool_processes *processes)
{
	for (size_t i = 0; i < processes->n; i++)
		if (processes->all[i].id.pid == 1)
			return tool_fail("'%s' is init, the system's first process: "
			                 "ward does not signal it",
			                 processes->all[i].text);
	return STATUS_OK;
}

static int kill_trees(struct tool_processes *processes, const struct kill_options *o)
{
	int status;

	tool_host_many_files();
	status = tool_processes_open(processes, 0, "end");
	for (size_t i = 0; i < processes->n; i++)
		if (processes->all[i].ward)
			status = tool_worse(status, kill_tree(&processes->all[i], o));
	return tool_finish(status);
}

static int kill_them(struct tool_processes *processes, const struct kill_options *o)
{
	/* A mere number will do for a signal now, as in kill(1), not for a KILL later. */
	uint32_t flags = o->end ? 0 : WARD_OPEN_WEAK;
	int status = no_init(processes);

	if (status != STATUS_OK)
		return status;
	if (o->tree)
		return kill_trees(processes, o);
	status = tool_processes_open(processes, flags, "signal");
	status = tool_worse(status, signal_all(processes, o));
	return o->end ? tool_worse(status, end_all(processes, o)) : status;
}

int tool_kill(char **argv)
{
	struct kill_options o = { .signal = ward_signal_number("TERM"),
		                  .grace_ns = 5 * WARD_NS_PER_S };
	struct tool_args args = { argv, STATUS_OK };
	struct tool_processes processes;
	int status;

	if (!tool_options(&args, help, options, &o))
		return args.status;
	if (o.tree && o.group)
		return tool_fail("--tree and --group both say who is meant");
	status = tool_processes_parse(&processes, args.argv);
	if (status != STATUS_OK)
		return status;
	status = kill_them(&processes, &o);
	tool_processes_free(&processes);
	return status;
}
