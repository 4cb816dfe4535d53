/* SPDX-License-Identifier: MIT */
/* What the command says in JSON: one object a line. */
#include "json.h"

#include "info.h"
#include "json_value.h"
#include "process.h"

const bool tool_has_json = true;

/* ------------------------------------------------------------------------ ward wait */

int tool_json_end(struct ward *w, const struct ward_exit *exit)
{
	char id[WARD_ID_TEXT_MAX];
	json_t *o = json_object();
	bool whole;

	tool_process_id_text(w, 0, id);
	whole = tool_json_put(o, "pid", tool_json_count(ward_pid(w))) &&
	        tool_json_put(o, "id", tool_json_text(id)) && tool_json_exit(o, exit);
	return tool_json_print(o, whole);
}

/* ------------------------------------------------------------------------ ward info */

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

	tool_info_time(info->start_unix_ns, started, sizeof(started));
	return tool_json_put(o, "started", tool_json_text(started)) &&
	       tool_json_put(o, "start_unix_s", tool_json_seconds(info->start_unix_ns)) &&
	       tool_json_put(o, "user_s", tool_json_seconds(info->user_ns)) &&
	       tool_json_put(o, "system_s", tool_json_seconds(info->system_ns)) &&
	       tool_json_put(o, "rss_bytes", tool_json_count(info->rss_bytes)) &&
	       tool_json_put(o, "virtual_bytes", tool_json_count(info->virtual_bytes)) &&
	       tool_json_put(o, "cgroup_id", tool_json_count(info->cgroup_id));
}

int tool_json_info(struct ward *w, const struct ward_info *info)
{
	char id[WARD_ID_TEXT_MAX];
	json_t *o = json_object();
	bool whole;

	tool_process_id_text(w, 0, id);
	whole = tool_json_put(o, "pid", tool_json_count(info->pid)) &&
	        tool_json_put(o, "id", tool_json_text(id)) &&
	        tool_json_put(o, "name", tool_json_text(info->name)) &&
	        tool_json_put(o, "state", tool_json_text(tool_info_state(info->state))) &&
	        tool_json_put(o, "hold", tool_json_text(tool_info_hold(ward_hold(w)))) &&
	        tool_json_put(o, "ppid", tool_json_count(info->ppid)) &&
	        tool_json_put(o, "pgid", tool_json_count(info->pgid)) &&
	        tool_json_put(o, "sid", tool_json_count(info->sid)) &&
	        tool_json_put(o, "threads", tool_json_count(info->threads)) &&
	        put_owners(o, info) && put_usage(o, info);
	return tool_json_print(o, whole);
}

/* ------------------------------------------------------------------------- ward run */

static json_t *words(const char *const *argv)
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

/* ... and of all that it has started. */
static json_t *names(const struct ward_job_result *result)
{
	json_t *array = json_array();
	bool whole = array != NULL;

	for (size_t i = 0; i < result->n_names && whole; i++) {
		const struct ward_job_name *name = &result->names[i];
		json_t *o = json_object();

		whole = tool_json_put(o, "pid", tool_json_count(name->pid)) &&
		        tool_json_put(o, "name", tool_json_text(name->name)) &&
		        tool_json_put(o, "survived", tool_json_bool(name->survived));
		whole = json_array_append_new(array, o) == 0 && whole;
	}
	if (whole)
		return array;
	json_decref(array);
	return NULL;
}

static bool put_tree_usage(json_t *o, const struct ward_job_usage *u)
{
	return tool_json_put(o, "user_s", tool_json_seconds(u->user_ns)) &&
	       tool_json_put(o, "system_s", tool_json_seconds(u->system_ns)) &&
	       tool_json_put(o, "memory_peak_bytes",
	                     tool_json_count(u->memory_peak_bytes)) &&
	       tool_json_put(o, "max_rss_bytes", tool_json_count(u->max_rss_bytes)) &&
	       tool_json_put(o, "read_bytes", tool_json_count(u->read_bytes)) &&
	       tool_json_put(o, "written_bytes", tool_json_count(u->written_bytes));
}

static bool put_tree(json_t *o, const struct report_tree *tree)
{
	json_t *t = json_object();

	if (!tree->held) {
		json_decref(t);
		return tool_json_put(o, "tree", json_null());
	}
	if (tool_json_put(t, "means", tool_json_text(ward_means_name(tree->means))) &&
	    tool_json_put(t, "strength",
	                  tool_json_text(ward_strength_name(tree->strength))) &&
	    tool_json_put(t, "left", tool_json_count(tree->left)) &&
	    tool_json_put(t, "killed", tool_json_count(tree->killed)) &&
	    tool_json_put(t, "survivors", tool_json_count(tree->survivors)) &&
	    tool_json_put(t, "names", names(&tree->names)) &&
	    put_tree_usage(t, &tree->usage))
		return tool_json_put(o, "tree", t);
	json_decref(t);
	return false;
}

static bool put_end(json_t *o, const struct tool_report *report)
{
	const char *step =
		report->stopped_by ? tool_signal_text(report->stopped_by) : NULL;
	const char *unended = report->started ? "running" : "not started";

	return tool_json_put(o, "argv", words((const char *const *)report->argv)) &&
	       tool_json_put(o, "pid",
	                     tool_json_count(report->started ? report->pid : -1)) &&
	       tool_json_put(o, "id", tool_json_text(report->id)) &&
	       tool_json_exit(o, &report->exit) &&
	       (report->exit.how != 0 || tool_json_put(o, "how", json_string(unended))) &&
	       tool_json_put(o, "timed_out", tool_json_bool(report->timed_out)) &&
	       tool_json_put(o, "idle_timed_out", tool_json_bool(report->idle)) &&
	       tool_json_put(o, "limit_reached", tool_json_bool(report->limited)) &&
	       tool_json_put(o, "lifeline_cut", tool_json_bool(report->cut_off)) &&
	       tool_json_put(o, "stopped_by", tool_json_text(step)) &&
	       tool_json_put(o, "group_killed", tool_json_bool(report->group_killed));
}

static bool put_cost(json_t *o, const struct ward_exit *e)
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

static bool put_stream(json_t *o, const char *const keys[3],
                       const struct report_stream *stream)
{
	int64_t bytes = stream->known ? (int64_t)stream->bytes : -1;
	int64_t lost = stream->known ? (int64_t)stream->lost : -1;

	return tool_json_put(o, keys[0], tool_json_count(bytes)) &&
	       tool_json_put(o, keys[1], tool_json_count(lost)) &&
	       tool_json_put(o, keys[2], stream->known ? tool_json_bool(stream->cut) :
	                                                 json_null());
}

static bool put_errors(json_t *o, const struct report_stream *err)
{
	static const char *const keys[] = { "err_bytes", "err_lost", "err_cut" };

	return put_stream(o, keys, err);
}

static json_t *stage(const struct report_stage *stage)
{
	json_t *o = json_object();

	if (tool_json_put(o, "argv", words(stage->argv)) &&
	    tool_json_put(o, "pid", tool_json_count(stage->pid)) &&
	    tool_json_put(o, "id", tool_json_text(stage->id)) &&
	    tool_json_exit(o, &stage->exit) && put_cost(o, &stage->exit) &&
	    put_errors(o, &stage->err))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_stages(json_t *o, const struct tool_report *report)
{
	json_t *array = json_array();
	bool whole = array != NULL;

	if (!report->stages) {
		json_decref(array);
		return true;
	}
	for (size_t i = 0; i < report->n_stages && whole; i++)
		whole = json_array_append_new(array, stage(&report->stages[i])) == 0;
	if (!whole) {
		json_decref(array);
		return false;
	}
	return tool_json_put(o, "failed", tool_json_count(report->failed)) &&
	       tool_json_put(o, "stages", array);
}

static bool put_streams(json_t *o, const struct tool_report *report)
{
	static const char *const keys[] = { "out_bytes", "out_lost", "out_cut" };
	int64_t input = report->fed ? (int64_t)report->input_bytes : -1;

	return put_stream(o, keys, &report->out) && put_errors(o, &report->err) &&
	       tool_json_put(o, "input_bytes", tool_json_count(input)) &&
	       put_stages(o, report);
}

char *tool_json_report(const struct tool_report *report)
{
	json_t *o = json_object();

	return tool_json_line(o, put_end(o, report) && put_cost(o, &report->exit) &&
	                                 put_error(o, report) && put_streams(o, report) &&
	                                 put_tree(o, &report->tree));
}
