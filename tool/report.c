/* SPDX-License-Identifier: MIT */
/*
 * The report of `ward run`, for people and for programs. It is put together first and
 * written by one call, so that what the command wrote to the same place is not mixed in.
 */
#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

int tool_report_format(const char *name, const char *value, int *ret)
{
	if (!value || strcmp(value, "text") == 0)
		*ret = REPORT_TEXT;
	else if (strcmp(value, "json") == 0)
		*ret = REPORT_JSON;
	else
		return tool_fail("--%s: '%s' is not a format; it is text or json", name,
		                 value);
	return 0;
}

/* ------------------------------------------------------------------------------- text */

static void print_command(FILE *to, char *const *argv)
{
	fputs("command   ", to);
	for (size_t i = 0; argv[i]; i++) {
		if (i > 0)
			fputc(' ', to);
		tool_print_word(to, argv[i]);
	}
	fputc('\n', to);
}

static void print_failure(FILE *to, const struct ward_error *error)
{
	const char *step = ward_step_name(error->step);
	const char *name = ward_error_name(error->code);

	fprintf(to, "result    not started, step %s failed\n", step ? step : "?");
	fprintf(to, "error     %s: %s\n", name ? name : "?", ward_strerror(error->code));
	if (!error->path[0])
		return;
	fputs("path      ", to);
	tool_print_word(to, error->path);
	fputc('\n', to);
}

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static void print_usage(FILE *to, const struct ward_exit *e)
{
	fprintf(to, "time      %.3f s", seconds(e->wall_ns));
	if (e->has_usage != 1) {
		fputs("; its usage is not known, somebody else collected it\n", to);
		return;
	}
	fprintf(to, ", processor %.3f s user, %.3f s system\n", seconds(e->user_ns),
	        seconds(e->system_ns));
	fprintf(to,
	        "memory    %.1f MiB at most, %" PRId64 " faults, %" PRId64
	        " of them from disk\n",
	        (double)e->max_rss_bytes / 1048576, e->minor_faults + e->major_faults,
	        e->major_faults);
	fprintf(to, "switches  %" PRId64 " voluntary, %" PRId64 " involuntary\n",
	        e->voluntary_switches, e->involuntary_switches);
	fprintf(to, "blocks    %" PRId64 " in, %" PRId64 " out\n", e->blocks_in,
	        e->blocks_out);
}

static const char *signal_text(int sig)
{
	const char *name = ward_signal_name(sig);

	return name ? name : "?";
}

static void print_result(FILE *to, const struct tool_report *report)
{
	char text[64];

	if (report->exit.how == 0 ||
	    ward_exit_text(&report->exit, text, sizeof(text)) < 0)
		snprintf(text, sizeof(text), "still running: ward could not stop it");
	fprintf(to, "process   %s\nresult    %s\n", report->id, text);
	if (report->stopped_by)
		fprintf(to, "stopped   time-out, %s was sent%s\n",
		        signal_text(report->stopped_by),
		        report->group_killed ? ", and KILL to the rest of its group" :
		                               "");
	if (report->exit.how != 0)
		print_usage(to, &report->exit);
}

static char *as_text(const struct tool_report *report)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	bool bad;

	if (!to)
		return NULL;
	print_command(to, report->argv);
	if (report->started)
		print_result(to, report);
	else
		print_failure(to, &report->error);
	bad = ferror(to) != 0;
	if (fclose(to) == 0 && !bad)
		return text;
	free(text);
	return NULL;
}

/* ------------------------------------------------------------------------------- JSON */

static json_t *words(char *const *argv)
{
	json_t *array = json_array();
	bool whole = array != NULL;

	for (; *argv && whole; argv++)
		whole = json_array_append_new(array, **argv ? tool_json_text(*argv)
		                                            : json_string("")) == 0;
	if (whole)
		return array;
	json_decref(array);
	return NULL;
}

static bool put_end(json_t *o, const struct tool_report *report)
{
	const char *step = report->stopped_by ? signal_text(report->stopped_by) : NULL;
	const char *unended = report->started ? "running" : "not started";

	return tool_json_put(o, "argv", words(report->argv)) &&
	       tool_json_put(o, "pid",
	                     tool_json_count(report->started ? report->pid : -1)) &&
	       tool_json_put(o, "id", tool_json_text(report->id)) &&
	       tool_json_exit(o, &report->exit) &&
	       (report->exit.how != 0 || tool_json_put(o, "how", json_string(unended))) &&
	       tool_json_put(o, "timed_out", tool_json_bool(report->timed_out)) &&
	       tool_json_put(o, "stopped_by", tool_json_text(step)) &&
	       tool_json_put(o, "group_killed", tool_json_bool(report->group_killed));
}

static bool put_usage(json_t *o, const struct ward_exit *e)
{
	const struct ward_exit none = {
		.user_ns = -1, .system_ns = -1, .max_rss_bytes = -1, .minor_faults = -1,
		.major_faults = -1, .voluntary_switches = -1, .involuntary_switches = -1,
		.blocks_in = -1, .blocks_out = -1,
	};
	int64_t wall_ns = e->how != 0 ? e->wall_ns : -1;
	bool known = e->has_usage == 1;

	if (!known)
		e = &none;
	return tool_json_put(o, "wall_s", tool_json_seconds(wall_ns)) &&
	       tool_json_put(o, "has_usage", tool_json_bool(known)) &&
	       tool_json_put(o, "user_s", tool_json_seconds(e->user_ns)) &&
	       tool_json_put(o, "system_s", tool_json_seconds(e->system_ns)) &&
	       tool_json_put(o, "max_rss_bytes", tool_json_count(e->max_rss_bytes)) &&
	       tool_json_put(o, "minor_faults", tool_json_count(e->minor_faults)) &&
	       tool_json_put(o, "major_faults", tool_json_count(e->major_faults)) &&
	       tool_json_put(o, "voluntary_switches",
	                     tool_json_count(e->voluntary_switches)) &&
	       tool_json_put(o, "involuntary_switches",
	                     tool_json_count(e->involuntary_switches)) &&
	       tool_json_put(o, "blocks_in", tool_json_count(e->blocks_in)) &&
	       tool_json_put(o, "blocks_out", tool_json_count(e->blocks_out));
}

static bool put_error(json_t *o, const struct tool_report *report)
{
	const struct ward_error *e = &report->error;
	bool failed = !report->started;
	char message[768];

	if (!failed || ward_error_text(e, message, sizeof(message)) < 0)
		message[0] = '\0';
	return tool_json_put(o, "step",
	                     tool_json_text(failed ? ward_step_name(e->step) : NULL)) &&
	       tool_json_put(o, "errno",
	                     tool_json_text(failed ? ward_error_name(e->code) : NULL)) &&
	       tool_json_put(o, "errno_text",
	                     tool_json_text(failed ? ward_strerror(e->code) : NULL)) &&
	       tool_json_put(o, "path", tool_json_text(failed ? e->path : NULL)) &&
	       tool_json_put(o, "message", tool_json_text(message));
}

static char *as_json(const struct tool_report *report)
{
	json_t *o = json_object();

	return tool_json_line(o, put_end(o, report) && put_usage(o, &report->exit) &&
	                                 put_error(o, report));
}

/* ------------------------------------------------------------------------------ write */

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return 0;
}

int tool_report_write(const struct tool_report *report, int format, int fd)
{
	char *text = format == REPORT_JSON ? as_json(report) : as_text(report);
	int r = text ? write_all(fd, text) : -ENOMEM;

	free(text);
	return r;
}
