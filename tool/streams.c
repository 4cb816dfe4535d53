/* SPDX-License-Identifier: MIT */
/*
 * All that the commands write: their standard output is that of the last one, their
 * errors are kept apart, so that no line of one is broken by another's.
 */
#include "streams.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum { STANDARD_OUTPUT = 1, STANDARD_ERROR = 2 };

/* ----------------------------------------------------------------------------- prefix */

static const char *base_name(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (tool_host_is_separator(*path) && path[1])
			name = path + 1;
	return name;
}

static bool is_alone(const struct run_options *o, size_t stage)
{
	const char *name = base_name(o->stages[stage].argv[0]);

	for (size_t i = 0; i < o->n_stages; i++)
		if (i != stage && strcmp(base_name(o->stages[i].argv[0]), name) == 0)
			return false;
	return true;
}

/* "sort: ", or "sort[2]: " for the second command of several that are called so. */
static char *name_prefix(const struct run_options *o, size_t stage)
{
	const char *name = base_name(o->stages[stage].argv[0]);
	size_t size = strlen(name) + 32;
	char *text = tool_alloc(size, 1);

	if (is_alone(o, stage))
		snprintf(text, size, "%s: ", name);
	else
		snprintf(text, size, "%s[%zu]: ", name, stage + 1);
	return text;
}

static void name_all(struct streams *s, const struct run_options *o)
{
	s->prefixes = tool_alloc(s->n, sizeof(*s->prefixes));
	for (size_t i = 0; i < s->n; i++)
		s->prefixes[i] = name_prefix(o, i);
}

/* ------------------------------------------------------------------------------- open */

static int open_file(const char *path, bool append, int *ret)
{
	int fd = append ? tool_host_append(path) : tool_host_create(path);

	if (fd < 0)
		return tool_fail("cannot open '%s': %s", path, ward_strerror(fd));
	*ret = fd;
	return 0;
}

/* @path, or where there is none our own @fd. */
static int open_target(struct output_target *to, const char *path, int fd, bool append)
{
	static const char *const names[] = { [STANDARD_OUTPUT] = "standard output",
		                             [STANDARD_ERROR] = "standard error" };
	int r = path ? open_file(path, append, &fd) : 0;

	if (r == 0)
		output_target_open(to, fd, path ? path : names[fd]);
	return r;
}

/* The same file for both is opened once. */
static bool is_one_file(const struct run_options *o)
{
	return o->out && o->err && strcmp(o->out, o->err) == 0;
}

static int open_targets(struct streams *s, const struct run_options *o)
{
	const struct output_target none = { .fd = -1, .own = -1 };
	int r;

	s->out_to = s->err_to = s->tee = none;
	r = open_target(&s->out_to, o->out, STANDARD_OUTPUT, o->append);
	if (r == 0 && !is_one_file(o))
		r = open_target(&s->err_to, o->err, STANDARD_ERROR, o->append);
	if (r == 0 && o->io.tee)
		r = open_target(&s->tee, o->io.tee, -1, false);
	return r;
}

static struct output stream(const struct streams *s, const struct run_options *o,
                            size_t stage, struct output_target *to)
{
	const char *name = s->prefixes ? s->prefixes[stage] : NULL;

	return (struct output){ .to = to, .timestamps = o->io.timestamps,
		                .prefix = o->io.prefix ? o->io.prefix : name,
		                .limit = s->at_end ? 0 : o->io.limit };
}

int streams_open(struct streams *s, const struct run_options *o,
                 bool (*wait)(void *context, int fd), void *context)
{
	struct output_target *targets[] = { &s->out_to, &s->err_to, &s->tee };
	int keep = o->io.keep, r;

	*s = (struct streams){ .through = io_is_output(&o->io), .merged = o->io.pty,
		                .n = o->n_stages };
	s->at_end = s->through && (keep == WARD_KEEP_TAIL || keep == WARD_KEEP_ENDS);
	s->err = tool_alloc(s->n, sizeof(*s->err));
	if (o->io.prefixed && !o->io.prefix)
		name_all(s, o);
	r = open_targets(s, o);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		targets[i]->wait = wait;
		targets[i]->context = context;
	}
	s->out = stream(s, o, s->n - 1, &s->out_to);
	for (size_t i = 0; i < s->n; i++)
		s->err[i] = stream(s, o, i, is_one_file(o) ? &s->out_to : &s->err_to);
	return r;
}

void streams_close(struct streams *s)
{
	int fds[] = { s->out_to.fd, s->err_to.fd, s->tee.fd };

	output_target_close(&s->out_to);
	output_target_close(&s->err_to);
	output_target_close(&s->tee);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] > STANDARD_ERROR)
			tool_host_close(fds[i]);
	for (size_t i = 0; s->prefixes && i < s->n; i++)
		free(s->prefixes[i]);
	free(s->prefixes);
	free(s->err);
}

/* --------------------------------------------------------------------------- describe */

static struct ward_stdio given(const struct output_target *to)
{
	return (struct ward_stdio){ .kind = WARD_FD_GIVEN, .fd = to->fd };
}

static void describe_files(const struct streams *s, const struct run_options *o,
                           struct ward_spawn_opts *spawn)
{
	if (o->out)
		spawn->out = given(&s->out_to);
	if (o->err)
		spawn->err = given(is_one_file(o) ? &s->out_to : &s->err_to);
}

void streams_describe(const struct streams *s, const struct run_options *o,
                      struct ward_spawn_opts *spawn, struct ward_run_opts *opts)
{
	const struct io_options *io = &o->io;

	if (!s->through) {
		opts->out.to = opts->err.to = WARD_TO_SPAWN;
		describe_files(s, o, spawn);
		return;
	}
	/* Of the head we pass on what we want ourselves. */
	opts->out.to = s->at_end ? WARD_TO_MEMORY : WARD_TO_NOWHERE;
	if (io->limit != 0 && io->keep != WARD_KEEP_HEAD) {
		opts->out.keep = (uint32_t)io->keep;
		opts->out.limit = io->limit;
	}
	opts->err = opts->out;
	if (s->n > 1)
		opts->flags |= WARD_RUN_STAGE_ERRORS;
	if (!io->pty)
		return;
	/* A terminal shows both as one. */
	spawn->in.kind = spawn->out.kind = spawn->err.kind = WARD_FD_PTY;
	opts->err = (struct ward_output_opts){ .to = WARD_TO_SPAWN };
}

/* -------------------------------------------------------------------------------- put */

int streams_put(struct streams *s, int64_t stage, int fd, const char *data, size_t size)
{
	struct output *o = fd == STANDARD_OUTPUT ? &s->out :
	                                           &s->err[stage < 0 ? 0 : stage];

	if (s->tee.fd >= 0)
		output_write(&s->tee, data, size, false);
	return s->at_end ? 0 : output_put(o, data, size);
}

/* ----------------------------------------------------------------------------- finish */

static void show_gap(struct output *o, const struct ward_output *kept)
{
	bool begun = kept->gap > 0 && kept->data[kept->gap - 1] != '\n';
	char text[64];

	snprintf(text, sizeof(text), "%s[... %" PRIu64 " bytes left out ...]\n",
	         begun ? "\n" : "", kept->lost);
	output_show(o, text, strlen(text));
}

/* What was kept. A gap at the begin is what a tail is about; one in between is shown. */
static void show_kept(struct output *o, const struct ward_output *kept)
{
	o->total = kept->total;
	o->lost = kept->lost;
	if (!kept->data)
		return;
	if (kept->lost > 0 && kept->gap > 0 && kept->gap < kept->size) {
		output_show(o, kept->data, kept->gap);
		show_gap(o, kept);
		output_show(o, kept->data + kept->gap, kept->size - kept->gap);
	} else {
		output_show(o, kept->data, kept->size);
	}
}

static struct report_stream finish(struct streams *s, struct output *o,
                                   const struct ward_output *kept)
{
	if (s->at_end)
		show_kept(o, kept);
	output_finish(o);
	return (struct report_stream){ .known = true, .bytes = o->total, .lost = o->lost,
		                       .cut = (kept->flags & WARD_OUTPUT_CUT) != 0 };
}

static void finish_errors(struct streams *s, const struct ward_result *result,
                          struct tool_report *report)
{
	for (size_t i = 0; i < s->n; i++) {
		struct report_stream err = finish(
			s, &s->err[i], s->n > 1 ? &result->stages[i].err : &result->err);

		report->err.known = true;
		report->err.bytes += err.bytes;
		report->err.lost += err.lost;
		report->err.cut |= err.cut;
		if (report->stages)
			report->stages[i].err = err;
	}
}

/* Nobody who reads any more is the reader's affair. */
static bool has_failed(const struct output_target *to)
{
	return to->error != 0 && to->error != -EPIPE;
}

int streams_finish(struct streams *s, const struct ward_result *result,
                   struct tool_report *report)
{
	if (!s->through)
		return 0;
	report->out = finish(s, &s->out, &result->out);
	if (!s->merged)
		finish_errors(s, result, report);
	return has_failed(&s->out_to) || has_failed(&s->err_to) || has_failed(&s->tee) ?
	               STATUS_FAILED :
	               0;
}
