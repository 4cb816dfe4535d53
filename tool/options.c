/* SPDX-License-Identifier: MIT */
/*
 * Options, the POSIX way: they end at the first word that is none, so that the options of
 * `ward run make -k` are make's. getopt_long is not used because it accepts
 * abbreviations, which make every new option break scripts that abbreviate an old one,
 * and because plain POSIX systems lack it.
 */
#include "tool.h"

#include <string.h>

#include "json.h"

struct parser {
	char **at;                    /* the word that is being read */
	const struct tool_option *options;
	void *to;
	bool help;
};

static const struct tool_option *after(const struct tool_option *o)
{
	for (o++; o && !o->name;)
		o = o->more;
	return o;
}

static const struct tool_option *by_name(const struct tool_option *o, const char *name,
                                         size_t length)
{
	for (; o; o = after(o))
		if (strncmp(o->name, name, length) == 0 && !o->name[length])
			return o;
	return NULL;
}

static const struct tool_option *by_letter(const struct tool_option *o, char letter)
{
	for (; o; o = after(o))
		if (o->letter == letter)
			return o;
	return NULL;
}

static int take(struct parser *p, const struct tool_option *o, const char *value)
{
	if (o->value == TOOL_VALUE && !value) {
		value = p->at[1];
		if (!value)
			return tool_fail("option '%s' needs a value", p->at[0]);
		p->at++;
	}
	return o->take(p->to, o->name, value);
}

static int unknown(const char *dashes, const char *name, size_t length)
{
	return tool_fail("unknown option '%s%.*s'; 'ward %s --help' lists them", dashes,
	                 (int)length, name, tool_name());
}

/* --name, --name=value, --name value */
static int take_long(struct parser *p)
{
	const char *name = *p->at + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	const struct tool_option *o = by_name(p->options, name, length);

	if (!value && strcmp(name, "help") == 0) {
		p->help = true;
		return 0;
	}
	if (!o)
		return unknown("--", name, length);
	if (o->value == TOOL_FLAG && value)
		return tool_fail("option '--%s' takes no value, but got '%s'", o->name,
		                 value);
	return take(p, o, value);
}

/* -x, -xvalue, -x value, -xyz */
static int take_letters(struct parser *p)
{
	int r = 0;

	for (const char *c = *p->at + 1; *c && r == 0; c++) {
		const struct tool_option *o = by_letter(p->options, *c);

		if (*c == 'h' && !o)
			p->help = true;
		else if (!o)
			r = unknown("-", c, 1);
		else if (o->value == TOOL_VALUE)
			return take(p, o, c[1] ? c + 1 : NULL);
		else
			r = take(p, o, NULL);
	}
	return r;
}

int tool_take_json(const char *name, bool *ret)
{
	if (!tool_has_json)
		return tool_fail("--%s: this build of ward has no JSON", name);
	*ret = true;
	return 0;
}

bool tool_options(struct tool_args *args, const char *help,
                  const struct tool_option *options, void *to)
{
	struct parser p = { args->argv + 1, options, to, false };

	args->status = STATUS_OK;
	for (; *p.at && (*p.at)[0] == '-' && (*p.at)[1]; p.at++) {
		if (strcmp(*p.at, "--") == 0) {
			p.at++;
			break;
		}
		args->status = (*p.at)[1] == '-' ? take_long(&p) : take_letters(&p);
		if (args->status != STATUS_OK)
			return false;
		if (p.help) {
			fputs(help, stdout);
			if (!tool_has_json)
				fputs("This build of ward has no JSON.\n", stdout);
			args->status = tool_finish(STATUS_OK);
			return false;
		}
	}
	args->argv = p.at;
	return true;
}
