/* SPDX-License-Identifier: MIT */
/*
 * Running processes by their names. All names are read before any process is touched, so
 * a typing mistake in the last one cannot leave the first one signalled.
 */
#include "process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

int tool_worse(int a, int b)
{
	return a > b ? a : b;
}

static int parse(struct tool_process *p, const char *text)
{
	p->text = text;
	p->id = (struct ward_id)WARD_ID_INIT;
	if (text[0] == '-' && (text[1] < '0' || text[1] > '9'))
		return tool_fail("'%s' is not a process; options go before the processes",
		                 text);
	if (ward_id_parse(text, &p->id) < 0 || p->id.pid < 1)
		return tool_fail("'%s' is not a process; name it by its PID or "
		                 "PID:INODE, as 'ward id PID' prints it", text);
	return 0;
}

int tool_processes_parse(struct tool_processes *ret, char *const operands[])
{
	size_t n = 0;
	int r = 0;

	while (operands[n])
		n++;
	if (n == 0)
		return tool_fail("no process given; 'ward %s --help' tells more",
		                 tool_name());
	ret->all = tool_alloc(n, sizeof(*ret->all));
	ret->n = n;
	for (size_t i = 0; i < n && r == 0; i++)
		r = parse(&ret->all[i], operands[i]);
	if (r != 0)
		tool_processes_free(ret);
	return r;
}

void tool_processes_free(struct tool_processes *processes)
{
	for (size_t i = 0; i < processes->n; i++)
		ward_close(processes->all[i].ward);
	free(processes->all);
}

int tool_process_fail(const struct tool_process *p, const char *what, int code)
{
	if (code == -ESRCH && p->id.kind != WARD_ID_NONE) {
		tool_fail("cannot %s %s: it is gone; a process that has its number now "
		          "was left alone",
		          what, p->text);
		return STATUS_GONE;
	}
	if (code == -ESRCH) {
		tool_fail("cannot %s %s: no such process", what, p->text);
		return STATUS_GONE;
	}
	if (code == -EINVAL)
		return tool_fail("cannot %s %s: it is a thread, or no number of a "
		                 "process; give the process",
		                 what, p->text);
	tool_fail("cannot %s %s: %s", what, p->text, ward_strerror(code));
	return code == -EPERM ? STATUS_GONE : STATUS_FAILED;
}

static int open_one(struct tool_process *p, uint32_t flags, const char *what)
{
	int r;

	if (p->id.kind == WARD_ID_NONE)
		r = ward_open(&p->ward, p->id.pid, flags);
	else
		r = ward_open_id(&p->ward, &p->id);
	if (r == -ENOTSUP)
		return tool_fail("cannot %s %s: this system cannot hold it, and its "
		                 "number alone could come to mean another process",
		                 what, p->text);
	return r < 0 ? tool_process_fail(p, what, r) : STATUS_OK;
}

int tool_processes_open(struct tool_processes *processes, uint32_t flags,
                        const char *what)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < processes->n; i++)
		status = tool_worse(status, open_one(&processes->all[i], flags, what));
	return status;
}

void tool_process_id_text(struct ward *w, uint32_t flags, char text[WARD_ID_TEXT_MAX])
{
	struct ward_id id = WARD_ID_INIT;

	if (ward_identity(w, &id) < 0 ||
	    ward_id_format(&id, flags, text, WARD_ID_TEXT_MAX) < 0)
		snprintf(text, WARD_ID_TEXT_MAX, "%" PRId64, ward_pid(w));
}

bool tool_process_is_zombie(struct ward *w)
{
	struct ward_info info = { .size = sizeof(info) };
	int r = ward_info(w, &info);

	return r == -ESRCH ||
	       (r == 0 && info.state == WARD_STATE_ENDED && info.threads <= 1);
}

bool tool_process_is_over(struct ward *w)
{
	return ward_wait(w, 0, NULL) != 0 || tool_process_is_zombie(w);
}
