/* SPDX-License-Identifier: MIT */
/* ward info: what the system says of running processes. */
#include "info.h"

#include <inttypes.h>
#include <stdlib.h>

#include "host.h"
#include "json.h"
#include "process.h"

static const char help[] =
	"Usage: ward info [OPTION]... PID[:INODE]...\n"
	"Tell about running processes.\n"
	"\n"
	"      --json  one JSON object a line\n"
	"  -h, --help  show this text\n"
	"\n"
	"Exit status: 0 all were there; 1 one is gone or is not the one named; 125 ward\n"
	"failed. See ward(1).\n";

static int take_json(void *to, const char *name, const char *value)
{
	(void)value;
	return tool_take_json(name, to);
}

static const struct tool_option options[] = {
	{ "json", 0, TOOL_FLAG, take_json, NULL },
	{ 0 },
};

const char *tool_info_state(int state)
{
	switch (state) {
	case WARD_STATE_RUNNING: return "running";
	case WARD_STATE_SLEEPING: return "sleeping";
	case WARD_STATE_BLOCKED: return "blocked";
	case WARD_STATE_STOPPED: return "stopped";
	case WARD_STATE_TRACED: return "traced";
	case WARD_STATE_ENDED: return "ended";
	default: return NULL;
	}
}

const char *tool_info_hold(int hold)
{
	switch (hold) {
	case WARD_HOLD_KERNEL: return "kernel";
	case WARD_HOLD_CHILD: return "child";
	default: return "pid";
	}
}

void tool_info_time(int64_t unix_ns, char *text, size_t size)
{
	struct tm tm;
	char date[32];

	text[0] = '\0';
	if (unix_ns < 0 || !tool_host_utc(unix_ns / WARD_NS_PER_S, &tm))
		return;
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, size, "%s.%02dZ", date,
	         (int)(unix_ns % WARD_NS_PER_S / (10 * WARD_NS_PER_MS)));
}

/* ------------------------------------------------------------------------------- text */

static void print_count(const char *name, int64_t n)
{
	if (n >= 0)
		printf("%-10s%" PRId64 "\n", name, n);
}

static void print_text(const char *name, const char *text)
{
	struct tool_text word = { 0 };
	char *shown;

	if (!text || !*text)
		return;
	tool_text_word(&word, text);
	shown = tool_text_take(&word);
	printf("%-10s%s\n", name, shown ? shown : "?");
	free(shown);
}

static void print_ids(const char *name, uint32_t real, uint32_t effective, uint32_t saved)
{
	if (real == UINT32_MAX)
		return;
	printf("%-10s%" PRIu32, name, real);
	if (effective != real || saved != real)
		printf(", effective %" PRIu32 ", saved %" PRIu32, effective, saved);
	putchar('\n');
}

static void print_usage(const struct ward_info *info)
{
	if (info->user_ns >= 0)
		printf("processor %.2f s user, %.2f s system\n",
		       (double)info->user_ns / 1e9, (double)info->system_ns / 1e9);
	if (info->rss_bytes < 0)
		return;
	printf("memory    %.1f MiB resident", (double)info->rss_bytes / 1048576);
	if (info->virtual_bytes >= 0)
		printf(", %.1f MiB virtual", (double)info->virtual_bytes / 1048576);
	putchar('\n');
}

static void print_info(struct ward *w, const struct ward_info *info)
{
	char id[WARD_ID_TEXT_MAX], started[64];

	tool_process_id_text(w, 0, id);
	tool_info_time(info->start_unix_ns, started, sizeof(started));
	print_text("process", id);
	print_text("name", info->name);
	print_text("state", tool_info_state(info->state));
	print_text("hold", tool_info_hold(ward_hold(w)));
	print_count("parent", info->ppid);
	print_count("group", info->pgid);
	print_count("session", info->sid);
	print_count("threads", info->threads);
	print_ids("uid", info->uid, info->euid, info->suid);
	print_ids("gid", info->gid, info->egid, info->sgid);
	print_text("started", started);
	print_usage(info);
	print_count("cgroup", info->cgroup_id);
}

/* ------------------------------------------------------------------------------- verb */

static int tell(const struct tool_process *p, bool json)
{
	struct ward_info info = { .size = sizeof(info) };
	int r = ward_info(p->ward, &info);

	if (r < 0)
		return tool_process_fail(p, "ask about", r);
	if (json)
		return tool_json_info(p->ward, &info);
	print_info(p->ward, &info);
	return STATUS_OK;
}

int tool_info(char **argv)
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
	status = tool_processes_open(&processes, WARD_OPEN_WEAK, "ask about");
	for (size_t i = 0; i < processes.n; i++) {
		if (!processes.all[i].ward)
			continue;
		if (i > 0 && !json)
			putchar('\n');
		status = tool_worse(status, tell(&processes.all[i], json));
	}
	tool_processes_free(&processes);
	return tool_finish(status);
}
