/* SPDX-License-Identifier: MIT */
/*
 * ward-init: `ward run --init` and nothing else, for images in which every byte counts.
 * It takes the same words, "run" and "--init" or not, and is made without the library:
 * what the first process of a container needs is a fork, an exec and a wait for all.
 */
#include <errno.h>
#include <string.h>

#include "../host.h"
#include "../init.h"
#include "../lifeline.h"
#include "../signals.h"
#include "minimal.h"

static const char help[] =
	"Usage: ward-init [run --init] [OPTION]... [--] COMMAND [ARG]...\n"
	"Start a command as the first process of a container does: collect orphans,\n"
	"pass signals on, and when it has ended, end what it has left.\n"
	"\n"
	"  -t, --timeout DURATION     end it after this time; no limit\n"
	"  -s, --signal SIGNAL        ... and what it leaves, first with this; TERM\n"
	"  -k, --kill-after DURATION  ... and with KILL this much later; 5s\n"
	"  -g, --signal-group         pass signals on to the command's group\n"
	"      --leave                let live what it leaves behind\n"
	"      --lifeline FD          end it when the other side of FD is gone\n"
	"  -h, --help                 show this text\n"
	"\n"
	"Exit status: as that of 'ward run'. See ward(1).\n";

static int take_flag(bool *flag)
{
	*flag = true;
	return 0;
}

static int take_init(void *to, const char *name, const char *value)
{
	(void)to, (void)name, (void)value;
	return 0;
}

static int take_group(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	return take_flag(&((struct minimal *)to)->to_group);
}

static int take_leave(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	return take_flag(&((struct minimal *)to)->leave);
}

static int take_timeout(void *to, const char *name, const char *value)
{
	return tool_take_duration(name, value, &((struct minimal *)to)->timeout_ns);
}

static int take_grace(void *to, const char *name, const char *value)
{
	return tool_take_duration(name, value, &((struct minimal *)to)->grace_ns);
}

static int take_signal(void *to, const char *name, const char *value)
{
	return tool_take_signal(name, value, &((struct minimal *)to)->signal);
}

static int take_lifeline(void *to, const char *name, const char *value)
{
	struct minimal *m = to;
	int64_t fd = 0;
	int r = tool_take_number(name, value, 0, INT32_MAX, &fd);

	m->lifeline = (int)fd;
	if (r == 0 && tool_lifeline_check((int)fd) < 0)
		r = tool_fail("--%s: descriptor %s is no open pipe, socket or terminal",
		              name, value);
	return r;
}

static const struct tool_option options[] = {
	{ "init", 0, TOOL_FLAG, take_init, NULL },
	{ "signal-group", 'g', TOOL_FLAG, take_group, NULL },
	{ "leave", 0, TOOL_FLAG, take_leave, NULL },
	{ "timeout", 't', TOOL_VALUE, take_timeout, NULL },
	{ "kill-after", 'k', TOOL_VALUE, take_grace, NULL },
	{ "signal", 's', TOOL_VALUE, take_signal, NULL },
	{ "lifeline", 0, TOOL_VALUE, take_lifeline, NULL },
	{ 0 },
};

static int run(struct minimal *m)
{
	int r;

	if (!*m->argv)
		return tool_fail("no command given; 'ward-init --help' tells more");
	m->first = tool_init_is_first();
	r = m->first ? 0 : tool_init_adopt();
	if (r < 0)
		return tool_fail("cannot become the parent of orphans: %s", strerror(-r));
	m->shared = tool_host_is_in_front();
	tool_signals_take_all(m->shared);
	r = tool_signals_hold();
	if (r == 0 && m->lifeline >= 0)
		r = tool_lifeline_watch(m->lifeline);
	if (r < 0)
		return tool_fail("cannot watch for signals: %s", strerror(-r));
	return minimal_run(m);
}

/* The words of the whole command are taken, too: it may be called in its place. */
int tool_main(int argc, char **argv)
{
	struct minimal m = { .timeout_ns = WARD_FOREVER, .grace_ns = 5 * WARD_NS_PER_S,
		             .signal = ward_signal_number("TERM"), .lifeline = -1 };
	struct tool_args args = { argv, STATUS_OK };

	if (argc < 1)
		return STATUS_FAILED;
	tool_set_name("run");
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("ward %d.%d.%d\n", WARD_VERSION_MAJOR, WARD_VERSION_MINOR,
		       WARD_VERSION_PATCH);
		return tool_finish(STATUS_OK);
	}
	if (argc > 1 && strcmp(argv[1], "run") == 0)
		args.argv++;
	if (!tool_options(&args, help, options, &m))
		return args.status;
	m.argv = args.argv;
	return run(&m);
}
