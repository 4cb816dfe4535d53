/* SPDX-License-Identifier: MIT */
/* How a run went: put together, put into words, given back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "pipeline.h"
#include "sized.h"

static bool is_success(const struct ward_exit *exit)
{
	return exit->how == WARD_EXITED && exit->code == 0;
}

/* The first that failed, or n. */
static size_t first_failed(const struct ward_pipeline *p)
{
	size_t i = 0;

	while (i < p->n && is_success(&p->stages[i].exit))
		i++;
	return i;
}

static void fill_stages(struct ward_pipeline *p)
{
	for (size_t i = 0; i < p->n; i++) {
		p->results[i].exit = p->stages[i].exit;
		p->results[i].pid = ward__process_pid(p->stages[i].ward->process);
		if (p->opts.flags & WARD_RUN_STAGE_ERRORS)
			ward__output_finish(&p->outputs[1 + i], &p->results[i].err);
	}
}

static void fill(struct ward_pipeline *p, struct ward_result *ret)
{
	size_t failed = first_failed(p), told = failed < p->n ? failed : p->n - 1;

	ret->flags = p->flags;
	ret->stopped_by = p->stopped_by;
	ret->exit = p->stages[told].exit;
	ret->failed = failed < p->n ? (int64_t)failed : -1;
	ret->input_written = p->input.written;
	memcpy(ret->command, p->stages[told].name, sizeof(ret->command));
	ward__output_finish(&p->outputs[0], &ret->out);
	if (!(p->opts.flags & WARD_RUN_STAGE_ERRORS))
		ward__output_finish(&p->outputs[1], &ret->err);
	fill_stages(p);
	ret->stages = p->results;
	ret->n_stages = p->n;
	p->results = NULL;
}

void ward__pipeline_result(struct ward_pipeline *p, struct ward_result *ret)
{
	struct ward_result result = WARD_RESULT_INIT;

	fill(p, &result);
	if (ret)
		ward__sized_write(ret, &result, sizeof(result));
	else
		ward_result_free(&result);
}

static void free_output(struct ward_output *output)
{
	if (output->data)
		ward__block_free(output->data, output->room);
	*output = (struct ward_output)WARD_OUTPUT_INIT;
}

void ward_result_free(struct ward_result *ret)
{
	int before = errno;

	if (!ret)
		return;
	free_output(&ret->out);
	free_output(&ret->err);
	for (size_t i = 0; ret->stages && i < ret->n_stages; i++)
		free_output(&ret->stages[i].err);
	ward__free(ret->stages);
	ret->stages = NULL;
	ret->n_stages = 0;
	errno = before;
}

/* ------------------------------------------------------------------------------ words */

static const char *why_stopped(const struct ward_result *result)
{
	if (result->flags & WARD_RESULT_TIMED_OUT)
		return ", stopped because its time was up";
	if (result->flags & WARD_RESULT_IDLE)
		return ", stopped because no output came any more";
	if (result->flags & WARD_RESULT_LIMIT)
		return ", stopped because it wrote too much";
	return result->flags & WARD_RESULT_STOPPED ? ", stopped on request" : "";
}

static bool is_ok(const struct ward_result *result)
{
	const uint32_t stopped = WARD_RESULT_TIMED_OUT | WARD_RESULT_IDLE |
	                         WARD_RESULT_LIMIT | WARD_RESULT_STOPPED;

	return result->failed < 0 && !(result->flags & stopped);
}

/* The last lines, as many as are of use: the end of an error is what tells. */
static const char *last_lines(const struct ward_output *err, size_t *n)
{
	enum { LINES = 10, BYTES = 2000 };
	const char *end = err->data + err->size, *from;
	int lines = 0;

	while (end > err->data && end[-1] == '\n')
		end--;
	for (from = end; from > err->data && end - from < BYTES; from--)
		if (from[-1] == '\n' && ++lines == LINES)
			break;
	*n = (size_t)(end - from);
	return from;
}

static const struct ward_output *err_of(const struct ward_result *result)
{
	if (!result->err.data && result->failed >= 0 &&
	    (uint64_t)result->failed < result->n_stages)
		return &result->stages[result->failed].err;
	return &result->err;
}

/* A NUL of the command's would end our text: it is left out. */
static void append(char *buf, size_t size, const char *text, size_t n)
{
	size_t at = strlen(buf);

	for (size_t i = 0; i < n && at + 1 < size; i++)
		if (text[i] != '\0')
			buf[at++] = text[i];
	buf[at] = '\0';
}

static void explain(const struct ward_result *result, char *buf, size_t size)
{
	const struct ward_output *err = err_of(result);
	const char *lines = "";
	char how[64];
	size_t n = 0;

	if (ward_exit_text(&result->exit, how, sizeof(how)) < 0)
		how[0] = '\0';
	if (err->data)
		lines = last_lines(err, &n);
	snprintf(buf, size, "'%s' %s%s%s", result->command, how, why_stopped(result),
	         n > 0 ? ":\n" : "");
	append(buf, size, lines, n);
}

int ward_result_ok(const struct ward_result *result, char *buf, size_t size)
{
	int before = errno;

	if (!result || ward__sized_check(result, sizeof(*result)) < 0 ||
	    (!buf && size > 0) || (buf && size == 0))
		return -EINVAL;
	if (buf)
		buf[0] = '\0';
	if (is_ok(result))
		return 1;
	if (buf)
		explain(result, buf, size);
	errno = before;
	return 0;
}
