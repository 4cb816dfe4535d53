/* SPDX-License-Identifier: MIT */
/* ward info: what the system says of running processes. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <time.h>

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
	(void)name, (void)value;
	*(bool *)to = true;
	return 0;
}

static const struct tool_option options[] = {
	{ "json", 0, TOOL_FLAG, take_json },
	{ 0 },
};

static const char *state_text(int state)
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

static const char *hold_text(int hold)
{
	switch (hold) {
	case WARD_HOLD_KERNEL: return "kernel";
	case WARD_HOLD_CHILD: return "child";
	default: return "pid";
	}
}

/* 2025-11-22T00:03:11.12Z; "" when it is not known. */
static void time_text(int64_t unix_ns, char *text, size_t size)
{
	time_t seconds = (time_t)(unix_ns / WARD_NS_PER_S);
	struct tm tm;
	char date[32];

	text[0] = '\0';
	if (unix_ns < 0 || !gmtime_r(&seconds, &tm))
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
	if (!text || !*text)
		return;
	printf("%-10s", name);
	tool_print_word(stdout, text);
	putchar('\n');
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
	if (info->rss_bytes >= 0)
		printf("memory    %.1f MiB resident, %.1f MiB virtual\n",
		       (double)info->rss_bytes / 1048576,
		       (double)info->virtual_bytes / 1048576);
}

static void print_info(struct ward *w, const struct ward_info *info)
{
	char id[WARD_ID_TEXT_MAX], started[64];

	tool_process_id_text(w, 0, id);
	time_text(info->start_unix_ns, started, sizeof(started));
	print_text("process", id);
	print_text("name", info->name);
	print_text("state", state_text(info->state));
	print_text("hold", hold_text(ward_hold(w)));
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

/* ------------------------------------------------------------------------------- JSON */

static json_t *owner(uint32_t id)
{
	return id == UINT32_MAX ? json_null() : json_integer(id);
}

static bool put_owners(json_t *o, const struct ward_info *info)
{
	return tool_json_put(o, "uid", owner(info->uid)) &&
	       tool_json_put(o, "euid", owner(info->euid)) &&
	       tool_json_put(o, "suid", owner(info->suid)) &&
	       tool_json_put(o, "gid", owner(info->gid)) &&
	       tool_json_put(o, "egid", owner(info->egid)) &&
	       tool_json_put(o, "sgid", owner(info->sgid));
}

static bool put_usage(json_t *o, const struct ward_info *info)
{
	char started[64];

	time_text(info->start_unix_ns, started, sizeof(started));
	return tool_json_put(o, "started", tool_json_text(started)) &&
	       tool_json_put(o, "start_unix_s", tool_json_seconds(info->start_unix_ns)) &&
	       tool_json_put(o, "user_s", tool_json_seconds(info->user_ns)) &&
	       tool_json_put(o, "system_s", tool_json_seconds(info->system_ns)) &&
	       tool_json_put(o, "rss_bytes", tool_json_count(info->rss_bytes)) &&
	       tool_json_put(o, "virtual_bytes", tool_json_count(info->virtual_bytes)) &&
	       tool_json_put(o, "cgroup_id", tool_json_count(info->cgroup_id));
}

static int print_json(struct ward *w, const struct ward_info *info)
{
	char id[WARD_ID_TEXT_MAX];
	json_t *o = json_object();
	bool whole;

	tool_process_id_text(w, 0, id);
	whole = tool_json_put(o, "pid", tool_json_count(info->pid)) &&
	        tool_json_put(o, "id", tool_json_text(id)) &&
	        tool_json_put(o, "name", tool_json_text(info->name)) &&
	        tool_json_put(o, "state", tool_json_text(state_text(info->state))) &&
	        tool_json_put(o, "hold", tool_json_text(hold_text(ward_hold(w)))) &&
	        tool_json_put(o, "ppid", tool_json_count(info->ppid)) &&
	        tool_json_put(o, "pgid", tool_json_count(info->pgid)) &&
	        tool_json_put(o, "sid", tool_json_count(info->sid)) &&
	        tool_json_put(o, "threads", tool_json_count(info->threads)) &&
	        put_owners(o, info) && put_usage(o, info);
	return tool_json_print(o, whole);
}

/* ------------------------------------------------------------------------------- verb */

static int tell(const struct tool_process *p, bool json)
{
	struct ward_info info = { .size = sizeof(info) };
	int r = ward_info(p->ward, &info);

	if (r < 0)
		return tool_process_fail(p, "ask about", r);
	if (json)
		return print_json(p->ward, &info);
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
