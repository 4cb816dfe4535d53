/* SPDX-License-Identifier: MIT */
/*
 * Python: an interpreter that does the task and measures itself (output.py), so that its
 * own start is not in the figure.
 */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

static const char *script;

void python_script(const char *path)
{
	script = path;
}

/* "BYTES NS CPU_NS", read to the end. */
static int read_answer(int fd, struct outcome *ret)
{
	char text[128];
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)n;
	text[size] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNd64 " %" SCNd64, &ret->bytes, &ret->ns,
	           &ret->cpu_ns) != 3)
		return -EPROTO;
	return 0;
}

static int play(const struct task *task, struct outcome *ret)
{
	static const char *const what[ACTS] = {
		[CAPTURE] = "capture", [DISCARD] = "discard", [SMALL] = "capture",
	};
	const char *argv[8] = { "/usr/bin/python3", script, what[task->act] };
	struct child child;
	char turns[16];
	int i, r, end;

	if (!script)
		return -ENOENT;
	snprintf(turns, sizeof(turns), "%u", task->turns);
	argv[3] = turns;
	for (i = 0; i < 3 && task->argv[i]; i++)
		argv[4 + i] = task->argv[i];
	r = child_start(&child, argv, START_OUT);
	if (r < 0)
		return r;
	r = read_answer(child.out, ret);
	end = child_end(&child);
	return end < 0 ? end : r;
}

const struct player python_player = {
	.name = "Python subprocess",
	.is_peer = true,
	.play = { [CAPTURE] = play, [DISCARD] = play, [SMALL] = play },
};
