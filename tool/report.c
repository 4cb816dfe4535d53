/* SPDX-License-Identifier: MIT */
/*
 * The report of `ward run`, for people and for programs. It is put together first and
 * written by one call, so that what the command wrote to the same place is not mixed in.
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "json.h"

static int take_json(const char *name, int *ret)
{
	bool json = false;
	int r = tool_take_json(name, &json);

	*ret = json ? REPORT_JSON : REPORT_NONE;
	return r;
}

int tool_report_format(const char *name, const char *value, int *ret)
{
	if (!value || strcmp(value, "text") == 0)
		*ret = REPORT_TEXT;
	else if (strcmp(value, "json") == 0)
		return take_json(name, ret);
	else
		return tool_fail("--%s: '%s' is not a format; it is text or json", name,
		                 value);
	return 0;
}

/* ----------------------------------------------------------------------------- text */

static void print_command(struct tool_text *to, char *const *argv)
{
	tool_text_add(to, "command   ");
	for (size_t i = 0; argv[i]; i++) {
		if (i > 0)
			tool_text_add(to, " ");
		tool_text_word(to, argv[i]);
	}
	tool_text_add(to, "\n");
}

static void print_failure(struct tool_text *to, const struct ward_error *error)
{
	const char *step = ward_step_name(error->step);
	const char *name = ward_error_name(error->code);

	tool_text_add(to, "result    not started, step %s failed\n", step ? step : "?");
	tool_text_add(to, "error     %s: %s\n", name ? name : "?",
	              ward_strerror(error->code));
	if (!error->path[0])
		return;
	tool_text_add(to, "path      ");
	tool_text_word(to, error->path);
	tool_text_add(to, "\n");
}

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

/* A system that does not count something says -1. */
static void print_memory(struct tool_text *to, const struct ward_exit *e)
{
	if (e->max_rss_bytes < 0)
		return;
	tool_text_add(to, "memory    %.1f MiB at most",
	              (double)e->max_rss_bytes / 1048576);
	if (e->minor_faults >= 0 && e->major_faults >= 0)
		tool_text_add(to, ", %" PRId64 " faults, %" PRId64 " of them from disk",
		              e->minor_faults + e->major_faults, e->major_faults);
	tool_text_add(to, "\n");
}

static void print_usage(struct tool_text *to, const struct ward_exit *e)
{
	tool_text_add(to, "time      %.3f s", seconds(e->wall_ns));
	if (e->has_usage != 1) {
		tool_text_add(to,
		              "; its usage is not known, somebody else collected it\n");
		return;
	}
	tool_text_add(to, ", processor %.3f s user, %.3f s system\n", seconds(e->user_ns),
	              seconds(e->system_ns));
	print_memory(to, e);
	if (e->voluntary_switches >= 0)
		tool_text_add(
			to, "switches  %" PRId64 " voluntary, %" PRId64 " involuntary\n",
			e->voluntary_switches, e->involuntary_switches);
	if (e->blocks_in >= 0)
		tool_text_add(to, "blocks    %" PRId64 " in, %" PRId64 " out\n",
		              e->blocks_in, e->blocks_out);
}

/* ---------------------------------------------------------------- input and output */

bool tool_report_is_bounded(const struct tool_report *report)
{
	return report->timed_out || report->idle || report->limited || report->cut_off;
}

static const char *why_stopped(const struct tool_report *report)
{
	if (report->limited)
		return "too much output";
	if (report->cut_off)
		return "lifeline cut";
	return report->idle ? "idle time-out" : "time-out";
}

static void print_stream(struct tool_text *to, const char *name,
                         const struct report_stream *stream)
{
	if (!stream->known)
		return;
	tool_text_add(to, "%-9s %" PRIu64 " bytes", name, stream->bytes);
	if (stream->lost > 0)
		tool_text_add(to, ", %" PRIu64 " of them lost", stream->lost);
	tool_text_add(to, stream->cut ? "; cut, not read to the end\n" : "\n");
}

/* stage 1   sort: exited with code 0, 0.013 s */
static void print_stage(struct tool_text *to, const struct report_stage *stage, size_t i)
{
	char text[64];

	if (ward_exit_text(&stage->exit, text, sizeof(text)) < 0)
		text[0] = '\0';
	tool_text_add(to, "stage %-3zu ", i + 1);
	tool_text_word(to, stage->argv[0]);
	tool_text_add(to, ", process %s: %s", stage->id, text);
	if (stage->err.known)
		tool_text_add(to, "; %" PRIu64 " bytes of errors", stage->err.bytes);
	tool_text_add(to, "\n");
}

/* ------------------------------------------------------------------------- the tree */

static void print_survivors(struct tool_text *to, const struct report_tree *tree)
{
	if (tree->survivors > 0)
		tool_text_add(to, "survived  %" PRId64 " processes\n", tree->survivors);
	for (size_t i = 0; i < tree->names.n_names; i++) {
		const struct ward_job_name *name = &tree->names.names[i];

		tool_text_add(to, "%s  %" PRId64 " ",
		              name->survived ? "survived" : "killed  ", name->pid);
		tool_text_word(to, name->name);
		tool_text_add(to, "\n");
	}
}

static void print_tree(struct tool_text *to, const struct report_tree *tree)
{
	const struct ward_job_usage *usage = &tree->usage;

	if (!tree->held)
		return;
	tool_text_add(to, "tree      by %s (%s)", ward_means_name(tree->means),
	              ward_strength_name(tree->strength));
	if (tree->left > 0)
		tool_text_add(to, ", %" PRId64 " left at the end", tree->left);
	if (tree->killed > 0)
		tool_text_add(to, ", %" PRId64 " needed KILL", tree->killed);
	if (usage->user_ns >= 0 && usage->system_ns >= 0)
		tool_text_add(to, "; processor %.3f s user, %.3f s system",
		              seconds(usage->user_ns), seconds(usage->system_ns));
	if (usage->memory_peak_bytes >= 0)
		tool_text_add(to, "; %.1f MiB at most",
		              (double)usage->memory_peak_bytes / 1048576);
	tool_text_add(to, "\n");
	print_survivors(to, tree);
}

static void print_result(struct tool_text *to, const struct tool_report *report)
{
	char text[64];

	if (report->exit.how == 0 ||
	    ward_exit_text(&report->exit, text, sizeof(text)) < 0)
		snprintf(text, sizeof(text), "still running: ward could not stop it");
	tool_text_add(to, "process   %s\nresult    %s\n", report->id, text);
	if (report->stopped_by)
		tool_text_add(to, "stopped   %s, %s was sent%s\n", why_stopped(report),
		              tool_signal_text(report->stopped_by),
		              report->group_killed ? ", and KILL to what it left" :
		                                     "");
	if (report->exit.how != 0)
		print_usage(to, &report->exit);
	print_tree(to, &report->tree);
	for (size_t i = 0; i < report->n_stages; i++)
		print_stage(to, &report->stages[i], i);
	print_stream(to, "output", &report->out);
	print_stream(to, "errors", &report->err);
	if (report->fed)
		tool_text_add(to, "input     %" PRIu64 " bytes\n", report->input_bytes);
}

static char *as_text(const struct tool_report *report)
{
	struct tool_text text = { 0 };

	print_command(&text, report->argv);
	if (report->started)
		print_result(&text, report);
	else
		print_failure(&text, &report->error);
	return tool_text_take(&text);
}

/* ---------------------------------------------------------------------------- write */

int tool_report_write(const struct tool_report *report, int format, int fd)
{
	char *text = format == REPORT_JSON ? tool_json_report(report) : as_text(report);
	int r = text ? tool_host_write(fd, text, strlen(text)) : -ENOMEM;

	free(text);
	return r;
}
