/* SPDX-License-Identifier: MIT */
/*
 * What is at hand without any library: popen with a block of malloc that doubles, and cat
 * between the program and the file.
 */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BYTES = 65536 };

static int read_file(FILE *f, struct outcome *ret)
{
	size_t size = 0, room = 0, n;
	char *data = NULL, *bigger;

	do {
		if (room - size < FIRST_BYTES) {
			room = room ? 2 * room : FIRST_BYTES;
			bigger = realloc(data, room);
			if (!bigger)
				break;
			data = bigger;
		}
		n = fread(data + size, 1, room - size, f);
		size += n;
	} while (n > 0);
	ret->bytes += size;
	free(data);
	return room - size < FIRST_BYTES ? -ENOMEM : 0;
}

static int run_popen(const struct task *task, struct outcome *ret)
{
	char command[512] = "exec";
	FILE *f;
	int i, r;

	for (i = 0; task->argv[i]; i++) {
		strncat(command, " ", sizeof(command) - strlen(command) - 1);
		strncat(command, task->argv[i], sizeof(command) - strlen(command) - 1);
	}
	f = popen(command, "re"); /* NOLINT(cert-env33-c): it competes */
	if (!f)
		return -errno;
	r = read_file(f, ret);
	return pclose(f) == 0 ? r : -EPROTO;
}

static int play_popen(const struct task *task, struct outcome *ret)
{
	unsigned i;
	int r = 0;

	for (i = 0; i < task->turns && r == 0; i++)
		r = run_popen(task, ret);
	return r;
}

const struct player popen_player = {
	.name = "popen + fread",
	.is_peer = true,
	.play = { [CAPTURE] = play_popen, [SMALL] = play_popen },
};

/* As a shell does it: program | cat > file. */
static int play_cat(const struct task *task, struct outcome *ret)
{
	static const char *const cat[] = { "/bin/cat", NULL };
	struct child child;
	pid_t pid;
	int r, end;

	r = child_start(&child, task->argv, START_OUT);
	if (r < 0)
		return r;
	r = child_between(&pid, cat, child.out, task->fd);
	end = child_end(&child);
	if (r < 0)
		return r;
	r = child_wait(pid);
	if (r < 0)
		return r;
	ret->bytes = task->bytes;
	return end;
}

const struct player cat_player = {
	.name = "program | cat",
	.is_peer = true,
	.play = { [MOVE_FILE] = play_cat, [MOVE_NULL] = play_cat },
};
