/* SPDX-License-Identifier: MIT */
/*
 * ward wait: wait for processes, whoever started them. All are held before the first is
 * waited for, so that none can end, and its number pass on, while another one is waited
 * for.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "json.h"
#include "process.h"

static const char help[] =
	"Usage: ward wait [OPTION]... PID[:INODE]...\n"
	"Wait until processes have ended, and say how.\n"
	"\n"
	"  -t, --timeout DURATION  give up after this time; 0 asks once; no limit\n"
	"      --any               wait for the first that ends\n"
	"      --json              one JSON object a line\n"
	"  -h, --help              show this text\n"
	"\n"
	"DURATION is 250ms, 5s, 1.5m, 2h, 1d, 2.5 (seconds) or forever.\n"
	"Exit status: 0 ended; 1 a process is gone or is not the one named; 124 the\n"
	"time was up; 125 ward failed. See ward(1).\n";

struct wait_options {
	int64_t timeout_ns;
	bool any, json;
};

static int take_timeout(void *to, const char *name, const char *value)
{
	return tool_take_duration(name, value, &((struct wait_options *)to)->timeout_ns);
}

static int take_any(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	((struct wait_options *)to)->any = true;
	return 0;
}

static int take_json(void *to, const char *name, const char *value)
{
	(void)value;
	return tool_take_json(name, &((struct wait_options *)to)->json);
}

static const struct tool_option options[] = {
	{ "timeout", 't', TOOL_VALUE, take_timeout, NULL },
	{ "any", 0, TOOL_FLAG, take_any, NULL },
	{ "json", 0, TOOL_FLAG, take_json, NULL },
	{ 0 },
};

static int print_end(const struct tool_process *p, const struct ward_exit *exit,
                     bool json)
{
	char text[64];
	int r = 0;

	if (json)
		r = tool_json_end(p->ward, exit);
	else if (ward_exit_text(exit, text, sizeof(text)) >= 0)
		printf("%" PRId64 ": %s\n", ward_pid(p->ward), text);
	return r != 0 ? r : tool_finish(STATUS_OK);
}

/* The next one that ends is said and let go. */
static int wait_one(struct tool_processes *processes, struct ward **wards,
                    int64_t deadline, bool json)
{
	struct ward_exit exit = WARD_EXIT_INIT;
	int i = ward_wait_any(wards, processes->n, tool_time_left(deadline)), r;

	if (i == -ETIMEDOUT)
		return STATUS_TIMED_OUT;
	if (i < 0)
		return tool_fail("cannot wait: %s", ward_strerror(i));
	r = ward_wait(wards[i], 0, &exit);
	if (r < 0)
		return tool_process_fail(&processes->all[i], "wait for", r);
	if (r == 0)
		return STATUS_OK;
	wards[i] = NULL;
	return print_end(&processes->all[i], &exit, json);
}

static size_t count(struct ward *const *wards, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += wards[i] != NULL;
	return found;
}

static int wait_for(struct tool_processes *processes, const struct wait_options *o)
{
	int64_t deadline = tool_deadline(o->timeout_ns);
	struct ward **wards = tool_alloc(processes->n, sizeof(struct ward *));
	int status = STATUS_OK;
	size_t n, goal;

	for (size_t i = 0; i < processes->n; i++)
		wards[i] = processes->all[i].ward;
	n = count(wards, processes->n);
	goal = o->any && n > 0 ? n - 1 : 0;
	while (status == STATUS_OK && count(wards, processes->n) > goal)
		status = wait_one(processes, wards, deadline, o->json);
	free(wards);
	return status;
}

int tool_wait(char **argv)
{
	struct wait_options o = { .timeout_ns = WARD_FOREVER };
	struct tool_args args = { argv, STATUS_OK };
	struct tool_processes processes;
	int status;

	if (!tool_options(&args, help, options, &o))
		return args.status;
	status = tool_processes_parse(&processes, args.argv);
	if (status != STATUS_OK)
		return status;
	status = tool_processes_open(&processes, 0, "wait for");
	/* One that is gone has ended: with --any there is nothing more to wait for. */
	if (status == STATUS_OK || (status == STATUS_GONE && !o.any))
		status = tool_worse(status, wait_for(&processes, &o));
	tool_processes_free(&processes);
	return status;
}
