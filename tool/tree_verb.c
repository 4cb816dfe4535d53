/* SPDX-License-Identifier: MIT */
/* ward tree: what descends from running processes. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "family.h"
#include "host.h"
#include "info.h"
#include "json.h"

static const char help[] =
	"Usage: ward tree [OPTION]... PID[:INODE]...\n"
	"Print each process and all that descends from it: its name for good, state,\n"
	"resident memory and name.\n"
	"\n"
	"      --json  one JSON object a line, as of 'ward info'\n"
	"  -h, --help  show this text\n"
	"\n"
	"What a process has left behind by ending is not below it any more.\n"
	"Exit status: 0 all were there; 1 one is gone or is not the one named; 125 ward\n"
	"failed. See ward(1).\n";

/* Deeper than this all is printed below each other. */
enum { DEEPEST = 200 };

struct branch {
	struct family_member *member;
	struct ward_info info;
	bool known, printed;
};

static int take_json(void *to, const char *name, const char *value)
{
	(void)value;
	return tool_take_json(name, to);
}

static const struct tool_option options[] = {
	{ "json", 0, TOOL_FLAG, take_json, NULL },
	{ 0 },
};

static void print_line(const struct branch *b, int depth)
{
	struct tool_text text = { 0 };
	const char *state = tool_info_state(b->info.state);
	char memory[32] = "-", *name;

	if (b->info.rss_bytes >= 0)
		snprintf(memory, sizeof(memory), "%.1f MiB",
		         (double)b->info.rss_bytes / 1048576);
	tool_text_word(&text, b->info.name);
	name = tool_text_take(&text);
	printf("%-22s %-8s %11s  %*s%s\n", b->member->id, state ? state : "-", memory,
	       2 * depth, "", name ? name : "?");
	free(name);
}

static int print_below(struct branch *all, size_t n, struct branch *b, bool json,
                       int depth)
{
	int r = 0;

	b->printed = true;
	if (json)
		r = tool_json_info(b->member->ward, &b->info);
	else
		print_line(b, depth);
	for (size_t i = 0; i < n && r == 0 && depth < DEEPEST; i++)
		if (all[i].known && !all[i].printed && all[i].info.ppid == b->info.pid)
			r = print_below(all, n, &all[i], json, depth + 1);
	return r;
}

/* One whose parent has just gone is printed all the same. */
static int print_all(const struct family *f, bool json)
{
	struct branch *all = tool_alloc(f->n, sizeof(*all));
	int r = 0;

	for (size_t i = 0; i < f->n; i++) {
		all[i].member = &f->all[i];
		all[i].info = (struct ward_info)WARD_INFO_INIT;
		all[i].known = ward_info(f->all[i].ward, &all[i].info) == 0;
	}
	for (size_t i = 0; i < f->n && r == 0; i++)
		if (all[i].known && !all[i].printed)
			r = print_below(all, f->n, &all[i], json, i > 0);
	free(all);
	return r;
}

static int print_tree(const struct tool_process *p, bool json)
{
	struct family f = { 0 };
	int64_t r = family_begin(&f, p->ward);
	int status;

	if (r == 0)
		r = family_look(&f);
	if (r == -ENOTSUP)
		status = tool_fail("cannot tell what descends from %s: this system does "
		                   "not say", p->text);
	else
		status = r < 0 ? tool_process_fail(p, "look below", (int)r) :
		                 print_all(&f, json);
	family_free(&f);
	return status;
}

int tool_tree(char **argv)
{
	struct tool_args args = { argv, STATUS_OK };
	struct tool_processes processes;
	bool json = false;
	int status;

	if (!tool_options(&args, help, options, &json))
		return args.status;
	status = tool_processes_parse(&processes, args.argv);
	if (status != STATUS_OK)
		return status;
	tool_host_many_files();
	status = tool_processes_open(&processes, 0, "look below");
	for (size_t i = 0; i < processes.n; i++)
		if (processes.all[i].ward)
			status = tool_worse(status, print_tree(&processes.all[i], json));
	tool_processes_free(&processes);
	return tool_finish(status);
}
