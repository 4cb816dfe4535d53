/* SPDX-License-Identifier: MIT */
/* The options of input and output, which `ward run` and `ward pipe` share. */
#include <string.h>

#include "run.h"

static struct io_options *io(void *to)
{
	return &((struct run_options *)to)->io;
}

/* ------------------------------------------------------------------- bounds of output */

static int take_limit(void *to, const char *name, const char *value)
{
	return tool_take_size(name, value, &io(to)->limit);
}

static int take_keep(void *to, const char *name, const char *value)
{
	static const char *const names[] = {
		[WARD_KEEP_HEAD] = "head",   [WARD_KEEP_TAIL] = "tail",
		[WARD_KEEP_ENDS] = "ends",   [WARD_KEEP_CLOSE] = "close",
		[WARD_KEEP_KILL] = "kill",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], value) == 0) {
			io(to)->keep = (int)i;
			return 0;
		}
	return tool_fail("--%s: '%s' is none of head, tail, ends, close, kill", name,
	                 value);
}

static int take_idle(void *to, const char *name, const char *value)
{
	int r = tool_take_duration(name, value, &io(to)->idle_ns);

	if (r == 0 && io(to)->idle_ns == 0)
		return tool_fail("--%s: '%s' leaves the command no time; leave the "
		                 "option out for no limit", name, value);
	return r;
}

/* To the library 0 is its default. */
static int take_drain(void *to, const char *name, const char *value)
{
	int r = tool_take_duration(name, value, &io(to)->drain_ns);

	if (r == 0 && io(to)->drain_ns == 0)
		io(to)->drain_ns = 1;
	return r;
}

/* -------------------------------------------------------------------------- its shape */

static int take_pty(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	io(to)->pty = true;
	return 0;
}

static int take_prefix(void *to, const char *name, const char *value)
{
	(void)name;
	io(to)->prefixed = true;
	io(to)->prefix = value;
	return 0;
}

static int take_timestamps(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	io(to)->timestamps = true;
	return 0;
}

static int take_file(const char **ret, const char *name, const char *value)
{
	if (!*value)
		return tool_fail("--%s: the file has no name", name);
	*ret = value;
	return 0;
}

static int take_tee(void *to, const char *name, const char *value)
{
	return take_file(&io(to)->tee, name, value);
}

static int take_input(void *to, const char *name, const char *value)
{
	return take_file(&io(to)->input, name, value);
}

const struct tool_option io_option_table[] = {
	{ "capture-limit", 0, TOOL_VALUE, take_limit, NULL },
	{ "keep", 0, TOOL_VALUE, take_keep, NULL },
	{ "idle-timeout", 0, TOOL_VALUE, take_idle, NULL },
	{ "drain", 0, TOOL_VALUE, take_drain, NULL },
	{ "pty", 0, TOOL_FLAG, take_pty, NULL },
	{ "prefix", 0, TOOL_MAYBE_VALUE, take_prefix, NULL },
	{ "timestamps", 0, TOOL_FLAG, take_timestamps, NULL },
	{ "tee", 0, TOOL_VALUE, take_tee, NULL },
	{ "input", 0, TOOL_VALUE, take_input, NULL },
	{ 0 },
};

/* -------------------------------------------------------------- what belongs together */

bool io_is_output(const struct io_options *io)
{
	return io->limit != 0 || io->idle_ns != 0 || io->pty || io->prefixed ||
	       io->timestamps || io->tee;
}

bool io_is_any(const struct io_options *io)
{
	return io_is_output(io) || io->input;
}

static int settle_terminal(const struct run_options *o)
{
	if (o->pipe)
		return tool_fail("--pty is of one command, by 'ward run'");
	if (o->in)
		return tool_fail("--pty and --stdin both say what the command reads; "
		                 "--input F types F at the terminal");
	if (o->err)
		return tool_fail("--stderr: a terminal shows errors and output as one; "
		                 "--pty has them both in --stdout");
	if (o->spawn.flags & WARD_SPAWN_SESSION)
		return tool_fail("--new-session has no terminal, --pty has one");
	return 0;
}

int io_options_settle(struct run_options *o)
{
	struct io_options *io = &o->io;
	bool at_end;

	if (io->input && o->in)
		return tool_fail("--input and --stdin both say what the command reads");
	if (io->keep >= 0 && io->limit == 0)
		return tool_fail("--keep needs --capture-limit");
	if (io->drain_ns != 0 && !io_is_output(io))
		return tool_fail("--drain needs an option by which output goes through "
		                 "ward, such as --idle-timeout or --prefix");
	at_end = io->keep == WARD_KEEP_TAIL || io->keep == WARD_KEEP_ENDS;
	if (at_end && io->timestamps)
		return tool_fail("--timestamps tells when a line comes; --keep=%s shows "
		                 "none before the end",
		                 io->keep == WARD_KEEP_TAIL ? "tail" : "ends");
	if (io->keep < 0)
		io->keep = WARD_KEEP_HEAD;
	return io->pty ? settle_terminal(o) : 0;
}
